"""(d) How long a change takes until Intercom has it."""

import collections
import threading
import time

from bench import await_settled
from clients import Simulator
from figures import Figure

TITLE = "freshness"
HOW = """\
A client sends new scores of the users in turn to the gateway, 20 requests a second, each with a
twentieth of the changes of a second, for {seconds} seconds. A change's time runs from the moment in
which the request with it is sent until the simulator has answered the call with it. trait-sync's
window is 1 s, and Intercom's limit above the rate. Beside it: the window, and a call that a client
makes of the simulator while all this is going on."""
RATES = (100, 500, 1_000)
REQUESTS = 20
WINDOW = 1.0


def measure(made, customer, seconds, rates=RATES):
    """Of a customer that is connected and settled."""
    contact_of = {contact["email"]: contact["id"] for contact in customer.state("contact")}
    contacts = [contact_of[customer.email(user)] for user in customer.users]
    figures = []
    for rate in rates:
        made.simulator.forget_calls()
        with _Prober(made.intercom_url) as prober:
            sent = _send(customer, contacts, rate, seconds)
            await_settled(made, 120)
        took = sorted(_match(sent, made.simulator.calls()))
        assert len(took) == sum(map(len, sent.values())), "changes without a call"
        limit = WINDOW + prober.median()
        for share, goal in ((0.5, None), (0.99, ("figure", "<", 3.0) if rate == 500 else None)):
            figures.append(Figure("d", f"{rate:,} changes/s: p{share * 100:.0f}",
                                  took[int(share * (len(took) - 1))], "s", limit, goal=goal))
    return figures


def _send(customer, contacts, rate, seconds):
    """Sends at the rate; answers contact -> the moments at which its changes were sent."""
    sent = collections.defaultdict(list)
    together = rate // REQUESTS
    began = time.time()
    for request in range(REQUESTS * seconds):
        due = began + request / REQUESTS
        time.sleep(max(0, due - time.time()))
        chosen = [(request * together + i) % len(contacts) for i in range(together)]
        # The clock runs from when it was due: a gateway that makes clients wait is not spared.
        for number in chosen:
            sent[contacts[number]].append(due)
        customer.send(customer.trait("Score", 1_000 * rate + request, user_id=customer.users[number])
                      for number in chosen)
    return sent


def _match(sent, calls):
    """Seconds from each change to the end of the first call that may carry it."""
    ended = collections.defaultdict(list)
    for call in calls:
        if call["method"] == "PUT" and call["status"] == 200:
            contact = call["path"].removeprefix("/contacts/")
            ended[contact].append((call["time"], call["time"] + call["duration_ms"] / 1e3))
    for contact, moments in sent.items():
        for moment in moments:
            end = next((end for begin, end in ended[contact] if begin >= moment), None)
            if end is not None:
                yield end - moment


class _Prober:
    """Calls the simulator ten times a second, beside all else."""

    def __init__(self, url):
        self._simulator = Simulator(url)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask)
        self._took = []

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def _ask(self):
        while not self._stop.wait(0.1):
            began = time.monotonic()
            assert self._simulator.up()
            self._took.append(time.monotonic() - began)

    def median(self):
        return sorted(self._took)[len(self._took) // 2]
