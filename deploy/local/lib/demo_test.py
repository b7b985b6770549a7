"""Which steps the demo takes when, against services that are played here."""

import argparse
import json
import pathlib
import stat
import urllib.parse

import pytest

import demo
from rest import Answer, RestError


class FakeSuite:
    """Gateway and simulator in one; remembers what was asked of it."""

    def __init__(self):
        self.requests = []
        self.product_exists = True
        self.products = 0
        self.connected = False
        self.forms = []

    def answer(self, method, path, body):
        self.requests.append((method, path))
        product = "/v1/products/"
        if (method, path) == ("POST", "/v1/products"):
            self.products += 1
            self.product_exists = True
            return 201, {"product_id": self.products}
        if path.endswith("/api-keys"):
            return 201, {"api_key": "the key"}
        if path.endswith("/connections/intercom"):
            if method == "POST":
                return 201, {"authorize_url": "http://simulator/oauth?client_id=c&state=s%261"}
            self.connected = self.connected or method == "PUT"
            return 200, {"state": "connected" if self.connected else "disconnected"}
        if path == "/_simulator/workspaces":
            return 200, [{"id_code": "ws"}]
        if path == "/oauth":
            self.forms.append(urllib.parse.parse_qs(body.decode()))
            return 302, {}
        if path.startswith("/intercom/oauth/callback"):
            self.connected = True
            return 200, {}
        if path.endswith("/batch"):
            return 202, {"accepted": 1}
        if path.endswith("/sync"):
            return 200, {"due": 0, "delivered": 3, "set_aside": 0}
        if path.endswith("/matching"):
            return 200, {"due": 0}
        if method == "GET" and path.startswith(product):
            return (200, {}) if self.product_exists else (404, {"title": "Not Found"})
        return 200, {}

    def steps(self):
        """What was changed since the last time, without the polling."""
        steps = [f"{method} {path}" for method, path in self.requests if method != "GET"]
        self.requests.clear()
        return steps


@pytest.fixture
def suite(monkeypatch):
    fake = FakeSuite()

    def send(self, method, path, body=None, *_):
        status, answer = fake.answer(method, path, body)
        location = "https://public/intercom/oauth/callback?code=c1&state=s%261"
        return Answer(status, json.dumps(answer).encode(), location if status == 302 else None)

    monkeypatch.setattr(demo.Rest, "send", send)
    monkeypatch.setattr(demo, "QUIET_SECONDS", 0)
    monkeypatch.setattr(demo.time, "sleep", lambda _: None)
    monkeypatch.setenv("ACCOIL_OPERATOR_KEY", "operator")
    monkeypatch.setenv("INTERCOM_TOKEN", "token")
    return fake


@pytest.fixture
def run(tmp_path, suite):
    """Runs the demo with a simulator process of this name; answers the steps taken."""
    folder = tmp_path / "demo"
    folder.mkdir()
    (folder / "intercom.ndjson").write_text("{}\n")
    (folder / "profiles.json").write_text('[{"profile_id": "trial"}]')
    (folder / "data.ndjson").write_text("{}\n")

    def run_demo(simulator, intercom="http://simulator"):
        arguments = argparse.Namespace(
            gateway="http://gateway", intercom=intercom, simulator_instance=simulator,
            generator="unused", folder=folder, state=tmp_path / "demo.env")
        demo.Demo(arguments, demo.State(arguments.state)).run()
        return suite.steps()

    run_demo.state = tmp_path / "demo.env"
    return run_demo


EVERYTHING = [
    "POST /v1/products",
    "POST /v1/products/1/api-keys",
    "POST /_simulator/seed",
    "PUT /v1/products/1/profiles/trial",
    "POST /v1/products/1/batch",
    "POST /v1/products/1/connections/intercom",
    "POST /oauth",
]


def test_the_first_run_does_everything_and_the_second_nothing(run):
    assert run("sim-1") == EVERYTHING
    assert run("sim-1") == []


def test_the_demo_connects_as_a_person_does_who_allows_the_access(run, suite):
    run("sim-1")
    assert suite.forms == [{"client_id": ["c"], "state": ["s&1"], "workspace": ["ws"],
                            "decision": ["allow"]}]
    assert suite.connected


def test_a_simulator_started_anew_is_seeded_and_connected_again(run):
    run("sim-1")
    assert run("sim-2") == [
        "POST /_simulator/seed", "POST /v1/products/1/connections/intercom", "POST /oauth"
    ]


def test_a_product_that_was_uninstalled_meanwhile_is_connected_again(run, suite):
    run("sim-1")
    suite.connected = False
    assert run("sim-1") == ["POST /v1/products/1/connections/intercom", "POST /oauth"]


def test_a_way_back_that_does_not_connect_ends_the_demo(run, suite, monkeypatch):
    real = suite.answer
    monkeypatch.setattr(
        suite, "answer",
        lambda method, path, body: (400, {}) if "callback" in path else real(method, path, body))
    with pytest.raises(RestError, match="answered 400 when Intercom led back"):
        run("sim-1")


def test_another_intercom_is_connected_but_never_seeded(run):
    run("sim-1")
    assert run("", "https://api.intercom.io") == ["PUT /v1/products/1/connections/intercom"]


def test_a_product_that_is_gone_is_made_anew(run, suite):
    run("sim-1")
    suite.product_exists = False
    assert run("sim-1") == [
        step.replace("products/1", "products/2") for step in EVERYTHING
        if step != "POST /_simulator/seed"
    ]


def test_a_run_that_was_cut_off_goes_on_where_it_was(run, suite, monkeypatch):
    def refuse(*_):
        raise RestError("gateway lost")

    with monkeypatch.context() as broken:
        broken.setattr(demo.Loader, "load", refuse)
        with pytest.raises(RestError):
            run("sim-1")
    suite.steps()
    assert run("sim-1") == EVERYTHING[4:]


def test_the_file_with_the_key_is_for_its_owner_alone(run):
    run("sim-1")
    mode = stat.S_IMODE(pathlib.Path(run.state).stat().st_mode)
    assert mode == 0o600
    assert "ACCOIL_DEMO_API_KEY=the key" in run.state.read_text()
