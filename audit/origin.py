"""Where an event came from: a context variable that middleware and tasks set around their work."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """The request (or task) id and the client's address, as text; empty where there is none."""

    request_id: str = ""
    address: str = ""


NOWHERE = Origin()
_origin: ContextVar[Origin] = ContextVar("audit_origin", default=NOWHERE)


def current() -> Origin:
    """Return the origin in force, or the empty one."""
    return _origin.get()


@contextmanager
def origin_scope(*, request_id: str, address: str = "") -> Iterator[None]:
    """Put an origin in force for the body of the `with` statement."""
    token = _origin.set(Origin(request_id, address))
    try:
        yield
    finally:
        _origin.reset(token)
