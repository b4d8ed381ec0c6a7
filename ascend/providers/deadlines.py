"""Sockets that keep one deadline over many steps.

A time-out of a socket begins anew with each byte that comes; whoever sends one a second would hold us for ever.
"""

import io
import select
import socket
import ssl
import time
from typing import Any, Self


class PacedSocket:
    """What `http.client` uses of a socket; each step may take what is left of the call's time."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock, self._deadline = sock, deadline

    def sendall(self, data: bytes) -> None:
        """Send all of it.

        Raises:
            OSError: the time is over, or the connection broke.
        """
        self._pace()
        self._sock.sendall(data)

    def recv_into(self, buffer: Any) -> int:
        """Receive what there is. Raises as `sendall` does."""
        self._pace()
        return self._sock.recv_into(buffer)

    def makefile(self, *_: Any) -> io.BufferedReader:
        """Return a stream of what is received."""
        return io.BufferedReader(_Received(self))

    def close(self) -> None:
        """Leave the connection open: `http.client` closes it before it has read the answer's body, then reads on."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._sock.close()

    def _pace(self) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._sock.settimeout(left)


class _Received(io.RawIOBase):
    def __init__(self, source: PacedSocket) -> None:
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._source.recv_into(buffer)


def shake_hands(secured: ssl.SSLSocket, deadline: float) -> None:
    """Do the TLS handshake before `deadline`, on the monotonic clock.

    Raises:
        OSError: the time is over, the certificate is not trusted, or the connection broke.
    """
    secured.setblocking(False)
    while (left := deadline - time.monotonic()) > 0:
        try:
            secured.do_handshake()
        except ssl.SSLWantReadError:
            select.select([secured], [], [], left)
        except ssl.SSLWantWriteError:
            select.select([], [secured], [], left)
        else:
            return
    raise TimeoutError("timed out")
