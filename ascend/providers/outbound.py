"""The one client for calls to addresses that a customer names: transit, xks and whatever comes next.

TLS is verified always, the address is checked before it is connected to, one deadline holds for the
whole call, answers have a size limit, redirects are answers like any other, and no proxy of the
environment is used. One call is one connection: there is nothing to share with a forked child.
"""

import contextlib
import http.client
import json
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ascend.providers import places
from ascend.providers.addresses import Address, AddressRule
from ascend.providers.contract import Operator, Transient
from ascend.providers.deadlines import PacedSocket, shake_hands

CONNECT_SECONDS = 1.0
TOTAL_SECONDS = 3.0
ANSWER_BYTES = 1 << 20
PIECE_BYTES = 1 << 16
HTTPS_PORT, HTTP_PORT = 443, 80


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said. A status of 300 or 500 is an answer too: its meaning is the adapter's."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        """Return the body as an object.

        Raises:
            Transient: it is something else. Whoever sent it is not the key store in good health.
        """
        try:
            value = json.loads(self.body)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise Transient("The key store's answer cannot be understood.", "Look at what stands between it and us.")
        return value


class Client:
    """Calls one service. Thread-safe and fork-safe: it holds settings and no connection."""

    def __init__(
        self,
        base_url: str,
        *,
        rule: AddressRule | None = None,
        connect_seconds: float = CONNECT_SECONDS,
        total_seconds: float = TOTAL_SECONDS,
        answer_bytes: int = ANSWER_BYTES,
        ca: Path | None = None,
        client_cert: tuple[Path, Path] | None = None,
    ) -> None:
        """Take an https address. `ca` replaces the machine's authorities; `client_cert` is (chain, key), in PEM.

        Raises:
            Operator: the address or a certificate file cannot be used.
        """
        parts = places.parse(base_url)
        self.host, self._prefix = str(parts.hostname), parts.path.rstrip("/")
        self._is_clear = parts.scheme == "http"
        self._port = parts.port or (HTTP_PORT if self._is_clear else HTTPS_PORT)
        self._netloc = parts.netloc
        self._rule = rule or AddressRule()
        self._connect_seconds, self._total_seconds = connect_seconds, total_seconds
        self._answer_bytes = answer_bytes
        self._tls = None if self._is_clear else places.tls_context(ca=ca, client_cert=client_cert)

    def post(self, path: str, *, json: Any, headers: Mapping[str, str] | None = None) -> Answer:
        """Send `json` to `path`, which begins with a slash, and return the answer.

        Raises:
            Transient: no answer came: time-out, connection, TLS, or one that is too long.
            Operator: the address is not one that this portal may call.
        """
        body = _encoded(json)
        return self.send("POST", path, body, {"Content-Type": "application/json", **(headers or {})})

    def get(self, path: str, *, headers: Mapping[str, str] | None = None) -> Answer:
        """Ask for `path` and return the answer. Raises as `post` does."""
        return self.send("GET", path, b"", headers or {})

    def send(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send these bytes exactly: for signatures over the body. Raises as `post` does."""
        deadline = time.monotonic() + self._total_seconds
        connection = http.client.HTTPConnection(self.host, self._port)
        try:
            connection.sock = PacedSocket(self._connected(deadline), deadline)
            with contextlib.closing(connection), connection.sock:
                about = {"Host": self._netloc, "Connection": "close", **headers}
                connection.request(method, self._prefix + path, body=body or None, headers=about)
                return self._read(connection.getresponse())
        except (OSError, http.client.HTTPException) as error:
            raise _no_answer(self.host, error) from error

    def _connected(self, deadline: float) -> socket.socket:
        permitted = self._rule.resolve(self.host, self._port, within_seconds=deadline - time.monotonic())
        self._require_secrecy(permitted)
        failure: OSError = TimeoutError("timed out")
        for address in permitted:
            seconds = min(self._connect_seconds, deadline - time.monotonic())
            if seconds <= 0:
                break
            try:
                return self._secured(_connect(str(address), self._port, seconds), deadline)
            except OSError as error:
                failure = error
        raise failure

    def _require_secrecy(self, permitted: list[Address]) -> None:
        if self._is_clear and not all(self._rule.permits_clear_text(address) for address in permitted):
            raise Operator(f"{self.host} would be called over http.", "Write https://: keys cross no network in clear.")

    def _secured(self, raw: socket.socket, deadline: float) -> socket.socket:
        if self._tls is None:
            return raw
        secured = self._tls.wrap_socket(raw, server_hostname=self.host, do_handshake_on_connect=False)
        try:
            shake_hands(secured, deadline)
        except OSError:
            secured.close()
            raise
        return secured

    def _read(self, response: http.client.HTTPResponse) -> Answer:
        pieces, size = [], 0
        while piece := response.read(PIECE_BYTES):
            size += len(piece)
            if size > self._answer_bytes:
                raise Transient(
                    f"{self.host} sent more than {self._answer_bytes} bytes.", "Check that it is the key store."
                )
            pieces.append(piece)
        if response.length:
            # http.client says nothing about a body that ends before its announced length.
            raise http.client.IncompleteRead(b"", response.length)
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, headers, b"".join(pieces))


def _connect(address: str, port: int, seconds: float) -> socket.socket:
    raw = socket.create_connection((address, port), timeout=seconds)
    # Head and body are two writes: without this the second waits 40 ms for the first one's receipt.
    raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return raw


def _encoded(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _no_answer(host: str, error: Exception) -> Transient:
    if isinstance(error, ssl.SSLCertVerificationError):
        return Transient(
            f"The certificate of {host} is not one that we trust: {error.verify_message}.",
            "Renew the certificate, or give the portal the authority that issued it.",
        )
    what = "did not answer in time" if isinstance(error, TimeoutError) else f"cannot be reached: {type(error).__name__}"
    return Transient(f"{host} {what}.", "Check that it runs and that a firewall lets us through.")
