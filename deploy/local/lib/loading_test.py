"""What loading an export promises, against a gateway that is played here."""

import contextlib
import http.server
import io
import json
import threading

import pytest

import rest
from loading import Loader, read_batches
from progress import Progress
from rest import RestError


class FakeGateway(http.server.ThreadingHTTPServer):
    """Refuses items with "bad", answers the first `busy` requests with 503."""

    def __init__(self, busy=0, status=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.busy = busy
        self.status = status
        self.lock = threading.Lock()
        self.items = []
        self.requests = []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        lines = self.rfile.read(int(self.headers["Content-Length"])).splitlines()
        gateway = self.server
        with gateway.lock:
            gateway.requests.append((self.path, dict(self.headers), len(lines)))
            if gateway.busy > 0:
                gateway.busy -= 1
                return self.answer(503, {"title": "busy"})
            if gateway.status:
                return self.answer(gateway.status, {"title": "no", "detail": "not for you"})
            items = [json.loads(line) for line in lines]
            gateway.items += items
        refused = [{"index": index, "field": "value", "problem": "is bad"}
                   for index, item in enumerate(items) if item.get("bad")]
        body = {"accepted": len(items) - len(refused)}
        if refused:
            body["refused"] = refused
        self.answer(207 if refused else 202, body)

    def answer(self, status, body):
        encoded = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(encoded)))
        self.end_headers()
        self.wfile.write(encoded)

    def log_message(self, *_):
        """Not on the tests' output."""


@contextlib.contextmanager
def running(gateway):
    thread = threading.Thread(target=gateway.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield gateway
    finally:
        gateway.shutdown()
        thread.join()
        gateway.server_close()


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(rest, "wait_before", lambda *_: 0)


def load(gateway, lines, concurrency=3):
    output = io.StringIO()
    loader = Loader(gateway.url, 7, "secret", concurrency, Progress("load", 0, output))
    loader.load(lines)
    return loader, output.getvalue()


def numbered(count):
    return [b'{"n":%d}\n' % number for number in range(count)]


def test_every_line_is_sent_once_in_requests_of_at_most_a_thousand():
    with running(FakeGateway()) as gateway:
        loader, _ = load(gateway, numbered(2500))
    assert loader.accepted == 2500
    assert sorted(item["n"] for item in gateway.items) == list(range(2500))
    assert sorted(count for _, _, count in gateway.requests) == [500, 1000, 1000]


def test_requests_carry_the_key_and_say_what_they_are():
    with running(FakeGateway()) as gateway:
        load(gateway, numbered(1))
    [(path, headers, _)] = gateway.requests
    assert path == "/v1/products/7/batch"
    assert headers["Authorization"] == "Bearer secret"
    assert headers["Content-Type"] == "application/x-ndjson"


def test_long_lines_make_smaller_requests():
    lines = [b'{"text":"' + b"x" * 300_000 + b'"}'] * 7
    assert [len(batch.lines) for batch in read_batches(lines)] == [2, 2, 2, 1]


def test_refused_items_are_named_by_their_line_in_the_file():
    lines = [b"\n", b'{"n":1}\n', b"\n", b'{"bad":true}\n']
    with running(FakeGateway()) as gateway:
        loader, output = load(gateway, lines)
    assert (loader.accepted, loader.refused) == (1, 1)
    assert output == "line 4: value: is bad\n"


def test_a_busy_gateway_is_asked_again():
    with running(FakeGateway(busy=5)) as gateway:
        loader, _ = load(gateway, numbered(1500))
    assert loader.accepted == 1500


def test_a_gateway_that_refuses_the_request_ends_the_load():
    with running(FakeGateway(status=403)) as gateway:
        with pytest.raises(RestError, match="403: not for you"):
            load(gateway, numbered(20_000), concurrency=2)
    assert len(gateway.requests) <= 4


def test_a_gateway_that_is_not_there_ends_the_load():
    gateway = FakeGateway()
    gateway.server_close()
    with pytest.raises(RestError, match="failed 12 times"):
        load(gateway, numbered(1))


def test_waiting_grows_and_is_bounded_and_honours_retry_after(monkeypatch):
    monkeypatch.undo()
    assert all(rest.wait_before(1) <= 0.5 for _ in range(50))
    assert all(rest.wait_before(30) <= rest.LONGEST_WAIT_SECONDS for _ in range(50))
    assert rest.wait_before(1, "3") >= 3
    assert rest.wait_before(1, "3600") <= rest.LONGEST_WAIT_SECONDS
    assert rest.wait_before(1, "nonsense") <= 0.5
