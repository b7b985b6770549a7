"""A small HTTP client for JSON services: keeps its connection, gives up after a while, waits and
tries again when the other side asks for it."""

import email.utils
import http.client
import json
import random
import time
import urllib.parse

# Too many requests, and what a server says that is not there yet or no more.
RETRIED_STATUSES = {429, 502, 503, 504}
LONGEST_WAIT_SECONDS = 20.0


class RestError(Exception):
    """The request failed for good; the text is one line for people."""


class Answer:
    """Status and body of a response, and where a redirect leads."""

    def __init__(self, status, body, location=None):
        self.status = status
        self.body = body
        self.location = location

    def json(self):
        """The body as JSON; None when it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def problem(self):
        """What went wrong, from a problem+json body or else the beginning of the body."""
        parsed = self.json()
        if isinstance(parsed, dict) and (detail := parsed.get("detail") or parsed.get("title")):
            return f"{self.status}: {detail}"
        return f"{self.status}: {self.body[:200].decode('utf-8', 'replace').strip()}"


class Rest:
    """Requests to one server over one connection: for one thread."""

    def __init__(self, url, key=None, attempts=12, timeout_seconds=60):
        self._url = urllib.parse.urlsplit(url)
        if self._url.scheme not in ("http", "https") or not self._url.hostname:
            raise RestError(f"{url} is not an http:// or https:// URL")
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._attempts = attempts
        self._timeout_seconds = timeout_seconds
        self._connection = None

    def close(self):
        if self._connection:
            self._connection.close()
            self._connection = None

    def send(self, method, path, body=None, content_type="application/json"):
        """The answer, whatever its status; tries again while it is one of RETRIED_STATUSES or none
        comes, waiting longer each time (or as Retry-After says)."""
        headers = dict(self._headers)
        if body is not None:
            headers["Content-Type"] = content_type
        for attempt in range(1, self._attempts + 1):
            retry_after = None
            try:
                answer, retry_after = self._send_once(method, path, body, headers)
                if answer.status not in RETRIED_STATUSES:
                    return answer
                failure = answer.problem()
            except (OSError, http.client.HTTPException) as error:
                self.close()
                failure = str(error) or type(error).__name__
            if attempt < self._attempts:
                time.sleep(wait_before(attempt, retry_after))
        raise RestError(f"{method} {self._url.geturl()}{path} failed {self._attempts} times; "
                        f"the last: {failure}")

    def call(self, method, path, body=None, expected=(200, 201, 202, 204)):
        """Sends JSON and answers the JSON that comes back; another status is a RestError."""
        encoded = None if body is None else json.dumps(body).encode()
        answer = self.send(method, path, encoded)
        if answer.status not in expected:
            raise RestError(f"{method} {path} was answered with {answer.problem()}")
        return answer.json()

    def _send_once(self, method, path, body, headers):
        if not self._connection:
            kind = (http.client.HTTPSConnection
                    if self._url.scheme == "https" else http.client.HTTPConnection)
            self._connection = kind(self._url.hostname, self._url.port,
                                    timeout=self._timeout_seconds)
        self._connection.request(method, self._url.path.rstrip("/") + path, body, headers)
        response = self._connection.getresponse()
        answer = Answer(response.status, response.read(), response.headers.get("Location"))
        return answer, response.headers.get("Retry-After")


def wait_before(attempt, retry_after=None):
    """Seconds to wait after this many attempts: doubling from 0.25 s with full jitter, at least
    what Retry-After (seconds or a date) says."""
    wait = random.uniform(0.1, min(LONGEST_WAIT_SECONDS, 0.25 * 2**attempt))
    if retry_after:
        try:
            asked = float(retry_after)
        except ValueError:
            date = email.utils.parsedate_tz(retry_after)
            asked = email.utils.mktime_tz(date) - time.time() if date else 0
        wait = max(wait, min(asked, LONGEST_WAIT_SECONDS))
    return wait
