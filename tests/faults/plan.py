"""What a fault run does, worked out before it begins: all that is sent, and all that goes wrong.

A plan is made from its seed alone: the same seed and size make the same plan. It has *waves*: in
each, facts are sent and things go wrong at random; then everything is mended, and when it is quiet
the workspace is compared. Within a wave facts come in any order and more than once; but a subject
goes into or out of the trigger of a rule at most once by the order of the versions (or leaves a
segment and enters it again), so that the input alone says how often each rule has to fire.
"""

import datetime
import random
from dataclasses import dataclass, field

import people as roles
import profiles
from faulty_suite import LINKS
from kafka import TOPICS_OF
from people import People
from suite import SERVICES

FIRST_VERSION = 1_750_000_000_000_000
DAY = 86_400_000_000  # microseconds
SESSION_TIMEOUT = 6  # seconds; ACCOIL_CONSUMER_SESSION_TIMEOUT of the run
INTERCOM_FAULTS = ("429", "status-500", "status-503", "timeout", "timeout-done", "reset-before",
                   "reset-after", "half-answer", "slow")
POISONED = ("trait-changed", "segment-entered", "segment-exited", "subject-identified")


@dataclass(frozen=True)
class Size:
    """How much there is of everything."""

    users: int
    accounts: int
    measured: int  # users with traits from the start
    waves: int
    seconds: float  # how long things go wrong in a wave
    steps: int  # things that go wrong in a wave
    changes: int  # users with changed traits in a wave
    entering: int  # users that enter each rule in a wave
    moving: int  # special users of each role to whom something happens in a wave


SHORT = Size(users=20_000, accounts=2_000, measured=2_500, waves=2, seconds=30, steps=12,
             changes=1_500, entering=120, moving=8)
LONG = Size(users=20_000, accounts=2_000, measured=18_000, waves=5, seconds=60, steps=26,
            changes=8_000, entering=600, moving=20)


@dataclass(frozen=True)
class Step:
    """Something that goes wrong `at` seconds after its wave began, for `lasts` seconds."""

    at: float
    kind: str
    target: str
    lasts: float = 0
    more: tuple = ()

    def __str__(self):
        more = "".join(f" {one}" for one in self.more)
        lasts = f" for {self.lasts:.1f} s" if self.lasts else ""
        return f"{self.at:6.1f} s  {self.kind:9} {self.target}{more}{lasts}"


@dataclass(frozen=True)
class Act:
    """Something that a person does `at` seconds after the wave began: kind and what it needs."""

    at: float
    kind: str
    what: tuple

    def __str__(self):
        return f"{self.at:6.1f} s  {self.kind} {' '.join(map(str, self.what))[:100]}"


@dataclass(frozen=True)
class Feed:
    """Items that are sent together; straight into Kafka or through the gateway."""

    at: float
    through_kafka: bool
    items: tuple


@dataclass
class Wave:
    """One wave; each list by time."""

    number: int
    seconds: float
    feeds: list = field(default_factory=list)
    acts: list = field(default_factory=list)
    steps: list = field(default_factory=list)

    def items(self):
        for feed in self.feeds:
            yield from feed.items


@dataclass
class Plan:
    """All of a run."""

    seed: int
    size: Size
    people: People
    start: list  # items that are sent before anything goes wrong
    waves: list

    def lines(self):
        """The schedule, to be printed."""
        yield f"seed {self.seed}: {self.size}"
        yield f"start: {len(self.start)} items"
        for wave in self.waves:
            yield (f"wave {wave.number}: {sum(1 for _ in wave.items())} items in {len(wave.feeds)} "
                   f"batches, {len(wave.acts)} acts, {len(wave.steps)} faults")
            for one in sorted([*wave.acts, *wave.steps], key=lambda one: one.at):
                yield f"  {one}"


def make_plan(seed, size):
    """The plan of a seed. Pure."""
    return Planner(seed, size).plan()


