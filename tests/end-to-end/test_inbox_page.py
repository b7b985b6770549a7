"""The simulator's Inbox page by itself: it draws every component and does what Intercom does."""

import hashlib
import hmac
import json

import pytest

from clients import Simulator
from fake_app import OPTIONS, SUBMIT, fake_app
from inbox import inbox_in_browser
from processes import Process, free_ports, wait_until

SECRET = "secret-of-the-app"
PICTURE = ("data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 2 2'%3E"
           "%3Crect width='2' height='2' fill='teal'/%3E%3C/svg%3E")
ADA = "ada@looks.example"


@pytest.fixture(scope="module")
def page(surroundings, tmp_path_factory):
    """(Inbox, app, simulator) of a simulator with two workspaces whose app is a fake."""
    with fake_app() as (app, canvas_url):
        [port] = free_ports(1)
        url = f"http://127.0.0.1:{port}"
        process = Process(
            "simulator", [str(surroundings.bin_dir / "intercom-simulator")],
            {"ACCOIL_SIMULATOR_ADDRESS": f"127.0.0.1:{port}",
             "ACCOIL_SIMULATOR_WORKSPACE_ID": "looks",
             "ACCOIL_SIMULATOR_CLIENT_SECRET": SECRET,
             "ACCOIL_SIMULATOR_CANVAS_URL": canvas_url},
            tmp_path_factory.mktemp("inbox"))
        process.start()
        try:
            simulator = Simulator(url)
            wait_until(simulator.up, 20, process.log_tail)
            simulator.seed_objects("looks", [
                {"type": "company", "company_id": "acme", "name": "Acme <b>Ltd</b>"},
                {"type": "company", "company_id": "globex", "name": "Globex"},
                {"type": "contact", "role": "user", "email": ADA, "name": "Ada",
                 "companies": ["acme"]},
                {"type": "contact", "role": "lead", "email": "bob@looks.example", "name": "Bob",
                 "companies": ["acme", "globex"]},
            ])
            simulator.add_workspace("other", "Other", [])
            simulator.seed_objects("other", [
                {"type": "contact", "role": "user", "email": "eve@other.example"}])
            with inbox_in_browser(url) as inbox:
                yield inbox, app, simulator
        finally:
            process.stop()


@pytest.fixture
def inbox(page):
    return page[0]


@pytest.fixture
def app(page):
    return page[1]


@pytest.fixture
def simulator(page):
    return page[2]


def test_opening_a_conversation_asks_the_app_as_intercom_does(inbox, app):
    app.show({"type": "text", "text": "Hello"})
    inbox.open_conversation(ADA)
    path, headers, body = app.requests[-1]
    assert path == "/canvas/initialize"
    assert headers["X-Body-Signature"] == hmac.new(SECRET.encode(), body,
                                                   hashlib.sha256).hexdigest()
    assert app.last["workspace_id"] == "looks"
    assert app.last["contact"]["email"] == ADA
    assert inbox.text() == "Hello"


