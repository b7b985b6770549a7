"""The model against which everything else is held, by small examples."""

import model
from model import Company, Contact, Facts, Subject

PROFILES = [
    {
        "profile_id": "trial",
        "name": "Trial Users",
        "sync_mode": "all_traits",
        "catalogue": [
            {"name": "Score", "type": "integer", "on": ["user", "account"]},
            {"name": "LastActive", "type": "date", "on": ["user"]},
            {"name": "Rate", "type": "float", "on": ["user"]},
            {"name": "Invited", "type": "boolean", "on": ["user"]},
            {"name": "Feature", "type": "string", "on": ["user"]},
        ],
    },
    {
        "profile_id": "onboarding",
        "name": "Onboarding",
        "sync_mode": "segments_only",
        "catalogue": [{"name": "Score", "type": "integer", "on": ["user"]}],
    },
    {"profile_id": "quiet", "name": "Quiet", "sync_mode": "off", "catalogue": []},
]


def user(user_id, email=None, accounts=(), version=1, **more):
    item = {"type": "user", "user_id": user_id, "account_ids": list(accounts), "version": version}
    return item | ({"email": email} if email else {}) | more


def account(account_id, name="", version=1, **more):
    return {"type": "account", "account_id": account_id, "name": name, "version": version} | more


def trait(name, value, version=1, profile="trial", **subject):
    return {"type": "trait", "profile_id": profile, "trait": name, "value": value,
            "version": version} | (subject or {"user_id": "u"})


def segment(name, version=1, profile="trial", kind="segment-entered", **subject):
    return {"type": kind, "profile_id": profile, "segment": name,
            "version": version} | (subject or {"user_id": "u"})


def facts_of(*items):
    facts = Facts()
    for item in items:
        facts.add(item)
    return facts


def attributes(*items):
    return model.attributes_of_subjects(facts_of(*items), PROFILES).get(Subject("user", "u"), {})


def test_the_newest_version_of_a_fact_counts_in_whatever_order_it_comes():
    for items in ([trait("Score", 1, 1), trait("Score", 2, 2)],
                  [trait("Score", 2, 2), trait("Score", 1, 1)],
                  [trait("Score", 2, 2), trait("Score", 3, 2)]):
        assert attributes(*items) == {"Accoil_TrialUsers_Score": 2}


def test_entering_and_leaving_a_segment_are_one_fact():
    left = segment("New", 2, kind="segment-exited")
    assert attributes(segment("All"), left, segment("New", 1)) == {
        "Accoil_TrialUsers_Segments": "All"}


def test_segments_are_sorted_and_joined():
    assert attributes(segment("New"), segment("All Active"), segment("All")) == {
        "Accoil_TrialUsers_Segments": "All, All Active, New"}


def test_values_go_typed():
    assert attributes(
        trait("Score", 7.0), trait("LastActive", "2026-01-05T02:00:00+02:00"), trait("Rate", 1),
        trait("Invited", True), trait("Feature", "Exports")) == {
            "Accoil_TrialUsers_Score": 7,
            "Accoil_TrialUsers_LastActive": 1767571200,
            "Accoil_TrialUsers_Rate": 1.0,
            "Accoil_TrialUsers_Invited": True,
            "Accoil_TrialUsers_Feature": "Exports",
        }


def test_values_of_another_type_withdrawn_ones_and_unknown_traits_do_not_go():
    assert attributes(
        trait("Score", "7"), trait("Invited", 1), trait("LastActive", "yesterday"),
        trait("Feature", "x" * 256), trait("Rate", None, 2), trait("Rate", 0.5),
        trait("Unheard", 1), trait("Score", 1, profile="unheard")) == {}


def test_a_profile_syncs_what_it_says():
    assert attributes(
        trait("Score", 7, profile="onboarding"), segment("New", profile="onboarding"),
        segment("New", profile="quiet")) == {"Accoil_Onboarding_Segments": "New"}


