"""What every contact and company should carry, worked out anew from the data.

An independent second opinion: it shares no code with the services. It reads what was sent (profiles
and the gateway's batch items) and who is in the workspace (the simulator's contacts and companies),
and answers the custom attributes that each of them should have.
"""

import datetime
import json
import math
from dataclasses import dataclass, field

PREFIX = "Accoil"
SEGMENTS = "Segments"


# ---- what was sent ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Subject:
    """A user or an account of the product."""

    kind: str  # user or account
    id: str


class Facts:
    """The newest version of every fact among the items that were sent, in any order."""

    def __init__(self):
        self._subjects = {}  # Subject -> (version, item)
        self._traits = {}  # (Subject, profile id, trait) -> (version, value)
        self._memberships = {}  # (Subject, profile id, segment) -> (version, inside)

    def add(self, item):
        """Takes a batch item; a fact that is not newer than the one known changes nothing."""
        version = item["version"]
        match item["type"]:
            case "user" | "account" as kind:
                subject = Subject(kind, item[kind + "_id"])
                self._keep(self._subjects, subject, version, item)
            case "trait":
                key = (subject_of(item), item["profile_id"], item["trait"])
                self._keep(self._traits, key, version, item["value"])
            case "segment-entered" | "segment-exited" as kind:
                key = (subject_of(item), item["profile_id"], item["segment"])
                self._keep(self._memberships, key, version, kind == "segment-entered")
            case other:
                raise ValueError(f"an item of type {other}")

    @staticmethod
    def _keep(facts, key, version, value):
        if key not in facts or facts[key][0] < version:
            facts[key] = (version, value)

    def subjects(self, kind):
        """The items of the users or accounts that the product has, by id; removed ones are not."""
        return {
            subject.id: item
            for subject, (_, item) in self._subjects.items()
            if subject.kind == kind and not item.get("removed", False)
        }

    def traits(self):
        """(subject, profile id, trait) -> value, without those that were withdrawn."""
        return {key: value for key, (_, value) in self._traits.items() if value is not None}

    def segments(self):
        """(subject, profile id) -> names of the segments that it is in."""
        names = {}
        for (subject, profile, segment), (_, inside) in self._memberships.items():
            if inside:
                names.setdefault((subject, profile), []).append(segment)
        return names


def subject_of(item):
    """The subject of a trait or segment item."""
    return Subject("user", item["user_id"]) if "user_id" in item else Subject(
        "account", item["account_id"])


