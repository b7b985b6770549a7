"""(e) How much of Intercom's limit is used while there is work, and whether it is ever passed."""

import time

from bench import await_settled
from figures import Figure

TITLE = "use of the limit"
HOW = """\
The simulator's limit for a window of 10 s is set, and users' scores change faster than it allows, until
{windows} whole windows have passed with work waiting. The figure is the least of their calls; beside it
the limit. 429s are counted in all windows since the work began."""
LIMITS = (100, 1_666, 10_000)
WINDOW = 10


def measure(made, customer, windows, limits=LIMITS):
    """Of a customer that is connected and settled; leaves a high limit."""
    figures = []
    for number, limit in enumerate(limits):
        made.simulator.set_limit(limit)
        used, refused = _use(made, customer, limit, windows, 10_000 * (number + 1))
        figures.append(Figure("e", f"limit of {limit:,}: calls used", used, "", limit,
                              goal=("ratio", "≥", 0.97)))
        figures.append(Figure("e", f"limit of {limit:,}: calls refused (429)", refused, "", 0,
                              goal=("figure", "≤", 0)))
    made.simulator.set_limit(100_000)
    await_settled(made, 300)
    return figures


def _use(made, customer, limit, windows, value):
    """The least of the calls of whole windows in which work waited, and the refused of all."""
    began = time.time()
    next_user = 0
    waiting = []
    while True:
        due = customer.gateway.sync(customer.product)
        if due["due"] > 0 and due["oldest_due_ms"] > 0:
            waiting.append(time.time())
        # Whoever has been served changes again: there is always more to do than the window allows.
        if due["due"] < 1.5 * limit:
            count = min(len(customer.users), max(limit // 2, 500))
            value += 1
            customer.send(customer.trait("Score", value, user_id=customer.users[i % len(
                customer.users)]) for i in range(next_user, next_user + count))
            next_user += count
        seen = [window for window in made.simulator.windows()
                if window["workspace"] == customer.workspace and window["end"] > began]
        full = [window for window in seen if not window["current"] and waiting
                and window["start"] >= waiting[0] and window["end"] <= waiting[-1]]
        if len(full) >= windows:
            return min(window["used"] for window in full), sum(w["refused"] for w in seen)
        assert time.time() < began + (windows + 6) * WINDOW, f"{seen} {waiting[:1]}"
        time.sleep(0.1)