class Planner:
    """Makes one plan: its random numbers, and what is so far in the order of the versions."""

    def __init__(self, seed, size):
        self._random = random.Random(f"{seed}")
        self._seed = seed
        self._size = size
        self._people = People(size.users, size.accounts, newcomers=40 * size.waves)
        self._version = FIRST_VERSION
        self._inside = {}  # (kind, segment) or rule name -> subjects that are inside
        self._emails = {}  # user -> what was said last
        self._gone = set()
        self._late = [n for n in self._people.plain_users() if self._people.comes_late(n)]
        self._tagged_by_hand = []
        self._untouched = {role: self._people.special_users(role) for role in range(3, 10)}
        for numbers in self._untouched.values():
            self._random.shuffle(numbers)

    def plan(self):
        start = list(self._start())
        waves = [self._wave(number) for number in range(1, self._size.waves + 1)]
        return Plan(self._seed, self._size, self._people, start, waves)

    # ---- facts ----

    def _next_version(self):
        self._version += self._random.randint(1, 1000)
        return self._version

    def _fact(self, item):
        """An item with the next version; its clock may be anywhere."""
        version = self._next_version()
        clock = self._random.random()
        if clock < 0.1:
            # The version is told by the clock alone.
            return item | {"version": version, "occurred_at": moment(version), "told": "clock"}
        if clock < 0.4:
            days = self._random.choice((-400, -30, -1, 0, 1, 30))
            seconds = days * 86_400 + self._random.randint(-3600, 3600)
            return item | {"version": version, "occurred_at": moment(version + seconds * 1_000_000)}
        return item | {"version": version}

    def _trait(self, subject, trait, value, profile="trial"):
        return self._fact({"type": "trait", "profile_id": profile, "trait": trait, "value": value}
                          | naming(subject))

    def _segment(self, subject, segment, inside, profile="trial"):
        return self._fact({"type": "segment-entered" if inside else "segment-exited",
                           "profile_id": profile, "segment": segment} | naming(subject))

    def _user(self, number, **changes):
        user = self._people.user(number)
        account = self._people.account(self._people.account_of(number))
        return self._fact({"type": "user", "user_id": user, "name": f"User {number}",
                           "email": self._emails.get(user, self._people.email(user)),
                           "account_ids": [account]} | changes)

    def _start(self):
        """Who there is, and what is known of some of them."""
        people = self._people
        for number in range(people.accounts):
            yield self._fact({"type": "account", "account_id": people.account(number),
                              "name": people.account(number)})
        for number in range(people.users):
            if people.is_special(number) and people.role(number) == roles.HAD_NO_EMAIL:
                self._emails[people.user(number)] = ""
            yield self._user(number)
        # The last are those to whom more happens.
        for number in range(people.users - self._size.measured, people.users):
            subject = ("user", people.user(number))
            yield self._trait(subject, "Score", self._random.randrange(profiles.HIGH))
            yield self._trait(subject, "Frequency", self._random.randrange(8))
            yield self._trait(subject, "Plan", "free")
            if number % 3 == 0:
                yield self._segment(subject, "Everybody", True)
            if number % 5 == 0:
                yield self._trait(subject, "Risk", self._random.randrange(100) / 8, "churn")
                yield self._segment(subject, "At Risk", True, "churn")
        for number in range(0, people.accounts, 4):
            yield self._trait(("account", people.account(number)), "Score",
                              self._random.randrange(100))

    # ---- waves ----

    def _wave(self, number):
        wave = Wave(number, self._size.seconds)
        timed = []  # (at, item)
        for told in self._told(number):
            timed += self._over_time(told)
        timed.sort(key=lambda one: one[0])
        wave.feeds = list(self._feeds(timed))
        wave.acts = sorted(self._acts(number), key=lambda act: act.at)
        wave.steps = sorted(Schedule(self._random, self._size, number).steps(),
                            key=lambda step: step.at)
        return wave

    def _told(self, number):
        """What is told of each fact, in the order of the versions."""
        yield from self._ordinary()
        yield from self._rules_of_users()
        yield from self._rules_of_accounts()
        yield from self._special(number)
        yield from self._newcomers(number)

    def _ordinary(self):
        """Changes that no rule looks at."""
        people, size, rand = self._people, self._size, self._random
        first = people.users - size.measured
        for number in rand.sample(range(first, people.users), min(size.changes, size.measured)):
            subject = ("user", people.user(number))
            kind = rand.randrange(8)
            if kind < 3:
                yield [self._trait(subject, "Frequency", rand.choice((*range(8), None)))
                       for _ in range(rand.randint(1, 4))]
            elif kind == 3:
                yield [self._trait(subject, "LastActive", moment(self._version + day * DAY))
                       for day in range(rand.randint(1, 3))]
            elif kind == 4:
                yield [self._trait(subject, "Ready", rand.random() < 0.5)
                       for _ in range(rand.randint(1, 3))]
            elif kind == 5:
                yield [self._trait(subject, "Risk", rand.randrange(100) / 8, "churn")
                       for _ in range(rand.randint(1, 3))]
            elif kind == 6:
                yield [self._segment(subject, rand.choice(("Wobbly", "Everybody")),
                                     rand.random() < 0.5) for _ in range(rand.randint(1, 5))]
            else:
                yield [self._segment(subject, "At Risk", rand.random() < 0.5, "churn")
                       for _ in range(rand.randint(1, 3))]
        for number in rand.sample(range(people.accounts), size.changes // 20):
            yield [self._trait(("account", people.account(number)), "Score", rand.randrange(100))
                   for _ in range(rand.randint(1, 3))]

    def _rules_of_users(self):
        people, size, rand = self._people, self._size, self._random
        plain = people.plain_users()
        for segment, leaves in (("Hot", True), ("Paying", False), ("Left", True), ("Right", True),
                                ("Filtered", False)):
            yield from self._segment_changes("user", segment, leaves,
                                             [people.user(n) for n in plain], size.entering)
        pro = sorted(self._inside["user", "Filtered"])
        for user in pro:
            if int(user[1:]) % 2:
                yield [self._trait(("user", user), "Plan", "pro")]
        yield from self._crossings("Score", profiles.HIGH, leaves=True)
        yield from self._crossings("ActivationRate", 80, leaves=False)

    def _rules_of_accounts(self):
        people, size, rand = self._people, self._size, self._random
        accounts = [people.account(n) for n in people.plain_accounts()]
        yield from self._segment_changes("account", "Key", True, accounts, size.entering // 4)
        paid = self._inside.setdefault("paid", set())
        for account in rand.sample(sorted(set(accounts) - paid), size.entering // 8):
            paid.add(account)
            subject = ("account", account)
            yield [self._trait(subject, "Plan", value) for value in
                   ["free"] * rand.randint(0, 2) + ["paid"] * rand.randint(1, 2)]

    def _segment_changes(self, kind, segment, leaves, subjects, count):
        """Some enter, and if they may some leave, or leave and enter again."""
        rand = self._random
        inside = self._inside.setdefault((kind, segment), set())
        outside = sorted(set(subjects) - inside)
        was_inside = sorted(inside)
        for subject in rand.sample(outside, count):
            inside.add(subject)
            yield [self._segment((kind, subject), segment, True)
                   for _ in range(rand.choice((1, 1, 2, 3)))]
        if not leaves:
            return
        rand.shuffle(was_inside)
        third = len(was_inside) // 3
        for subject in was_inside[:third]:
            inside.remove(subject)
            yield [self._segment((kind, subject), segment, False)
                   for _ in range(rand.choice((1, 1, 2)))]
        for subject in was_inside[third:2 * third]:
            yield [self._segment((kind, subject), segment, False),
                   self._segment((kind, subject), segment, True)]

    def _crossings(self, trait, border, leaves):
        """Some go up to the border and beyond, and if they may some go down again."""
        rand, people = self._random, self._people
        inside = self._inside.setdefault(trait, set())
        plain = {people.user(n) for n in people.plain_users()}
        below = lambda: rand.randrange(border)
        above = lambda: rand.randint(border, 100)
        entering = rand.sample(sorted(plain - inside), self._size.entering)
        leaving = rand.sample(sorted(inside), len(inside) // 3) if leaves else []
        staying = rand.sample(sorted(inside - set(leaving)), (len(inside) - len(leaving)) // 3)
        for user in entering:
            yield [self._trait(("user", user), trait, value) for value in
                   [below() for _ in range(rand.randint(0, 2))] +
                   [above() for _ in range(rand.randint(1, 2))]]
        for user in leaving:
            yield [self._trait(("user", user), trait, value) for value in
                   [above() for _ in range(rand.randint(0, 2))] +
                   [below() for _ in range(rand.randint(1, 2))]]
        for user in staying:
            yield [self._trait(("user", user), trait, above())]
        inside |= set(entering)
        inside -= set(leaving)

    def _special(self, number):
        """Users whose email, accounts or existence change."""
        people, rand = self._people, self._random
        for role in (roles.MOVES, roles.COMES_AND_GOES, roles.JOINS, roles.HAD_NO_EMAIL):
            numbers = people.special_users(role)
            for one in rand.sample(numbers, min(self._size.moving, len(numbers))):
                yield self._changed_user(one, role, number)

    def _changed_user(self, number, role, wave):
        people, rand = self._people, self._random
        user = people.user(number)
        if role in (roles.MOVES, roles.HAD_NO_EMAIL):
            told = []
            emails = (people.email(user), people.other_email(user)) if role == roles.MOVES else (
                people.email(user), "")
            for _ in range(rand.randint(1, 3)):
                self._emails[user] = rand.choice(emails)
                told.append(self._user(number))
            return told
        if role == roles.COMES_AND_GOES:
            return [self._user(number, removed=rand.random() < 0.5)
                    for _ in range(rand.randint(1, 3))]
        account = people.account(rand.choice([n for n in range(people.accounts)
                                              if people.is_special_account(n)]))
        own = people.account(people.account_of(number))
        return [self._user(number, account_ids=[own, account], name=f"User {number} of {wave}")]

    def _newcomers(self, number):
        people = self._people
        for one in range(40 * (number - 1), 40 * number):
            user = people.newcomer(one)
            yield [self._fact({"type": "user", "user_id": user, "email": people.email(user),
                               "name": f"New {one} {time}",
                               "account_ids": [people.account(people.accounts - 1)]})
                   for time in range(self._random.randint(1, 2))]

    # ---- when and how it is told ----

    def _over_time(self, told):
        """(at, item): in order or not, each perhaps more than once."""
        rand = self._random
        end = self._size.seconds
        times = [rand.uniform(0, end) for _ in told]
        if rand.random() < 0.6:
            times.sort()
        timed = list(zip(times, told))
        for _, item in list(timed):
            if rand.random() < 0.15:
                timed.append((rand.uniform(0, end), item))
        return timed

    def _feeds(self, timed):
        """Batches of what is told within a second; a tenth goes into Kafka directly."""
        rand = self._random
        for second in range(int(self._size.seconds) + 1):
            ways = {True: [], False: []}
            for at, item in timed:
                if second <= at < second + 1:
                    ways[rand.random() < 0.1].append(item)
            for through_kafka, items in ways.items():
                if items:
                    yield Feed(second + 1, through_kafka, tuple(items))

    def _acts(self, number):
        """What people do: in Intercom, with profiles, by hand."""
        rand, people, size = self._random, self._people, self._size
        when = lambda: round(rand.uniform(1, size.seconds - 2), 1)
        share = -(-len(self._late) // size.waves)
        for late in self._late[(number - 1) * share:number * share][:size.moving * 4]:
            yield Act(when(), "create", (people.email(people.user(late)),
                                         people.account(people.account_of(late))))
        for role, kind in ((roles.IS_DELETED, "delete"), (roles.IS_MERGED, "merge"),
                           (roles.IS_RENAMED, "rename")):
            for one in [self._untouched[role].pop() for _ in range(size.moving)
                        if self._untouched[role]]:
                yield Act(when(), kind, (people.email(people.user(one)),))
        yield Act(when(), "profile", (2 * number - 2,))
        yield Act(when(), "profile", (2 * number - 1,))
        if number > 1:
            yield Act(when(), "rule", (number,))
            for tag, users in self._tagged_by_hand[-1:]:
                yield Act(when(), "untag", (f"{tag}-gone", tag, *users[:len(users) // 2]))
        users = [people.user(n) for n in rand.sample(people.plain_users(), size.entering * 3)]
        self._tagged_by_hand.append((f"by-hand-{number}", users))
        yield Act(when(), "tag", (f"by-hand-{number}", f"by-hand-{number}", *users))
        for one, topic in enumerate(POISONED):
            yield Act(when(), "poison", (topic, f"poison {number}.{one} of seed {self._seed}"))


class Schedule:
    """What goes wrong in one wave: at no time twice the same, and all of it over when it ends."""

    KINDS = (["kill"] * 5 + ["freeze"] * 2 + ["intercom"] * 4 + ["cut"] * 3 + ["slow"] * 2 +
             ["deafen"] * 2)

    def __init__(self, rand, size, wave):
        self._random = rand
        self._end = size.seconds
        self._count = size.steps
        self._wave = wave
        self._busy = {}  # target -> [(from, to)]

    def steps(self):
        """Each server dies once in a wave; the rest is drawn."""
        yield self._place("stop", "postgres", 1, 5)
        yield self._place("stop", "kafka", 1, 4)
        for _ in range(self._count - 2):
            step = self._draw()
            if step:
                yield step

    def _draw(self):
        rand = self._random
        kind = rand.choice(self.KINDS)
        if kind in ("kill", "freeze"):
            target = f"{rand.choice(SERVICES)}-{rand.randrange(2)}"
            if kind == "kill":
                return self._place(kind, target, 0.2, 6)
            return self._place(kind, target, SESSION_TIMEOUT + 2, SESSION_TIMEOUT + 5)
        if kind == "intercom":
            fault = rand.choice(INTERCOM_FAULTS)
            return self._place(kind, fault, 2, 8, (rand.choice((0.05, 0.2, 1.0)),))
        link = rand.choice(LINKS)
        if kind == "slow":
            # A piece's wait, in seconds; Kafka's and PostgreSQL's ways have many pieces.
            return self._place(kind, link, 2, 8, (rand.choice((0.02, 0.1)),))
        return self._place(kind, link, 0.5, 5)

    def _place(self, kind, target, shortest, longest, more=()):
        """A step at a time when its target has nothing else; None when there is none."""
        rand = self._random
        for _ in range(20):
            lasts = round(rand.uniform(shortest, longest), 1)
            at = round(rand.uniform(0.5, max(0.6, self._end - lasts)), 1)
            taken = self._busy.setdefault(target, [])
            if all(at + lasts + 1 < begin or at > end + 1 for begin, end in taken):
                taken.append((at, at + lasts))
                return Step(at, kind, target, lasts, more)
        return None


# Services whose dead letters a topic's poison makes.
def readers_of(topic):
    """The services that read a topic."""
    return [service for service, topics in TOPICS_OF.items() if topic in topics]


def naming(subject):
    """The field of an item that names its subject."""
    kind, subject_id = subject
    return {f"{kind}_id": subject_id}


def moment(microseconds):
    """RFC 3339 of microseconds since 1970."""
    at = datetime.datetime.fromtimestamp(0, datetime.timezone.utc) + datetime.timedelta(
        microseconds=microseconds)
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def sent_form(item):
    """The item as it is sent: without its version when the clock alone tells it."""
    sent = {key: value for key, value in item.items() if key != "told"}
    if item.get("told") == "clock":
        del sent["version"]
    return sent
