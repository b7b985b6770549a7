"""Which tags must be where, and how often each rule must have fired, from the input alone.

An independent second opinion on rules, as model.py is on attributes: it shares no code with the
services. It looks at the facts once a wave. Within one, a subject goes into or out of a trigger at
most once by the order of the versions, or leaves a segment and enters it again (plan.py), so that
nothing depends on when it was looked at.
"""

import collections
from dataclasses import dataclass, field

from model import Subject


@dataclass
class RuleState:
    """One rule, and who is inside: subject -> whether its stay was fired for."""

    definition: dict
    known: set  # subjects that were there when it was made: no news to it
    stays: dict = field(default_factory=dict)
    fired: collections.Counter = field(default_factory=collections.Counter)

    @property
    def name(self):
        return self.definition["name"]

    @property
    def kind(self):
        return self.definition["kind"]

    @property
    def action(self):
        return self.definition["actions"][0]


class TagsModel:
    """All rules of a product, and what people tag by hand."""

    def __init__(self):
        self.rules = {}
        self._holders = {}  # (subject, tag) -> {(rule, subject)}
        self._for_good = set()  # (subject, tag) that nothing takes away

    def add_rule(self, definition, facts):
        """A rule that looks at everything from now on."""
        known = {Subject(definition["kind"], one) for one in facts.subjects(definition["kind"])}
        self.rules[definition["name"]] = RuleState(definition, known)

    def tag_by_hand(self, users, tag):
        self._for_good |= {(Subject("user", user), tag) for user in users}

    def untag_by_hand(self, users, tag):
        self._for_good -= {(Subject("user", user), tag) for user in users}

    def advance(self, facts, items):
        """The wave of these items is over; `facts` has them and all before."""
        exits = {(Subject(*subject_pair(item)), item["segment"]) for item in items
                 if item["type"] == "segment-exited" and item["profile_id"] == "trial"}
        traits, segments = facts.traits(), facts.segments()
        for rule in self.rules.values():
            inside = set(self._inside(rule, facts, traits, segments))
            self._end_stays(rule, inside, exits)
            for subject in inside:
                rule.stays.setdefault(subject, False)
            for subject, fired in rule.stays.items():
                if not fired and passes(rule.definition.get("filter"), subject, traits):
                    rule.stays[subject] = True
                    rule.fired[subject] += 1
                    self._give(rule, subject, facts)

    def _end_stays(self, rule, inside, exits):
        segment = rule.definition["trigger"].get("segment")
        for subject in list(rule.stays):
            if subject in inside and (subject, segment) not in exits:
                continue
            if rule.stays.pop(subject) and rule.action["remove_on_exit"]:
                for holders in self._holders.values():
                    holders.discard((rule.name, subject))

    @staticmethod
    def _inside(rule, facts, traits, segments):
        """The subjects that are inside of the rule's trigger."""
        trigger = rule.definition["trigger"]
        match trigger["type"]:
            case "enters-segment":
                for (subject, profile), names in segments.items():
                    if (subject.kind, profile) == (rule.kind, "trial") and (
                            trigger["segment"] in names):
                        yield subject
            case "new":
                for name in facts.subjects(rule.kind):
                    if Subject(rule.kind, name) not in rule.known:
                        yield Subject(rule.kind, name)
            case "activation-milestone":
                yield from having(rule.kind, traits, "ActivationRate",
                                  lambda value: value >= trigger["rate"])
            case "custom":
                trait, _, border = trigger["condition"].partition(" >= ")
                if border:
                    yield from having(rule.kind, traits, trait, lambda value: value >= int(border))
                else:
                    trait, text = equality(trigger["condition"])
                    yield from having(rule.kind, traits, trait, lambda value: value == text)
            case other:
                raise ValueError(f"a trigger of type {other}")

    def _give(self, rule, subject, facts):
        for target in targets(rule, subject, facts):
            place = (target, rule.action["tag"])
            if rule.action["remove_on_exit"]:
                self._holders.setdefault(place, set()).add((rule.name, subject))
            else:
                self._for_good.add(place)

    def tags(self):
        """Subject -> the tags that its contact or company must carry."""
        found = collections.defaultdict(set)
        for subject, tag in self._for_good:
            found[subject].add(tag)
        for (subject, tag), holders in self._holders.items():
            if holders:
                found[subject].add(tag)
        return found


def targets(rule, subject, facts):
    """Whose contact or company a rule tags because of a subject."""
    target = rule.action["target"]
    if (target, subject.kind) in (("user", "user"), ("company", "account")):
        return [subject]
    if target == "company":
        return [Subject("account", account)
                for account in facts.subjects("user")[subject.id].get("account_ids", [])]
    return [Subject("user", user) for user, item in facts.subjects("user").items()
            if subject.id in item.get("account_ids", [])]


def having(kind, traits, trait, holds):
    """The subjects of a kind whose trait is so."""
    for (subject, profile, name), value in traits.items():
        if (subject.kind, profile, name) == (kind, "trial", trait) and holds(value):
            yield subject


def equality(condition):
    """(trait, text) of `trait = "text"`."""
    trait, _, text = condition.partition(" = ")
    return trait, text.strip('"')


def passes(condition, subject, traits):
    """Whether a filter is true."""
    if not condition:
        return True
    trait, text = equality(condition)
    return traits.get((subject, "trial", trait)) == text


def subject_pair(item):
    """(kind, id) of a trait or segment item."""
    return ("user", item["user_id"]) if "user_id" in item else ("account", item["account_id"])
