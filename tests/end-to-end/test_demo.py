"""The demo: everything arrives, with few calls."""

import collections
import subprocess
from pathlib import Path

import pytest

CHECK_STATE = Path(__file__).parent / "check_state.py"

UPDATES = ("PUT",)


def test_every_contact_and_company_carries_what_the_model_wants(suite, demo):
    assert demo.items > 80_000
    comparison = suite.compare()
    assert comparison.differences == []
    assert comparison.contacts > 4_700
    assert len(comparison.wanted.contacts) > 4_100
    assert len(comparison.wanted.companies) > 400


def test_check_state_says_the_same(suite, demo, demo_files):
    check = subprocess.run([CHECK_STATE, suite.intercom_url, demo_files.folder],
                           capture_output=True, text=True, timeout=60)
    assert check.returncode == 0, check.stdout + check.stderr
    assert check.stdout.endswith(" 0 differences\n")


def test_a_first_match_of_4200_users_takes_at_most_60_calls(suite, demo):
    counts = suite.gateway.matching(suite.product)["counts"]
    matched = sum(count["subjects"] for count in counts
                  if count["kind"] == "user" and count["decision"].startswith("matched"))
    assert matched > 4_100
    calls = [call["endpoint"] for call in demo.matching_calls]
    assert len(calls) <= 60, collections.Counter(calls)


def test_sending_everything_again_causes_no_call(suite, demo, demo_files):
    suite.simulator.forget_calls()
    assert suite.gateway.send(suite.product, demo_files.items()) == demo.items
    suite.await_settled(60)
    assert list(suite.simulator.calls()) == []


@pytest.fixture
def high_limit(suite):
    """So that windows do not take the time of this test."""
    limit = suite.simulator.settings()["limit"]
    suite.simulator.set_limit(20_000)
    yield
    suite.simulator.set_limit(limit)


def test_4200_changed_users_cost_at_most_102_calls_a_hundred(suite, demo, high_limit):
    users = sorted(suite.compare().wanted.contact_of_user)
    assert len(users) > 4_100
    suite.simulator.forget_calls()
    suite.send(item for user in users for item in (
        suite.trait("Score", suite.version() % 101, user_id=user),
        suite.trait("Frequency", suite.version() % 7, user_id=user),
    ))
    suite.await_state(90)
    calls = list(suite.simulator.calls())
    assert len(calls) <= 1.02 * len(users)
    assert sum(call["method"] == "PUT" for call in calls) >= 0.97 * len(users)
