"""What goes on while a test does something else to the suite: support that opens canvases, and a
product that sends what its users do."""

import hashlib
import hmac
import itertools
import json
import threading
import time
from dataclasses import dataclass, field

import requests

NOT_NOW = "cannot be loaded now"


class Worker:
    """Repeats a step in a thread of its own until it is stopped; what a step throws is kept."""

    def __init__(self, step, pause):
        self._step = step
        self._pause = pause
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.failures = []

    def _run(self):
        while not self._stopping.is_set():
            try:
                self._step()
            except Exception as error:  # the test looks at all of them, whatever they are
                self.failures.append(f"{time.time():.3f} {type(error).__name__}: {error}")
            self._stopping.wait(self._pause)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stopping.set()
        self._thread.join()


@dataclass
class Canvases:
    """Opens a conversation with each contact in turn and clicks the tab of the user; every canvas
    must show that user's data. With `keep_alive` over one connection, else each time over another.
    """

    url: str
    secret: str
    workspace: str
    contacts: list
    keep_alive: bool
    answered: int = 0
    _session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self):
        self._next = itertools.cycle(self.contacts)

    def step(self):
        conversation = {"workspace_id": self.workspace, "admin": {"id": "1"},
                        "contact": next(self._next)}
        shown = self._ask("initialize", conversation)
        self._ask("submit", conversation | {
            "component_id": "tab", "input_values": {"tab": "user"},
            "current_canvas": {"stored_data": shown["stored_data"]}})

    def _ask(self, kind, request):
        body = json.dumps(request).encode()
        headers = {"Content-Type": "application/json", "X-Body-Signature":
                   hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()}
        post = self._session.post if self.keep_alive else requests.post
        answer = post(f"{self.url}/intercom/canvas/{kind}", data=body, headers=headers, timeout=10)
        assert answer.status_code == 200, f"{kind}: {answer.status_code} {answer.text[:300]}"
        assert NOT_NOW not in answer.text, f"{kind}: {NOT_NOW}, {answer.headers['traceparent']}"
        canvas = answer.json()["canvas"]
        assert '"Score"' in json.dumps(canvas["content"]), f"{kind}: no score, {answer.text[:300]}"
        self.answered += 1
        return canvas