def test_every_component_is_drawn(inbox, app):
    app.show(
        {"type": "text", "text": "A header", "style": "header"},
        {"type": "text", "text": "**Bold**, a [link](https://link.example/) and <i>text</i>"},
        {"type": "text", "text": "Muted", "style": "muted", "align": "center"},
        {"type": "text", "text": "Wrong", "style": "error", "bottom_margin": "none"},
        {"type": "single-select", "id": "tab", "options": OPTIONS, "value": "one",
         "action": SUBMIT},
        {"type": "data-table", "items": [
            {"type": "field-value", "field": "Score", "value": "72"},
            {"type": "field-value", "field": "Segments", "value": "A very long text. " * 10}]},
        {"type": "list", "items": [
            {"type": "item", "id": "item-1", "title": "Item", "subtitle": "More",
             "tertiary_text": "Even more", "action": SUBMIT},
            {"type": "item", "id": "item-2", "title": "**Plain**",
             "image": PICTURE, "rounded_image": True}]},
        {"type": "button", "id": "primary", "label": "Primary", "action": SUBMIT},
        {"type": "button", "id": "off", "label": "Disabled", "style": "secondary",
         "disabled": True, "action": SUBMIT},
        {"type": "button", "id": "away", "label": "Elsewhere", "style": "link",
         "action": {"type": "url", "url": "https://away.example/"}},
        {"type": "spacer", "size": "m"},
        {"type": "divider"},
        {"type": "image", "url": PICTURE, "width": 20,
         "height": 20, "align": "center"},
        {"type": "dropdown", "id": "choice", "label": "Choice", "options": OPTIONS},
        {"type": "single-select", "id": "mood", "label": "Mood", "options": OPTIONS},
        {"type": "input", "id": "note", "label": "Note", "placeholder": "Write"},
        {"type": "textarea", "id": "story", "label": "Story", "value": "Once"},
        {"type": "checkbox", "id": "boxes", "label": "Boxes", "options": OPTIONS,
         "value": ["two"]},
    )
    inbox.open_conversation(ADA)
    canvas = inbox.canvas
    assert inbox.problems() == []
    assert canvas.get_by_role("heading", name="A header").is_visible()
    assert canvas.locator("strong").all_inner_texts() == ["Bold"]
    assert canvas.get_by_role("link", name="link").get_attribute("href") == "https://link.example/"
    assert canvas.get_by_text("<i>text</i>").is_visible()
    assert inbox.tabs() == ["First", "Second"]
    assert inbox.table() == {"Score": "72", "Segments": "A very long text. " * 10}
    segments = canvas.get_by_role("cell").nth(1)
    assert segments.evaluate("cell => cell.scrollWidth > cell.clientWidth"), "it is not cut"
    assert canvas.get_by_text("**Plain**").is_visible()
    assert canvas.get_by_role("button", name="Disabled").is_disabled()
    away = canvas.get_by_role("link", name="Elsewhere")
    assert away.get_attribute("href") == "https://away.example/"
    assert away.get_attribute("target") == "_blank"
    assert inbox.options("Choice") == ["Choose…", "First", "Second"]
    assert canvas.get_by_role("radio", name="First").is_visible()
    assert canvas.get_by_role("textbox", name="Story").input_value() == "Once"
    assert canvas.get_by_role("checkbox", name="Second").is_checked()
    assert canvas.locator("img").evaluate_all(
        "images => images.map(image => image.complete && image.naturalWidth > 0)") == [True, True]
    inbox.screenshot("components")


def test_a_click_sends_what_is_filled_in_and_the_canvas_with_its_stored_data(inbox, app):
    app.show(
        {"type": "single-select", "id": "mood", "options": OPTIONS},
        {"type": "dropdown", "id": "choice", "label": "Choice", "options": OPTIONS},
        {"type": "dropdown", "id": "untouched", "options": OPTIONS},
        {"type": "input", "id": "note", "label": "Note"},
        {"type": "textarea", "id": "story", "label": "Story"},
        {"type": "checkbox", "id": "boxes", "options": OPTIONS},
        {"type": "button", "id": "go", "label": "Go", "action": SUBMIT},
        stored_data={"page": 3})
    inbox.open_conversation(ADA)
    asked = len(app.requests)
    inbox.canvas.get_by_role("radio", name="Second").click()
    inbox.choose("Choice", "First")
    inbox.canvas.get_by_role("textbox", name="Note").fill("a note")
    inbox.canvas.get_by_role("textbox", name="Story").fill("two\nlines")
    inbox.canvas.get_by_role("checkbox", name="First").check()
    assert len(app.requests) == asked, "only a button submits"
    inbox.press("Go")
    assert app.requests[-1][0] == "/canvas/submit"
    assert app.last["component_id"] == "go"
    assert app.last["input_values"] == {"mood": "two", "choice": "one", "note": "a note",
                                        "story": "two\nlines", "boxes": ["one"]}
    assert app.last["current_canvas"]["stored_data"] == {"page": 3}
    assert app.last["current_canvas"]["content"]["components"] == app.components


