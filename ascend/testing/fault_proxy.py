"""A proxy on the wire between a client and a server: it cuts, delays, swallows and invents answers.

    with FaultProxy("127.0.0.1", kms.port) as proxy:
        proxy.mode = Mode.BLACK_HOLE

The mode in force decides over every piece of data that passes, also on connections that are open already.
"""

import contextlib
import socket
import struct
import threading
import time
from enum import StrEnum
from types import TracebackType
from typing import Self

PIECE_BYTES = 1 << 16
CUT_BYTES = 20
SERVER_ERROR = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 9\r\nConnection: close\r\n\r\ntry later"
PAGE = b"<html>captive!!"
MALFORMED = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 15\r\nConnection: close\r\n\r\n" + PAGE
RESET_AT_ONCE = struct.pack("ii", 1, 0)


class Mode(StrEnum):
    """What happens to the answers."""

    FORWARD = "forward"
    """They pass."""
    REFUSE = "refuse"
    """New connections end before a byte; open ones too."""
    RESET = "reset"
    """The connection is reset where the answer should come."""
    BLACK_HOLE = "black hole"
    """Nothing comes back, and nothing says so."""
    SLOW = "slow"
    """Each piece of an answer waits for `delay_seconds`."""
    CUT = "cut"
    """The last bytes of the answer are missing."""
    SERVER_ERROR = "server error"
    """A gateway answers 503 in plain text. For connections without TLS."""
    MALFORMED = "malformed"
    """A captive portal answers 200 with a page. For connections without TLS."""


class FaultProxy:
    """Listens on 127.0.0.1 and forwards to `host:port`, as far as the mode lets it."""

    def __init__(self, host: str, port: int) -> None:
        self.mode = Mode.FORWARD
        self.delay_seconds = 0.0
        self.connections = 0
        self._target = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._open: set[socket.socket] = set()
        self._ended = threading.Event()
        threading.Thread(target=self._accept, name="fault-proxy", daemon=True).start()

    @property
    def port(self) -> int:
        """Return the port to connect to."""
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        """Return the endpoint in front of a server without TLS."""
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        """End every connection."""
        self._ended.set()
        self._listener.close()
        for connection in list(self._open):
            _reset(connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        if self.mode == Mode.REFUSE:
            _reset(client)
            return
        try:
            server = socket.create_connection(self._target)
        except OSError:
            _reset(client)
            return
        for one in (client, server):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open.add(one)
        there = threading.Thread(target=self._pump, args=(client, server, False), daemon=True)
        there.start()
        self._pump(server, client, True)

    def _pump(self, source: socket.socket, sink: socket.socket, is_answer: bool) -> None:  # noqa: FBT001  (private)
        with contextlib.suppress(OSError):
            while piece := source.recv(PIECE_BYTES):
                if self.mode != Mode.FORWARD and not self._disturbed(piece, sink, is_answer=is_answer):
                    break
                if self.mode in {Mode.FORWARD, Mode.SLOW} or not is_answer:
                    sink.sendall(piece)
        for one in (source, sink):
            self._open.discard(one)
            _close(one)

    def _disturbed(self, piece: bytes, sink: socket.socket, *, is_answer: bool) -> bool:
        """Do to the piece what the mode says; return whether the connection goes on."""
        if self.mode == Mode.REFUSE or (self.mode == Mode.RESET and is_answer):
            _reset(sink)
            return False
        if not is_answer:
            return True
        if self.mode == Mode.SLOW:
            time.sleep(self.delay_seconds)
        if self.mode == Mode.BLACK_HOLE:
            self._ended.wait()
        instead = {
            Mode.CUT: piece[:-CUT_BYTES],
            Mode.SERVER_ERROR: SERVER_ERROR,
            Mode.MALFORMED: MALFORMED,
        }.get(self.mode)
        if instead is not None:
            sink.sendall(instead)
        return instead is None


def _reset(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_ONCE)
        # A close alone would wait for the other direction's thread, which is receiving.
        connection.shutdown(socket.SHUT_RD)
    connection.close()


def _close(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
