"""Makes go wrong what the schedule says, when it says so, and mends it again."""

import heapq
import itertools
import os
import signal
import time

from hand import Hand
from suite import SERVICES

# What the simulator is told for each kind of trouble with Intercom.
FAULTS = {
    "timeout": {"kind": "timeout", "delay": "20s"},
    "timeout-done": {"kind": "timeout", "delay": "20s", "done": True},
    "slow": {"kind": "slow", "delay": "1s"},
}


class Breaker:
    """Hurts a suite, its servers and its links. Whatever ends by itself meanwhile is started again,
    as Kubernetes would, and remembered."""

    def __init__(self, suite, servers, log):
        self._suite = suite
        self._servers = servers
        self._log = log
        self._processes = {process.name: process
                           for service in SERVICES for process in suite.replicas[service]}
        self._down = set()  # killed on purpose and not started again yet
        self._frozen = set()
        self._starting = []
        self.crashes = []  # (name, exit status) of what died by a signal that was not ours
        self.gave_up = []  # (name, exit status) of what ended by itself otherwise

    def play(self, steps):
        """Does the steps of a wave in their time; returns when the last is mended."""
        order = itertools.count()
        due = [(step.at, next(order), self._begin, step) for step in steps]
        heapq.heapify(due)
        began = time.monotonic()
        while due:
            wait = due[0][0] - (time.monotonic() - began)
            if wait > 0:
                self.tend()
                time.sleep(min(wait, 0.2))
                continue
            at, _, work, step = heapq.heappop(due)
            work(step)
            if work == self._begin:
                heapq.heappush(due, (max(at, time.monotonic() - began) + step.lasts, next(order),
                                     self._end, step))

    def tend(self):
        """Starts again what has ended by itself."""
        for process in self._processes.values():
            if process.running or process.name in self._down:
                continue
            status = process.stop()
            (self.crashes if status < 0 else self.gave_up).append((process.name, status))
            self._log(f"{process.name} has ended with status {status}; it is started again")
            process.start()

    def mend_all(self):
        """Everything runs again, and nothing is in anybody's way."""
        while self._starting:
            self._starting.pop().finish()
        self._suite.links.mend_all()
        self._suite.simulator.clear_faults()
        for name in list(self._frozen):
            self._thaw(name)
        for name in list(self._down):
            self._start(name)
        self.tend()

    def _begin(self, step):
        self._log(str(step).strip())
        match step.kind:
            case "kill":
                if self._processes[step.target].running:
                    self._down.add(step.target)
                    self._processes[step.target].kill()
            case "freeze":
                self._freeze(step.target)
            case "stop":
                getattr(self._servers, step.target).kill()
            case "intercom":
                fault = FAULTS.get(step.target, {"kind": step.target})
                self._suite.simulator.add_fault(
                    **fault, probability=step.more[0], duration=f"{int(step.lasts * 1000)}ms")
            case "cut":
                self._suite.links.cut(step.target)
            case "deafen":
                self._suite.links.deafen(step.target)
            case "slow":
                self._suite.links.slow(step.target, step.more[0])
            case other:
                raise ValueError(f"a step of kind {other}")

    def _end(self, step):
        match step.kind:
            case "kill":
                self._start(step.target)
            case "freeze":
                self._thaw(step.target)
            case "stop":
                self._start_server(step.target)
            case "cut" | "deafen" | "slow":
                self._suite.links.mend(step.target)
            # What Intercom does wrong ends by its own clock.

    def _start_server(self, name):
        """Starts it while the rest goes on."""
        def start():
            getattr(self._servers, name).start()
            self._log(f"{name} is there again")

        self._starting.append(Hand(f"start of {name}", start))
        self._starting[-1].start()

    def _start(self, name):
        if name in self._down:
            self._down.remove(name)
            self._processes[name].start()

    def _freeze(self, name):
        if self._processes[name].running:
            self._frozen.add(name)
            os.kill(self._processes[name].pid, signal.SIGSTOP)

    def _thaw(self, name):
        if name in self._frozen:
            self._frozen.remove(name)
            os.kill(self._processes[name].pid, signal.SIGCONT)
