"""What happens in Intercom shows here within seconds, however often and in whatever order told."""

import pytest

from processes import wait_until
from tenant import Tenant

SOON = 5  # seconds
SCORE = "Accoil_TrialUsers_Score"


@pytest.fixture(scope="module")
def tenant(suite, demo):
    """A connected customer whose data is in Intercom."""
    tenant = Tenant(suite, "hooked")
    tenant.connect()
    wait_until(lambda: tenant.value("hooked-user-3", "TrialUsers_Score") == 3, 20, "traits")
    return tenant


@pytest.fixture(params=["once", "twice and shuffled"])
def delivery(suite, request):
    """How Intercom delivers its notifications."""
    if request.param != "once":
        suite.simulator.set(webhook_duplicates=1, webhook_disorder="1s")
    yield
    suite.simulator.set(webhook_duplicates=0, webhook_disorder="0s")


@pytest.fixture
def name(request, delivery):
    """A user of one test alone."""
    return f"new-{abs(hash(request.node.name))}"


def user(suite, tenant, name, score=50):
    """A user of the product."""
    return [{"type": "user", "user_id": name, "email": tenant.email(name), "name": name,
             "account_ids": [], "version": suite.version()},
            tenant.trait("Score", score, user_id=name)]


def carries(suite, tenant, contact_id, value):
    found = list(suite.simulator.state(workspace=tenant.workspace, id=contact_id))
    return bool(found) and found[0]["custom_attributes"].get(SCORE) == value


def unmatched(suite, tenant, name):
    """Sends a user whom Intercom does not know, and waits until that is found out."""
    tenant.send(user(suite, tenant, name))
    wait_until(lambda: tenant.decision("user", name) == "no_contact", 20, "not matched yet")


def test_a_contact_that_is_created_is_matched_though_search_does_not_show_it(
        suite, tenant, name):
    unmatched(suite, tenant, name)
    suite.simulator.set(search_lag="1min")
    try:
        contact = tenant.intercom.create_contact(tenant.email(name))
        wait_until(lambda: carries(suite, tenant, contact, 50), SOON, "its traits")
    finally:
        suite.simulator.set(search_lag="0s")


def test_a_changed_email_is_another_match(suite, tenant, name):
    contact = tenant.intercom.create_contact("before-" + tenant.email(name))
    unmatched(suite, tenant, name)
    tenant.intercom.update_contact(contact, email=tenant.email(name))
    wait_until(lambda: carries(suite, tenant, contact, 50), SOON, "its traits")
    tenant.intercom.update_contact(contact, email="after-" + tenant.email(name))
    wait_until(lambda: carries(suite, tenant, contact, None), SOON, "its traits are gone again")


@pytest.mark.parametrize("how", ["archive", "delete"])
def test_a_contact_that_is_gone_gives_its_place_to_another(suite, tenant, name, how):
    first = tenant.intercom.create_contact(tenant.email(name))
    tenant.send(user(suite, tenant, name))
    wait_until(lambda: carries(suite, tenant, first, 50), 20, "its traits")
    second = tenant.intercom.create_lead(tenant.email(name))
    getattr(tenant.intercom, how)(first)
    wait_until(lambda: carries(suite, tenant, second, 50), SOON, "the other's traits")


def test_a_merged_contact_lives_on_in_the_other(suite, tenant, name):
    user_contact = tenant.intercom.create_contact("other-" + tenant.email(name))
    lead = tenant.intercom.create_lead(tenant.email(name))
    tenant.send(user(suite, tenant, name))
    wait_until(lambda: carries(suite, tenant, lead, 50), 20, "the lead's traits")
    tenant.intercom.merge(lead, into=user_contact)
    tenant.intercom.update_contact(user_contact, email=tenant.email(name))
    wait_until(lambda: carries(suite, tenant, user_contact, 50), SOON, "the user's traits")


def test_a_company_that_is_attached_is_the_accounts_and_detached_is_not(suite, tenant, name):
    account = "account-of-" + name
    contact = tenant.intercom.create_contact(tenant.email(name))
    tenant.send([{"type": "account", "account_id": account, "name": account,
                  "version": suite.version()},
                 tenant.trait("Score", 60, account_id=account),
                 {"type": "user", "user_id": name, "email": tenant.email(name), "name": name,
                  "account_ids": [account], "version": suite.version()}])

    wait_until(lambda: tenant.decision("account", account) == "no_company", 20, "no company yet")
    company = tenant.intercom.create_company("company-of-" + name)
    tenant.intercom.attach(contact, company)
    wait_until(lambda: tenant.decision("account", account).startswith("matched"), SOON,
               "the account's company")
    tenant.intercom.detach(contact, company)
    wait_until(lambda: tenant.decision("account", account) == "no_company", SOON,
               "no company any more")


def under_way(suite, tenant):
    """Of what was told, what has not gone the whole way to Intercom yet."""
    steps = {"webhooks": suite.webhooks_applied(), "doubts": suite.doubts_settled(),
             "matches": suite.applied("trait-sync"),
             "deliveries": tenant.gateway.sync(tenant.product)["due"] == 0}
    return [step for step, settled in steps.items() if not settled]


def test_contacts_that_nobody_asked_for_cost_nothing(suite, tenant):
    # The account of the test before may still be on its way out of its company.
    wait_until(lambda: not under_way(suite, tenant), 20,
               lambda: f"still under way: {under_way(suite, tenant)}")
    suite.simulator.forget_calls()
    for number in range(20):
        tenant.intercom.create_contact(f"stranger-{number}@nowhere.example")
    wait_until(suite.webhooks_applied, 20, "webhooks are delivered")
    calls = [call for call in suite.simulator.calls() if call["endpoint"] != "POST /contacts"]
    assert calls == []


def test_a_notification_with_a_wrong_signature_is_refused_and_nothing_happens(suite, tenant):
    body = b'{"type":"notification_event","app_id":"%s","topic":"app.uninstalled"}' % (
        tenant.workspace.encode())
    answer = suite.post_webhook(body, "sha1=" + "0" * 40)
    assert answer.status_code == 401
    assert tenant.connection_state() == "connected"


def test_a_topic_that_nobody_knows_is_accepted_and_counted(suite, tenant):
    before = suite.metric("gateway", "accoil_gateway_webhooks_total", topic="other")
    body = b'{"type":"notification_event","app_id":"%s","id":"notif_x","topic":"ticket.created",' \
           b'"data":{"item":{}}}' % tenant.workspace.encode()
    assert suite.post_webhook(body).status_code == 200
    assert suite.metric("gateway", "accoil_gateway_webhooks_total", topic="other") == before + 1
