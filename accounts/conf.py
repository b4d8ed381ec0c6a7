"""Settings of accounts, read at the moment of use."""

from datetime import timedelta

from django.conf import settings


def portal_url() -> str:
    """Return the address under which people reach the portal, without a slash at its end."""
    return str(getattr(settings, "PORTAL_URL", "") or "http://127.0.0.1:8000").rstrip("/")


def session_idle() -> timedelta:
    """Return after how long without a request a sign-in ends (`SESSION_IDLE_SECONDS`, 900)."""
    return timedelta(seconds=int(getattr(settings, "SESSION_IDLE_SECONDS", 900)))


def session_absolute() -> timedelta:
    """Return after how long a sign-in ends whatever happens (`SESSION_ABSOLUTE_SECONDS`, 43,200)."""
    return timedelta(seconds=int(getattr(settings, "SESSION_ABSOLUTE_SECONDS", 43_200)))


def sign_in_failures() -> int:
    """Return how many failed attempts one address has at one e-mail in a window (`SIGN_IN_FAILURES`, 10)."""
    return int(getattr(settings, "SIGN_IN_FAILURES", 10))


def sign_in_window() -> timedelta:
    """Return the length of that window (`SIGN_IN_WINDOW_SECONDS`, 900)."""
    return timedelta(seconds=int(getattr(settings, "SIGN_IN_WINDOW_SECONDS", 900)))


def one_time_lifetime() -> timedelta:
    """Return how long a one-time sign-in can be used (`ONE_TIME_SIGN_IN_SECONDS`, 86,400)."""
    return timedelta(seconds=int(getattr(settings, "ONE_TIME_SIGN_IN_SECONDS", 86_400)))


def approval_lifetime() -> timedelta:
    """Return how long a request can be voted on (`APPROVAL_EXPIRY_SECONDS`, 72 h, at most 7 days)."""
    wanted = timedelta(seconds=int(getattr(settings, "APPROVAL_EXPIRY_SECONDS", 72 * 3600)))
    return min(wanted, timedelta(days=7))


def approval_crash_after() -> timedelta:
    """Return how long an approved operation may be under way before it counts as crashed (120 s)."""
    return timedelta(seconds=int(getattr(settings, "APPROVAL_CRASH_SECONDS", 120)))


def hourly_limit(kind: str) -> int:
    """Return how many times an hour one person may do `kind` ("reveal": 60, "search": 300)."""
    return {
        "reveal": int(getattr(settings, "REVEALS_PER_HOUR", 60)),
        "search": int(getattr(settings, "SEARCHES_PER_HOUR", 300)),
    }[kind]
