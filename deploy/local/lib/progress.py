"""A progress bar: one line that changes on a terminal, a line now and then elsewhere."""

import sys
import threading
import time


class Progress:
    """Shows how much of `total` (0: unknown) is done. Any thread. Use it in a with statement."""

    WIDTH = 30

    def __init__(self, title, total, output=sys.stderr):
        self._title = title
        self._total = total
        self._output = output
        self._terminal = output.isatty()
        self._interval = 0.1 if self._terminal else 5.0
        self._lock = threading.Lock()
        self._started = self._shown = time.monotonic()
        self._done = 0
        self._text = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with self._lock:
            if self._terminal:
                self._show()
                self._output.write("\n")
                self._output.flush()

    def update(self, done, text):
        """`done` of the total, and what to say of it."""
        with self._lock:
            self._done, self._text = done, text
            if time.monotonic() - self._shown >= self._interval:
                self._show()

    def say(self, line):
        """Prints a line of its own above the bar."""
        with self._lock:
            if self._terminal:
                self._output.write("\r\x1b[K")
            self._output.write(line + "\n")
            self._output.flush()

    def _show(self):
        self._shown = time.monotonic()
        line = f"{self._title:<12} "
        if self._total:
            share = min(1.0, self._done / self._total)
            filled = round(share * self.WIDTH)
            line += f"[{'#' * filled}{'.' * (self.WIDTH - filled)}] {share:4.0%}  "
        line += f"{self._text}  {self._shown - self._started:.0f} s"
        self._output.write(f"\r\x1b[K{line}" if self._terminal else line + "\n")
        self._output.flush()
