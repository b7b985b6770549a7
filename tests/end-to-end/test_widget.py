"""What support sees beside a conversation: live, of this customer alone, and never an error."""

import json
import subprocess
import time

import pytest

from processes import wait_until
from tenant import TRIAL, Tenant

LIVE_WITHIN = 2  # seconds, from a change to the next click


@pytest.fixture(scope="module")
def tenant(suite, demo):
    """A connected customer whose people are known to the widget."""
    tenant = Tenant(suite, "inbox")
    tenant.connect()
    wait_until(lambda: "Trial Users" in tenant.canvas("inbox-user-3").text, 20, "the widget knows")
    return tenant


def test_a_conversation_shows_the_person_and_the_account(tenant):
    canvas = tenant.canvas("inbox-user-3")
    assert canvas.fields["Score"].startswith("10 · ")  # of the account: health comes first
    user = canvas.click("tab", tab="user")
    assert user.fields["Score"] == "3 · Least Engaged"
    assert user.fields["Frequency"] == "3 of 7 days"
    assert user.fields["Segments"] == "Everybody"
    assert "How engaged." in user.click("tab", tab="info").text


def test_a_change_shows_on_the_next_click_within_2_seconds(tenant):
    canvas = tenant.canvas("inbox-user-4").click("tab", tab="user")
    tenant.send([tenant.trait("Score", 91, user_id="inbox-user-4")])
    wait_until(lambda: canvas.click("tab", tab="user").fields["Score"].startswith("91 · "),
               LIVE_WITHIN, "the new score")


def test_a_choice_is_remembered_for_each_teammate(tenant):
    tenant.put_profile(TRIAL | {"profile_id": "second", "name": "Second", "summary": False})
    wait_until(lambda: "Second" in tenant.canvas("inbox-user-5").text, 10, "the second profile")
    first = tenant.canvas("inbox-user-5", teammate=0).click("tab", tab="user")
    first.click("switch-profile", profile=f"{tenant.product}.second")
    assert "No data on this user in Second" in tenant.canvas("inbox-user-6", teammate=0).text
    assert "inbox-account" in tenant.canvas("inbox-user-6", teammate=1).text


def test_whoever_is_not_known_gets_help_and_nobody_elses_data(suite, tenant):
    tenant.intercom.create_contact("stranger@inbox.example")
    assert "not known in Accoil" in tenant.canvas_of("stranger@inbox.example").text
    other = Tenant(suite, "notyet", users=1, accounts=1)
    assert "not connected" in other.canvas("notyet-user-0").text


def test_a_profile_that_is_off_says_so(tenant):
    tenant.put_profile(TRIAL | {"profile_id": "dark", "name": "Dark", "summary": False,
                                "sync_mode": "off"})
    wait_until(lambda: "Dark" in tenant.canvas("inbox-user-7", teammate=1).text, 10, "the profile")
    canvas = tenant.canvas("inbox-user-7", teammate=1).click("tab", tab="user")
    assert "is switched off" in canvas.click("switch-profile", profile=f"{tenant.product}.dark").text
    canvas.click("switch-profile", profile=f"{tenant.product}.trial")


def test_what_is_not_signed_is_not_answered(suite, tenant):
    body = json.dumps({"workspace_id": tenant.workspace}).encode()
    assert suite.post_canvas("initialize", body, "0" * 64).status_code == 401
    assert suite.post_canvas("initialize", body, "").status_code == 401


def test_while_the_widget_is_down_a_friendly_canvas_comes_within_3_seconds(suite, tenant):
    [process] = suite.running("widget")
    process.kill()
    began = time.monotonic()
    canvas = tenant.canvas("inbox-user-8", teammate=1)
    assert time.monotonic() - began < 3
    assert "cannot be loaded now" in canvas.text
    process.start()
    suite.await_ready([process])
    wait_until(lambda: canvas.click("reload").fields.get("Score"), 15, "served again")


def test_a_restart_of_the_database_is_over_within_5_seconds(suite, tenant):
    assert tenant.canvas("inbox-user-9", teammate=1).fields
    suite.cut_database_sessions()
    wait_until(lambda: tenant.canvas("inbox-user-9", teammate=1).fields, 5, "served again")


def test_a_rebuild_serves_the_old_until_it_has_the_new(suite, tenant):
    before = tenant.canvas("inbox-user-3", teammate=1).click("tab", tab="user").fields
    rebuild = subprocess.Popen(suite.command("widget", "rebuild"), env=suite.environment("widget"),
                               stdout=subprocess.PIPE, text=True)
    while rebuild.poll() is None:
        shown = tenant.canvas("inbox-user-3", teammate=1).click("tab", tab="user").fields
        assert shown == before
    assert rebuild.returncode == 0 and "is rebuilt" in rebuild.stdout.read()
    assert tenant.canvas("inbox-user-3", teammate=1).click("tab", tab="user").fields == before
