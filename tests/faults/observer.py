"""What an observer of a fault run sees: what is still under way, and what is wrong."""

import collections
import time

import model
from check_state import compare
from kafka import TOPICS_OF
from plan import readers_of
from suite import SCHEMAS



# What is under way in a service's tables. Not what waits for days by rights: for a contact that is
# gone, for somebody who is in Intercom some day.
SOON = "due_at < now() + interval '5 min'"
WORK = {
    "matcher": {
        "runs": "SELECT count(*) FROM run WHERE finished_at IS NULL",
        "users due": "SELECT count(*) FROM due_user",
        "accounts due": "SELECT count(*) FROM due_account",
        "contacts in doubt": "SELECT count(*) FROM doubted_contact",
    },
    "trait-sync": {
        "changes": "SELECT count(*) FROM changed_subject",
        "deliveries due": f"SELECT count(*) FROM delivery WHERE {SOON}",
        "former targets": f"SELECT count(*) FROM former_target WHERE {SOON}",
        "clean-ups": f"SELECT count(*) FROM clean_up WHERE {SOON}",
    },
    "tagging-automation": {
        "tags due": "SELECT count(*) FROM delivery WHERE due_at IS NOT NULL",
        "jobs that look for their people":
            "SELECT count(*) FROM tag_job WHERE state = 'collecting'",
        "rules that settle": "SELECT count(*) FROM rule WHERE settling <> 0",
    },
}


class Observer:
    """Looks at a suite by its database, its topics, its API and the simulator."""

    def __init__(self, suite):
        self._suite = suite

    # ---- what is under way ----

    def under_way(self):
        """What is -> how much, of everything that is not done yet; empty when it is quiet. In the
        order of the way: what one step has let go, the next one has."""
        counts = {"webhooks to be delivered": self._suite.simulator.webhooks_pending()}
        for service in SCHEMAS:
            ends = self._suite.kafka.ends(TOPICS_OF[service])
            counts[f"{service}: records not applied"] = self._lag(service, ends)
            # The outbox last: what is done is told there.
            work = WORK.get(service, {}) | {"outbox": "SELECT count(*) FROM outbox"}
            [row] = self._suite.query(
                service, "SELECT " + ", ".join(f"({statement})" for statement in work.values()))
            counts |= {f"{service}: {what}": count for what, count in zip(work, row)}
        return {what: count for what, count in counts.items() if count}

    def _lag(self, service, ends):
        rows = self._suite.query(
            service, "SELECT topic, partition, next_offset FROM consumer_offset")
        offsets = {(topic.removeprefix(self._suite.kafka.prefix), partition): offset
                   for topic, partition, offset in rows}
        return sum(max(0, end - offsets.get(place, 0)) for place, end in ends.items())

    def await_quiet(self, timeout, tend, log):
        """Waits until nothing is under way, twice in a row; answers what still is when time has
        run out. Says now and then what is."""
        began = said = time.monotonic()
        quiet = 0
        while True:
            tend()
            found = self.under_way()
            quiet = 0 if found else quiet + 1
            now = time.monotonic()
            if quiet == 2 or now > began + timeout:
                return found
            if now > said + 10 and found:
                log(f"under way: {found}")
                said = now
            time.sleep(0.7)

    # ---- what is wrong ----

    def differences(self, tags, rule_ids):
        """One line for everything in the workspace that is not as the models have it."""
        suite = self._suite
        things = list(suite.simulator.state())
        found = compare(Snapshot(things), suite.facts, suite.profiles)
        subject_of = {contact.id: model.Subject("user", user)
                      for user, contact in found.wanted.contact_of_user.items()}
        subject_of |= {company.id: model.Subject("account", account)
                       for account, company in found.wanted.company_of_account.items()}
        lines = [(line.split()[1], line) for line in found.differences]
        lines += wrong_tags(things, subject_of, tags.tags())
        wrong = [with_subject(line, subject_of.get(target)) for target, line in lines]
        return [*wrong, *wrong_attributes(things, suite.profiles),
                *self._wrong_counts(tags, rule_ids)]

    def explain(self, line):
        """What the suite itself says about the subject of a line."""
        words = line.rpartition("(")[2].rstrip(")").split()
        if len(words) != 2 or words[0] not in ("user", "account"):
            return ""
        explained = self._suite.gateway.explain(self._suite.product, *words)
        return f"    explained: {explained}"[:2500]

    def _wrong_counts(self, tags, rule_ids):
        """Rules that have not fired exactly once for each entry."""
        suite = self._suite
        counted = dict(suite.query("tagging-automation", "SELECT rule_id, fired FROM rule_count"))
        audited = collections.defaultdict(collections.Counter)
        # One request of a rule may mean several contacts.
        for rule_id, kind, subject, _ in suite.query("tagging-automation", """
                SELECT DISTINCT rule_id, kind, subject_id, requested_at
                FROM assignment WHERE rule_id IS NOT NULL AND NOT remove"""):
            audited[rule_id][model.Subject(("user", "account")[kind - 1], subject)] += 1
        for name, rule in tags.rules.items():
            given = audited[int(rule_ids[name])]
            fired = counted.get(int(rule_ids[name]), 0)
            should = sum(rule.fired.values())
            if fired != should:
                yield f"rule {name}: should have fired {should} times, has {fired} times"
            for subject in sorted(rule.fired.keys() | given.keys(), key=str):
                if rule.fired[subject] != given[subject]:
                    yield (f"rule {name}: should have given its tag {rule.fired[subject]} times, "
                           f"the audit has {given[subject]} ({subject.kind} {subject.id})")

    def wrong_letters(self, planted):
        """Dead letters that are missing, or are there and nobody planted. planted: (topic, text) ->
        how often it lies in the topic."""
        # The relay may publish a letter twice: it is the same letter.
        letters = set(self._suite.kafka.read("dead-letter"))
        expected = 0
        for (topic, text), times in planted.items():
            should = times * len(readers_of(topic))
            has = sum(text.encode() in letter for letter in letters)
            expected += should
            if has != should:
                yield f"dead letters of {text!r} in {topic}: should be {should}, are {has}"
        if len(letters) != expected:
            yield f"dead letters: should be {expected}, are {len(letters)}"

    def refused_calls(self):
        """Windows in which Intercom's limit refused calls, which nobody asked for, with what was
        called in them."""
        for window in self._suite.simulator.windows():
            if not window["refused"]:
                continue
            calls = collections.Counter()
            for call in self._suite.simulator.calls():
                second = call["time"] - window["start"]
                if 0 <= second < window["end"] - window["start"]:
                    calls[int(second), call["method"], call["endpoint"], call["status"]] += 1
            called = ", ".join(f"+{second} s {method} {endpoint} {status}: {count}"
                               for (second, method, endpoint, status), count
                               in sorted(calls.items()))
            yield (f"Intercom's limit refused {window['refused']} calls in the window that began "
                   f"at {window['start']} ({window['used']} of {window['limit']} used): {called}")


