"""Typed clients of the two faces that the tests talk to: the gateway and the simulator."""

import contextlib
import functools
import itertools
import json
import urllib.parse

import requests

import openapi
from processes import wait_until


class Gateway:
    """The suite's REST API, as one product's customer uses it."""

    BATCH = 1000
    # Every API key that was made through any of them: for the test that looks where secrets stand.
    keys_made = []

    def __init__(self, address, key):
        self._address = address
        self._base = f"http://{address}/v1/"
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {key}"

    @functools.cached_property
    def _described(self):
        """What the gateway says of itself; every answer is held against it."""
        return openapi.Description.served_by(self._address)

    def _send(self, method, path, expected, **arguments):
        answer = self._session.request(method, self._base + path, timeout=30, **arguments)
        assert answer.status_code in expected, (
            f"{method} {path}: {answer.status_code} {answer.text[:1000]}")
        self._described.check_answer(answer)
        return answer.json() if answer.content else None

    def status(self, method, path):
        """Only how a call ends."""
        return self._session.request(method, self._base + path, timeout=30).status_code

    def create_product(self, name):
        return self._send("POST", "products", [201], json={"name": name})["product_id"]

    def create_api_key(self, product, scopes, label="end-to-end tests"):
        """A new key: api_key_id and api_key."""
        made = self._send("POST", f"products/{product}/api-keys", [201],
                          json={"label": label, "scopes": scopes})
        self.keys_made.append(made["api_key"])
        return made

    def api_keys(self, product):
        return self._send("GET", f"products/{product}/api-keys", [200])["api_keys"]

    def revoke_api_key(self, product, api_key_id):
        self._send("DELETE", f"products/{product}/api-keys/{api_key_id}", [204])

    def put_profile(self, product, profile):
        self._send("PUT", f"products/{product}/profiles/{profile['profile_id']}", [200],
                   json=profile)

    def preview_profile(self, product, profile):
        """What would change in Intercom if the profile were so."""
        return self._send("PUT", f"products/{product}/profiles/{profile['profile_id']}", [200],
                          json=profile, params={"preview": "true"})

    def get_profile(self, product, profile_id):
        return self._send("GET", f"products/{product}/profiles/{profile_id}", [200])

    def delete_profile(self, product, profile_id):
        self._send("DELETE", f"products/{product}/profiles/{profile_id}", [204])

    def connect(self, product, access_token):
        """Connects by a pasted token."""
        return self._send("PUT", f"products/{product}/connections/intercom", [200],
                          json={"access_token": access_token})

    def start_connect(self, product):
        """Begins to connect by OAuth; answers where to send the browser."""
        return self._send("POST", f"products/{product}/connections/intercom", [201],
                          json={})["authorize_url"]

    def connection(self, product):
        return self._send("GET", f"products/{product}/connections/intercom", [200])

    def disconnect(self, product):
        return self._send("DELETE", f"products/{product}/connections/intercom", [202])

    def send_raw(self, product, items):
        """Sends one batch; answers whatever the gateway answers."""
        return self._session.post(self._base + f"products/{product}/batch", json=items, timeout=30)

    def send(self, product, items):
        """Sends items in batches; all have to be accepted. Answers how many there were."""
        items = iter(items)
        sent = 0
        while batch := list(itertools.islice(items, self.BATCH)):
            body = "".join(json.dumps(item) + "\n" for item in batch).encode()
            answer = self._send("POST", f"products/{product}/batch", [202], data=body,
                                headers={"Content-Type": "application/x-ndjson"})
            assert answer == {"accepted": len(batch)}
            sent += len(batch)
        return sent

    def sync(self, product):
        """trait-sync's summary: due, oldest_due_ms, delivered, set_aside, attributes."""
        return self._send("GET", f"products/{product}/sync", [200])

    def set_aside(self, product):
        return self._send("GET", f"products/{product}/sync/set-aside", [200])["set_aside"]

    def matching(self, product):
        """matcher's summary: due and counts."""
        return self._send("GET", f"products/{product}/matching", [200])

    def match(self, product, kind, subject_id):
        """What is decided of one subject: target_id, decision, reason."""
        return self._send("GET", f"products/{product}/matching/{kind}/{subject_id}", [200])

    def attributes(self, product):
        """The definitions behind the product's attributes, by name."""
        found = self._send("GET", f"products/{product}/sync/attributes", [200])["attributes"]
        return {attribute["name"]: attribute for attribute in found}

    def explain(self, product, kind, subject_id):
        """Why a subject's data is, or is not, in Intercom."""
        return self._send("GET", f"products/{product}/subjects/{kind}/{subject_id}/explain", [200])

    def problems(self, product):
        """All problems, page by page."""
        problems, cursor = [], None
        while True:
            page = self._send("GET", f"products/{product}/problems", [200],
                              params={"limit": 2} | ({"cursor": cursor} if cursor else {}))
            problems += page["problems"]
            cursor = page.get("next_cursor")
            if not cursor:
                return problems

    def retry_problem(self, product, problem):
        return self._send("POST", f"products/{product}/problems/retry", [200, 202],
                          json={"problem": problem})

    def all_runs(self, product):
        """Runs of matching and of sync, the newest first."""
        return self._send("GET", f"products/{product}/runs", [200])["runs"]

    # ---- tagging ----

    def create_rule(self, product, rule, expected=201):
        return self._send("POST", f"products/{product}/rules", [expected], json=rule)

    def rule(self, product, rule_id):
        return self._send("GET", f"products/{product}/rules/{rule_id}", [200])

    def rules(self, product):
        return self._send("GET", f"products/{product}/rules", [200])["rules"]

    def change_rule(self, product, rule_id, rule):
        return self._send("PUT", f"products/{product}/rules/{rule_id}", [200], json=rule)

    def delete_rule(self, product, rule_id):
        self._send("DELETE", f"products/{product}/rules/{rule_id}", [204])

    def preview_rule(self, product, rule_id):
        return self._send("POST", f"products/{product}/rules/{rule_id}/preview", [200])

    def tag(self, product, job, idempotency_key, expected=202):
        """Tags by hand; answers the job, or the problem."""
        return self._send("POST", f"products/{product}/tags", [expected], json=job,
                          headers={"Idempotency-Key": idempotency_key})

    def tag_job(self, product, job_id):
        return self._send("GET", f"products/{product}/tag-jobs/{job_id}", [200])

    def tag_jobs(self, product):
        return self._send("GET", f"products/{product}/tag-jobs", [200])["tag_jobs"]

    def tag_job_items(self, product, job_id, **filters):
        return list(self._pages(f"products/{product}/tag-jobs/{job_id}/items", "items", filters))

    def cancel_tag_job(self, product, job_id):
        return self._send("POST", f"products/{product}/tag-jobs/{job_id}/cancel", [202])

    def tag_assignments(self, product, **filters):
        """The audit, all pages of it, the newest first."""
        return list(self._pages(f"products/{product}/tag-assignments", "tag_assignments", filters))

    def subjects(self, product, kind, **filters):
        """A list of users or accounts, all pages of it; kind is users or accounts."""
        return list(self._pages(f"products/{product}/{kind}", kind, filters))

    def refused(self, product, path, **filters):
        """The problem that a request of a list is refused with."""
        return self._send("GET", f"products/{product}/{path}", [400, 404], params=filters)

    def _pages(self, path, name, filters):
        cursor = None
        while True:
            page = self._send("GET", path, [200],
                              params=filters | ({"cursor": cursor} if cursor else {}))
            yield from page[name]
            cursor = page.get("next_cursor")
            if not cursor:
                return

    def runs(self, product):
        return self._send("GET", f"products/{product}/matching/runs", [200])["runs"]

    def start_run(self, product):
        return self._send("POST", f"products/{product}/matching/runs", [202])


