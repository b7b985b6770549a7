"""PostgreSQL and Kafka of a fault run: killed hard, and started again with what they had."""

import os
import secrets
import signal
import subprocess
import time
from pathlib import Path

from processes import free_ports

STARTER = Path(__file__).with_name("server")


class Server:
    """One server that tests/faults/server starts. `state` is the folder of its data."""

    def __init__(self, state, name, arguments):
        self.name = name
        self._state = state
        self._arguments = [str(argument) for argument in arguments]

    @property
    def _pid_file(self):
        return self._state / "run" / f"{self.name}.pid"

    @property
    def _pid(self):
        return int(self._pid_file.read_text().split()[0])

    def start(self):
        """Starts it, or starts it again; returns when it answers."""
        subprocess.run([STARTER, self.name, *self._arguments], check=True, timeout=240,
                       env=os.environ | {"ACCOIL_FAULTS_STATE": str(self._state)},
                       stdout=subprocess.DEVNULL)

    def kill(self):
        """Ends it without a chance to put anything in order."""
        # PostgreSQL's immediate shutdown: its children are told to die at once, too.
        hard = signal.SIGQUIT if self.name == "postgres" else signal.SIGKILL
        pid = self._pid
        os.kill(pid, hard)
        deadline = time.monotonic() + 20
        while alive(pid):
            if time.monotonic() > deadline:
                raise AssertionError(f"{self.name} did not die")
            time.sleep(0.05)


def alive(pid):
    """Whether a process runs, zombies not included."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


class Servers:
    """Both servers. Whoever made the state folder stops what is left in it (tests/run)."""

    def __init__(self, state, advertised_port):
        password = secrets.token_hex(16)
        postgres, kafka, controller, services = free_ports(4)
        self.postgres = Server(state, "postgres", [postgres, password])
        self.kafka = Server(state, "kafka", [kafka, controller, services, advertised_port])
        self.postgres_url = f"postgresql://accoil_admin:{password}@127.0.0.1:{postgres}/postgres"
        self.postgres_address = ("127.0.0.1", postgres)
        self.kafka_brokers = f"127.0.0.1:{kafka}"
        self.kafka_services_address = ("127.0.0.1", services)

    def start(self):
        self.postgres.start()
        self.kafka.start()
