"""How long a sign-in lasts: 15 idle minutes, 12 hours in all, kept in the session itself."""

from datetime import datetime

from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest

from accounts import conf

SIGNED_IN_AT = "signed_in_at"
LAST_SEEN_AT = "last_seen_at"
# Not every request writes the session: being off by this much is worth the saved writes.
TOUCH_SECONDS = 20
POLL_HEADER = "X-Ascend-Poll"
POLL_PARAMETER = "poll"


def start(session: SessionBase, now: datetime) -> None:
    """Note that a sign-in begins."""
    session[SIGNED_IN_AT] = session[LAST_SEEN_AT] = int(now.timestamp())
    session.set_expiry(int(conf.session_absolute().total_seconds()))


def has_ended(session: SessionBase, now: datetime) -> bool:
    """Return whether the sign-in is over. A session without its times never began here: it is over."""
    started, seen = session.get(SIGNED_IN_AT), session.get(LAST_SEEN_AT)
    if not isinstance(started, int) or not isinstance(seen, int):
        return True
    at = now.timestamp()
    return at - started >= conf.session_absolute().total_seconds() or at - seen >= conf.session_idle().total_seconds()


def touch(session: SessionBase, now: datetime) -> None:
    """Note that the person is still there."""
    if now.timestamp() - session[LAST_SEEN_AT] >= TOUCH_SECONDS:
        session[LAST_SEEN_AT] = int(now.timestamp())


def is_poll(request: HttpRequest) -> bool:
    """Return whether a page asked by itself, which must not keep a sign-in alive.

    A page marks such a request with the header `X-Ascend-Poll` or with `?poll=1`.
    """
    return POLL_HEADER in request.headers or POLL_PARAMETER in request.GET