def test_a_name_that_users_and_accounts_share_is_another_one_on_companies():
    wanted = model.attributes_of_subjects(facts_of(trait("Score", 7, account_id="a")), PROFILES)
    assert wanted == {Subject("account", "a"): {"Accoil_TrialUsers_Score_Account": 7}}


def matches(users, contacts):
    found = model.match_users(facts_of(*users).subjects("user"), contacts)
    return {user_id: contact.id for user_id, contact in found.items()}


def test_users_are_found_by_email_whatever_its_case():
    contacts = [Contact("c", "user", "ada@x.example"), Contact("d", "user", "bo@x.example")]
    assert matches([user("u", "Ada@X.example"), user("v"), user("w", "cy@x.example")],
                   contacts) == {"u": "c"}


def test_of_several_contacts_a_user_before_a_lead_then_the_one_seen_last():
    lead = Contact("a", "lead", "ada@x.example", last_seen_at=9)
    old = Contact("b", "user", "ada@x.example", last_seen_at=3)
    new = Contact("c", "user", "ada@x.example", last_seen_at=5)
    never = Contact("d", "user", "ada@x.example")
    assert matches([user("u", "ada@x.example")], [lead, old, new, never]) == {"u": "c"}
    assert matches([user("u", "ada@x.example")], [lead, never]) == {"u": "d"}
    assert matches([user("u", "ada@x.example")], [lead]) == {"u": "a"}


def test_a_contact_has_one_user():
    contact = Contact("c", "user", "ada@x.example")
    both = [user("v", "ada@x.example"), user("u", "ADA@x.example")]
    assert matches(both, [contact]) == {"u": "c"}
    contact.external_id = "v"
    assert matches(both, [contact]) == {"v": "c"}


def test_removed_users_have_no_contact():
    assert matches([user("u", "ada@x.example"), user("u", version=2, removed=True)],
                   [Contact("c", "user", "ada@x.example")]) == {}


def companies_of(accounts, companies, memberships):
    """memberships: user id -> (account ids, Intercom's ids of the contact's companies)."""
    facts = facts_of(*accounts,
                     *[user(name, accounts=member[0]) for name, member in memberships.items()])
    contacts = {
        name: Contact("c-" + name, "user", companies=list(member[1]))
        for name, member in memberships.items()
    }
    found = model.match_accounts(facts.subjects("account"), facts.subjects("user"), contacts,
                                 companies)
    return {account_id: company.id for account_id, company in found.items()}


def test_an_account_goes_to_the_company_with_its_id_then_the_only_one_then_the_one_of_its_name():
    one = Company("1", "acme", "Another Name")
    two = Company("2", "crm-2", "ACME ")
    three = Company("3", "crm-3", "Third")
    acme = [account("acme", "Acme")]
    every = [one, two, three]
    assert companies_of(acme, every, {"u": (["acme"], ["1", "2"])}) == {"acme": "1"}
    assert companies_of(acme, every, {"u": (["acme"], ["3"])}) == {"acme": "3"}
    assert companies_of(acme, every, {"u": (["acme"], ["2"]), "v": (["acme"], ["3"])}) == {
        "acme": "2"}
    assert companies_of([account("other", "Other")], every, {"u": (["other"], ["2", "3"])}) == {}
    assert companies_of(acme, every, {"u": ([], ["1"])}) == {}


def test_a_company_has_one_account():
    company = Company("1", "b", "B")
    members = {"u": (["a", "b"], ["1"])}
    assert companies_of([account("a"), account("b")], [company], members) == {"b": "1"}
    company.company_id = "crm"
    assert companies_of([account("b"), account("a")], [company], members) == {"a": "1"}


def test_differences_name_what_is_missing_wrong_or_too_much():
    wanted = {"1": {"A": 1, "B": True, "C": "x"}}
    actual = {"1": {"A": 1.0, "B": 1, "D": None, "E": 5}, "2": {}, "3": {"F": 1}}
    assert model.differences("contact", wanted, actual) == [
        "contact 1 B: should be True, is 1",
        "contact 1 C: should be 'x', is None",
        "contact 1 E: should be None, is 5",
        "contact 3 F: should be None, is 1",
    ]
