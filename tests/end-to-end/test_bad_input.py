"""Whatever is thrown at the gateway, it answers clearly or hangs up, goes on, and serves others."""

import contextlib
import hashlib
import json
import resource
import select
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from clients import Gateway
from processes import wait_until

MEBIBYTE = 1 << 20
# What the gateway may take more than at the beginning, whatever is sent to it. Bodies have 256 MiB
# by its settings; none of these tests has so many at once.
MEMORY_FOR_ABUSE = 200 * MEBIBYTE
SERVED_WITHIN = 2  # seconds, for a client that behaves
SQL = ["'; DROP TABLE product; --", "1 OR 1=1", "\\'; SELECT pg_sleep(60); --", "$1", "%s",
       "x' UNION SELECT secret FROM api_key --"]
MARKUP = "<script>alert(1)</script>"


class Victim:
    """The gateway as a process, and one product with its key."""

    def __init__(self, suite):
        self.suite = suite
        self.host, port = suite.gateway_address.split(":")
        self.port = int(port)
        self.url = f"http://{suite.gateway_address}"
        self.product = suite.operator.create_product("misused")
        made = suite.operator.create_api_key(self.product, ["ingest", "read", "admin"])
        self.gateway = Gateway(suite.gateway_address, made["api_key"])
        self.authorization = {"Authorization": f"Bearer {made['api_key']}"}
        self.batch = f"/v1/products/{self.product}/batch"
        self.pid = self._find_pid()
        self.memory_at_first = self.memory()

    def _find_pid(self):
        variable = f"ACCOIL_HTTP_ADDRESS={self.suite.gateway_address}\0".encode()
        [found] = [path for path in Path("/proc").glob("[0-9]*/environ")
                   if variable in self._read(path)]
        return int(found.parent.name)

    @staticmethod
    def _read(path):
        with contextlib.suppress(OSError):  # somebody else's, or just gone
            return path.read_bytes()
        return b""

    def memory(self):
        """Bytes of memory that are resident."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        [line] = [line for line in status.splitlines() if line.startswith("VmRSS:")]
        return int(line.split()[1]) * 1024

    def connections(self):
        """How many clients the gateway has, as it counts them."""
        return self.suite.metric("gateway", "accoil_http_connections", server="gateway")

    def check_well(self):
        """Still the same process, of bounded size, and others are served."""
        assert self._find_pid() == self.pid
        more = self.memory() - self.memory_at_first
        assert more < MEMORY_FOR_ABUSE, f"the gateway takes {more >> 20} MiB more than at first"
        self.check_served()

    def check_served(self):
        began = time.monotonic()
        assert requests.get(self.url + "/", timeout=10).status_code == 200
        assert self.gateway.send(self.product, [
            {"type": "account", "account_id": "good", "name": "Good"}]) == 1
        took = time.monotonic() - began
        assert took < SERVED_WITHIN, f"a client that behaves waited for {took:.1f} s"

    def post(self, path, body, content_type="application/json", **headers):
        return requests.post(self.url + path, data=body, timeout=20, headers=self.authorization | {
            "Content-Type": content_type} | headers)

    def connect(self):
        """A bare connection."""
        connection = socket.create_connection((self.host, self.port), timeout=30)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def exchange(self, data):
        """What these bytes, on a connection of their own, are answered with until it ends."""
        with self.connect() as connection:
            with contextlib.suppress(OSError):  # it may hang up before all is sent
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
            return read_all(connection)

    def head(self, *lines, path=None):
        """The head of a batch request with these further header lines."""
        return "\r\n".join([f"POST {path or self.batch} HTTP/1.1", "Host: gateway",
                            f"Authorization: {self.authorization['Authorization']}",
                            "Content-Type: application/json", *lines, "", ""]).encode("latin-1")


def read_all(connection):
    """What arrives until the other side ends the connection."""
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while data := connection.recv(1 << 16):
            received += data
    return received


def status(answer):
    """The status of raw bytes; None when there was no answer."""
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else None


def check_refused(answer, *statuses):
    """A clear refusal: one of these, with what is wrong in words."""
    assert answer.status_code in statuses, f"{answer.status_code} {answer.text[:300]}"
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert len(answer.json()["detail"]) > 5


@pytest.fixture(scope="module")
def victim(suite):
    return Victim(suite)


@pytest.fixture(autouse=True)
def _unharmed(victim):
    """Every test ends with a look at how the gateway is."""
    yield
    victim.check_well()


# ---- bodies ----


@pytest.mark.parametrize("path", ["batch", "webhooks", "profile"])
def test_a_body_over_a_megabyte_is_refused(victim, path):
    path = {"batch": victim.batch, "webhooks": "/intercom/webhooks",
            "profile": f"/v1/products/{victim.product}/api-keys"}[path]
    for size in (MEBIBYTE + 1, 2 * MEBIBYTE):
        check_refused(victim.post(path, b"[" + b" " * size + b"]"), 413)


def test_a_huge_body_is_refused_before_it_is_sent(victim):
    for lines in (["Content-Length: 100000000000"],
                  ["Content-Length: 100000000000", "Expect: 100-continue"]):
        answer = victim.exchange(victim.head(*lines))
        assert status(answer) == 413


def test_a_body_without_end_is_cut_off(victim):
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    answer = victim.exchange(victim.head("Transfer-Encoding: chunked") + 2000 * chunk)
    assert status(answer) in (413, None)


def test_deep_json_is_refused(victim):
    for begin, end in (("[", "]"), ('{"a":', "}")):
        for closed in (True, False):
            depth = 150_000
            body = begin * depth + ("1" + end * depth if closed else "")
            check_refused(victim.post(victim.batch, body.encode()[:MEBIBYTE]), 400)
            check_refused(victim.post(f"/v1/products/{victim.product}/connections/intercom",
                                      body.encode()[:MEBIBYTE]), 400)


@pytest.mark.parametrize("body", [
    b"", b"{", b"[{]", b"nul", b'"', b"\x00\x01\x02", b"\xff\xfe[]", b'[{"type":"user"}',
    b"[1e999]", b'[{"type":"user","user_id":"\xed\xa0\x80"}]', b"[] []", b"<xml/>",
], ids=repr)
def test_broken_json_is_refused(victim, body):
    check_refused(victim.post(victim.batch, body), 400)
    check_refused(victim.post(f"/v1/products/{victim.product}/api-keys", body), 400)


@pytest.mark.parametrize("content_type", [
    "", "text/plain", "application/xml", "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x", "application/json; charset=utf-16", "*/*", ";;;"])
def test_a_wrong_content_type_is_refused(victim, content_type):
    body = json.dumps([{"type": "account", "account_id": "a", "name": "A"}]).encode()
    check_refused(victim.post(victim.batch, body, content_type), 415)


# ---- signatures ----


NOTIFICATION = json.dumps({"type": "notification_event", "topic": "contact.deleted",
                           "data": {"item": {"type": "contact", "id": "1"}}}).encode()


@pytest.mark.parametrize("signature", [
    "", "sha1=", "sha1=" + "0" * 40, "sha1=" + "é" * 20, "sha256=" + "0" * 64, "0" * 40,
    "sha1=" + hashlib.sha1(NOTIFICATION).hexdigest(), "sha1=" + "0" * 10_000])
def test_a_wrong_signature_is_refused(victim, signature):
    answer = victim.suite.post_webhook(NOTIFICATION, signature.encode("utf-8"))
    check_refused(answer, 401)


def test_a_missing_signature_is_refused(victim):
    answer = requests.post(victim.url + "/intercom/webhooks", data=NOTIFICATION, timeout=10,
                           headers={"Content-Type": "application/json"})
    check_refused(answer, 401)


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b"[]", b"null", b'{"topic": 7}',
                                  b'{"topic": "contact.deleted", "data": []}'],
                         ids=lambda body: repr(body[:30]))
def test_a_notification_that_is_none_is_refused_though_it_is_signed(victim, body):
    check_refused(victim.suite.post_webhook(body), 400)


# ---- credentials and injection ----


def test_a_missing_or_malformed_credential_is_refused(victim):
    for headers in ({}, {"Authorization": ""}, {"Authorization": "Bearer"},
                    {"Authorization": "Basic YTpi"}, {"Authorization": "Bearer " + "x" * 5_000},
                    *({"Authorization": f"Bearer {text}"} for text in SQL)):
        answer = requests.get(f"{victim.url}/v1/products/{victim.product}", headers=headers,
                              timeout=10)
        check_refused(answer, 401)


def test_sql_in_paths_and_queries_is_only_text(victim):
    quote = requests.utils.quote
    for text in SQL:
        escaped = quote(text, safe="")
        for path in (f"/v1/products/{escaped}", f"/v1/products/{victim.product}/profiles/{escaped}",
                     f"/v1/products/{victim.product}/matching/user/{escaped}",
                     f"/v1/products/{victim.product}/problems?cursor={escaped}",
                     f"/v1/products/{victim.product}/problems?limit={escaped}"):
            answer = requests.get(victim.url + path, headers=victim.authorization, timeout=10)
            check_refused(answer, 400, 401, 403, 404)


def test_sql_in_data_is_stored_as_it_is(victim):
    items = [{"type": "account", "account_id": text, "name": text} for text in SQL]
    assert victim.gateway.send(victim.product, items) == len(SQL)
    label = SQL[0]
    made = victim.post(f"/v1/products/{victim.product}/api-keys",
                       json.dumps({"label": label, "scopes": ["read"]}))
    assert made.status_code == 201, made.text
    keys = requests.get(f"{victim.url}/v1/products/{victim.product}/api-keys",
                        headers=victim.authorization, timeout=10).json()["api_keys"]
    assert label in [key["label"] for key in keys]
    wait_until(lambda: victim.suite.applied("matcher"), 20, "matcher has taken it up")


def test_a_line_break_in_a_header_makes_no_second_one(victim):
    breaks = "%0d%0aSet-Cookie:%20stolen=1%0d%0a%0d%0a"
    for path in (f"/intercom/oauth/callback?state={breaks}&code={breaks}",
                 f"/intercom/oauth/callback?error={breaks}", f"/v1/{breaks}",
                 f"/intercom/oauth/callback?error={requests.utils.quote(MARKUP)}"):
        answer = victim.exchange(f"GET {path} HTTP/1.1\r\nHost: gateway\r\n\r\n".encode())
        head, _, body = answer.partition(b"\r\n\r\n")
        assert 400 <= status(answer) < 500, answer[:300]
        assert b"\nset-cookie" not in head.lower()
        assert MARKUP.encode() not in body


@pytest.mark.parametrize("data", [
    b"GET / HTTP/1.1\r\nHost: gateway\r\nX: a\rb\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: gateway\r\nX: a\0b\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: gateway\r\nX: a\nY: b\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: gateway\r\nHost: other\r\n\r\n",
    b"GET / HTTP/3.0\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: g\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    b"POST / HTTP/1.1\r\nHost: g\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"0\r\n\r\nGET / HTTP/1.1\r\nHost: g\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: g\r\nContent-Length: -5\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 500,
    b"SSH-2.0-OpenSSH_9.2\r\n",
    b"\0" * 1000,
], ids=lambda data: repr(data[:60]))
def test_what_is_no_request_is_refused_and_hung_up_on(victim, data):
    answer = victim.exchange(data)
    assert status(answer) == 400, answer[:300]
    assert b"\r\nConnection: close\r\n" in answer


def test_headers_without_end_are_refused(victim):
    for data in (b"GET /" + b"x" * MEBIBYTE,
                 b"GET / HTTP/1.1\r\nHost: gateway\r\n" + b"X: y\r\n" * 200_000,
                 b"GET / HTTP/1.1\r\nHost: gateway\r\nX: " + b"y" * MEBIBYTE):
        answer = victim.exchange(data)
        # Whoever goes on sending after the refusal may lose it.
        assert status(answer) in (431, None), answer[:300]


# ---- slow and many ----


def drip(connection, data, until):
    """Sends a byte a second until the other side answers or ends the connection; answers what it
    said."""
    for byte in data * 1000:
        with contextlib.suppress(OSError):
            connection.sendall(bytes([byte]))
        if select.select([connection], [], [], 1)[0]:
            return read_all(connection)
        assert time.monotonic() < until, "the gateway waits for a slow client too long"
    return b""


def test_clients_of_a_byte_a_second_are_given_up_and_others_are_served(victim):
    """A request's head, and then its body, may take ten seconds each."""
    until = time.monotonic() + 20
    crowd = [victim.connect() for _ in range(100)]
    try:
        for number, connection in enumerate(crowd):
            if number % 2:
                connection.sendall(victim.head("Content-Length: 1000"))
        with ThreadPoolExecutor(len(crowd)) as pool:
            answers = [pool.submit(drip, connection, b"GET / HTTP/1.1\r\nX: yyyyyyyyyyyy", until)
                       for connection in crowd]
            while not all(answer.done() for answer in answers):
                victim.check_served()
                time.sleep(0.5)
        assert {status(answer.result()) for answer in answers} == {408}
    finally:
        for connection in crowd:
            connection.close()


