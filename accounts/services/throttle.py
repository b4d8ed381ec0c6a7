"""Slow down guessing without a way to lock anybody else out.

Failures are counted per pair of e-mail and client address, so a stranger who tries Alice's address
only ever stops themselves. An attempt is counted before its password is looked at: requests sent
at once cannot all slip in under the limit.
"""

from datetime import datetime

from django.db import transaction
from django.utils.crypto import salted_hmac

from accounts import conf
from accounts.models import SignInThrottle

PAIR_SALT = "accounts.throttle.pair"
EMAIL_SALT = "accounts.throttle.email"


class TooManyAttempts(Exception):
    """This address tried this e-mail too often; `retry_after` is in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("too many attempts")
        self.retry_after = retry_after


def reserve(*, email: str, address: str, now: datetime) -> None:
    """Count an attempt before it is made.

    Raises:
        TooManyAttempts: the pair has used its attempts; nothing more is counted.
    """
    fresh = {"email_hash": _email_hash(email), "failures": 0, "window_ends_at": now + conf.sign_in_window()}
    with transaction.atomic():
        pair = _pair_hash(email, address)
        SignInThrottle.objects.get_or_create(pair_hash=pair, defaults=fresh)
        row = SignInThrottle.objects.select_for_update().get(pair_hash=pair)
        if row.window_ends_at <= now:
            row.failures, row.window_ends_at = 0, now + conf.sign_in_window()
        if row.failures >= conf.sign_in_failures():
            raise TooManyAttempts(max(1, int((row.window_ends_at - now).total_seconds())))
        row.failures += 1
        row.save(update_fields=["failures", "window_ends_at"])


def forget(*, email: str, address: str) -> None:
    """Drop the count after a success."""
    SignInThrottle.objects.filter(pair_hash=_pair_hash(email, address)).delete()


def forget_all(*, email: str) -> None:
    """Drop the counts of every address for one e-mail."""
    SignInThrottle.objects.filter(email_hash=_email_hash(email)).delete()


def _pair_hash(email: str, address: str) -> bytes:
    # JSON-like separation is not needed: an address never holds a NUL.
    return salted_hmac(PAIR_SALT, f"{address}\0{email}", algorithm="sha256").digest()


def _email_hash(email: str) -> bytes:
    return salted_hmac(EMAIL_SALT, email, algorithm="sha256").digest()
