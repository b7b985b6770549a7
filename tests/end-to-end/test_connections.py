"""The admin's part: connect by clicking, choose what is synced, change one's mind, uninstall."""

import pytest

from browser import Browser
from clients import Gateway
from processes import wait_until
from tenant import TRIAL, Tenant, query_of

SOON = 10  # seconds, for each step

EVERYTHING = {"Accoil_TrialUsers_Score", "Accoil_TrialUsers_Score_Account",
              "Accoil_TrialUsers_Frequency", "Accoil_TrialUsers_Segments"}
SEGMENTS = {"Accoil_TrialUsers_Segments"}
THEIRS = "Accoil_TrialUsers_Mood"  # made by somebody else


@pytest.fixture(scope="module")
def tenant(suite, demo):
    """A customer who has everything but a connection."""
    return Tenant(suite, "admin")


def profile(**changes):
    return TRIAL | changes


def step(condition, what):
    """One step of a person's way, which takes a moment at most."""
    wait_until(condition, SOON, what)


def values_are_there(tenant):
    return tenant.value("admin-user-3", "TrialUsers_Score") == 3


def test_connecting_takes_two_clicks_and_everything_arrives(suite, tenant):
    page = tenant.authorize()
    assert page.status == 200
    assert "Workspace of admin" in page.text
    connection = tenant.gateway.connection(tenant.product)
    assert connection["state"] == "connected" and connection["origin"] == "oauth"
    assert connection["workspace_id"] == tenant.workspace
    step(lambda: values_are_there(tenant), "traits are in Intercom")
    step(lambda: tenant.shown() == EVERYTHING, tenant.attributes)


@pytest.mark.parametrize("change,words", [
    ({"state": "x" * 43}, "start"),
    ({"state": ""}, "product"),
    ({"code": "not-a-code"}, "again"),
])
def test_a_callback_that_is_not_what_we_began_ends_on_a_page_that_helps(
        suite, tenant, change, words):
    state = query_of(tenant.gateway.start_connect(tenant.product))["state"]
    code = suite.simulator.code_for(tenant.workspace)
    answer = {"code": code, "state": state} | change
    page = Browser().submit("get", suite.public_url + "/intercom/oauth/callback", answer)
    assert words in page.text.lower(), page.text
    assert page.status < 500
    assert code not in page.html and state not in page.html
    assert tenant.connection_state() == "connected"  # as before


def test_denying_changes_nothing_and_says_so(tenant):
    page = tenant.authorize("Deny")
    assert page.status < 500 and "den" in page.text.lower()
    assert tenant.connection_state() == "connected"


def test_a_state_works_once(tenant):
    consent = Browser().open(tenant.gateway.start_connect(tenant.product))
    first = tenant.answer(consent, "Allow")
    again = Browser().open(first.url)
    assert first.status == 200
    assert 400 <= again.status < 500 and "used" in again.text.lower(), again.text


def test_an_installation_from_the_app_store_asks_for_the_product_and_goes_on(suite, tenant):
    other = Tenant(suite, "store")
    page = Browser().open(suite.simulator.install_url(other.workspace))
    assert page.status == 200 and "Workspace of store" in page.text
    wrong = page.press("Connect", product=str(other.product), api_key="ak_wrong")
    assert 400 <= wrong.status < 500
    elsewhere = page.press("Connect", product=str(other.product), api_key=tenant.key)
    assert 400 <= elsewhere.status < 500
    done = page.press("Connect", product=str(other.product), api_key=other.key)
    assert done.status == 200, done.text
    assert other.connection_state() == "connected"
    step(lambda: other.value("store-user-3", "TrialUsers_Score") == 3, "traits are in Intercom")


def test_a_preview_says_what_would_change_and_changes_nothing(tenant):
    preview = tenant.gateway.preview_profile(tenant.product, profile(sync_mode="segments_only"))
    assert {change["name"] for change in preview["attributes"] if change["change"] == "archive"} \
        == EVERYTHING - SEGMENTS
    assert preview["contacts_losing"] == 12 and preview["companies_losing"] == 3
    assert tenant.gateway.get_profile(tenant.product, "trial")["sync_mode"] == "all_traits"
    assert tenant.shown() == EVERYTHING


def test_segment_names_only_archives_the_rest_and_values_stop(tenant):
    tenant.put_profile(profile(sync_mode="segments_only"))
    step(lambda: tenant.shown() == SEGMENTS, tenant.attributes)
    tenant.send([tenant.trait("Score", 77, user_id="admin-user-3"),
                 tenant.segment("VIP", "admin-user-3")])
    step(lambda: tenant.value("admin-user-3", "TrialUsers_Segments") == "Everybody, VIP",
         "segments go on")
    assert tenant.shown() == SEGMENTS


def test_all_traits_again_brings_the_attributes_back_with_fresh_values(tenant):
    tenant.put_profile(profile())
    step(lambda: tenant.shown() == EVERYTHING, tenant.attributes)
    step(lambda: tenant.value("admin-user-3", "TrialUsers_Score") == 77, "the value of meanwhile")
    assert len(tenant.attributes()) == len(EVERYTHING)  # brought back, not made anew


