"""Single changes, as they happen."""

import time

from processes import wait_until

# What the suite promises, and what reading the simulator's state may add to it.
PROMISED_SECONDS = 5.0
SLACK_SECONDS = 0.5
ATTRIBUTE = "Accoil_TrialUsers_Score"


def seconds_until(suite, contact, attribute, value):
    """How long it takes until a contact carries the value."""
    began = time.monotonic()
    wait_until(lambda: suite.contact(contact.id).get(attribute) == value,
               PROMISED_SECONDS + SLACK_SECONDS,
               lambda: f"{attribute} is {value}: {suite.contact(contact.id)}", pause=0.2)
    return time.monotonic() - began


def test_a_trait_changed_by_rest_is_in_intercom_within_5_seconds(suite, demo):
    user, contact = demo.users[0]
    suite.send([suite.trait("Score", 101, user_id=user)])
    assert seconds_until(suite, contact, ATTRIBUTE, 101) <= PROMISED_SECONDS + SLACK_SECONDS


def test_a_trait_changed_by_kcat_in_json_is_in_intercom_within_5_seconds(suite, demo):
    user, contact = demo.users[1]
    suite.produce_trait(suite.trait("Score", 102, user_id=user))
    assert seconds_until(suite, contact, ATTRIBUTE, 102) <= PROMISED_SECONDS + SLACK_SECONDS


def test_a_trait_of_an_account_goes_to_its_company_once(suite, demo):
    account, company = demo.accounts[0]
    suite.simulator.forget_calls()
    suite.send([suite.trait("ActiveUsers", 1234, account_id=account)])
    suite.await_state(20)
    calls = [(call["method"], call["path"]) for call in suite.simulator.calls()]
    assert calls == [("PUT", f"/companies/{company.id}")]


def test_a_withdrawn_trait_is_cleared(suite, demo):
    user, contact = demo.users[2]
    suite.send([suite.trait("Score", 103, user_id=user)])
    suite.await_settled(20)
    assert suite.contact(contact.id)[ATTRIBUTE] == 103
    suite.send([suite.trait("Score", None, user_id=user)])
    suite.await_settled(20)
    assert suite.contact(contact.id).get(ATTRIBUTE) is None


def test_an_older_version_that_comes_late_changes_nothing(suite, demo):
    user, contact = demo.users[3]
    older = suite.trait("Score", 1, user_id=user)
    suite.send([suite.trait("Score", 104, user_id=user)])
    suite.send([older])
    suite.await_settled(20)
    assert suite.contact(contact.id)[ATTRIBUTE] == 104


def test_segments_that_are_entered_and_left_are_in_intercom_sorted(suite, demo):
    user, contact = demo.users[4]
    suite.send([
        {"type": kind, "profile_id": "onboarding", "user_id": user, "segment": segment,
         "version": suite.version()}
        for kind, segment in (("segment-entered", "Zebras"), ("segment-entered", "Ants"),
                              ("segment-entered", "Bees"), ("segment-exited", "Bees"))
    ])
    suite.await_state(20)
    segments = suite.contact(contact.id)["Accoil_Onboarding_Segments"].split(", ")
    assert segments == sorted(segments)
    assert {"Ants", "Zebras"} <= set(segments)
    assert "Bees" not in segments


def test_a_removed_user_leaves_nothing_behind(suite, demo):
    user, contact = demo.users[5]
    assert suite.contact(contact.id)
    suite.send([{"type": "user", "user_id": user, "removed": True, "version": suite.version()}])
    suite.await_settled(20)
    assert set(suite.contact(contact.id).values()) <= {None}
    assert suite.compare().differences == []


def test_values_that_intercom_cannot_take_are_set_aside_with_a_reason_and_the_others_go(
        suite, demo):
    user, contact = demo.users[6]
    suite.put_profile(next(p for p in suite.profiles if p["profile_id"] == "trial-users") | {
        "catalogue": [
            {"name": name, "type": kind, "on": ["user"], "definition": name}
            for name, kind in (("Note", "string"), ("Count", "integer"), ("Born", "date"))
        ] + next(p for p in suite.profiles if p["profile_id"] == "trial-users")["catalogue"]
    })
    suite.send([
        suite.trait("Note", "x" * 300, user_id=user),
        suite.trait("Count", "many", user_id=user),
        suite.trait("Born", "yesterday", user_id=user),
        suite.trait("Score", 106, user_id=user),
    ])
    suite.await_state(30)
    assert suite.contact(contact.id)[ATTRIBUTE] == 106
    aside = {value["attribute"]: value["reason"]
             for value in suite.gateway.set_aside(suite.product) if value["subject_id"] == user}
    assert aside.keys() == {f"Accoil_TrialUsers_{name}" for name in ("Note", "Count", "Born")}
    assert all(aside.values())
    assert suite.metric("trait-sync", "accoil_trait_sync_set_aside_total", reason="too_long") == 1
    assert suite.metric("trait-sync", "accoil_trait_sync_set_aside_total", reason="wrong_type") == 2


def test_the_gateway_names_what_it_refuses_and_takes_the_rest(suite, demo):
    user, contact = demo.users[7]
    good = suite.trait("Score", 107, user_id=user)
    answer = suite.gateway.send_raw(suite.product, [good | {"trait": "No spaces"}, good])
    assert answer.status_code == 207
    assert answer.json()["accepted"] == 1
    [refused] = answer.json()["refused"]
    assert (refused["index"], refused["field"]) == (0, "trait")
    suite.facts.add(good)
    suite.await_state(20)
    assert suite.contact(contact.id)[ATTRIBUTE] == 107