class Intercom:
    """Intercom's own API, as the customer's people use it."""

    def __init__(self, url, token):
        self._base = url.rstrip("/")
        self._session = requests.Session()
        self._session.headers.update(
            {"Authorization": f"Bearer {token}", "Intercom-Version": "2.14"})

    def _send(self, method, path, **arguments):
        answer = self._session.request(method, self._base + path, timeout=10, **arguments)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text[:1000]}"
        return answer.json() if answer.content else None

    def create_contact(self, email):
        """Makes a contact of role user and answers its id."""
        return self._send("POST", "/contacts", json={"role": "user", "email": email})["id"]

    def create_lead(self, email):
        """Makes a contact of role lead and answers its id."""
        return self._send("POST", "/contacts", json={"role": "lead", "email": email})["id"]

    def update_contact(self, contact, **fields):
        self._send("PUT", f"/contacts/{contact}", json=fields)

    def archive(self, contact):
        self._send("POST", f"/contacts/{contact}/archive")

    def delete(self, contact):
        self._send("DELETE", f"/contacts/{contact}")

    def merge(self, lead, into):
        """Makes a lead part of a user."""
        self._send("POST", "/contacts/merge", json={"from": lead, "into": into})

    def create_company(self, company_id):
        """Makes a company with the customer's own id and answers Intercom's."""
        return self._send("POST", "/companies",
                          json={"company_id": company_id, "name": company_id})["id"]

    def attach(self, contact, company):
        self._send("POST", f"/contacts/{contact}/companies", json={"id": company})

    def detach(self, contact, company):
        self._send("DELETE", f"/contacts/{contact}/companies/{company}")

    def create_attribute(self, name, model, data_type):
        """Defines a custom attribute."""
        self._send("POST", "/data_attributes",
                   json={"name": name, "model": model, "data_type": data_type})


