"""Who is who, when people come and go after the first match."""

import pytest

from processes import wait_until

SCORE = "Accoil_TrialUsers_Score"


@pytest.fixture(autouse=True)
def no_webhooks(suite):
    """As if none came: matching finds people by itself, too."""
    with suite.simulator.without_webhooks():
        yield


@pytest.fixture
def search_lag(suite):
    """Changes stay unseen by Intercom's search for a while."""
    suite.simulator.set(search_lag="4s")
    yield
    suite.simulator.set(search_lag="0s")


def newcomer(suite, user_id, email, score):
    """The items of a user who was not there before."""
    return [
        suite.trait("Score", score, user_id=user_id),
        {"type": "user", "user_id": user_id, "email": email, "name": "Newcomer",
         "account_ids": [], "version": suite.version()},
    ]


def test_a_new_user_is_matched_and_synced_at_once(suite, demo):
    contact = suite.intercom.create_contact("early@new.example")
    suite.send(newcomer(suite, "early", "EARLY@New.example", 401))
    wait_until(lambda: suite.contact(contact).get(SCORE) == 401, 10, "the new user's trait")


def test_a_contact_that_search_does_not_show_yet_is_matched_a_little_later(
        suite, demo, search_lag):
    contact = suite.intercom.create_contact("late@new.example")
    suite.send(newcomer(suite, "late", "late@new.example", 402))
    wait_until(suite.matched, 20, "matcher has looked", pause=0.3)
    assert suite.gateway.match(suite.product, "user", "late")["decision"] == "no_contact"
    wait_until(lambda: suite.contact(contact).get(SCORE) == 402, 20, "the new contact's trait")


def test_a_run_on_request_finds_a_contact_that_came_after_its_user(suite, demo):
    taken = {thing["email"] for thing in suite.simulator.state(type="contact")}
    email = next(user["email"] for user in suite.facts.subjects("user").values()
                 if "email" in user and user["email"].lower() not in taken)
    contact = suite.intercom.create_contact(email)
    suite.simulator.forget_calls()
    run_id = suite.gateway.start_run(suite.product)["run_id"]

    def run():
        return next(run for run in suite.gateway.runs(suite.product) if run["run_id"] == run_id)

    wait_until(lambda: run()["state"] == "finished", 60, run)
    suite.await_state(20)
    assert suite.contact(contact)
    assert run()["calls"] <= 60
    # Whoever was right before is left in peace.
    assert [call["path"] for call in suite.simulator.calls() if call["method"] == "PUT"] == [
        f"/contacts/{contact}"]
