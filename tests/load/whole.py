"""The rows of the whole suite at work: (d) freshness, (e) the limit, (f) calls, (g) memory."""

import time

import budgets
import calls
import freshness
from bench import bench
from figures import Figure
from suite import SERVICES
from tenant import Tenant

TITLE = "the whole suite"
MEMORY = """\
Resident memory (VmRSS) of each service a few seconds after its start, without a customer, beside it what
of it is the program's own and not a file's (RssAnon); and the most that it ever was (VmHWM) in any of the
rows that were measured in the run."""
IDLE_GOAL = 64


class Customer(Tenant):
    """One with many users, who can send everything that it ever sent."""

    def send_everything(self):
        """Everybody again, as they were, with newer versions."""
        self.send(self._people())


def measure(scale, rows):
    users = scale(20_000, 2_000)
    found, how, memory = [], {}, {}
    with bench(SERVICES, {"trait-sync": {"ACCOIL_TRAIT_WINDOW": "1s"},
                          "gateway": {"ACCOIL_API_KEY_RATE": "1000"}}, profile=None) as made:
        time.sleep(scale(5, 1))
        if "g" in rows:
            for service, (now, _) in made.memory().items():
                found.append(Figure("g", f"{service}, idle", now, "MiB",
                                    made.own_memory(service), goal=("figure", "<", IDLE_GOAL)))
            how["g"] = MEMORY
        made.simulator.set(limit=100_000)
        customer = Customer(made, "load", users=users, accounts=max(users // 20, 1))
        made.product, made.gateway = customer.product, customer.gateway
        found += calls.measure(made, customer)
        how["f"] = calls.HOW.format(users=users)
        if "d" in rows:
            seconds = scale(20, 2)
            found += freshness.measure(made, customer, seconds, scale(freshness.RATES, (100,)))
            how["d"] = freshness.HOW.format(seconds=seconds)
        if "e" in rows:
            windows = scale(3, 1)
            found += budgets.measure(made, customer, windows, scale(budgets.LIMITS, (100,)))
            how["e"] = budgets.HOW.format(windows=windows)
        memory = made.memory()
    return sorted((one for one in found if one.row in rows), key=lambda one: one.row), how, memory
