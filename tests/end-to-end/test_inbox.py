"""The widget as a teammate sees and clicks it: in a browser, in the simulator's Inbox."""

import collections
import re
import time
from dataclasses import dataclass

import pytest

from inbox import inbox_in_browser
from model import Subject
from processes import wait_until

SUMMARY_PROFILE = "trial-users"


@dataclass(frozen=True)
class Example:
    """A matched user of the demo with one account, both with a score in the summary profile."""

    user: str
    email: str
    account_name: str
    user_score: int
    account_score: int


@pytest.fixture(scope="module")
def example(suite, demo):
    # By email alone the conversation must be found: it is nobody else's.
    emails = {contact["id"]: contact.get("email")
              for contact in suite.simulator.state(type="contact")}
    counts = collections.Counter(emails.values())
    users, accounts = suite.facts.subjects("user"), suite.facts.subjects("account")
    traits = suite.facts.traits()
    for user, contact in demo.users:
        email = emails[contact.id]
        its_accounts = [one for one in users[user]["account_ids"] if one in accounts]
        if counts[email] != 1 or len(its_accounts) != 1:
            continue
        name = accounts[its_accounts[0]].get("name", "")
        scores = [traits.get((subject, SUMMARY_PROFILE, "Score"))
                  for subject in (Subject("user", user), Subject("account", its_accounts[0]))]
        if None not in scores and re.fullmatch(r"[A-Za-z0-9 ]+", name):
            return Example(user, email, name, *scores)
    raise AssertionError("the demo has nobody to look at")


@pytest.fixture(scope="module")
def inbox(suite, example):
    """The Inbox, once the widget knows the example."""
    with inbox_in_browser(suite.intercom_url) as inbox:
        def known():
            inbox.open_conversation(example.email)
            assert inbox.problems() == []
            return inbox.tabs() and score(inbox) == example.account_score

        wait_until(known, 30, lambda: f"the widget shows the account: {inbox.text()}", pause=0.5)
        yield inbox


def score(inbox):
    """The number before the word for it; None when there is none."""
    number = re.match(r"(-?\d+)\b", inbox.table().get("Score", ""))
    return int(number[1]) if number else None


def name_of(profiles, profile_id):
    return next(profile["name"] for profile in profiles if profile["profile_id"] == profile_id)


def test_a_conversation_shows_the_health_of_the_contacts_account(inbox, example):
    inbox.open_conversation(example.email)
    assert inbox.tabs() == ["Summary", "Account", "User", "Info"]
    assert inbox.selected_tab() == "Summary"
    assert inbox.heading() == example.account_name
    assert score(inbox) == example.account_score
    assert {"Activation rate", "Last active", "Segments"} <= inbox.table().keys()
    assert "This week" in inbox.text()
    inbox.screenshot("inbox-summary")


def test_each_tab_shows_its_part_and_stays_chosen(inbox, suite, example):
    inbox.open_conversation(example.email)
    inbox.open_tab("Account")
    assert inbox.heading() == example.account_name
    assert score(inbox) == example.account_score
    assert {"Active users", "Total users", "Frequency"} <= inbox.table().keys()
    inbox.screenshot("inbox-account")

    inbox.open_tab("User")
    assert score(inbox) == example.user_score
    assert {"Activation rate", "Adoption rate", "Last active", "Frequency",
            "Segments"} <= inbox.table().keys()
    inbox.screenshot("inbox-user")

    inbox.open_tab("Info")
    catalogue = next(profile["catalogue"] for profile in suite.profiles
                     if profile["profile_id"] == SUMMARY_PROFILE)
    for trait in catalogue:
        assert trait["definition"] in inbox.text()
    inbox.screenshot("inbox-info")


def test_a_switched_profile_is_shown_and_kept_for_the_teammate(inbox, suite, example):
    names = [profile["name"] for profile in suite.profiles]
    first, other = name_of(suite.profiles, SUMMARY_PROFILE), name_of(suite.profiles, "enterprise")
    inbox.open_conversation(example.email)
    assert sorted(inbox.options("Profile")) == sorted(names)
    assert inbox.chosen("Profile") == first

    inbox.open_tab("Info")
    inbox.choose("Profile", other)
    assert inbox.selected_tab() == "Info"
    inbox.press("Switch profile")
    assert inbox.chosen("Profile") == other
    assert inbox.selected_tab() == "Info"
    definitions = [trait["definition"] for profile in suite.profiles
                   if profile["profile_id"] == "enterprise" for trait in profile["catalogue"]]
    assert all(definition in inbox.text() for definition in definitions)
    inbox.screenshot("inbox-other-profile")

    inbox.open_conversation(example.email)
    assert inbox.chosen("Profile") == other, "the choice was forgotten"
    inbox.choose_teammate("Robin Okafor")
    assert inbox.chosen("Profile") == first, "the choice of one teammate is another's"
    inbox.choose_teammate("Sam Rivera")
    inbox.choose("Profile", first)
    inbox.press("Switch profile")
    assert inbox.chosen("Profile") == first


