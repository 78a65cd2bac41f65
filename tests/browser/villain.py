"""A model server of OpenAI's protocol whose every word is an attack: the names of its models and what it complains."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

NAMES = (
    "<img src=x onerror=alert(1)>",
    "\"><script>alert('model')</script>",
    "{{7*7}}{% csrf_token %}",
    "without-a-break" * 10,
)
COMPLAINT = "<script>alert('error')</script><img src=https://evil.example/?error>"


class Handler(BaseHTTPRequestHandler):
    """Lists the models, and refuses every question with the complaint."""

    def do_GET(self) -> None:
        listing = {"object": "list", "data": [{"id": name, "object": "model"} for name in NAMES]}
        self._answer(200, listing)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._answer(400, {"error": {"message": COMPLAINT, "type": "error", "param": None, "code": None}})

    def log_message(self, *arguments: object) -> None:
        """Print nothing."""

    def _answer(self, status: int, content: dict) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def serve() -> Iterator[str]:
    """Run the server in a thread and give its URL, `/v1` included."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()
