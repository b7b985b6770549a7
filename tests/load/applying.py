"""(a) Trait changes applied from Kafka, beside a bare upsert of the same rows."""

from bench import PAUSES, bench
from figures import Figure

TITLE = "trait changes applied from Kafka"
HOW = """\
A round of changes of {users:,} users' traits is written to Kafka while the service is stopped
(SIGSTOP). Then, in turn, `suite-load upsert` upserts the same rows into a table of the same columns and
key, by one connection, 500 rows a statement and transaction; and each service goes on until the
offsets in its schema are those of Kafka. The first round, which inserts, is shown by itself; the others
bring new values to rows that are there. Median of {rounds} rounds."""
SERVICES = ("trait-sync", "widget")


def measure(scale, _rows):
    users = scale(20_000, 1_000)
    changes = scale(40_000, 2_000)
    rounds = scale(5, 1)
    with bench(("connections", *SERVICES, "gateway"), {"consumers": PAUSES}) as made:
        made.pause(*SERVICES)
        rates = {name: [] for name in ("bare", *SERVICES)}
        for number in range(rounds + 1):
            plan = made.plan(users, changes, number)
            made.produce(plan)
            rates["bare"].append(changes / made.upsert(plan)["seconds"])
            for service in SERVICES:
                seconds, _ = made.drain(service)
                rates[service].append(changes / seconds)
        memory = made.memory()
    figures = []
    for service in SERVICES:
        pairs = list(zip(rates[service], rates["bare"]))
        for what, chosen, goal in (("first values", pairs[:1], None),
                                   ("new values", pairs[1:], ("ratio", "≥", 0.5))):
            # The rate and the limit of the round whose ratio is the median.
            figure, limit = sorted(chosen, key=lambda pair: pair[0] / pair[1])[len(chosen) // 2]
            figures.append(Figure("a", f"{service}: {what}", figure, "/s", limit, goal=goal))
    return figures, {"a": HOW.format(users=users, rounds=rounds)}, memory
