"""(b) Batches taken by the gateway, beside Kafka's producer with the same records."""

import socket
import threading
import time

from bench import bench
from figures import Figure

TITLE = "batches through the gateway"
HOW = """\
{connections} clients with a connection each post batches of {together:,} items, {changes:,} in all,
without a pause, and wait for each answer, which comes when Kafka has acknowledged every record. In turn
with them `suite-load produce` writes the same records with nothing but librdkafka's idempotent producer
(acks=all, lz4). Median of {rounds} rounds."""
CONNECTIONS = 8
TOGETHER = 1_000
FORMATS = {"NDJSON": ("application/x-ndjson", b"", b"\n", b"\n"),
           "JSON": ("application/json", b"[", b",", b"]")}


def measure(scale, _rows):
    changes = scale(200_000, 4_000)
    rounds = scale(5, 1)
    with bench(("connections", "gateway"),
               {"gateway": {"ACCOIL_API_KEY_RATE": "100000",
                            "ACCOIL_API_KEY_BURST": "100000"}}) as made:
        key = made.operator.create_api_key(made.product, ["ingest"])["api_key"]
        rates = {name: [] for name in ("raw", *FORMATS)}
        for number in range(rounds):
            plan = made.plan(20_000, changes, number)
            rates["raw"].append(changes / made.produce(plan)["seconds"])
            items = made.items(plan)
            for name, form in FORMATS.items():
                requests = [_request(made.product, key, items[i:i + TOGETHER], *form)
                            for i in range(0, changes, TOGETHER)]
                rates[name].append(changes / _post(made.gateway_address, requests))
        memory = made.memory()
    figures = []
    for name in FORMATS:
        figure, limit = sorted(zip(rates[name], rates["raw"]),
                               key=lambda pair: pair[0] / pair[1])[rounds // 2]
        figures.append(Figure("b", f"items in {name} batches", figure, "/s", limit,
                              goal=("ratio", "≥", 0.5)))
    how = HOW.format(connections=CONNECTIONS, together=TOGETHER, changes=changes, rounds=rounds)
    return figures, {"b": how}, memory


def _request(product, key, items, content_type, before, between, after):
    """The bytes of a request."""
    body = before + between.join(items) + after
    head = (f"POST /v1/products/{product}/batch HTTP/1.1\r\nHost: load\r\n"
            f"Authorization: Bearer {key}\r\nContent-Type: {content_type}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n")
    return head.encode() + body


def _post(address, requests):
    """Sends all of them; answers how long it took. Fails when one is not accepted whole."""
    waiting = iter(requests)
    lock = threading.Lock()
    refused = []

    def work():
        host, port = address.split(":")
        with socket.create_connection((host, int(port)), timeout=30) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while True:
                with lock:
                    request = next(waiting, None)
                if request is None:
                    return
                connection.sendall(request)
                answer = _receive(connection)
                if not answer.startswith(b"HTTP/1.1 202"):
                    refused.append(answer)

    threads = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.monotonic() - began
    assert not refused, refused[0]
    return took


def _receive(connection):
    """One answer, head and body."""
    received = b""
    while True:
        head, end, body = received.partition(b"\r\n\r\n")
        if end:
            lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n")
                       if line.startswith(b"content-length:")]
            if len(body) >= int(lengths[0]):
                return received
        more = connection.recv(1 << 16)
        assert more, f"the gateway closed the connection: {received}"
        received += more
