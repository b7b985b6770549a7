"""What goes wrong: nothing is lost, the rest goes on, and it shows in a metric and in the log."""

import json
import subprocess

import pytest

from processes import wait_until

SCORE = "Accoil_TrialUsers_Score"
FREQUENCY = "Accoil_TrialUsers_Frequency"


@pytest.fixture(autouse=True)
def well_again(suite):
    """Whatever a test did to Intercom ends with it."""
    yield
    suite.simulator.set(latency="0ms", refused_attribute_named=True)


class Witness:
    """What the metrics and logs say from now on."""

    def __init__(self, suite, service, metric, **labels):
        self._suite = suite
        self._service = service
        self._metric = metric
        self._labels = labels
        self._before = suite.metric(service, metric, **labels)
        self._marks = {process: process.log_mark() for process in suite.running(service)}

    def counted(self):
        """How much the metric has grown."""
        return self._suite.metric(self._service, self._metric, **self._labels) - self._before

    def logged(self, *words):
        """Whether one log line, a warning at least, has all these words."""
        return any(
            all(word in json.dumps(line) for word in words)
            for process, mark in self._marks.items()
            for line in process.log_lines(mark)
            if line["level"] in ("warning", "error"))


def examples(demo, first, count=1):
    """Users for one test alone."""
    return demo.users[100 + first:100 + first + count]


def test_poison_records_go_to_dead_letter_and_the_rest_goes_on(suite, demo):
    [(user, contact)] = examples(demo, 0)
    witness = Witness(suite, "trait-sync", "accoil_consumer_dead_letters_total",
                      topic="trait-changed")
    key = f"{suite.product}/user/{user}/trial-users/Score"
    poison = [b"\xff\xfenot a protobuf", b'{"subject":', b'{"version":"-1"}']
    for value in poison:
        suite.kafka.produce("trait-changed", key, value)
    suite.produce_trait(suite.trait("Score", 201, user_id=user))
    suite.await_state(30)
    assert suite.contact(contact.id)[SCORE] == 201
    assert witness.counted() == len(poison)
    assert witness.logged("dead-letter", "trait-changed")
    letters = suite.kafka.read("dead-letter")
    assert all(any(value in letter for letter in letters) for value in poison)


def test_any_program_lists_dead_letters_and_leaves_alone_what_newer_records_replaced(suite, demo):
    def said(*arguments):
        return subprocess.run(suite.command("widget", "dead-letters", *arguments), check=True,
                              env=suite.environment("widget"), timeout=60, capture_output=True,
                              text=True).stdout

    letters = [json.loads(line) for line in said("list", "--topic", "trait-changed",
                                                 "--since", "10min").splitlines()]
    assert {letter["consumer"] for letter in letters} >= {"trait-sync", "widget"}
    # Each was followed by a record of the same key, which must stay the last one.
    before = suite.kafka.ends(["trait-changed"])
    outcome = said("replay", "--topic", "trait-changed", "--consumer", "trait-sync")
    assert outcome.startswith("0 replayed") and "0 superseded" not in outcome, outcome
    assert suite.kafka.ends(["trait-changed"]) == before


def test_traits_of_an_unknown_profile_wait_for_it_and_the_rest_goes_on(suite, demo):
    [(user, contact)] = examples(demo, 1)
    witness = Witness(suite, "trait-sync", "accoil_trait_sync_unknown_profile_events_total")
    suite.send([
        suite.trait("Score", 202, profile="later", user_id=user),
        suite.trait("Score", 203, user_id=user),
    ])
    suite.await_state(20)
    assert suite.contact(contact.id)[SCORE] == 203
    assert witness.counted() == 1
    assert witness.logged("profile", "later")
    suite.put_profile({
        "profile_id": "later", "name": "Later", "summary": False, "sync_mode": "all_traits",
        "catalogue": [{"name": "Score", "type": "integer", "on": ["user"], "definition": "Late"}],
    })
    wait_until(lambda: suite.contact(contact.id).get("Accoil_Later_Score") == 202, 30,
               "the trait of a profile that came later", pause=0.3)


