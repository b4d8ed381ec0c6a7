"""Settings of the keys pages, read at the moment of use."""

from datetime import timedelta

from django.conf import settings


def draft_lifetime() -> timedelta:
    """Return how long an unfinished registration is kept (`BYOK_DRAFT_DAYS`, 7 days)."""
    return timedelta(days=int(getattr(settings, "BYOK_DRAFT_DAYS", 7)))


def portal_principal_arn() -> str:
    """Return the IAM role that the portal calls key services with (`BYOK_PRINCIPAL_ARN`); empty if none is set."""
    return str(getattr(settings, "BYOK_PRINCIPAL_ARN", ""))


def allowed_regions() -> tuple[str, ...]:
    """Return the Regions in which customers' keys may be (`BYOK_ALLOWED_REGIONS`); empty allows all."""
    return tuple(getattr(settings, "BYOK_ALLOWED_REGIONS", ()))


def import_key() -> str:
    """Return where imported keys go (`BYOK_IMPORT_KEY`), with {organization} and {ceremony} in it; empty: nowhere."""
    return str(getattr(settings, "BYOK_IMPORT_KEY", ""))
