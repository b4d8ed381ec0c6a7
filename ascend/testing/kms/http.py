"""HTTP on 127.0.0.1 for the server."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from ascend.testing.kms import answering, control
from ascend.testing.kms.refusals import Refusal
from ascend.testing.kms.world import World

if TYPE_CHECKING:
    from ascend.testing.kms.server import StrictKms


class HttpServer(ThreadingHTTPServer):
    """One thread a connection; `controlled` is the server that `/_control` drives, if it may be driven."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, world: World, *, controlled: "StrictKms | None") -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.world = world
        self.controlled = controlled

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that went away: tests cut connections on purpose."""


class Handler(BaseHTTPRequestHandler):
    """Reads a request, writes its answer."""

    protocol_version = "HTTP/1.1"
    # A head and a body in two packets would wait for each other (Nagle).
    wbufsize = -1
    disable_nagle_algorithm = True
    server: HttpServer

    def do_POST(self) -> None:
        """Answer one call."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == control.PATH and self.server.controlled is not None:
            self._control(self.server.controlled, body)
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = answering.answer(self.server.world, self.command, self.path, headers, body)
        about = {"x-amzn-RequestId": reply.request_id} | ({"x-amzn-ErrorType": reply.code} if reply.code else {})
        self._write(reply.status, reply.content_type, reply.body, about)

    def _control(self, server: "StrictKms", body: bytes) -> None:
        try:
            ((verb, about),) = json.loads(body).items()
            answer, status = control.VERBS[verb](server, about), 200
        except (Refusal, KeyError, TypeError, ValueError) as error:
            answer, status = {"error": str(error)}, 400
        self._write(status, "application/json", json.dumps(answer).encode(), {})

    def _write(self, status: int, content_type: str, body: bytes, about: dict[str, str]) -> None:
        self.send_response(status)
        headers = {"Content-Type": content_type, "Content-Length": str(len(body)), **about}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_: Any) -> None:
        """Write nothing: the log of calls says more."""
