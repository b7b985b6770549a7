"""Ten thousand at once: each tagged exactly once, in few calls, whatever dies meanwhile."""

import collections
import uuid

import pytest

from processes import wait_until
from tenant import Tenant

USERS = 10_000
MOST_CALLS = 110
BY_HAND = 5_000


@pytest.fixture(scope="module")
def tenant(suite, demo):
    """A connected customer with many users, all of them matched."""
    tenant = Tenant(suite, "storm", users=USERS, accounts=1)
    tenant.connect()
    wait_until(lambda: matched_users(tenant) == USERS, 120,
               lambda: str(tenant.gateway.matching(tenant.product)), pause=0.5)
    wait_until(lambda: suite.applied("tagging-automation"), 60, "tagging knows everybody", pause=0.3)
    return tenant


def matched_users(tenant):
    return sum(count["subjects"] for count in tenant.gateway.matching(tenant.product)["counts"]
               if count["kind"] == "user" and count["decision"].startswith("matched"))


def make_rule(tenant, segment):
    made = tenant.gateway.create_rule(tenant.product, {
        "name": segment, "profile_id": "trial", "kind": "user",
        "trigger": {"type": "enters-segment", "segment": segment},
        "actions": [{"type": "add-tag", "tag": segment, "target": "user"}]})
    wait_until(lambda: not tenant.gateway.rule(tenant.product, made["rule_id"])["settling"], 60,
               "the rule has looked at everybody", pause=0.3)
    return made["rule_id"]


def enter(tenant, segment):
    tenant.send(tenant.segment(segment, user) for user in tenant.users)


def await_everybody(tenant, tag, count=USERS):
    wait_until(lambda: len(tenant.tagged(tag)) == count, 180,
               lambda: f"{len(tenant.tagged(tag))} of {count} carry {tag}", pause=0.5)


def taggings(suite):
    """The calls that tag, and how often each contact was in one that was done."""
    calls = [call for call in suite.simulator.calls()
             if (call["method"], call["path"]) == ("POST", "/tags")]
    done = collections.Counter(contact for call in calls if call["status"] == 200
                               for contact in call["ids"])
    return calls, done


def test_ten_thousand_enter_and_each_is_tagged_once_in_few_calls(suite, tenant):
    rule_id = make_rule(tenant, "storm")
    suite.simulator.forget_calls()
    enter(tenant, "storm")
    await_everybody(tenant, "storm")
    calls, done = taggings(suite)
    assert len(calls) <= MOST_CALLS
    assert len(done) == USERS and set(done.values()) == {1}
    assert tenant.gateway.rule(tenant.product, rule_id)["fired"] == USERS


def test_each_is_tagged_once_while_calls_fail_and_tagging_is_killed(suite, tenant):
    rule_id = make_rule(tenant, "kills")
    suite.simulator.add_fault(kind="status-503", method="POST", path="/tags", probability=0.05)
    [process] = suite.running("tagging-automation")
    for part in range(3):
        tenant.send(tenant.segment("kills", user) for user in tenant.users[part::3])
        reached = (part + 1) * USERS // 12
        wait_until(lambda reached=reached: len(tenant.tagged("kills")) >= reached, 120,
                   "some are tagged", pause=0.1)
        process.kill()
        process.start()
        suite.await_ready([process])
    await_everybody(tenant, "kills")
    suite.simulator.clear_faults()
    wait_until(lambda: len(tenant.gateway.tag_assignments(
        tenant.product, rule=rule_id, state="done", limit=1000)) == USERS, 60, "the audit", pause=1)
    assert tenant.gateway.rule(tenant.product, rule_id)["fired"] == USERS
    assert len(tenant.gateway.tag_assignments(tenant.product, rule=rule_id, limit=1000)) == USERS


def test_five_thousand_by_hand_are_one_job_however_often_it_is_asked_for(suite, tenant):
    request = {"tag": "by hand", "target": "user", "users": tenant.users[:BY_HAND]}
    key = str(uuid.uuid4())
    suite.simulator.forget_calls()
    first = tenant.gateway.tag(tenant.product, request, key)
    again = tenant.gateway.tag(tenant.product, request, key)
    assert again["job_id"] == first["job_id"]
    await_everybody(tenant, "by hand", BY_HAND)
    wait_until(lambda: tenant.gateway.tag_job(tenant.product, first["job_id"])["state"]
               == "finished", 20, "the job is finished")
    last = tenant.gateway.tag(tenant.product, request, key)
    assert (last["job_id"], last["subjects"], last["done"]) == (first["job_id"], BY_HAND, BY_HAND)
    calls, done = taggings(suite)
    assert len(calls) <= BY_HAND // 90 and set(done.values()) == {1}
