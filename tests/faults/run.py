"""One fault run: the suite is fed, hurt, mended and compared, wave after wave."""

import time

import profiles
from breaker import Breaker
from hand import Hand
from hands import Admin, Customer, plant, planted
from observer import Observer
from suite import ACCESS_TOKEN
from tags_model import TagsModel

LIMIT = 6_000  # calls in ten seconds
PATIENCE = 300  # seconds until everything is quiet again
SHOWN = 15


class Run:
    """Plays a plan on a suite; `wrong` collects what is not as it should be."""

    def __init__(self, plan, suite, servers, log):
        self._plan = plan
        self._suite = suite
        self._log = log
        self._breaker = Breaker(suite, servers, log)
        self._observer = Observer(suite)
        self._tags = TagsModel()
        self._rule_ids = {}
        self._poison = []  # (topic, text)
        self.wrong = []

    def play(self):
        """The whole plan; answers whether all was as it should be."""
        self._begin()
        for wave in self._plan.waves:
            if self.wrong:
                break
            self._wave(wave)
        if not self.wrong:
            self._send_again()
        for name, status in self._breaker.crashes:
            self.wrong.append(f"{name} died with status {status}")
        return not self.wrong

    def _begin(self):
        """Everybody is there and in Intercom, and nothing is wrong yet."""
        suite, plan = self._suite, self._plan
        suite.start()
        suite.simulator.set(limit=LIMIT, webhook_retry="3s", webhook_duplicates=1,
                            webhook_disorder="500ms")
        suite.seed(plan.people.workspace())
        suite.set_up_product([profiles.TRIAL, profiles.CHURN])
        self._customer = Customer(suite, suite.gateway_key)
        self._admin = Admin(suite, ACCESS_TOKEN)
        suite.connect()
        for item in plan.start:
            suite.facts.add(item)
        self._customer.send_all(plan.start)
        self._log(f"{len(plan.start)} items are sent")
        self._await_quiet("the start")
        for rule in profiles.RULES:
            self._make_rule(rule)
        self._await_quiet("the rules")
        self._compare()

    def _wave(self, wave):
        """Feeds and hurts at once, mends, waits and compares."""
        self._log(f"wave {wave.number}")
        threads = [Hand("feeding", self._timed(wave.feeds, self._customer.send)),
                   Hand("acting", self._timed(wave.acts, self._act))]
        for thread in threads:
            thread.start()
        self._breaker.play(wave.steps)
        self._log(f"everything is mended; {self._customer.repeated} calls were made again")
        self._breaker.mend_all()
        for thread in threads:
            while thread.is_alive():
                self._breaker.tend()
                thread.join(0.2)
            thread.finish()
        self._suite.await_ready(self._suite.running())
        items = list(wave.items())
        for item in items:
            self._suite.facts.add(item)
        self._tags.advance(self._suite.facts, items)
        # What Intercom could not tell while the gateway was away is found by the regular run.
        self._customer.start_run()
        self._await_quiet(f"wave {wave.number}")
        self._compare()

    @staticmethod
    def _timed(things, work):
        """A function that does work(thing) for each when its time has come."""
        def go():
            began = time.monotonic()
            for thing in things:
                time.sleep(max(0.0, thing.at - (time.monotonic() - began)))
                work(thing)
        return go

    def _act(self, act):
        match act.kind:
            case "create":
                self._admin.create(act.what[0])
            case "delete":
                self._admin.delete(*act.what)
            case "merge":
                self._admin.merge(*act.what)
            case "rename":
                self._admin.rename(*act.what, self._plan.people)
            case "profile":
                self._suite.switched(self._customer.put_profile(*act.what))
            case "rule":
                self._make_rule(profiles.later_rule(*act.what))
            case "tag":
                key, tag, *users = act.what
                self._customer.tag(key, tag, users)
                self._tags.tag_by_hand(users, tag)
            case "untag":
                key, tag, *users = act.what
                self._customer.tag(key, tag, users, remove=True)
                self._tags.untag_by_hand(users, tag)
            case "poison":
                plant(self._suite.kafka, *act.what)
                self._poison.append(act.what)
            case other:
                raise ValueError(f"an act of kind {other}")

    def _make_rule(self, definition):
        self._rule_ids[definition["name"]] = self._customer.make_rule(definition)
        self._tags.add_rule(definition, self._suite.facts)

    def _await_quiet(self, when):
        began = time.monotonic()
        left = self._observer.await_quiet(PATIENCE, self._breaker.tend, self._log)
        self._log(f"quiet after {when}: {time.monotonic() - began:.0f} s")
        if left:
            self.wrong.append(f"still under way after {when}: {left}")

    def _compare(self):
        """Everything against the models."""
        found = self._observer.differences(self._tags, self._rule_ids)
        found += self._observer.wrong_letters(planted(self._suite.kafka, self._poison))
        found += self._observer.refused_calls()
        self._log(f"compared: {len(found)} differences")
        for line in found[:SHOWN]:
            self._log(line)
            self._log(self._observer.explain(line))
        self.wrong += found

    def _send_again(self):
        """Unchanged data costs no call."""
        suite = self._suite
        suite.simulator.forget_calls()
        items = [*self._plan.start, *(item for wave in self._plan.waves for item in wave.items())]
        self._customer.send_all(items)
        self._await_quiet("everything was sent again")
        calls = [(call["method"], call["path"]) for call in suite.simulator.calls()]
        if calls:
            self.wrong.append(f"unchanged data cost {len(calls)} calls: {calls[:5]}")
        self._compare()
