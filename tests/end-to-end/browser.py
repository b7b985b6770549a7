"""A browser as far as forms go: opens pages, follows redirects, presses buttons."""

import html.parser
import urllib.parse

import requests


class Browser:
    """Remembers where it is; one person's session."""

    def __init__(self):
        self._session = requests.Session()

    def open(self, url):
        """Opens a page and answers it, wherever the redirects lead."""
        return Page(self, self._session.get(url, timeout=30))

    def submit(self, method, url, fields):
        """Sends a form as browsers do."""
        if method == "get":
            separator = "&" if urllib.parse.urlsplit(url).query else "?"
            return self.open(url + separator + urllib.parse.urlencode(fields))
        return Page(self, self._session.post(url, data=fields, timeout=30))


class Page:
    """What a browser shows: status, url, text, and its forms."""

    def __init__(self, browser, answer):
        self._browser = browser
        self.status = answer.status_code
        self.url = answer.url
        self.headers = answer.headers
        self.html = answer.text
        reader = _Reader()
        reader.feed(answer.text)
        self.text = " ".join(" ".join(reader.words).split())
        self._forms = reader.forms

    def press(self, button, **fields):
        """Fills fields in and presses the button with this label; answers the next page."""
        for form in self._forms:
            for label, name, value in form.buttons:
                if label != button:
                    continue
                unknown = fields.keys() - form.fields.keys() - form.choices
                assert not unknown, f"the form of {button} has no fields {unknown}"
                filled = form.fields | fields
                if name:
                    filled[name] = value
                return self._browser.submit(form.method,
                                            urllib.parse.urljoin(self.url, form.action), filled)
        raise AssertionError(f"no button {button} on {self.url}: {self.text[:500]}")

    def value(self, field):
        """What a field of one of the forms holds."""
        return next(form.fields[field] for form in self._forms if field in form.fields)


class _Form:
    def __init__(self, attributes):
        self.action = attributes.get("action") or ""
        self.method = (attributes.get("method") or "get").lower()
        self.fields = {}
        self.choices = set()  # names of radio buttons and checkboxes
        self.buttons = []  # (label, name, value)


class _Reader(html.parser.HTMLParser):
    """Gathers the words that are shown, and the forms."""

    def __init__(self):
        super().__init__()
        self.words = []
        self.forms = []
        self._hidden = 0
        self._button = None
        self._select = None

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        form = self.forms[-1] if self.forms else None
        if tag in ("style", "script", "head"):
            self._hidden += 1
        elif tag == "form":
            self.forms.append(_Form(attributes))
        elif form is None:
            return
        elif tag == "input" and attributes.get("type") == "submit":
            form.buttons.append((attributes.get("value", ""), attributes.get("name"),
                                 attributes.get("value", "")))
        elif tag == "input" and attributes.get("name"):
            choice = attributes.get("type") in ("radio", "checkbox")
            if choice:
                form.choices.add(attributes["name"])
            if not choice or "checked" in attributes:
                form.fields[attributes["name"]] = attributes.get("value", "")
        elif tag == "select":
            self._select = attributes["name"]
        elif tag == "option" and self._select:
            if self._select not in form.fields or "selected" in attributes:
                form.fields[self._select] = attributes.get("value", "")
        elif tag == "button":
            self._button = [attributes.get("name"), attributes.get("value", ""), ""]

    def handle_endtag(self, tag):
        if tag in ("style", "script", "head"):
            self._hidden -= 1
        elif tag == "select":
            self._select = None
        elif tag == "button" and self._button:
            name, value, label = self._button
            self.forms[-1].buttons.append((" ".join(label.split()), name, value))
            self._button = None

    def handle_data(self, data):
        if self._button:
            self._button[2] += data
        if not self._hidden:
            self.words.append(data)