def read_lines(path):
    """The values of a file of JSON lines."""
    with open(path, encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def read_facts(path):
    """The facts of a file of batch items."""
    facts = Facts()
    for item in read_lines(path):
        facts.add(item)
    return facts


# ---- the workspace ------------------------------------------------------------------------------


@dataclass
class Contact:
    """A contact as the workspace has it; companies are Intercom's ids."""

    id: str
    role: str
    email: str = ""
    external_id: str = ""
    last_seen_at: int | None = None
    companies: list = field(default_factory=list)


@dataclass
class Company:
    """A company as the workspace has it."""

    id: str
    company_id: str
    name: str = ""


# ---- matching -----------------------------------------------------------------------------------


def normalized_email(email):
    """Emails are compared without regard to the case of ASCII letters and surrounding space."""
    return ascii_lower(email.strip())


def ascii_lower(text):
    """ASCII letters in lower case, all others as they are."""
    return "".join(c.lower() if c.isascii() else c for c in text)


def by_bytes(text):
    """Sort key of an id: its bytes."""
    return text.encode()


def match_users(users, contacts):
    """user id -> Contact. By email; of several contacts a user before a lead, then the one seen
    last, then the lowest id. Of several users with one email, the one whose id the contact has as
    external_id has it, else the lowest id."""
    by_email = {}
    for contact in contacts:
        if contact.email:
            by_email.setdefault(contact.email, []).append(contact)

    wanting = {}  # contact id -> (contact, user ids)
    for user_id, user in users.items():
        found = by_email.get(normalized_email(user.get("email", "")))
        if not found:
            continue
        best = min(
            found,
            key=lambda contact: (
                contact.role != "user",
                math.inf if contact.last_seen_at is None else -contact.last_seen_at,
                contact.id,
            ),
        )
        wanting.setdefault(best.id, (best, []))[1].append(user_id)

    matches = {}
    for contact, user_ids in wanting.values():
        holder = min(user_ids, key=lambda user: (user != contact.external_id, by_bytes(user)))
        matches[holder] = contact
    return matches


def match_accounts(accounts, users, contacts_of_users, companies):
    """account id -> Company, among the companies of the account's matched users: the one whose
    company_id is the account's id, else the only one, else the only one with the account's name. A
    company that several accounts want goes to the one by company_id, else to the lowest id."""
    by_id = {company.id: company for company in companies}
    candidates = {account_id: set() for account_id in accounts}
    for user_id, contact in contacts_of_users.items():
        for account_id in users[user_id].get("account_ids", []):
            if account_id in candidates:
                candidates[account_id].update(contact.companies)

    wanting = {}  # company id -> account ids
    for account_id, ids in candidates.items():
        company = choose_company(account_id, accounts[account_id], [by_id[id] for id in ids])
        if company:
            wanting.setdefault(company.id, []).append(account_id)
    return {
        min(ids, key=lambda account: (account != by_id[company].company_id, by_bytes(account))):
        by_id[company]
        for company, ids in wanting.items()
    }


def choose_company(account_id, account, companies):
    """The company of one account if no other wanted it."""
    for company in companies:
        if company.company_id == account_id:
            return company
    if len(companies) == 1:
        return companies[0]
    name = ascii_lower(account.get("name", "").strip())
    namesakes = [company for company in companies if ascii_lower(company.name.strip()) == name]
    return namesakes[0] if name and len(namesakes) == 1 else None


# ---- attributes ---------------------------------------------------------------------------------


def attribute_name(profile, trait, kind=None):
    """Accoil_[profile without spaces]_[trait]. A trait that users and accounts have makes two
    attributes, and Intercom gives a name only once: that of companies ends in _Account."""
    name = f"{PREFIX}_{profile['name'].replace(' ', '')}_{trait}"
    shared = {"user", "account"} <= subjects_of(profile, trait)
    return name + "_Account" if kind == "account" and shared else name


def subjects_of(profile, trait):
    """Which kinds of subject have this trait; every profile has Segments on both."""
    if trait == SEGMENTS:
        return {"user", "account"}
    return next((set(t["on"]) for t in profile["catalogue"] if t["name"] == trait), set())


def typed(value, trait_type):
    """The value as Intercom's attribute of this type has it; None when it cannot be."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    match trait_type:
        case "string":
            return value if isinstance(value, str) and len(value) <= 255 else None
        case "integer":
            return int(value) if number and value == int(value) else None
        case "float":
            return float(value) if number else None
        case "boolean":
            return value if isinstance(value, bool) else None
        case "date":
            return unix_seconds(value) if isinstance(value, str) else None
    raise ValueError(f"a trait of type {trait_type}")


def unix_seconds(text):
    """Unix seconds of an RFC 3339 date-time, None when it is none."""
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    return int(moment.timestamp()) if moment.tzinfo else None


def attributes_of_subjects(facts, profiles):
    """Subject -> {attribute: value}, by what each profile syncs."""
    wanted = {}
    by_id = {profile["profile_id"]: profile for profile in profiles}
    types = {
        (profile["profile_id"], trait["name"]): (trait["type"], set(trait["on"]))
        for profile in profiles
        if profile["sync_mode"] == "all_traits"
        for trait in profile["catalogue"]
        if trait["name"] != SEGMENTS
    }
    for (subject, profile_id, trait), value in facts.traits().items():
        trait_type, kinds = types.get((profile_id, trait), (None, set()))
        if subject.kind not in kinds:
            continue
        value = typed(value, trait_type)
        if value is not None:
            name = attribute_name(by_id[profile_id], trait, subject.kind)
            wanted.setdefault(subject, {})[name] = value
    for (subject, profile_id), segments in facts.segments().items():
        profile = by_id.get(profile_id)
        if profile and profile["sync_mode"] != "off":
            name = attribute_name(profile, SEGMENTS, subject.kind)
            wanted.setdefault(subject, {})[name] = ", ".join(sorted(segments, key=by_bytes))
    return wanted


@dataclass
class Wanted:
    """What the workspace should carry. contacts and companies: Intercom's id -> attributes, for
    those that are matched; matches say by whom."""

    contacts: dict
    companies: dict
    contact_of_user: dict
    company_of_account: dict


def wanted_state(facts, profiles, contacts, companies):
    """The whole answer: matching, then the attributes of whoever is matched."""
    users = facts.subjects("user")
    accounts = facts.subjects("account")
    contact_of_user = match_users(users, contacts)
    company_of_account = match_accounts(accounts, users, contact_of_user, companies)
    attributes = attributes_of_subjects(facts, profiles)
    return Wanted(
        contacts={
            contact.id: attributes.get(Subject("user", user), {})
            for user, contact in contact_of_user.items()
        },
        companies={
            company.id: attributes.get(Subject("account", account), {})
            for account, company in company_of_account.items()
        },
        contact_of_user=contact_of_user,
        company_of_account=company_of_account,
    )


def differences(kind, wanted, actual):
    """One line for each attribute that is not as it should be. actual: id -> attributes of
    everything in the workspace; what no one is matched with should carry nothing."""
    lines = []
    for target in sorted(wanted.keys() | actual.keys()):
        if target not in actual:
            lines.append(f"{kind} {target} is not in the workspace")
            continue
        should = wanted.get(target, {})
        has = {name: value for name, value in actual[target].items() if value is not None}
        for name in sorted(should.keys() | has.keys()):
            if not same(should.get(name), has.get(name)):
                lines.append(f"{kind} {target} {name}: should be {should.get(name)!r}, "
                             f"is {has.get(name)!r}")
    return lines


def same(a, b):
    """Whether two attribute values are equal; true is not 1."""
    return a == b and isinstance(a, bool) == isinstance(b, bool)
