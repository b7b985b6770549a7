"""The second opinion on rules is itself right in the cases that can be told by hand."""

import pytest

import model
import profiles
from model import Subject
from tags_model import TagsModel

ANN, BOB, ACME = Subject("user", "ann"), Subject("user", "bob"), Subject("account", "acme")


class World:
    """A model with all rules and two users of one account."""

    def __init__(self):
        self.facts = model.Facts()
        self.tags = TagsModel()
        self._version = 0
        self.tell({"type": "account", "account_id": "acme"},
                  *({"type": "user", "user_id": user, "account_ids": ["acme"]}
                    for user in ("ann", "bob")))
        for rule in profiles.RULES:
            self.tags.add_rule(rule, self.facts)

    def tell(self, *items):
        """One wave of these items."""
        told = []
        for item in items:
            self._version += 1
            told.append({"version": self._version, "profile_id": "trial"} | item)
            self.facts.add(told[-1])
        self.tags.advance(self.facts, told)

    def fired(self, rule):
        return dict(self.tags.rules[rule].fired)

    def has(self, subject):
        return self.tags.tags().get(subject, set())


@pytest.fixture
def world():
    return World()


def enters(segment, user="ann"):
    return {"type": "segment-entered", "segment": segment, "user_id": user}


def leaves(segment, user="ann"):
    return {"type": "segment-exited", "segment": segment, "user_id": user}


def trait(name, value, user="ann"):
    return {"type": "trait", "trait": name, "value": value, "user_id": user}


def test_who_enters_is_tagged_once_and_loses_the_tag_on_leaving(world):
    world.tell(enters("Hot"), enters("Hot"))
    assert world.fired("hot") == {ANN: 1} and world.has(ANN) == {"hot"}
    world.tell(enters("Hot"))
    assert world.fired("hot") == {ANN: 1}
    world.tell(leaves("Hot"))
    assert world.has(ANN) == set()


def test_who_leaves_and_enters_again_is_fired_for_again(world):
    world.tell(enters("Hot"))
    world.tell(leaves("Hot"), enters("Hot"))
    assert world.fired("hot") == {ANN: 2} and world.has(ANN) == {"hot"}


def test_a_tag_stays_while_another_rule_holds_it(world):
    world.tell(enters("Left"), enters("Right"))
    world.tell(leaves("Left"))
    assert world.has(ANN) == {"either"}
    world.tell(leaves("Right"))
    assert world.has(ANN) == set()


def test_borders_and_filters(world):
    world.tell(trait("Score", 79), trait("Score", 80, "bob"), enters("Filtered"),
               enters("Filtered", "bob"), trait("Plan", "pro"))
    assert world.has(ANN) == {"filtered"} and world.has(BOB) == {"high"}
    world.tell(trait("Plan", "pro", "bob"))
    assert world.fired("filtered") == {ANN: 1, BOB: 1}


def test_companies_of_users_and_users_of_accounts(world):
    world.tell(enters("Paying"), {"type": "trait", "trait": "Plan", "value": "paid",
                                  "account_id": "acme"})
    assert world.has(ACME) == {"paying"}
    assert world.has(ANN) == world.has(BOB) == {"paid"}


def test_new_are_those_who_came_after_the_rule(world):
    world.tell({"type": "user", "user_id": "cat"})
    assert world.fired("new") == {Subject("user", "cat"): 1}


def test_a_later_rule_fires_for_those_inside(world):
    world.tell(enters("Paying"))
    world.tags.add_rule(profiles.later_rule(2), world.facts)
    world.tell(enters("Paying", "bob"))
    assert world.fired("paying since 2") == {ANN: 1, BOB: 1}


def test_tagging_by_hand(world):
    world.tags.tag_by_hand(["ann", "bob"], "chosen")
    world.tags.untag_by_hand(["bob"], "chosen")
    assert world.has(ANN) == {"chosen"} and world.has(BOB) == set()
