"""Typed clients of the two faces that the tests talk to: the gateway and the simulator."""

import itertools
import json

import requests

from processes import wait_until


class Gateway:
    """The suite's REST API, as one product's customer uses it."""

    BATCH = 1000

    def __init__(self, address, key):
        self._base = f"http://{address}/v1/"
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {key}"

    def _send(self, method, path, expected, **arguments):
        answer = self._session.request(method, self._base + path, timeout=30, **arguments)
        assert answer.status_code in expected, (
            f"{method} {path}: {answer.status_code} {answer.text[:1000]}")
        return answer.json() if answer.content else None

    def create_product(self, name):
        return self._send("POST", "products", [201], json={"name": name})["product_id"]

    def create_api_key(self, product, scopes):
        body = {"label": "end-to-end tests", "scopes": scopes}
        return self._send("POST", f"products/{product}/api-keys", [201], json=body)["api_key"]

    def put_profile(self, product, profile):
        self._send("PUT", f"products/{product}/profiles/{profile['profile_id']}", [200],
                   json=profile)

    def connect(self, product, access_token):
        return self._send("PUT", f"products/{product}/connections/intercom", [200],
                          json={"access_token": access_token})

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

    def create_contact(self, email):
        """Makes a contact of role user and answers its id."""
        answer = self._session.post(self._base + "/contacts", timeout=10,
                                    json={"role": "user", "email": email})
        assert answer.ok, answer.text
        return answer.json()["id"]


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
