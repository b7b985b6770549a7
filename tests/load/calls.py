"""(f) What changes, matches and tags cost in calls to Intercom."""

import math

from bench import await_settled
from figures import Figure
from processes import wait_until

TITLE = "calls to Intercom"
HOW = """\
The simulator's log of calls. {users:,} users are matched for the first time; everything is sent again
with newer versions and the same values; two traits of each user change; each user enters the segment of
a rule that tags. Beside each stands the least that Intercom's API allows: contacts come by pages of 150,
attributes go one contact a call, tags go 100 a call."""
PAGE = 150
TAG_BATCH = 100


def measure(made, customer):
    """Takes a customer that is not connected yet; leaves it connected, matched and delivered."""
    users = len(customer.users)
    figures = []

    def note(what, calls, least, goal):
        figures.append(Figure("f", what, calls / users, "calls", least / users, goal=goal))

    made.simulator.forget_calls()
    customer.connect()
    wait_until(lambda: matched_users(customer) == users, 180,
               lambda: str(customer.gateway.matching(customer.product)), pause=0.2)
    calls = [call for call in made.simulator.calls() if _is_matching(call)]
    note("a matched user", len(calls), math.ceil(users / PAGE), ("figure", "≤", 1 / 100))
    await_settled(made, 300)

    made.simulator.forget_calls()
    customer.send_everything()
    await_settled(made, 120)
    note("an unchanged user", len(list(made.simulator.calls())), 0, ("figure", "≤", 0))

    made.simulator.forget_calls()
    customer.send(item for number, user in enumerate(customer.users) for item in (
        customer.trait("Score", 1_000 + number % 101, user_id=user),
        customer.trait("Frequency", 10 + number % 7, user_id=user)))
    await_settled(made, 300)
    note("a changed user", len(list(made.simulator.calls())), users, ("figure", "≤", 1.02))
    assert customer.value(customer.users[-1], "TrialUsers_Frequency") == 10 + (users - 1) % 7

    rule = _make_rule(customer)
    made.simulator.forget_calls()
    customer.send(customer.segment("Storm", user) for user in customer.users)
    wait_until(lambda: len(customer.tagged("Storm")) == users, 180, "everybody is tagged", pause=0.5)
    calls = [call for call in made.simulator.calls() if call["path"] == "/tags"]
    note("a tag", len(calls), math.ceil(users / TAG_BATCH), ("figure", "≤", 1 / 90))
    customer.gateway.delete_rule(customer.product, rule)
    return figures


def matched_users(customer):
    return sum(count["subjects"] for count in customer.gateway.matching(customer.product)["counts"]
               if count["kind"] == "user" and count["decision"].startswith("matched"))


def _is_matching(call):
    return call["path"].startswith(("/contacts", "/companies")) and (
        call["method"] == "GET" or call["path"] in ("/contacts/search", "/companies/list"))


def _make_rule(customer):
    made = customer.gateway.create_rule(customer.product, {
        "name": "Storm", "profile_id": "trial", "kind": "user",
        "trigger": {"type": "enters-segment", "segment": "Storm"},
        "actions": [{"type": "add-tag", "tag": "Storm", "target": "user"}]})
    wait_until(lambda: not customer.gateway.rule(customer.product, made["rule_id"])["settling"], 60,
               "the rule has looked at everybody", pause=0.2)
    return made["rule_id"]
