"""The whole suite as one thing that a test can start, feed, watch and hurt."""

import base64
import contextlib
import hashlib
import hmac
import json
import os
import secrets
import subprocess
import time
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import requests

import model
from browser import Browser
from certificates import make_certificates
from check_state import compare
from clients import Gateway, Intercom, Simulator
from kafka import TOPICS_OF, Kafka
from processes import Process, free_ports, wait_until

REPOSITORY = Path(__file__).resolve().parents[2]
ACCESS_TOKEN = "simulated-access-token"
WORKSPACE = "demo-ws"
CLIENT_ID = "client-of-the-suite"
SERVICES = ("connections", "matcher", "trait-sync", "tagging-automation", "widget", "gateway")
# The role and the schema of a service that has a database.
SCHEMAS = {"connections": "connections", "matcher": "matcher", "trait-sync": "traitsync",
           "tagging-automation": "tagging", "widget": "widget"}


@dataclass(frozen=True)
class Surroundings:
    """What the tests are given: servers that run already, and the programs to test."""

    bin_dir: Path
    postgres_url: str
    kafka_brokers: str

    @staticmethod
    def from_environment():
        """Answers None when they are not set: then only the model can be tested."""
        names = ("ACCOIL_TEST_BIN_DIR", "ACCOIL_TEST_POSTGRES_URL", "ACCOIL_TEST_KAFKA_BROKERS")
        values = [os.environ.get(name) for name in names]
        if not all(values):
            return None
        return Surroundings(Path(values[0]).resolve(), values[1], values[2])


class Database:
    """A database of its own with a role and a schema for each service; all gone when closed."""

    def __init__(self, superuser_url, name):
        self._server = urllib.parse.urlsplit(superuser_url)
        self._name = f"accoil_{name}_{os.getpid()}"
        self._passwords = {service: secrets.token_hex(16) for service in SCHEMAS}
        self._run(f"DROP DATABASE IF EXISTS {self._name} WITH (FORCE)")
        self._run(f"CREATE DATABASE {self._name}")
        for service in SCHEMAS:
            self._provision(service)

    def _role(self, service):
        # Roles belong to the whole server: their names must not be anybody else's.
        return f"{self._name}_{SCHEMAS[service]}"

    def _run(self, statement):
        with contextlib.closing(psycopg2.connect(self._server.geturl())) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)

    def query(self, service, statement):
        """Rows of a service's schema, seen as the service."""
        with contextlib.closing(psycopg2.connect(self.url(service))) as connection:
            with connection.cursor() as cursor:
                cursor.execute(f"SET search_path = {SCHEMAS[service]}")
                cursor.execute(statement)
                return cursor.fetchall()

    def cut_sessions(self):
        self._run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                  f"WHERE datname = '{self._name}'")

    def dump(self, service):
        """All rows of a service's schema as text."""
        return subprocess.run(["pg_dump", "--data-only", "--schema", SCHEMAS[service],
                               self.url(service)],
                              check=True, timeout=120, capture_output=True).stdout

    def back_up(self, path):
        """All schemas at one moment."""
        subprocess.run(["pg_dump", "--format=custom", f"--file={path}", self._own_url()],
                       check=True, timeout=120)

    def restore(self, path):
        """Puts a backup in the place of what is there."""
        subprocess.run(["pg_restore", "--clean", "--if-exists", "--single-transaction",
                        f"--dbname={self._own_url()}", str(path)], check=True, timeout=120)

    def _own_url(self):
        """The database as its administrator sees it."""
        return self._server._replace(path="/" + self._name).geturl()

    def _provision(self, service):
        """As deploy/local does it, by the same file."""
        variables = {"schema": SCHEMAS[service], "role": self._role(service),
                     "password": self._passwords[service]}
        script = "".join(f"\\set {name} '{value}'\n" for name, value in variables.items())
        script += (REPOSITORY / "deploy/local/provision.sql").read_text()
        subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", self._own_url()],
                       input=script, text=True, check=True, timeout=60, stdout=subprocess.DEVNULL)

    def url(self, service):
        """Where a service finds its schema."""
        place = (f"{self._role(service)}:{self._passwords[service]}"
                 f"@{self._server.hostname}:{self._server.port}")
        return self._server._replace(netloc=place, path="/" + self._name).geturl()

    def close(self):
        self._run(f"DROP DATABASE IF EXISTS {self._name} WITH (FORCE)")
        for service in SCHEMAS:
            self._run(f"DROP ROLE IF EXISTS {self._role(service)}")