def test_tabs_and_items_submit_at_once(inbox, app):
    app.show({"type": "single-select", "id": "tab", "options": OPTIONS, "value": "one",
              "action": SUBMIT},
             {"type": "list", "items": [{"type": "item", "id": "item-1", "title": "Item",
                                         "action": SUBMIT}]})
    inbox.open_conversation(ADA)
    inbox.press("Item")
    assert app.last["component_id"] == "item-1"
    assert app.last["input_values"] == {"tab": "one"}
    app.components[0]["value"] = "two"
    inbox.open_tab("Second")
    assert app.last["component_id"] == "tab"
    assert app.last["input_values"] == {"tab": "two"}


@pytest.mark.parametrize("status, answer, reason", [
    (500, b"{}", "The app answered 500, not 200."),
    (200, b"<p>", "answer: must be JSON"),
    (200, json.dumps({"canvas": {"content": {"components": [
        {"type": "dropdown", "id": "a", "options": OPTIONS[:1]}]}}}).encode(),
     "canvas.content.components[0].options: must be 2 to 10"),
])
def test_what_intercom_would_refuse_is_an_error_with_the_reason(inbox, app, status, answer, reason):
    app.status, app.answer = status, answer
    inbox.open_conversation(ADA)
    assert inbox.problems() == [reason]
    inbox.screenshot("refused")
    app.show({"type": "text", "text": "Well again"})
    inbox.press("Try again")
    assert inbox.problems() == []
    assert inbox.text() == "Well again"


def test_an_answer_that_comes_too_late_is_an_error(inbox, app, simulator):
    app.show({"type": "text", "text": "Late"})
    simulator.set(canvas_timeout="200ms")
    app.released.clear()
    inbox.open_conversation(ADA)
    assert inbox.problems() == ["No whole answer came within 200 ms."]
    app.released.set()
    simulator.set(canvas_timeout="10s")


def test_request_and_answer_can_be_looked_at(inbox, app):
    app.show({"type": "text", "text": "Look"}, stored_data={"page": 3})
    inbox.open_conversation(ADA)
    request = inbox.raw("Raw request")
    assert request.startswith("POST http://127.0.0.1:")
    assert "X-Body-Signature: " in request
    assert json.loads(request[request.index("{"):]) == app.last
    assert json.loads(inbox.raw("Raw answer"))["canvas"]["stored_data"] == {"page": 3}


def test_every_teammate_looks_for_themselves(inbox, app):
    app.show({"type": "text", "text": "Hello"})
    inbox.open_conversation(ADA)
    first = app.last["admin"]["id"]
    inbox.choose_teammate("Robin Okafor")
    assert app.requests[-1][0] == "/canvas/initialize"
    assert app.last["admin"]["id"] != first
    inbox.choose_teammate("Sam Rivera")
    assert app.last["admin"]["id"] == first


def test_a_conversation_can_be_said_to_be_about_one_of_several_companies(inbox, app):
    app.show({"type": "text", "text": "Hello"})
    inbox.open_conversation("bob@looks.example")
    assert "company" not in app.last["conversation"]
    inbox.choose_company("Globex")
    assert app.requests[-1][0] == "/canvas/initialize"
    assert app.last["conversation"]["company"]["company_id"] == "globex"
    inbox.choose_company("Globex")
    assert "company" not in app.last["conversation"]


def test_contacts_are_found_in_each_workspace(inbox, app):
    app.show({"type": "text", "text": "Hello"})
    inbox.search("")
    assert sorted(inbox.conversations()) == [f"Ada, {ADA}", "Bob, bob@looks.example"]
    inbox.search("BOB")
    assert inbox.conversations() == ["Bob, bob@looks.example"]
    inbox.open_conversation(ADA)
    assert inbox.page.get_by_text("Acme <b>Ltd</b>").is_visible()
    inbox.choose_workspace("other")
    assert inbox.canvas.count() == 0, "the conversation of the other workspace is still open"
    inbox.open_conversation("eve@other.example")
    assert app.last["workspace_id"] == "other"
    inbox.choose_workspace("looks")
