"""(c) Canvases of the Inbox, beside the same requests answered with a fixed canvas."""

import re
import subprocess

from bench import bench
from figures import Figure
from processes import wait_until

TITLE = "canvases"
HOW = """\
`canvas-load` asks the gateway for canvases of {users:,} users, half of them clicks, by 128 connections
as fast as it is answered, and in turn with that sends the same requests to the same listener and
endpoint, which answers them with a fixed canvas after checking their signatures. Median of {rounds}
rounds of 5 s. `tests/load/canvas` measures the same by itself, with more users."""
SERVICES = ("connections", "widget", "gateway")


def measure(scale, _rows):
    users, accounts = scale((27_000, 3_000), (450, 50))
    rounds = scale(3, 1)
    who = ["--users", str(users), "--accounts", str(accounts)]
    with bench(SERVICES, profile=None) as made:
        kafka = {"ACCOIL_KAFKA_BROKERS": made.kafka.brokers,
                 "ACCOIL_KAFKA_TOPIC_PREFIX": made.kafka.prefix,
                 "ACCOIL_KAFKA_REPLICATION": "1"}
        load = made.program("canvas-load")
        subprocess.run([load, "seed", *who], env=kafka, check=True, stdout=subprocess.DEVNULL)
        wait_until(lambda: made.applied("widget"), 300, "widget knows everybody", pause=0.5)
        done = subprocess.run(
            [load, "measure", "--port", made.gateway_address.split(":")[1], *who,
             "--rounds", str(rounds), "--seconds", str(scale(5, 1)), "--rate", str(scale(500, 50))],
            env={"ACCOIL_LOAD_CLIENT_SECRET": made.client_secret},
            check=False, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
        memory = made.memory()
    rates = [(float(live.replace(",", "")), float(fixed.replace(",", "")))
             for live, fixed in zip(_rates(done.stdout, "canvas, as fast as it goes"),
                                    _rates(done.stdout, "the same requests, a fixed canvas"))]
    assert len(rates) == rounds, done.stdout
    figure, limit = sorted(rates, key=lambda pair: pair[0] / pair[1])[rounds // 2]
    return ([Figure("c", "canvases", figure, "/s", limit, goal=("ratio", "≥", 0.5))],
            {"c": HOW.format(users=users, rounds=rounds)}, memory)


def _rates(text, what):
    return re.findall(rf"^{re.escape(what)}\s+([0-9,.]+)/s", text, re.MULTILINE)
