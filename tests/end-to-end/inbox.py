"""The simulator's Inbox, as a teammate uses it: in a real browser."""

import contextlib
import os
import re
import shutil
from pathlib import Path

CHROMIUM = "/usr/bin/chromium"
SCREENSHOTS = Path(__file__).resolve().parents[2] / ".local/test-results/screenshots"


@contextlib.contextmanager
def inbox_in_browser(intercom_url):
    """Opens the Inbox of a simulator in Debian's Chromium. Fails at the end when a script failed on
    the page or the page asked anybody but the simulator."""
    # Here, because the other tests run without it.
    from playwright.sync_api import sync_playwright

    assert shutil.which(CHROMIUM), f"{CHROMIUM} is missing: tests/run installs it"
    with sync_playwright() as playwright:
        # Chromium refuses its sandbox to root, and tests run as root in containers.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        try:
            page = browser.new_page(viewport={"width": 1440, "height": 1000}, locale="en-GB")
            page.set_default_timeout(15_000)
            inbox = Inbox(page, intercom_url)
            inbox.open()
            yield inbox
            assert inbox.faults == []
        finally:
            browser.close()


class Inbox:
    """One teammate's Inbox. What a click causes has happened when its method returns."""

    def __init__(self, page, intercom_url):
        self.page = page
        # What must not have happened: failed scripts, and requests that went elsewhere.
        self.faults = []
        self._url = intercom_url
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("request", lambda request: self._check_request(request.url))
        self._list = page.get_by_role("navigation", name="Conversations")
        self._pane = page.get_by_role("complementary", name="Details")
        self.canvas = self._pane.locator(".canvas")

    def _check_request(self, url):
        if not url.startswith((self._url + "/", "data:")):
            self.faults.append(f"a request to {url}")

    def open(self):
        """Opens the page, or opens it anew."""
        self.page.goto(self._url + "/inbox")
        self._list.get_by_text(re.compile(r"\d+ conversations, \d+ contacts")).wait_for()

    # ---- the list ----

    def conversations(self):
        """The labels of the conversations that are listed: "name, email"."""
        return [row.get_attribute("aria-label")
                for row in self._list.get_by_role("button").all()]

    def search(self, words):
        """Has the contacts listed that have these words in name or email."""
        self._list.get_by_role("searchbox", name="Search conversations").fill(words)
        listed = (re.compile(r"\d+ found of \d+ contacts") if words
                  else re.compile(r"\d+ conversations, \d+ contacts"))
        self._list.get_by_text(listed).wait_for()
        self._list.locator("[aria-busy=false]").wait_for(state="attached")

    def open_conversation(self, words):
        """Opens the first of the conversations whose label has these words, searching for it."""
        self.search(words)
        self._list.get_by_role("button", name=words).first.click()
        self._await_answer()

    def choose_company(self, name):
        """Says that the open conversation is about this one of the contact's companies."""
        self.page.get_by_role("main").get_by_role("button", name=name, exact=True).click()
        self._await_answer()

    def choose_workspace(self, workspace):
        """Chooses a workspace by its id."""
        self.page.get_by_role("combobox", name="Workspace").select_option(value=workspace)
        self._list.locator("[aria-busy=false]").wait_for(state="attached")

    def choose_teammate(self, name):
        """Looks as another teammate; an open conversation is opened anew."""
        self.page.get_by_role("combobox", name="Teammate").select_option(label=name)
        if self.canvas.count():
            self._await_answer()

    # ---- the app ----

    def _await_answer(self):
        self._pane.locator('.canvas[aria-busy="false"]').wait_for(timeout=15_000)

    def press(self, label):
        """Presses a button of the canvas, or an item of a list."""
        self.canvas.get_by_role("button", name=label).click()
        self._await_answer()

    def click_tab(self, name):
        """Clicks a tab, whatever comes of it."""
        self.canvas.get_by_role("tab", name=name, exact=True).click()
        self._await_answer()

    def open_tab(self, name):
        self.click_tab(name)
        assert self.selected_tab() == name

    def tabs(self):
        return self.canvas.get_by_role("tab").all_inner_texts()

    def selected_tab(self):
        return self.canvas.get_by_role("tab", selected=True).inner_text()

    def _dropdown(self, label):
        return self.canvas.get_by_role("combobox", name=label)

    def choose(self, label, option):
        """Chooses an option of a dropdown, which submits nothing yet."""
        self._dropdown(label).select_option(label=option)

    def options(self, label):
        """The options of a dropdown."""
        return self._dropdown(label).locator("option").all_inner_texts()

    def chosen(self, label):
        """The option of a dropdown that is chosen."""
        return self._dropdown(label).locator("option:checked").inner_text()

    def heading(self):
        return self.canvas.get_by_role("heading").first.inner_text()

    def text(self):
        return self.canvas.inner_text()

    def table(self):
        """The whole of what a data-table shows: field -> value."""
        return {row.get_by_role("rowheader").inner_text():
                    row.get_by_role("cell").get_attribute("title")
                for row in self.canvas.get_by_role("row").all()}

    def problems(self):
        """Why an error is shown instead of the app; empty when it is not."""
        alert = self.canvas.get_by_role("alert")
        return alert.get_by_role("listitem").all_inner_texts() if alert.count() else []

    def raw(self, title):
        """The text of "Raw request" or "Raw answer"."""
        text = self._pane.get_by_label(title)
        if not text.is_visible():
            self._pane.get_by_text(title, exact=True).click()
        return text.inner_text()

    def screenshot(self, name):
        """Keeps what is seen for people to look at."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")
