"""Remove what has run out and only fills the database."""

from datetime import datetime, timedelta

from django.contrib.sessions.models import Session

from accounts.models import OneTimeSignIn, SignInThrottle

# Long enough to find out why somebody did not get in.
ONE_TIME_KEPT = timedelta(days=30)


def remove_expired(*, now: datetime) -> None:
    """Remove ended sessions, past throttle windows and one-time sign-ins of long ago."""
    Session.objects.filter(expire_date__lt=now).delete()
    SignInThrottle.objects.filter(window_ends_at__lt=now).delete()
    OneTimeSignIn.objects.filter(expires_at__lt=now - ONE_TIME_KEPT).delete()
