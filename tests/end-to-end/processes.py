"""Programs that a test starts, watches and stops."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import requests

PORTS = Path(__file__).resolve().parents[2] / "deploy/local/lib/ports.py"


def free_ports(count):
    """Ports of 127.0.0.1 that nobody listens on now, and that no outgoing connection takes while
    the program that listens there is away."""
    found = subprocess.run([PORTS, "free", str(count)], check=True, stdout=subprocess.PIPE)
    return [int(port) for port in found.stdout.split()]


def wait_until(condition, timeout, what, pause=0.1):
    """Waits for a true answer and returns it; fails with `what`, which may be a function, when it
    does not come in time."""
    deadline = time.monotonic() + timeout
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(
                f"not within {timeout} s: {what() if callable(what) else what}")
        time.sleep(pause)


class Process:
    """One program with its log. `admin` is where it serves /metrics and /readyz, if it does."""

    def __init__(self, name, command, environment, folder, admin=None):
        self.name = name
        self.admin = admin
        self.log_path = folder / f"{name}.log"
        self._folder = folder
        self._command = command
        self._environment = environment
        self._process = None

    @property
    def environment(self):
        """The variables that it is started with: its own, and what sanitizers are told."""
        passed_on = {name: value for name, value in os.environ.items()
                     if name == "PATH" or name.endswith("SAN_OPTIONS")}
        return passed_on | {"TZ": "UTC"} | self._environment

    @property
    def running(self):
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self):
        """The process's id while it runs."""
        return self._process.pid

    def start(self):
        """Starts it, or starts it again; the log goes on."""
        assert not self.running, f"{self.name} runs already"
        with open(self.log_path, "ab") as log:
            # A group of its own: Ctrl-C ends the tests, which then stop it in order.
            self._process = subprocess.Popen(
                self._command,
                cwd=self._folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self):
        """As kill -9."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self._process = None

    def stop(self, timeout=20):
        """Asks it to end and answers its exit status, or the one that it ended with before; 0 when
        it was never started or was killed on purpose. Fails when it has to be ended by force."""
        if self._process is None:
            return 0
        if not self.running:
            return self._process.returncode
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} did not stop within {timeout} s") from None

    def ready(self):
        """Whether /readyz says so. Fails when the process has ended."""
        if not self.running:
            raise AssertionError(
                f"{self.name} ended with status {self._process.returncode}:\n{self.log_tail()}")
        try:
            return requests.get(f"http://{self.admin}/readyz", timeout=2).status_code == 200
        except requests.RequestException:
            return False

    def metric(self, name, **labels):
        """The sum of a metric's samples that have these labels; 0 when there is none."""
        return sum(
            value for sample, has, value in parse_metrics(self.metrics_text())
            if sample == name and labels.items() <= has.items())

    def metrics_text(self):
        """What /metrics answers."""
        return requests.get(f"http://{self.admin}/metrics", timeout=5).text

    def log_mark(self):
        """A place in the log, for log_lines."""
        return self.log_path.stat().st_size if self.log_path.exists() else 0

    def log_lines(self, mark=0):
        """What was logged since the mark: the JSON objects; lines that are none are left out."""
        if not self.log_path.exists():
            return
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            log.seek(mark)
            for line in log:
                try:
                    yield json.loads(line)
                except ValueError:
                    continue

    def log_tail(self, lines=15):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return "".join(log.readlines()[-lines:])


def parse_metrics(text):
    """(name, labels, value) of every sample of Prometheus' text format. Label values of the suite
    have neither commas nor escapes."""
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        sample, value = line.rsplit(" ", 1)
        name, _, rest = sample.partition("{")
        labels = {}
        for pair in rest.rstrip("}").split('",'):
            if pair:
                label, _, content = pair.partition("=")
                labels[label.strip()] = content.strip('"')
        yield name, labels, float(value)
