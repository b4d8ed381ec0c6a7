"""The server: HTTPS on a thread of the test's process, with mutual TLS where a test wants it."""

import json
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from ascend.testing.xks import operations, signature
from ascend.testing.xks.keys import ProxyKey
from ascend.testing.xks.refusals import Refusal

API = "/kms/xks/v1"


@dataclass(frozen=True, slots=True)
class Credential:
    """What signs requests. The proxy takes several at once, so that one can be replaced without a gap."""

    access_key_id: str = "BETWEENXKSPROXYANDPORTAL"
    secret: str = field(default="kD3VO1Rk7eo+6sWlVv0h1G5JQ2Yw8zXmN4tB9cAuHfEiLxPq", repr=False)


class XksProxy:
    """A proxy on 127.0.0.1. `keys`, `credentials` and `fault` are its owner's hands; `requests` is what it saw."""

    def __init__(self, *, prefix: str = "", tls: ssl.SSLContext | None = None) -> None:
        self.prefix = prefix
        self.keys: dict[str, ProxyKey] = {"key-1": ProxyKey()}
        self.credentials: list[Credential] = [Credential()]
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.fault: Callable[[str], Refusal | bytes | None] | None = None
        self._server = _Server(self)
        self._scheme = "http" if tls is None else "https"
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="xks-proxy", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Return where the proxy is, without prefix and path."""
        return f"{self._scheme}://localhost:{self._server.server_address[1]}"

    def answer(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        """Return status and body of the answer to a POST."""
        fault = self.fault(path) if self.fault else None
        if isinstance(fault, bytes):
            return 200, fault
        try:
            if fault:
                raise fault
            return 200, json.dumps(self._done(path, headers, body)).encode()
        except Refusal as refusal:
            said = {"errorName": refusal.name, **({"errorMessage": refusal.message} if refusal.message else {})}
            return refusal.status, json.dumps(said).encode()

    def _done(self, path: str, headers: dict[str, str], body: bytes) -> dict[str, Any]:
        secrets = {credential.access_key_id: credential.secret for credential in self.credentials}
        signature.require(path, headers, body, secrets=secrets)
        if not path.startswith(f"{self.prefix}{API}/"):
            raise Refusal("InvalidUriPathException")
        operation = path.removeprefix(self.prefix + API)
        said = operations.answer(operation, body, self.keys)
        self.requests.append((operation, json.loads(body)["requestMetadata"]))
        return said


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, proxy: XksProxy) -> None:
        self.proxy = proxy
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that goes away is what some tests do."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:  # noqa: N802 - the library's name
        self._send(405, b'{"errorName": "ValidationException"}')

    def do_POST(self) -> None:  # noqa: N802 - the library's name
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self._send(*self.server.proxy.answer(self.path, headers, body))

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Write nothing to the test's output."""