class Snapshot:
    """What the simulator held at one moment."""

    def __init__(self, things):
        self._things = things

    def state(self):
        return self._things


def wrong_tags(things, subject_of, tags):
    """(id, line) of every contact and company with other tags than it should have."""
    for thing in things:
        if thing["type"] not in ("contact", "company"):
            continue
        should = tags.get(subject_of.get(thing["id"]), set())
        has = set(thing["tags"])
        if should != has:
            yield thing["id"], (f"{thing['type']} {thing['id']} tags: should be "
                                f"{sorted(should)}, are {sorted(has)}")


def with_subject(line, subject):
    """The line, and whose it is."""
    return f"{line} ({subject.kind} {subject.id})" if subject else f"{line} (nobody's)"


def wrong_attributes(things, profiles):
    """Definitions that are there and wanted by no profile, or carried and not there."""
    shown = {(thing["model"], thing["name"]) for thing in things
             if thing["type"] == "data_attribute" and not thing["archived"]
             and thing["name"].startswith(model.PREFIX)}
    for name in sorted(shown - set(wanted_definitions(profiles))):
        yield f"attribute {name} is there and no profile wants it"
    carried = {(thing["type"], name) for thing in things
               if thing["type"] in ("contact", "company")
               for name, value in thing["custom_attributes"].items()
               if value is not None and name.startswith(model.PREFIX)}
    for name in sorted(carried - shown):
        yield f"attribute {name} is carried and not there"


def wanted_definitions(profiles):
    """(model, name) of every attribute that some profile syncs."""
    for profile in profiles:
        if profile["sync_mode"] == "off":
            continue
        names = [model.SEGMENTS]
        if profile["sync_mode"] == "all_traits":
            names += [trait["name"] for trait in profile["catalogue"]]
        for name in names:
            for kind in model.subjects_of(profile, name):
                yield ("contact" if kind == "user" else "company",
                       model.attribute_name(profile, name, kind))