class Simulator:
    """The control face of the Intercom simulator."""

    def __init__(self, url):
        self._base = url.rstrip("/") + "/_simulator/"
        self._session = requests.Session()

    def _send(self, method, path, **arguments):
        answer = self._session.request(method, self._base + path, timeout=60, **arguments)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text[:1000]}"
        return answer

    def up(self):
        """Whether it answers."""
        try:
            return self._session.get(self._base + "health", timeout=2).ok
        except requests.RequestException:
            return False

    def seed(self, path):
        with open(path, "rb") as lines:
            self._send("POST", "seed", data=lines,
                       headers={"Content-Type": "application/x-ndjson"})

    def add_workspace(self, workspace, name, tokens):
        """Adds an empty workspace with tokens that work for it."""
        self._send("POST", "workspaces", json={"id_code": workspace, "name": name,
                                               "tokens": tokens})

    def seed_objects(self, workspace, objects):
        """Puts companies and contacts into a workspace."""
        self._send("POST", "seed", params={"workspace": workspace},
                   data="".join(json.dumps(one) + "\n" for one in objects))

    def install_url(self, workspace):
        """Where a browser installs the app from the App Store."""
        return f"{self._base}install?workspace={workspace}"

    def uninstall(self, workspace):
        """An admin of the workspace takes the app out."""
        self._send("POST", "uninstall", params={"workspace": workspace})

    def workspaces(self):
        return self._send("GET", "workspaces").json()

    def inbox(self):
        """Workspaces, teammates and the app, as the Inbox shows them."""
        return self._send("GET", "inbox").json()

    def ask_app(self, conversation, clicked):
        """Has the app asked for its canvas: status, answer, problems."""
        return self._send("POST", "inbox/submit" if clicked else "inbox/initialize",
                          json=conversation).json()

    def code_for(self, workspace):
        """An OAuth code that nobody has used: an admin installs the app, and nobody follows."""
        answer = self._session.get(self.install_url(workspace), allow_redirects=False, timeout=10)
        assert answer.status_code == 302, answer.text[:1000]
        location = urllib.parse.urlsplit(answer.headers["Location"])
        return dict(urllib.parse.parse_qsl(location.query))["code"]

    def webhooks_pending(self):
        """How many notifications are still to be delivered."""
        return self._send("GET", "webhooks/totals").json()["pending"]

    @contextlib.contextmanager
    def without_webhooks(self):
        """What happens meanwhile is told to nobody."""
        topics = self._send("GET", "app").json()["topics"]
        self._send("PUT", "app", json={"topics": []})
        try:
            yield
        finally:
            self._send("PUT", "app", json={"topics": topics})

    def state(self, **filters):
        """The objects of the workspace, as dictionaries with their type; all, or by type and id."""
        for line in self._send("GET", "state", params=filters).text.splitlines():
            if line:
                yield json.loads(line)

    def settings(self):
        return self._send("GET", "settings").json()

    def set(self, **settings):
        """Changes settings; the others stay as they are."""
        self._send("PUT", "settings", json=settings)

    def calls(self):
        """The calls that were made since they were last forgotten."""
        for line in self._send("GET", "calls").text.splitlines():
            if line:
                yield json.loads(line)

    def forget_calls(self):
        self._send("DELETE", "calls")

    def set_limit(self, limit):
        """Changes the calls of a window; returns once a window has begun that has not seen more."""
        self.set(limit=limit)
        wait_until(lambda: all(window["used"] < limit for window in self.windows()
                               if window["current"]), 15, "a new window")

    def windows(self):
        """Every window that saw calls: start, end (Unix seconds), limit, used, refused, current."""
        return self._send("GET", "windows").json()

    def add_fault(self, **fault):
        return self._send("POST", "faults", json=fault).json()

    def clear_faults(self):
        self._send("DELETE", "faults")
