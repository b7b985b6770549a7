"""Sends an NDJSON export to the gateway's batch route: a few requests in flight, each of many
items; what the gateway refuses is told by line."""

import os
import queue
import threading
from dataclasses import dataclass, field

from rest import Rest, RestError

# What the gateway takes in one request; the bytes leave room below its limit of 1 MiB.
MOST_ITEMS = 1000
MOST_BYTES = 900_000


@dataclass
class Batch:
    """Lines of the file that go in one request."""

    line_numbers: list = field(default_factory=list)
    lines: list = field(default_factory=list)
    size: int = 0

    def add(self, number, line):
        self.line_numbers.append(number)
        self.lines.append(line)
        self.size += len(line) + 1

    def has_room_for(self, line):
        return not self.lines or (len(self.lines) < MOST_ITEMS
                                  and self.size + len(line) + 1 <= MOST_BYTES)


def read_batches(lines):
    """Cuts lines (bytes) into batches; blank ones are left out but counted."""
    batch = Batch()
    for number, raw_line in enumerate(lines, 1):
        line = raw_line.strip()
        if not line:
            continue
        if not batch.has_room_for(line):
            yield batch
            batch = Batch()
        batch.add(number, line)
    if batch.lines:
        yield batch


class Loader:
    """Loads one file. With more than one request in flight, lines that state the same fact need a
    version or an occurred_at, or the one that arrives last wins."""

    MOST_REFUSALS_SHOWN = 100

    def __init__(self, url, product, key, concurrency, progress):
        self._url = url
        self._path = f"/v1/products/{product}/batch"
        self._key = key
        self._concurrency = concurrency
        self._progress = progress
        # Bounded, so that a huge file is not read into memory.
        self._batches = queue.Queue(maxsize=2 * concurrency)
        self._lock = threading.Lock()
        self._failure = None
        self._bytes_sent = 0
        self.accepted = 0
        self.refused = 0

    def load(self, lines):
        """Answers when everything was answered. Raises RestError when the gateway cannot be used;
        what was accepted before stays accepted, and sending it again does no harm."""
        workers = [
            threading.Thread(target=self._work, daemon=True) for _ in range(self._concurrency)
        ]
        for worker in workers:
            worker.start()
        for batch in read_batches(lines):
            if self._failure:
                break
            self._batches.put(batch)
        for _ in workers:
            self._batches.put(None)
        for worker in workers:
            worker.join()
        if self._failure:
            raise self._failure

    def _work(self):
        rest = Rest(self._url, self._key)
        # After a failure the queue is still emptied, so that nobody waits to put something in.
        while (batch := self._batches.get()) is not None:
            if not self._failure:
                try:
                    self._send(rest, batch)
                except RestError as error:
                    self._failure = error
        rest.close()

    def _send(self, rest, batch):
        answer = rest.send("POST", self._path, b"\n".join(batch.lines) + b"\n",
                           "application/x-ndjson")
        body = answer.json()
        refused = body.get("refused", []) if isinstance(body, dict) else []
        if answer.status not in (202, 207) and not refused:
            raise RestError(f"lines {batch.line_numbers[0]} to {batch.line_numbers[-1]} were "
                            f"answered with {answer.problem()}")
        with self._lock:
            self.accepted += len(batch.lines) - len(refused)
            for refusal in refused:
                self._tell(batch.line_numbers[refusal["index"]], refusal)
            self._bytes_sent += batch.size
            self._progress.update(self._bytes_sent, f"{self.accepted:,} items")

    def _tell(self, line_number, refusal):
        self.refused += 1
        if self.refused <= self.MOST_REFUSALS_SHOWN:
            where = f"{refusal['field']}: " if refusal.get("field") else ""
            self._progress.say(f"line {line_number}: {where}{refusal['problem']}")
        elif self.refused == self.MOST_REFUSALS_SHOWN + 1:
            self._progress.say("more refused lines follow, which are only counted")


def size_of(file):
    """Bytes of an open file; 0 when it is a pipe."""
    return os.fstat(file.fileno()).st_size
