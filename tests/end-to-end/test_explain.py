"""Anybody can ask why: for one user or account, and for all that is wrong."""

import pytest

from processes import wait_until
from tenant import TRIAL, Tenant

OFF = TRIAL | {"profile_id": "dormant", "name": "Dormant", "summary": False, "sync_mode": "off"}


@pytest.fixture(scope="module")
def tenant(suite, demo):
    """A connected customer with one of everything that can be asked about."""
    tenant = Tenant(suite, "curious")
    tenant.put_profile(OFF)
    tenant.connect()
    wait_until(lambda: tenant.value("curious-user-3", "TrialUsers_Score") == 3, 20, "traits")
    version = suite.version
    tenant.send([
        {"type": "user", "user_id": "nobody", "email": "nobody@in-intercom.example",
         "account_ids": ["lonely"], "version": version()},
        {"type": "account", "account_id": "lonely", "name": "Lonely", "version": version()},
        {"type": "user", "user_id": "silent", "version": version()},
        tenant.trait("Score", "not a number", user_id="curious-user-5"),
    ])
    wait_until(lambda: tenant.gateway.matching(tenant.product)["due"] == 0, 20, "matched")
    wait_until(lambda: tenant.gateway.set_aside(tenant.product), 20, "set aside")
    return tenant


def codes(answer):
    return {reason["code"] for reason in answer["reasons"]}


def test_a_user_whose_data_is_there(tenant):
    answer = tenant.gateway.explain(tenant.product, "user", "curious-user-3")
    assert answer["in_intercom"] is True or answer["in_intercom"] == "true"
    assert answer["match"]["target_id"] == tenant.contact("curious-user-3")["id"]
    values = {attribute["name"]: attribute.get("delivered") for attribute in answer["attributes"]}
    assert values["Accoil_TrialUsers_Score"] == 3


@pytest.mark.parametrize("kind,subject,code", [
    ("user", "nobody", "no_contact"),
    ("user", "silent", "no_email"),
    ("account", "lonely", "no_matched_user"),
    ("user", "never-heard-of", "unknown_user"),
    ("account", "never-heard-of", "unknown_account"),
    ("user", "curious-user-5", "value_set_aside"),
    ("user", "curious-user-3", "profile_off"),
])
def test_every_reason_has_words_and_a_remedy(tenant, kind, subject, code):
    answer = tenant.gateway.explain(tenant.product, kind, subject)
    assert answer["answer"]
    assert code in codes(answer), answer["reasons"]
    assert all(reason["text"] and reason["remedy"] for reason in answer["reasons"])


def test_problems_are_grouped_with_counts_examples_and_remedies(tenant):
    problems = {problem["id"]: problem for problem in tenant.gateway.problems(tenant.product)}
    no_contact = problems["match.user.no_contact"]
    assert no_contact["count"] == 1 and no_contact["remedy"]
    assert no_contact["examples"][0]["subject_id"] == "nobody"
    assert any(problem["id"].startswith("sync.") and problem["count"] == 1
               for problem in problems.values())


def test_a_retried_problem_is_looked_at_again(suite, tenant):
    [unfit] = [problem for problem in tenant.gateway.problems(tenant.product)
               if problem["id"].startswith("sync.")]
    assert tenant.gateway.retry_problem(tenant.product, unfit["id"])["retried"] == 1
    with suite.simulator.without_webhooks():
        contact = tenant.intercom.create_contact("nobody@in-intercom.example")
    tenant.gateway.retry_problem(tenant.product, "match.user.no_contact")
    wait_until(lambda: tenant.gateway.explain(tenant.product, "user", "nobody")["match"]
               ["target_id"] == contact, 10, "found on the second look")


def test_runs_of_matching_and_sync_have_a_history(tenant):
    runs = tenant.gateway.all_runs(tenant.product)
    kinds = {run["kind"] for run in runs}
    assert {"matching", "sweep"} <= kinds
    assert all(run["state"] in ("waiting", "running", "finished") for run in runs)
    assert any(run["calls"] > 0 for run in runs if run["kind"] == "matching")
    assert runs == sorted(runs, key=lambda run: run["started_at"] or "9", reverse=True)


def test_the_workspace_that_is_gone_is_a_problem_and_a_reason(suite, tenant):
    tenant.gateway.disconnect(tenant.product)
    wait_until(lambda: tenant.connection_state() == "disconnected", 10, "disconnected")
    answer = tenant.gateway.explain(tenant.product, "user", "curious-user-3")
    assert "disconnected" in codes(answer)
    assert any(problem["kind"].startswith("connection") or problem["id"].startswith("connection")
               for problem in tenant.gateway.problems(tenant.product))