class Suite:
    """Simulator, database and services, two replicas of each service if wanted. Everything that is
    sent through it is remembered, so that the workspace can be held against the model. `name` tells
    suites apart that run at once."""

    def __init__(self, surroundings, folder, name="e2e"):
        self.folder = folder
        self._surroundings = surroundings
        self.kafka = Kafka(surroundings.kafka_brokers, f"{name}-{os.getpid()}.")
        self._closing = contextlib.ExitStack()
        self.facts = model.Facts()
        self.profiles = []
        self.product = None
        self.gateway = None
        self._last_version = 0

        self._database = Database(surroundings.postgres_url, name)
        self._closing.callback(self._database.close)
        self._addresses = self._find_addresses()
        self.gateway_address = self.dialled("gateway")
        self.public_url = f"http://{self.gateway_address}"
        self.client_secret = secrets.token_hex(20)
        [simulator_port] = free_ports(1)
        self.intercom_url = f"http://127.0.0.1:{simulator_port}"
        self.simulator_process = self._make_simulator(simulator_port)
        self.simulator = Simulator(self.intercom_url)
        self.intercom = Intercom(self.intercom_url, ACCESS_TOKEN)

        self._secrets = {
            "ACCOIL_ENCRYPTION_KEYS": "1:" + base64.b64encode(secrets.token_bytes(32)).decode(),
            "ACCOIL_API_KEY_SECRET": base64.b64encode(secrets.token_bytes(32)).decode(),
            "ACCOIL_INTERCOM_CLIENT_SECRET": self.client_secret,
        }
        # The services call one another by mutual TLS here; without certificates they do when the
        # local set-up runs.
        self._certificates = make_certificates(folder / "certificates")
        self._operator_key = secrets.token_hex(16)
        self.operator = Gateway(self.gateway_address, self._operator_key)
        self.replicas = {
            service: [self._make_service(service, number) for number in (0, 1)]
            for service in SERVICES
        }

    # ---- processes ----

    def _make_simulator(self, port):
        environment = {"ACCOIL_SIMULATOR_ADDRESS": f"127.0.0.1:{port}",
                       "ACCOIL_SIMULATOR_WORKSPACE_ID": WORKSPACE,
                       "ACCOIL_SIMULATOR_TOKEN": ACCESS_TOKEN,
                       "ACCOIL_SIMULATOR_CLIENT_ID": CLIENT_ID,
                       "ACCOIL_SIMULATOR_CLIENT_SECRET": self.client_secret,
                       "ACCOIL_SIMULATOR_REDIRECT_URI":
                           self.public_url + "/intercom/oauth/callback",
                       "ACCOIL_SIMULATOR_WEBHOOK_URL": self.public_url + "/intercom/webhooks",
                       "ACCOIL_SIMULATOR_CANVAS_URL": self.public_url + "/intercom/canvas"}
        return Process("simulator", [self.program("intercom-simulator")], environment, self.folder)

    def _find_addresses(self):
        """(service, replica) -> {"main": address, "admin": address}"""
        ports = iter(free_ports(4 * len(SERVICES)))
        return {
            (service, number): {face: f"127.0.0.1:{next(ports)}" for face in ("main", "admin")}
            for service in SERVICES
            for number in (0, 1)
        }

    def dialled(self, service):
        """Where a service is asked: everybody calls the first replica."""
        return self._addresses[service, 0]["main"]

    def _make_service(self, service, number):
        addresses = self._addresses[service, number]
        environment = {
            "ACCOIL_LOG_LEVEL": "info",
            "ACCOIL_ADMIN_ADDRESS": addresses["admin"],
            # Nobody has to learn that one goes.
            "ACCOIL_DRAIN_TIME": "0s",
            "ACCOIL_KAFKA_BROKERS": self.kafka.brokers,
            "ACCOIL_KAFKA_TOPIC_PREFIX": self.kafka.prefix,
            "ACCOIL_KAFKA_REPLICATION": "1",
        } | self._certificates
        for target in SCHEMAS:
            name = "TAGGING" if target == "tagging-automation" else target.upper().replace("-", "_")
            environment[f"ACCOIL_{name}_ADDRESS"] = self.dialled(target)
        if service == "gateway":
            environment["ACCOIL_HTTP_ADDRESS"] = addresses["main"]
            environment["ACCOIL_OPERATOR_KEY"] = self._operator_key
        else:
            environment["ACCOIL_GRPC_ADDRESS"] = addresses["main"]
            environment["ACCOIL_POSTGRES_URL"] = self._database.url(service)
        if service == "matcher":
            # Sooner than in earnest, so that no look falls into a later test.
            environment["ACCOIL_MATCH_LOOK_AGAIN"] = "3s,6s"
        if service in ("trait-sync", "tagging-automation"):
            environment["ACCOIL_INTERCOM_TIMEOUT"] = "3s"
        if service == "connections":
            environment |= self._secrets
            environment["ACCOIL_INTERCOM_BASE_URL"] = self.intercom_url
            environment["ACCOIL_INTERCOM_AUTHORIZE_URL"] = self.intercom_url + "/oauth"
            environment["ACCOIL_INTERCOM_CLIENT_ID"] = CLIENT_ID
            environment["ACCOIL_PUBLIC_URL"] = self.public_url
        environment |= self._other_settings(service)
        return Process(f"{service}-{number}", [self.program(f"accoil-{service}")], environment,
                       self.folder, addresses["admin"])

    def _other_settings(self, _service):
        """What a suite of another kind sets otherwise."""
        return {}

    def program(self, name):
        """Path of a program that the build made."""
        return str(self._surroundings.bin_dir / name)

    def start(self, replicas=(0, 1), services=SERVICES):
        """Starts the simulator and, all at once, these replicas of the services."""
        if not self.simulator_process.running:
            self.simulator_process.start()
            wait_until(self.simulator.up, 20, lambda: self.simulator_process.log_tail())
        for service in services:
            for number in replicas:
                self.replicas[service][number].start()
        self.await_ready(self.running())

    def await_ready(self, processes, timeout=60):
        for process in processes:
            wait_until(process.ready, timeout,
                       lambda process=process: f"{process.name} ready:\n{process.log_tail()}")

    def running(self, *services):
        """The replicas that run, of these services or of all."""
        return [
            process for service in services or SERVICES for process in self.replicas[service]
            if process.running
        ]

    def stop_second_replicas(self):
        """Leaves one of each service."""
        for replicas in self.replicas.values():
            assert replicas[1].stop() == 0

    def close(self):
        """Stops everything, in reverse. Fails when a service did not end well by itself."""
        statuses = {
            process.name: process.stop()
            for service in reversed(SERVICES) for process in self.replicas[service]
        }
        self.simulator_process.stop()
        self._closing.close()
        assert set(statuses.values()) <= {0}, f"exit statuses {statuses}"

    # ---- what a customer does ----

    def set_up_product(self, profiles):
        """Makes the product with its profiles."""
        self.product = self.operator.create_product("Demo")
        made = self.operator.create_api_key(self.product, ["ingest", "read", "admin"])
        self.gateway = Gateway(self.gateway_address, made["api_key"])
        for profile in profiles:
            self.put_profile(profile)

    def connect(self):
        """Joins the product to the workspace, on Intercom's consent page."""
        consent = Browser().open(self.gateway.start_connect(self.product))
        page = consent.press("Allow", workspace=WORKSPACE)
        assert page.status == 200, f"{page.status} {page.text}"

    def put_profile(self, profile):
        self.gateway.put_profile(self.product, profile)
        self.profiles = [p for p in self.profiles if p["profile_id"] != profile["profile_id"]]
        self.profiles.append(profile)

    def send(self, items):
        """Sends items through the gateway and remembers them."""
        items = list(items)
        for item in items:
            self.facts.add(item)
        return self.gateway.send(self.product, items)

    def version(self):
        """A version newer than any before."""
        self._last_version = max(self._last_version + 1, time.time_ns() // 1000)
        return self._last_version

    def trait(self, trait, value, profile="trial-users", **subject):
        """An item of a new value; subject is user_id=… or account_id=…"""
        return {"type": "trait", "profile_id": profile, "trait": trait, "value": value,
                "version": self.version()} | subject

    def produce_trait(self, item):
        """Has kcat write a trait item as Protobuf's JSON, and remembers it."""
        self.facts.add(item)
        subject = model.subject_of(item)
        key = "/".join([str(self.product), subject.kind, subject.id, item["profile_id"],
                        item["trait"]])
        self.kafka.produce("trait-changed", key, json.dumps({
            "subject": {"productId": str(self.product), "kind": subject.kind.upper(),
                        "subjectId": subject.id},
            "version": str(item["version"]),
            "profileId": item["profile_id"],
            "trait": item["trait"],
            "value": item["value"],
        }).encode())

    def post_webhook(self, body, signature=None):
        """Notifies as Intercom does, signed rightly unless a signature is given."""
        if signature is None:
            digest = hmac.new(self.client_secret.encode(), body, hashlib.sha1).hexdigest()
            signature = f"sha1={digest}"
        return requests.post(self.public_url + "/intercom/webhooks", data=body, timeout=10,
                             headers={"Content-Type": "application/json",
                                      "X-Hub-Signature": signature})

    def post_canvas(self, kind, body, signature):
        """Asks for a canvas, with whatever signature."""
        headers = {"Content-Type": "application/json"}
        if signature:
            headers["X-Body-Signature"] = signature
        return requests.post(f"{self.public_url}/intercom/canvas/{kind}", data=body, timeout=10,
                             headers=headers)

    def cut_database_sessions(self):
        """Ends every session of the services' database, as a restart does."""
        self._database.cut_sessions()

    def back_up(self, path):
        """Keeps what the services' database holds now."""
        self._database.back_up(path)

    def restore(self, path):
        """Has the database hold what it held then. The services are stopped."""
        assert not self.running()
        self._database.restore(path)

    def command(self, service, *arguments):
        """How a service's program is called."""
        return [self.program(f"accoil-{service}"), *arguments]

    def environment(self, service):
        """The settings of a service's first replica."""
        return self.replicas[service][0].environment

    # ---- what an observer sees ----

    def webhooks_applied(self):
        """Whether all that Intercom notified of was delivered and taken up."""
        return (self.simulator.webhooks_pending() == 0
                and self.applied("connections") and self.applied("matcher"))

    def doubts_settled(self):
        """Whether matcher has asked for all contacts that were notified of, decided the accounts
        that this concerns, and told of it. What is disconnected waits, and is not counted."""
        return self._database.query("matcher", """
            SELECT (SELECT count(*) FROM doubted_contact JOIN connection c USING (workspace_id)
                    WHERE c.connected)
                 + (SELECT count(*) FROM due_account JOIN connection c USING (product_id)
                    WHERE c.connected)
            """) == [(0,)] and self.published("matcher")

    def known_secrets(self):
        """(what it is, the secret) of all that nobody may see."""
        tokens = {token for workspace in self.simulator.workspaces()
                  for token in workspace["tokens"] + workspace.get("app_tokens", [])}
        return [*self._secrets.items(), ("operator key", self._operator_key),
                *(("API key", key) for key in Gateway.keys_made),
                *(("access token", token) for token in tokens)]

    def everything_written(self):
        """(place, bytes) of all logs, metrics, events and rows."""
        for process in self.running():
            yield f"the log of {process.name}", process.log_path.read_bytes()
            yield f"the metrics of {process.name}", process.metrics_text().encode()
        for topic in sorted({topic for topics in TOPICS_OF.values() for topic in topics}):
            yield f"topic {topic}", b"\n".join(self.kafka.read(topic))
        for service in SCHEMAS:
            yield f"the database of {service}", self._database.dump(service)

    def metric(self, service, name, **labels):
        """The sum over the running replicas."""
        return sum(process.metric(name, **labels) for process in self.running(service))

    def applied(self, service):
        """Whether a service has applied every record that is in Kafka for it."""
        topics = TOPICS_OF[service]
        rows = self._database.query(
            service, "SELECT topic, partition, next_offset FROM consumer_offset")
        offsets = {(topic.removeprefix(self.kafka.prefix), partition): offset
                   for topic, partition, offset in rows}
        return all(offsets.get(place, 0) >= end for place, end in self.kafka.ends(topics).items())

    def published(self, service):
        """Whether a service has nothing left to publish."""
        return self._database.query(service, "SELECT count(*) FROM outbox") == [(0,)]

    def matched(self):
        """Whether matcher has looked at everything and told of it. In the order of the way: what
        one step has let go, the next one has."""
        return (self.published("connections")
                and self.applied("matcher")
                and all(run["state"] in ("finished", "failed")
                        for run in self.gateway.runs(self.product))
                and self.gateway.matching(self.product)["due"] == 0
                and self.metric("matcher", "accoil_matcher_due_accounts") == 0
                and self.published("matcher"))

    def settled(self):
        """Whether everything that was sent has gone all the way, in that order, too."""
        return (self.matched() and self.applied("trait-sync")
                and self.gateway.sync(self.product)["due"] == 0)

    def await_settled(self, timeout):
        wait_until(self.settled, timeout,
                   lambda: f"settled: matching {self.gateway.matching(self.product)}, "
                           f"sync {self.gateway.sync(self.product)}", pause=0.3)

    def await_state(self, timeout):
        """Waits until everything has gone all the way and every contact and company carries what
        the model wants. What was left by a subject is cleared shortly after the rest."""
        self.await_settled(timeout)
        found = []

        def equal():
            found[:] = self.compare().differences
            return not found

        wait_until(equal, 10, lambda: f"{len(found)} differences, such as\n" +
                   "\n".join(found[:10]), pause=0.5)

    def compare(self):
        """The workspace against the model of what was sent."""
        return compare(self.simulator, self.facts, self.profiles)

    def contact(self, contact_id):
        """The attributes that a contact carries."""
        [contact] = self.simulator.state(type="contact", id=contact_id)
        return contact["custom_attributes"]
