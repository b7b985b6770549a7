"""A plan is its seed's alone, and keeps the rules that make its outcome certain."""

import collections

import pytest

import model
import people
from plan import SESSION_TIMEOUT, Size, make_plan, sent_form

SMALL = Size(users=2_000, accounts=200, measured=300, waves=3, seconds=20, steps=15, changes=200,
             entering=40, moving=3)


@pytest.fixture(scope="module")
def plan():
    return make_plan(7, SMALL)


def test_the_same_seed_makes_the_same_plan(plan):
    again = make_plan(7, SMALL)
    assert list(again.lines()) == list(plan.lines())
    assert again.start == plan.start
    assert [wave.feeds for wave in again.waves] == [wave.feeds for wave in plan.waves]


def test_another_seed_makes_another_plan(plan):
    other = make_plan(8, SMALL)
    assert [wave.steps for wave in other.waves] != [wave.steps for wave in plan.waves]
    assert [wave.feeds for wave in other.waves] != [wave.feeds for wave in plan.waves]


def test_no_two_things_are_told_of_a_fact_with_one_version(plan):
    told = {}
    for item in everything(plan):
        assert told.setdefault((fact_of(item), item["version"]), item) == item


def test_facts_come_again_out_of_order_and_with_clocks_that_are_wrong(plan):
    for wave in plan.waves:
        last, again, late = {}, 0, 0
        for item in wave.items():
            before = last.get(fact_of(item))
            if before is not None:
                again += item["version"] == before
                late += item["version"] < before
            last[fact_of(item)] = item["version"]
        assert again > 10 and late > 10
        assert sum("occurred_at" in item for item in wave.items()) > 100
        assert any("version" not in sent_form(item) for item in wave.items())


def test_a_subject_goes_into_or_out_of_a_trigger_at_most_once_in_a_wave(plan):
    scores = {}  # user -> the last one, by version
    for wave in plan.waves:
        by_user = collections.defaultdict(dict)
        for item in wave.items():
            if item["type"] == "trait" and item["trait"] == "Score" and "user_id" in item:
                by_user[item["user_id"]][item["version"]] = item["value"] >= 80
        for user, told in by_user.items():
            inside = [scores.get(user, False), *(told[version] for version in sorted(told))]
            assert sum(a != b for a, b in zip(inside, inside[1:])) <= 1
            scores[user] = inside[-1]


def test_rules_look_only_at_users_whose_contacts_stay_theirs(plan):
    special = {plan.people.user(n) for n in range(SMALL.users) if plan.people.is_special(n)}
    for wave in plan.waves:
        for item in wave.items():
            if item.get("segment") in ("Hot", "Paying", "Left", "Right", "Filtered"):
                assert item["user_id"] not in special


def test_nothing_is_hurt_twice_at_once_and_all_is_over_when_its_wave_ends(plan):
    for wave in plan.waves:
        until = {}
        for step in wave.steps:
            assert step.at + step.lasts <= max(SMALL.seconds, step.lasts + 0.6)
            assert step.at > until.get(step.target, 0)
            until[step.target] = step.at + step.lasts
            if step.kind == "freeze":
                assert step.lasts > SESSION_TIMEOUT
        assert {"postgres", "kafka"} <= {step.target for step in wave.steps}


def test_everything_that_can_happen_to_special_users_happens(plan):
    acts = collections.Counter(act.kind for wave in plan.waves for act in wave.acts)
    assert acts.keys() == {"create", "delete", "merge", "rename", "profile", "rule", "tag", "untag",
                           "poison"}
    roles = {plan.people.role(int(item["user_id"][1:])) for wave in plan.waves
             for item in wave.items()
             if item["type"] == "user" and item["user_id"][0] == "u"}
    assert {people.MOVES, people.COMES_AND_GOES, people.JOINS, people.HAD_NO_EMAIL} <= roles


def everything(plan):
    yield from plan.start
    for wave in plan.waves:
        yield from wave.items()


def fact_of(item):
    """What an item is about."""
    if item["type"] in ("user", "account"):
        return item["type"], item[item["type"] + "_id"]
    name = item.get("trait") or item["segment"]
    return model.subject_of(item), item["profile_id"], name
