"""The suite as it is measured: settings of its own, clocks, processors and memory of its parts."""

import contextlib
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "end-to-end"))

# pylint: disable=wrong-import-position
from kafka import TOPICS_OF
from processes import wait_until
from suite import SCHEMAS, Suite, Surroundings

# A consumer that is paused while others are measured stays in its group.
PAUSES = {"ACCOIL_CONSUMER_SESSION_TIMEOUT": "300s"}
_BENCHES = itertools.count(1)
TICKS = os.sysconf("SC_CLK_TCK")
PROFILE = {
    "profile_id": "trial", "name": "Trial Users", "summary": True, "sync_mode": "all_traits",
    "catalogue": [{"name": name, "type": "integer", "on": ["user"], "definition": "How engaged."}
                  for name in ("Score", "Frequency", "ActiveDays", "Revenue")],
}
TRAITS = [trait["name"] for trait in PROFILE["catalogue"]]


class Bench(Suite):
    """One replica of each service. `settings` are variables of a service, or of all "consumers"."""

    def __init__(self, folder, settings, name):
        self._settings = settings or {}
        super().__init__(Surroundings.from_environment(), folder, name)

    def _other_settings(self, service):
        everywhere = {} if service == "gateway" else self._settings.get("consumers", {})
        return everywhere | self._settings.get(service, {})

    def process(self, service):
        """The one replica."""
        return self.replicas[service][0]

    def query(self, service, statement):
        """Rows of a service's schema."""
        return self._database.query(service, statement)

    def url(self, service):
        """Where a service's schema is."""
        return self._database.url(service)

    # ---- load ----

    def load(self, *arguments):
        """Runs suite-load and answers what it printed."""
        environment = {"ACCOIL_KAFKA_BROKERS": self.kafka.brokers,
                       "ACCOIL_KAFKA_TOPIC_PREFIX": self.kafka.prefix,
                       "ACCOIL_KAFKA_REPLICATION": "1",
                       "ACCOIL_LOAD_POSTGRES_URL": self.url("trait-sync")}
        done = subprocess.run([self.program("suite-load"), *map(str, arguments)], env=environment,
                              check=False, capture_output=True, timeout=300)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    def plan(self, users, changes, number, traits=tuple(TRAITS)):
        """The arguments of a round of changes."""
        return ["--product", self.product, "--users", users, "--changes", changes,
                "--traits", ",".join(traits), "--round", number, "--version", self.version()]

    def produce(self, plan):
        """Has a round in Kafka."""
        return json.loads(self.load("produce", *plan))

    def upsert(self, plan):
        """Upserts a round into a table by one connection, beside trait-sync's own."""
        return json.loads(self.load("upsert", *plan, "--schema", SCHEMAS["trait-sync"]))

    def items(self, plan):
        """A round as items of the gateway's batches, in JSON."""
        return self.load("items", *plan).splitlines()

    # ---- clocks ----

    def pause(self, *services):
        for service in services:
            os.kill(self.process(service).pid, signal.SIGSTOP)

    def resume(self, *services):
        for service in services:
            os.kill(self.process(service).pid, signal.SIGCONT)

    def ends(self, service):
        """The offsets that a service has when it has applied all that is in Kafka now."""
        return {place: end for place, end in self.kafka.ends(TOPICS_OF[service]).items() if end}

    def drain(self, service, timeout=120):
        """Lets a paused service apply what waits in Kafka, and pauses it again. Answers seconds of
        the clock and of processors: its own and its database connections'."""
        ends = self.ends(service)
        before = self.processor_seconds(service)
        began = time.monotonic()
        self.resume(service)
        wait_until(lambda: self.reached(service, ends), timeout,
                   lambda: f"{service} has applied what was in Kafka", pause=0.01)
        took = time.monotonic() - began
        processor = self.processor_seconds(service) - before
        self.pause(service)
        return took, processor

    def reached(self, service, ends):
        rows = self.query(service, "SELECT topic, partition, next_offset FROM consumer_offset")
        offsets = {(topic.removeprefix(self.kafka.prefix), partition): offset
                   for topic, partition, offset in rows}
        return all(offsets.get(place, 0) >= end for place, end in ends.items())

    def processor_seconds(self, service):
        """Of a service's process and of the connections that serve it."""
        role = self.url(service).split("//")[1].split(":")[0]
        pids = [pid for pid, in self.query(
            service, f"SELECT pid FROM pg_stat_activity WHERE usename = '{role}' "
                     "AND pid <> pg_backend_pid()")]
        return sum(map(_processor_seconds, [self.process(service).pid, *pids]))

    # ---- memory ----

    def memory(self):
        """Service -> (resident now, most ever) in MiB, of those that run."""
        return {service: _memory(self.process(service).pid)
                for service in self.replicas if self.process(service).running}


    def own_memory(self, service):
        """MiB that no file stands behind."""
        return _memory(self.process(service).pid, "RssAnon")[0]


def await_settled(made, timeout):
    """Until everything that was sent has gone all the way."""
    wait_until(made.settled, timeout,
               lambda: f"settled: matching {made.gateway.matching(made.product)}, "
                       f"sync {made.gateway.sync(made.product)}, "
                       f"runs {made.gateway.runs(made.product)}, "
                       f"published {made.published('matcher')}, "
                       f"applied {made.applied('matcher')} and {made.applied('trait-sync')}",
               pause=0.3)


def _processor_seconds(pid):
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    except FileNotFoundError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


def _memory(pid, *names):
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return tuple(int(re.search(rf"{name}:\s+(\d+) kB", status)[1]) / 1024
                 for name in names or ("VmRSS", "VmHWM"))


@contextlib.contextmanager
def bench(services, settings=None, profile=PROFILE):
    """A bench with these services and a product with the profile; all gone at the end."""
    # Topics stay in Kafka: each bench has its own.
    name = f"load{next(_BENCHES)}"
    with tempfile.TemporaryDirectory() as folder:
        made = Bench(Path(folder), settings, name)
        try:
            made.start(replicas=(0,), services=services)
            if "gateway" in services:
                made.set_up_product([profile] if profile else [])
            yield made
        finally:
            for service in services:
                if made.process(service).running:
                    made.resume(service)
            made.close()
