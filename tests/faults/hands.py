"""Those who feed a fault run: the customer's systems, its people, and whoever plants poison.

They are patient, as a good client is: what was not accepted is sent again until it is. What they do
may be done twice without harm, but for poison, which is counted where it lies.
"""

import json
import subprocess
import time

import requests

import profiles
from plan import sent_form

PATIENCE = 150  # seconds
TOPIC_OF = {"user": "subject-identified", "account": "subject-identified", "trait": "trait-changed",
            "segment-entered": "segment-entered", "segment-exited": "segment-exited"}


class NotTaken(AssertionError):
    """What was sent is wrong, or nobody took it in time."""


def patiently(what, attempt, pause=0.3):
    """Calls attempt() until it answers something; raises when that takes too long."""
    deadline = time.monotonic() + PATIENCE
    last = "an answer that asks to try again"
    while time.monotonic() < deadline:
        try:
            answer = attempt()
            if answer is not None:
                return answer
        except (requests.RequestException, subprocess.SubprocessError) as error:
            last = error
        time.sleep(pause)
    raise NotTaken(f"{what}: not within {PATIENCE} s, at last {last}")


class Customer:
    """Sends through the gateway, straight into Kafka, and by hand."""

    def __init__(self, suite, key):
        self._suite = suite
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {key}"
        self.repeated = 0  # calls that had to be made again

    def _once(self, method, path, expected, **arguments):
        """The answer with one of the statuses; None while the suite is not able to. Anything else
        is a defect."""
        url = f"http://{self._suite.gateway_address}/v1/products/{self._suite.product}/{path}"
        answer = self._session.request(method, url, timeout=15, **arguments)
        if answer.status_code in expected:
            return answer
        if answer.status_code not in (429, 502, 503, 504):
            raise NotTaken(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
        self.repeated += 1
        return None

    def _call(self, method, path, expected, **arguments):
        """As _once, until there is an answer."""
        return patiently(f"{method} {path}",
                         lambda: self._once(method, path, expected, **arguments))

    def send(self, feed):
        """One feed, whichever way it goes."""
        if feed.through_kafka:
            self._produce(feed.items)
        else:
            self.send_all(feed.items)

    def send_all(self, items):
        """Sends items through the gateway."""
        for begin in range(0, len(items), 1000):
            body = "".join(json.dumps(sent_form(item)) + "\n"
                           for item in items[begin:begin + 1000])
            self._call("POST", "batch", [202], data=body.encode(),
                       headers={"Content-Type": "application/x-ndjson"})

    def _produce(self, items):
        by_topic = {}
        for item in items:
            by_topic.setdefault(TOPIC_OF[item["type"]], []).append(self._record(item))
        for topic, records in by_topic.items():
            patiently(f"records of {topic}",
                      lambda topic=topic, records=records:
                      produce(self._suite.kafka, topic, records) or True)

    def _record(self, item):
        """(key, value) as a pipeline writes it."""
        product = self._suite.product
        kind = "account" if "account_id" in item else "user"
        subject_id = item[f"{kind}_id"]
        key = [str(product), kind, subject_id]
        value = {"subject": {"productId": str(product), "kind": kind.upper(),
                             "subjectId": subject_id}, "version": str(item["version"])}
        if "occurred_at" in item:
            value["occurredAt"] = item["occurred_at"]
        if item["type"] in ("user", "account"):
            value |= {"name": item.get("name", ""), "email": item.get("email", ""),
                      "accountIds": item.get("account_ids", []),
                      "removed": item.get("removed", False)}
        else:
            value["profileId"] = item["profile_id"]
            name = "trait" if item["type"] == "trait" else "segment"
            value[name] = item[name]
            key += [item["profile_id"], item[name]]
        if item["type"] == "trait":
            value["value"] = item["value"]
        return "/".join(key), json.dumps(value)

    def put_profile(self, number):
        """The profile's switch of that number."""
        profile = profiles.SWITCHES[number % len(profiles.SWITCHES)]
        self._call("PUT", f"profiles/{profile['profile_id']}", [200], json=profile)
        return profile

    def make_rule(self, definition):
        """Makes a rule unless it is there; answers its id."""

        def attempt():
            there = self._once("GET", "rules", [200])
            if there is None:
                return None
            for rule in there.json()["rules"]:
                if rule["name"] == definition["name"]:
                    return rule["rule_id"]
            made = self._once("POST", "rules", [201, 409], json=definition)
            # A call that was given up may still have made it, after it was looked for.
            return made.json()["rule_id"] if made is not None and made.status_code == 201 else None

        return patiently(f"rule {definition['name']}", attempt)

    def start_run(self):
        """Has everybody matched anew."""
        self._call("POST", "matching/runs", [202])

    def tag(self, key, tag, users, remove=False):
        """Tags by hand."""
        request = {"tag": tag, "target": "user", "users": list(users)}
        if remove:
            request["operation"] = "remove"
        self._call("POST", "tags", [202], json=request, headers={"Idempotency-Key": key})


def produce(kafka, topic, records):
    """Writes JSON records at once; raises unless all were acknowledged. Each goes to the partition
    that its whole key says, not to its subject's: correctness must not rest on that."""
    lines = "".join(f"{key}\x1f{value}\x1e" for key, value in records).encode()
    subprocess.run(["kcat", "-b", kafka.brokers, "-P", "-t", kafka.prefix + topic, "-K", "\x1f",
                    "-D", "\x1e", "-H", "content-type=application/json",
                    "-X", "enable.idempotence=true", "-X", "message.timeout.ms=8000"],
                   input=lines, check=True, capture_output=True, timeout=20)


class Admin:
    """Somebody who works in Intercom's own pages. Knows contacts by the email that they had
    first."""

    def __init__(self, suite, token):
        self._base = suite.intercom_url
        self._session = requests.Session()
        self._session.headers.update({"Authorization": f"Bearer {token}",
                                      "Intercom-Version": "2.14",
                                      # Leaves the app's calls alone.
                                      "X-Simulator-Acting-As": "person"})
        self._ids = {thing["email"]: thing["id"] for thing in suite.simulator.state(type="contact")}

    def _call(self, method, path, done=(200,), **arguments):
        def attempt():
            answer = self._session.request(method, self._base + path, timeout=5, **arguments)
            answer.json()  # half an answer is none: it raises, and is tried again
            return answer if answer.status_code in done else None

        return patiently(f"Intercom's {method} {path}", attempt)

    def create(self, email):
        """A contact of role user; answers its id, also when it was made by a call whose answer was
        lost."""
        answer = self._call("POST", "/contacts", (200, 409),
                            json={"role": "user", "email": email})
        if answer.status_code == 409:
            return answer.text.partition("id=")[2].partition('"')[0]
        return answer.json()["id"]

    def delete(self, email):
        self._call("DELETE", f"/contacts/{self._ids[email]}", (200, 404))

    def merge(self, email):
        """A user comes of the lead with this email, and takes it over."""
        self._call("POST", "/contacts/merge", (200, 404),
                   json={"from": self._ids[email], "into": self.create(email)})

    def rename(self, email, people):
        """The contact gets an email that nobody has, and the other contact gets its email."""
        other = people.other_email(email.partition("@")[0])
        for current, new in ((email, "was." + email), (other, email)):
            self._call("PUT", f"/contacts/{self._ids[current]}", json={"email": new})


def plant(kafka, topic, text):
    """Puts a record that nobody can read into a topic."""
    patiently("poison", lambda: produce(kafka, topic, [("poison", text)]) or True)


def planted(kafka, poison):
    """(topic, text) -> how often it lies there; each topic is read once."""
    lies = {topic: values_of(kafka, topic) for topic, _ in poison}
    return {(topic, text): lies[topic].count(text.encode()) for topic, text in poison}


def values_of(kafka, topic):
    """All values of a topic, one after the other."""
    return subprocess.run(["kcat", "-b", kafka.brokers, "-C", "-e", "-q", "-t",
                           kafka.prefix + topic, "-f", "%s\n"],
                          check=True, capture_output=True, timeout=60).stdout
