"""A server on this machine that answers each connection with what the test says, over TLS or in clear."""

import contextlib
import socket
import ssl
import threading
import time

import trustme

AUTHORITY = trustme.CA()


def ok(body=b"{}", *, status="200 OK", head=b""):
    """Return the bytes of an answer."""
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\n%s\r\n%s" % (status.encode(), len(body), head, body)


class AnsweringServer:
    """`answer(connection, request)` runs on a thread for each connection; `requests` holds what came."""

    def __init__(self, answer, *, tls=True, names=("localhost",), authority=AUTHORITY, client_authority=None):
        self.answer, self.requests, self.connections = answer, [], 0
        self.context = _server_context(authority, names, client_authority) if tls else None
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()

    @property
    def url(self):
        return f"{'https' if self.context else 'http'}://localhost:{self.port}"

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with contextlib.suppress(OSError, ssl.SSLError), connection:
            if self.context is not None:
                connection = self.context.wrap_socket(connection, server_side=True)
            request = _read_request(connection)
            self.requests.append(request)
            answer = self.answer(connection, request)
            if answer is not None:
                connection.sendall(answer)
            with contextlib.suppress(OSError):
                connection.close()


def drip(piece, *, every, times):
    """Return an answer that sends `piece` again and again."""

    def answer(connection, _):
        for _ in range(times):
            connection.sendall(piece)
            time.sleep(every)

    return answer


def _server_context(authority, names, client_authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    if client_authority is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        client_authority.configure_trust(context)
    return context


def _read_request(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return data
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0
    )
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body
