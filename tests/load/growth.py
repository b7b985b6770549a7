"""(h) What grows with the number of users."""

import concurrent.futures
import contextlib
import statistics
import time

import psycopg2
import requests

from bench import PAUSES, TRAITS, bench
from figures import Figure
from processes import wait_until
from suite import SCHEMAS, SERVICES

TITLE = "from few users to many"
HOW = """\
Two suites at once, one with {small:,} users and one with {large:,}. The users of the first, and as many
of the second, are told through Kafka: identified, matched, {traits} traits and two segments each. The
other users of the second are made by SQL in the services' tables: each a copy of one of the first
{small:,} with ids of its own (`tests/load/growth.py`). Then, in turn, each suite's services apply
{changes:,} changes of users far apart, one service at a time (matcher: new names), and answer first pages
of a list by the gateway. `suite-load upsert` writes the same rows to a table with as many traits and
nothing else: what growing costs PostgreSQL by itself; each service's growth is shown beside that as
well. Medians of {rounds} rounds. The time of an event is that of the clock from when the service goes
on until it has applied the last; processor time is of its process and its database connections."""
COPIED = ("trait", "membership", "delivery", "delivered", "subject", "match", "listed", "facts",
          "bare_trait")
# Ids that are made anew for a copy: the column and what stands before the number.
IDS = {"subject_id": "user-", "target_id": "contact-", "wanted_id": "contact-"}
MEASURED = ("trait-sync", "tagging-automation", "widget", "matcher")
BARE = "a bare upsert"
LISTS = {"by score": {"sort": "Score", "order": "desc"},
         "of a tenth, by name": {"segment": "Tenth 3", "sort": "Name"}}
PAGES = 9
SETTINGS = {"consumers": PAUSES, "gateway": {"ACCOIL_API_KEY_RATE": "1000"}}


def measure(scale, _rows):
    small, large = scale((10_000, 1_000_000), (500, 2_000))
    changes, rounds = scale((20_000, 5), (1_000, 1))
    with contextlib.ExitStack() as stack:
        suites = {users: stack.enter_context(bench(SERVICES, SETTINGS))
                  for users in (small, large)}
        for users, made in suites.items():
            _tell(made, small, users)
        found = {users: _Found() for users in suites}
        for number in range(rounds):
            for users, made in suites.items():
                _measure_round(made, users, changes, number, found[users])
        for users, made in suites.items():
            _measure_lists(made, found[users])
            found[users].measure_sizes(made)
        memory = suites[large].memory()
    how = HOW.format(small=small, large=large, traits=len(TRAITS), changes=changes, rounds=rounds)
    return _figures(found[small], found[large], small, large), {"h": how}, memory


class _Found:
    """What was measured of one suite."""

    def __init__(self):
        self.times = {name: [] for name in (*MEASURED, BARE)}
        self.processor = {name: [] for name in (*MEASURED, BARE)}
        self.pages = {}
        self.sizes = {}

    def measure_sizes(self, made):
        for service, schema in SCHEMAS.items():
            if service in MEASURED:
                [sizes] = made.query(service, f"""
                    SELECT sum(pg_table_size(c.oid))::bigint, sum(pg_indexes_size(c.oid))::bigint
                    FROM pg_class c WHERE relnamespace = '{schema}'::regnamespace
                      AND relkind = 'r'""")
                self.sizes[service] = [size / 2**20 for size in sizes]


def _tell(made, small, users):
    """Has the services know this many users; everything is paused afterwards."""
    everybody = ["--product", made.product, "--users", small, "--version", made.version()]
    made.load("people", *everybody)
    plan = made.plan(small, small * len(TRAITS), 0)
    made.produce(plan)
    made.upsert(plan)
    for service in MEASURED:
        ends = made.ends(service)
        wait_until(lambda service=service, ends=ends: made.reached(service, ends), 120,
                   f"{service} knows the first users", pause=0.2)
    wait_until(lambda: made.query("widget", "SELECT count(*) FROM listed") == [(small,)]
               and made.query("widget", "SELECT count(*) FROM list_note") == [(0,)], 120,
               "lists have followed", pause=0.2)
    made.pause(*MEASURED)
    # Two at a time: each has a processor.
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda service: _fill(made, service, small, users), MEASURED))


