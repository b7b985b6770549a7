"""An app for the Inbox that answers whatever a test wants."""

import contextlib
import http.server
import json
import threading

OPTIONS = [{"type": "option", "id": "one", "text": "First"},
           {"type": "option", "id": "two", "text": "Second"}]
SUBMIT = {"type": "submit"}


class FakeApp:
    """Answers with `components`, after `delay` has been let go; keeps what it was asked."""

    def __init__(self):
        self.requests = []  # (path, headers, body)
        self.status = 200
        self.answer = None  # raw bytes instead of the components
        self.components = []
        self.stored_data = {}
        self.released = threading.Event()
        self.released.set()

    def show(self, *components, stored_data=None):
        """Answers from now on with these components."""
        self.status, self.answer = 200, None
        self.components = list(components)
        self.stored_data = stored_data or {}

    def take(self, path, headers, body):
        """Answers one request: (status, bytes)."""
        self.requests.append((path, headers, body))
        self.released.wait(30)
        if self.answer is not None:
            return self.status, self.answer
        return self.status, json.dumps({"canvas": {
            "content": {"components": self.components}, "stored_data": self.stored_data}}).encode()

    @property
    def last(self):
        """The body of the last request."""
        return json.loads(self.requests[-1][2])


@contextlib.contextmanager
def fake_app():
    """(the app, its canvas URL), while it listens."""
    app = FakeApp()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, answer = app.take(self.path, dict(self.headers), body)
            # Who waited in vain has gone.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield app, f"http://127.0.0.1:{server.server_port}/canvas"
    finally:
        app.released.set()
        server.shutdown()
        thread.join()
        server.server_close()