def test_half_sent_bodies_hold_bounded_memory(victim):
    """They come together, a megabyte less a byte each, and stay."""
    crowd = []
    try:
        for _ in range(100):
            connection = victim.connect()
            crowd.append(connection)
            connection.sendall(victim.head(f"Content-Length: {MEBIBYTE}"))
            connection.sendall(b" " * (MEBIBYTE - 1))
        victim.check_well()
    finally:
        for connection in crowd:
            connection.close()


@contextlib.contextmanager
def open_files(wanted):
    """Lets this process open so many files, if it may; yields how many it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = hard if hard != resource.RLIM_INFINITY else wanted
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(wanted, most)), hard))
    try:
        yield resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_ten_thousand_open_connections_keep_nobody_out(victim):
    with open_files(10_500) as files, contextlib.ExitStack() as closing:
        count = min(10_000, files - 500)
        before = victim.memory()
        crowd = []
        for number in range(count):
            connection = closing.enter_context(victim.connect())
            crowd.append(connection)
            # A third says nothing, a third half of what it wants, a third has been served.
            if number % 3 == 1:
                connection.sendall(b"GET / HTTP/1.1\r\nHost: ")
            if number % 3 == 2:
                connection.sendall(b"GET / HTTP/1.1\r\nHost: gateway\r\n\r\n")
        opened = victim.connections()
        victim.check_served()
        more = victim.memory() - before
        assert more < 100 * MEBIBYTE, f"{count} connections took {more >> 20} MiB"
        # Where files allow it, all are open at once; the newest in any case.
        assert opened > 0.9 * count, f"of {count} connections {opened} were open"
        newest = crowd[-1]
        newest.sendall(b"\r\nGET / HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n"
                       if (count - 1) % 3 != 1 else b"gateway\r\nConnection: close\r\n\r\n")
        assert b"HTTP/1.1 200" in read_all(newest), f"the last of {count} connections was lost"
    wait_until(lambda: victim.connections() < 100, 20,
               lambda: f"{victim.connections()} connections are still open")


def test_many_clients_that_leave_in_the_middle_do_no_harm(victim):
    def leave(number):
        with victim.connect() as connection:
            # Closed so that the other side sees a reset.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            body = b"[" + b" " * 1000 + b"]"
            data = victim.head(f"Content-Length: {len(body)}") + body
            connection.sendall(data[:(number * 37) % len(data) + 1])

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(leave, range(1000)))
    assert threading.active_count() < 100
