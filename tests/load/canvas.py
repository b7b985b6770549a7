"""Starts what canvases need, has everybody told, and measures. Called by tests/load/canvas."""

import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "end-to-end"))

# pylint: disable=wrong-import-position
from processes import wait_until
from suite import Suite, Surroundings

NEEDED = ("connections", "widget", "gateway")


def main(arguments):
    with tempfile.TemporaryDirectory() as folder:
        suite = Suite(Surroundings.from_environment(), Path(folder))
        try:
            suite.start(replicas=(0,), services=NEEDED)
            load = suite.program("canvas-load")
            kafka = {"ACCOIL_KAFKA_BROKERS": suite.kafka.brokers,
                     "ACCOIL_KAFKA_TOPIC_PREFIX": suite.kafka.prefix,
                     "ACCOIL_KAFKA_REPLICATION": "1"}
            subprocess.run([load, "seed"], env=kafka, check=True)
            wait_until(lambda: suite.applied("widget"), 600, "widget knows everybody", pause=1)
            port = suite.gateway_address.split(":")[1]
            return subprocess.run([load, "measure", "--port", port, *arguments], check=False,
                                  env={"ACCOIL_LOAD_CLIENT_SECRET": suite.client_secret},
                                  ).returncode
        finally:
            suite.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