def test_a_renamed_profile_has_attributes_of_its_new_name_only(tenant):
    tenant.put_profile(profile(name="Newcomers"))
    new = {name.replace("TrialUsers", "Newcomers") for name in EVERYTHING}
    step(lambda: tenant.shown() == new, tenant.attributes)
    step(lambda: tenant.value("admin-user-3", "Newcomers_Score") == 77, "values by the new name")
    tenant.put_profile(profile())
    step(lambda: tenant.shown() == EVERYTHING, tenant.attributes)


def test_an_attribute_of_somebody_else_is_never_archived(suite, tenant):
    tenant.intercom.create_attribute(THEIRS, "contact", "string")
    mood = {"name": "Mood", "type": "string", "on": ["user"], "definition": ""}
    tenant.put_profile(profile(catalogue=TRIAL["catalogue"] + [mood]))
    tenant.send([tenant.trait("Mood", "good", user_id="admin-user-3")])
    step(lambda: tenant.value("admin-user-3", "TrialUsers_Mood") == "good", "it is written to")
    tenant.put_profile(profile(sync_mode="off"))
    step(lambda: tenant.shown() == {THEIRS}, tenant.attributes)
    tenant.put_profile(profile())
    step(lambda: tenant.shown() == EVERYTHING | {THEIRS}, tenant.attributes)


def test_what_cannot_be_archived_is_said_and_tried_again(suite, tenant):
    stuck = "Accoil_TrialUsers_Frequency"
    suite.simulator.set(attributes_in_use=[stuck])
    try:
        tenant.put_profile(profile(sync_mode="segments_only"))
        step(lambda: tenant.shown() == SEGMENTS | {stuck, THEIRS}, tenant.attributes)
        step(lambda: tenant.gateway.attributes(tenant.product)[stuck]["state"] == "cannot_archive",
             "its state")
        [problem] = [problem for problem in tenant.gateway.problems(tenant.product)
                     if problem["kind"] == "cannot_archive"]
        assert "422" in problem["reason"] and problem["remedy"]
    finally:
        suite.simulator.set(attributes_in_use=[])
    tenant.gateway.retry_problem(tenant.product, problem["id"])
    step(lambda: tenant.shown() == SEGMENTS | {THEIRS}, tenant.attributes)
    tenant.put_profile(profile())
    step(lambda: tenant.shown() == EVERYTHING | {THEIRS}, tenant.attributes)


def test_disconnecting_archives_what_is_ours_and_stops(suite, tenant):
    assert tenant.gateway.disconnect(tenant.product)["state"] in ("disconnecting", "disconnected")
    step(lambda: tenant.connection_state() == "disconnected", "disconnected")
    assert tenant.shown() == {THEIRS}
    suite.simulator.forget_calls()
    tenant.send([tenant.trait("Score", 78, user_id="admin-user-3")])
    wait_until(lambda: suite.applied("trait-sync"), 10, "trait-sync knows")
    assert tenant.gateway.sync(tenant.product)["paused"]
    assert [call for call in suite.simulator.calls() if call["workspace"] == tenant.workspace] == []


def test_connecting_again_resumes_where_it_stopped(tenant):
    tenant.connect()
    step(lambda: tenant.shown() == EVERYTHING | {THEIRS}, tenant.attributes)
    step(lambda: tenant.value("admin-user-3", "TrialUsers_Score") == 78, "the value of meanwhile")
    step(lambda: tenant.value("admin-user-4", "TrialUsers_Score") == 4, "the values of before")


def test_an_uninstall_in_intercom_disconnects_and_connecting_again_resumes(suite, tenant):
    suite.simulator.uninstall(tenant.workspace)
    step(lambda: tenant.connection_state() == "disconnected", "disconnected")
    assert tenant.gateway.connection(tenant.product)["state_reason"]
    tenant.send([tenant.trait("Score", 79, user_id="admin-user-3")])
    tenant.connect()
    step(lambda: tenant.value("admin-user-3", "TrialUsers_Score") == 79, "the value of meanwhile")


def test_products_that_share_a_workspace_do_not_archive_each_others_attributes(suite, tenant):
    second = Tenant(suite, "second", users=2, accounts=1)
    second.workspace = tenant.workspace
    second.put_profile(TRIAL | {"profile_id": "other", "name": "Other"})
    second.connect()
    second.put_profile(TRIAL | {"sync_mode": "off"})
    second.gateway.disconnect(second.product)
    step(lambda: second.connection_state() == "disconnected", "disconnected")
    assert tenant.connection_state() == "connected"
    assert EVERYTHING <= tenant.shown()
    tenant.send([tenant.trait("Score", 80, user_id="admin-user-3")])
    step(lambda: tenant.value("admin-user-3", "TrialUsers_Score") == 80, "values go on")


def test_a_revoked_key_opens_nothing(suite, tenant):
    made = tenant.gateway.create_api_key(tenant.product, ["read"], "to be revoked")
    reader = Gateway(suite.gateway_address, made["api_key"])
    assert reader.connection(tenant.product)
    [listed] = [key for key in tenant.gateway.api_keys(tenant.product)
                if key["api_key_id"] == made["api_key_id"]]
    assert listed["label"] == "to be revoked" and listed["last_used_at"]
    assert made["api_key"] not in str(listed)
    tenant.gateway.revoke_api_key(tenant.product, made["api_key_id"])
    assert reader.status("GET", f"products/{tenant.product}/profiles") == 401