def _fill(made, service, small, users):
    """Copies the first users until there are enough."""
    with contextlib.closing(psycopg2.connect(made.url(service))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"SET search_path = {SCHEMAS[service]}")
            cursor.execute("SET work_mem = '128MB'")
            cursor.execute("""
                SELECT table_name, array_agg(column_name::text)
                FROM information_schema.columns
                WHERE table_schema = current_schema() AND table_name = ANY(%s)
                  AND is_generated = 'NEVER'
                GROUP BY table_name""", (list(COPIED),))
            for table, columns in cursor.fetchall():
                if users > small:
                    values = ", ".join(_value(column, small) for column in columns)
                    cursor.execute(f"""
                        INSERT INTO {table} ({', '.join(columns)})
                        SELECT {values} FROM {table} t
                        CROSS JOIN generate_series(1, {users // small - 1}) AS copy (number)
                        WHERE t.product_id = {made.product}""")
                cursor.execute(f"VACUUM (ANALYZE) {table}")


def _value(column, small):
    if column not in IDS:
        return f"t.{column}"
    return (f"'{IDS[column]}' || (copy.number * {small} + "
            f"substring(t.{column} FROM '[0-9]+$')::integer)")


def _measure_round(made, users, changes, number, found):
    plan = made.plan(users, changes, number + 1)
    made.produce(plan)
    bare = made.upsert(plan)
    found.times[BARE].append(bare["seconds"] / changes)
    found.processor[BARE].append(bare["processor_seconds"] / changes)
    for service in MEASURED[:-1]:
        took, processor = made.drain(service)
        found.times[service].append(took / changes)
        found.processor[service].append(processor / changes)
    identified = min(changes, users)
    made.load("people", "--product", made.product, "--users", identified, "--only-names",
              "--first", (number * identified) % (users - identified + 1), "--round", number + 1,
              "--version", made.version())
    took, processor = made.drain("matcher")
    found.times["matcher"].append(took / identified)
    found.processor["matcher"].append(processor / identified)
    # Who else is told of names.
    for service in ("tagging-automation", "widget"):
        made.drain(service)


def _measure_lists(made, found):
    made.resume("widget")
    wait_until(lambda: made.query("widget", "SELECT count(*) FROM list_note") == [(0,)], 120,
               "lists have followed", pause=0.2)
    key = made.operator.create_api_key(made.product, ["read"])["api_key"]
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {key}"
        for what, asked in LISTS.items():
            took = []
            for _ in range(PAGES):
                began = time.monotonic()
                answer = session.get(f"http://{made.gateway_address}/v1/products/{made.product}/users",
                                     params=asked, timeout=30)
                took.append(time.monotonic() - began)
                assert answer.status_code == 200 and answer.json()["users"], answer.text[:1000]
            found.pages[what] = statistics.median(took)
    made.pause("widget")


def _figures(few, many, small, large):
    times = [Figure("h", f"{service}: an event, {large:,} against {small:,} users",
                    statistics.median(many.times[service]) * 1e6, "µs",
                    statistics.median(few.times[service]) * 1e6,
                    goal=None if service == BARE else ("ratio", "≤", 1.25))
             for service in few.times]
    grown = {service: statistics.median(many.times[service]) / statistics.median(few.times[service])
             for service in few.times}
    times += [Figure("h", f"{service}: growth, beside that of the bare upsert", grown[service],
                     "times", grown[BARE]) for service in MEASURED]
    processor = [Figure("h", f"{service}: processor time of an event",
                        statistics.median(many.processor[service]) * 1e6, "µs",
                        statistics.median(few.processor[service]) * 1e6)
                 for service in few.processor]
    pages = [Figure("h", f"first page of a list, {what}", many.pages[what] * 1e3, "ms",
                    few.pages[what] * 1e3) for what in LISTS]
    sizes = [Figure("h", f"{service}: {what} of a user", size * 2**20 / large, "bytes",
                    few_size * 2**20 / small)
             for service in MEASURED
             for what, size, few_size in zip(("tables", "indexes"), many.sizes[service],
                                             few.sizes[service])]
    return times + processor + pages + sizes
