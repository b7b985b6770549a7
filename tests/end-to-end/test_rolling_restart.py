"""Every replica of every service is stopped and started again while support and products go on:
nobody notices, nothing is lost, nothing is done twice."""

import collections
import itertools
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from documents import dashboards, panel_queries

from processes import wait_until
from prometheus import Prometheus, filled_in
from proxied import ProxiedSuite
from suite import SERVICES, WORKSPACE
from traffic import Canvases, Worker

USERS = 600
SEGMENT = "Power users"
TAG = "power-user"
# What a replica may take to finish what it has in hand; Kubernetes gives it longer.
GRACE_SECONDS = 20
PROFILE = {
    "profile_id": "trial-users", "name": "Trial Users", "summary": True, "sync_mode": "all_traits",
    "catalogue": [{"name": "Score", "type": "integer", "on": ["user"], "definition": "Engaged."},
                  {"name": "Frequency", "type": "integer", "on": ["user"], "definition": "Days."}],
}


@pytest.fixture(scope="module")
def people():
    return [f"rolling-{number}" for number in range(USERS)]


@pytest.fixture(scope="module")
def rolling(surroundings, people, tmp_path_factory):
    """A suite of two replicas each behind a proxy, with a customer whose users are all matched."""
    suite = ProxiedSuite(surroundings, tmp_path_factory.mktemp("rolling"), name="rolling")
    try:
        suite.start()
        suite.simulator.seed_objects(WORKSPACE, [
            {"type": "contact", "role": "user", "email": f"{user}@rolling.example"}
            for user in people])
        suite.set_up_product([PROFILE])
        suite.connect()
        suite.send(item for user in people for item in (
            {"type": "user", "user_id": user, "email": f"{user}@rolling.example", "name": user,
             "version": suite.version()},
            suite.trait("Score", 1, user_id=user)))
        suite.await_state(60)
        wait_until(lambda: suite.applied("tagging-automation") and suite.applied("widget"), 20,
                   "everybody knows everybody")
        yield suite
    finally:
        suite.close()


@dataclass
class Rolled:
    """What came of it."""

    statuses: dict
    canvases: list
    failures: list
    changes: collections.Counter
    entered: list
    rule_id: int


@pytest.fixture(scope="module")
def prometheus(rolling, tmp_path_factory):
    prometheus = Prometheus(rolling, tmp_path_factory.mktemp("prometheus"))
    prometheus.start()
    yield prometheus
    prometheus.stop()


@pytest.fixture(scope="module")
def rolled(rolling, people, prometheus):
    """One after the other, each once the one before is ready again."""
    suite = rolling
    rule = suite.gateway.create_rule(suite.product, {
        "name": "power users", "profile_id": "trial-users", "kind": "user",
        "trigger": {"type": "enters-segment", "segment": SEGMENT},
        "actions": [{"type": "add-tag", "tag": TAG, "target": "user"}]})
    wait_until(lambda: not suite.gateway.rule(suite.product, rule["rule_id"])["settling"], 20,
               "the rule has looked at everybody")
    contacts = [{"id": contact["id"], "email": contact["email"], "role": "user"}
                for contact in suite.simulator.state(type="contact")]
    suite.simulator.forget_calls()

    score = itertools.count(2)
    user = itertools.cycle(people)
    entering = iter(people)
    changes, entered = collections.Counter(), []

    def send():
        changed = [next(user) for _ in range(5)]
        items = [suite.trait("Score", next(score), user_id=one) for one in changed]
        newcomer = next(entering, None)
        if newcomer:
            items.append({"type": "segment-entered", "profile_id": "trial-users",
                          "user_id": newcomer, "segment": SEGMENT, "version": suite.version()})
        suite.send(items)
        changes.update(changed)
        if newcomer:
            entered.append(newcomer)
            changes[newcomer] += 1

    canvases = [Canvases(suite.public_url, suite.client_secret, WORKSPACE, contacts, keep_alive)
                for keep_alive in (True, False)]
    workers = [Worker(send, pause=0.1), *(Worker(one.step, pause=0.02) for one in canvases)]
    with ExitStack() as running:
        for worker in workers:
            running.enter_context(worker)
        statuses = {f"{service}-{number}": suite.restart(service, number, GRACE_SECONDS)
                    for service in SERVICES for number in (0, 1)}
    failures = [failure for worker in workers for failure in worker.failures]
    return Rolled(statuses, canvases, failures, changes, entered, rule["rule_id"])


def test_each_replica_ends_well_when_it_is_told_to(rolled):
    assert set(rolled.statuses.values()) == {0}, rolled.statuses


def test_support_sees_every_canvas_and_the_product_gets_rid_of_every_item(rolled):
    assert not rolled.failures, "\n".join(rolled.failures)
    assert min(one.answered for one in rolled.canvases) > 100


def test_afterwards_intercom_has_all_that_was_sent_and_nothing_waits(rolling, rolled):
    rolling.await_state(60)
    assert rolling.gateway.problems(rolling.product) == []


def test_no_contact_is_written_more_often_than_it_changed(rolling, rolled):
    rolling.await_state(60)
    writes = collections.Counter(
        call["path"].rsplit("/", 1)[1] for call in rolling.simulator.calls()
        if call["method"] == "PUT" and call["path"].startswith("/contacts/"))
    contact_of = rolling.compare().wanted.contact_of_user
    changes = {contact_of[user].id: count for user, count in rolled.changes.items()}
    assert {contact: (count, changes.get(contact, 0)) for contact, count in writes.items()
            if count > changes.get(contact, 0)} == {}


def test_each_user_who_entered_the_segment_is_tagged_once_and_nobody_else(rolling, rolled):
    def tagged():
        return [contact["id"] for contact in rolling.simulator.state(type="contact")
                if TAG in contact["tags"]]

    wait_until(lambda: len(tagged()) >= len(rolled.entered), 30,
               lambda: f"{len(tagged())} of {len(rolled.entered)} are tagged", pause=0.3)
    contact_of = rolling.compare().wanted.contact_of_user
    done = collections.Counter(
        contact for call in rolling.simulator.calls()
        if (call["method"], call["path"], call["status"]) == ("POST", "/tags", 200)
        for contact in call["ids"])
    assert done == {contact_of[user].id: 1 for user in rolled.entered}
    assert rolling.gateway.rule(rolling.product, rolled.rule_id)["fired"] == len(rolled.entered)
    assert len(rolling.gateway.tag_assignments(
        rolling.product, rule=rolled.rule_id, state="done", limit=1000)) == len(rolled.entered)


def test_the_dashboard_to_open_first_shows_all_of_it(rolling, rolled, prometheus):
    [board] = [board for name, board in dashboards() if name == "sync-health.json"]
    empty = [f"{title}: {query}" for title, query, may_be_empty in panel_queries(board)
             if not may_be_empty and not prometheus.query(filled_in(query))]
    assert empty == []