def test_an_attribute_that_intercom_refuses_is_set_aside_and_the_others_go(suite, demo):
    for named, (user, contact) in zip((True, False), examples(demo, 2, 2)):
        witness = Witness(suite, "trait-sync", "accoil_trait_sync_set_aside_total",
                          reason="refused")
        before = suite.contact(contact.id).get(FREQUENCY)
        suite.simulator.set(refused_attribute_named=named)
        suite.simulator.add_fault(kind="refuse-attribute", attribute=FREQUENCY)
        suite.send([suite.trait("Frequency", 41, user_id=user),
                    suite.trait("Score", 204, user_id=user)])
        suite.await_settled(30)
        assert suite.contact(contact.id)[SCORE] == 204
        assert suite.compare().differences == [
            f"contact {contact.id} {FREQUENCY}: should be 41, is {before}"]
        assert witness.counted() == 1
        assert witness.logged("refused", "400")
        [aside] = [value for value in suite.gateway.set_aside(suite.product)
                   if value["subject_id"] == user]
        assert aside["attribute"] == FREQUENCY and "400" in aside["reason"]

        suite.simulator.clear_faults()  # a new value is tried
        suite.send([suite.trait("Frequency", 42, user_id=user)])
        suite.await_state(30)


def test_a_time_out_loses_nothing_whether_intercom_had_done_it_or_not(suite, demo):
    witness = Witness(suite, "trait-sync", "accoil_trait_sync_deliveries_total", outcome="unknown")
    for done, (user, contact) in zip((True, False), examples(demo, 4, 2)):
        suite.simulator.add_fault(kind="timeout", method="PUT", path=f"/contacts/{contact.id}",
                                  count=1, done=done, delay="20s")
        suite.send([suite.trait("Score", 205, user_id=user)])
    suite.await_state(40)
    assert witness.counted() == 2
    assert witness.logged("no answer")


def test_a_429_that_nobody_expected_loses_nothing(suite, demo):
    users = examples(demo, 10, 40)
    witness = Witness(suite, "trait-sync", "accoil_trait_sync_deliveries_total",
                      outcome="throttled")
    suite.simulator.add_fault(kind="429", method="PUT", count=3)
    suite.send(suite.trait("Score", 206, user_id=user) for user, _ in users)
    suite.await_state(60)
    assert witness.counted() >= 1
    assert witness.logged("429")


def test_a_spell_of_errors_of_30_seconds_loses_nothing_and_matching_goes_on(suite, demo):
    users = examples(demo, 50, 200)
    witness = Witness(suite, "trait-sync", "accoil_trait_sync_deliveries_total",
                      outcome="server_error")
    suite.simulator.forget_calls()
    suite.simulator.add_fault(kind="status-503", method="PUT", duration="30s")
    stranger = next(thing for thing in suite.simulator.state()
                    if thing["type"] == "contact" and thing["role"] == "user"
                    and (thing.get("email") or "").endswith("@elsewhere.example")
                    and not thing["custom_attributes"])
    suite.send(suite.trait("Score", 207, user_id=user) for user, _ in users)
    suite.send([{"type": "user", "user_id": "in-the-spell", "email": stranger["email"],
                 "version": suite.version()}, suite.trait("Score", 208, user_id="in-the-spell")])
    wait_until(suite.matched, 20, "matching goes on", pause=0.3)
    assert suite.gateway.match(suite.product, "user", "in-the-spell")["target_id"] == stranger["id"]
    assert witness.counted() >= 1
    assert witness.logged("503")
    suite.await_state(120)
    failed = sum(call["status"] == 503 for call in suite.simulator.calls())
    assert failed < 10 * len(users)  # with back-off, not one after the other against a wall


def test_a_killed_trait_sync_loses_nothing(suite, demo):
    users = examples(demo, 300, 1200)
    [process] = suite.running("trait-sync")
    suite.simulator.set(latency="50ms")
    suite.simulator.forget_calls()
    suite.send(suite.trait("Score", 209, user_id=user) for user, _ in users)
    wait_until(lambda: sum(1 for _ in suite.simulator.calls()) > 100, 30, "delivery goes on")
    process.kill()
    assert sum(1 for _ in suite.simulator.calls()) < 1200
    process.start()
    suite.await_ready([process])
    suite.await_state(120)