def test_a_changed_trait_shows_on_a_click_within_2_seconds(inbox, suite, example):
    inbox.open_conversation(example.email)
    inbox.open_tab("User")
    changed = (example.user_score + 17) % 101
    began = time.monotonic()
    suite.send([suite.trait("Score", changed, profile=SUMMARY_PROFILE, user_id=example.user)])

    def shown():
        inbox.open_tab("User")
        return score(inbox) == changed

    wait_until(shown, 10, lambda: f"the new score shows: {inbox.text()}")
    assert time.monotonic() - began < 2
    inbox.screenshot("inbox-changed")


def test_of_several_accounts_the_conversations_comes_first_and_the_others_are_a_click_away(
        inbox, suite, demo):
    users, accounts = suite.facts.subjects("user"), suite.facts.subjects("account")
    companies, contacts = dict(demo.accounts), dict(demo.users)
    emails = collections.Counter(contact["email"]
                                 for contact in suite.simulator.state(type="contact"))

    def matched_accounts(user):
        """Of a user whose accounts are all among the contact's companies; else none."""
        if user not in users:  # another test removed the user
            return []
        found = [(accounts[one]["name"], companies[one]) for one in users[user]["account_ids"]
                 if one in accounts and one in companies]
        fitting = (emails[contacts[user].email] == 1
                   and len(users[user]["account_ids"]) == len(found) == 2
                   and all(company.id in contacts[user].companies for _, company in found)
                   and len({name for name, _ in found}) == 2)
        return found if fitting else []

    user = next(user for user in contacts if matched_accounts(user))
    one, other = matched_accounts(user)
    inbox.open_conversation(contacts[user].email)
    for (account, company), (another, _) in ((one, other), (other, one)):
        inbox.choose_company(company.name)
        inbox.open_tab("Summary")
        assert inbox.heading() == account
        inbox.open_tab("Account")
        assert inbox.heading() == account
        inbox.press(another)
        assert inbox.heading() == another
    inbox.screenshot("inbox-other-account")


def test_while_the_widget_is_down_the_inbox_says_so_and_then_is_well_again(inbox, suite, example):
    inbox.open_conversation(example.email)
    [widget] = suite.running("widget")
    widget.kill()
    began = time.monotonic()
    inbox.click_tab("User")
    assert time.monotonic() - began < 3
    assert inbox.problems() == []
    assert "Accoil cannot be loaded now" in inbox.text()
    inbox.screenshot("inbox-widget-down")

    def away_for_a_while():
        inbox.press("Try again")
        assert "Accoil cannot be loaded now" in inbox.text()
        return time.monotonic() - began > 3

    # Long enough that the gateway does not try to reach it all the time.
    wait_until(away_for_a_while, 10, "clicks on a widget that is down are answered", pause=0.3)
    widget.start()
    suite.await_ready([widget])

    def well():
        inbox.press("Try again")
        return inbox.tabs()

    wait_until(well, 10, lambda: f"the widget shows again: {inbox.text()}", pause=0.5)


def test_a_contact_whom_the_product_does_not_know_is_told_apart_with_what_to_try(inbox, suite):
    [stranger, *_] = [contact for contact in suite.simulator.state(type="contact")
                      if contact["role"] == "user"
                      and (contact.get("email") or "").endswith("@elsewhere.example")]
    inbox.open_conversation(stranger["email"])
    assert inbox.problems() == []
    assert "This contact is not known in Accoil" in inbox.text()
    assert "Check that the user exists" in inbox.text()
    assert inbox.tabs() == []
    inbox.screenshot("inbox-unknown-contact")
    inbox.press("Look again")
    assert "not known in Accoil" in inbox.text()


def test_an_unknown_lead_is_told_what_brings_it_in(inbox, suite):
    lead = suite.intercom.create_lead("somebody.new@leads.example")
    inbox.open_conversation("somebody.new@leads.example")
    assert inbox.problems() == []
    assert "This lead is not known in Accoil" in inbox.text()
    inbox.screenshot("inbox-unknown-lead")
    suite.intercom.delete(lead)


def test_a_workspace_that_is_not_connected_shows_how_to_connect_and_nobodys_data(
        inbox, suite, example):
    suite.simulator.add_workspace("never-connected", "Never connected", [])
    suite.simulator.seed_objects("never-connected", [
        {"type": "contact", "role": "user", "email": example.email, "name": "The same address"}])
    inbox.open()
    inbox.choose_workspace("never-connected")
    inbox.open_conversation(example.email)
    assert inbox.problems() == []
    assert "not connected to Accoil" in inbox.text()
    assert example.account_name not in inbox.raw("Raw answer")
    inbox.screenshot("inbox-not-connected")
    inbox.open()
