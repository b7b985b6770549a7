"""What the tests share: one suite with the demo in it, started once."""

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

# What tells of metrics and traces beyond these tests.
sys.path += [str(Path(__file__).parents[1] / "monitoring"),
             str(Path(__file__).parents[2] / "deploy/local/lib")]

import model
from processes import wait_until
from suite import Suite, Surroundings

# From light to heavy; each builds on what the ones before it left.
FILES = ("test_model.py", "test_start.py", "test_demo.py", "test_changes.py", "test_matching.py",
         "test_connections.py", "test_webhooks.py", "test_explain.py", "test_widget.py",
         "test_inbox.py", "test_inbox_page.py", "test_tagging.py", "test_metrics.py",
         "test_traces.py", "test_monitoring.py", "test_bad_input.py", "test_faults.py",
         "test_tagging_storm.py", "test_limit.py", "test_restore.py", "test_rolling_restart.py",
         "test_secrets.py")


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: FILES.index(item.path.name))


@pytest.fixture(scope="session")
def surroundings():
    found = Surroundings.from_environment()
    if found is None:
        pytest.skip("ACCOIL_TEST_BIN_DIR, ACCOIL_TEST_POSTGRES_URL and ACCOIL_TEST_KAFKA_BROKERS "
                    "are not set")
    return found


@dataclass(frozen=True)
class DemoFiles:
    """The demo as demo-data makes it."""

    folder: Path

    @property
    def intercom(self):
        return self.folder / "intercom.ndjson"

    @property
    def profiles(self):
        return json.loads((self.folder / "profiles.json").read_text(encoding="utf-8"))

    def items(self):
        return model.read_lines(self.folder / "data.ndjson")


@pytest.fixture(scope="session")
def demo_files(surroundings, tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    subprocess.run([surroundings.bin_dir / "demo-data", "--out", folder], check=True, timeout=60)
    return DemoFiles(folder)


@pytest.fixture(scope="session")
def suite(surroundings, tmp_path_factory):
    """Everything, started on an empty database with two replicas of each service at once."""
    suite = Suite(surroundings, tmp_path_factory.mktemp("suite"))
    try:
        suite.start()
        yield suite
    finally:
        suite.close()


@dataclass
class Demo:
    """The demo in the suite, and what loading it took."""

    items: int
    matching_calls: list
    seconds: float
    # (id, contact) of matched users and (id, company) of matched accounts, for tests to take their
    # examples from.
    users: list
    accounts: list


@pytest.fixture(scope="session")
def demo(suite, demo_files):
    """The demo in a suite of one replica each: who there is, then the connection and with it the
    first match, then what they did."""
    suite.stop_second_replicas()
    suite.simulator.seed(demo_files.intercom)
    suite.set_up_product(demo_files.profiles)
    items = list(demo_files.items())
    first_measure = next(i for i, item in enumerate(items)
                         if item["type"] not in ("user", "account"))

    began = time.monotonic()
    suite.send(items[:first_measure])
    wait_until(lambda: suite.applied("matcher"), 60, "matcher knows who there is", pause=0.3)
    suite.simulator.forget_calls()
    suite.connect()
    wait_until(suite.matched, 120,
               lambda: f"users are matched: {suite.gateway.matching(suite.product)}", pause=0.3)
    matching_calls = [call for call in suite.simulator.calls() if is_matching(call)]

    suite.send(items[first_measure:])
    suite.await_state(180)
    seconds = time.monotonic() - began
    wanted = suite.compare().wanted
    return Demo(len(items), matching_calls, seconds, sorted(wanted.contact_of_user.items()),
                sorted(wanted.company_of_account.items()))


def is_matching(call):
    """Whether a call finds out who is who: searches, lists and single reads."""
    return call["path"].startswith(("/contacts", "/companies")) and (
        call["method"] == "GET" or call["path"] in ("/contacts/search", "/companies/list"))
