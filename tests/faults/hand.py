"""Threads whose failure is not lost."""

import threading


class Hand(threading.Thread):
    """Works in a thread of its own until finish()."""

    def __init__(self, name, work):
        super().__init__(name=name, daemon=True)
        self._work = work
        self._failure = None

    def run(self):
        try:
            self._work()
        except Exception as error:  # whatever it was: finish() raises it
            self._failure = error

    def finish(self):
        """Waits for its end; raises what it failed with."""
        self.join()
        if self._failure:
            raise self._failure
