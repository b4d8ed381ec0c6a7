"""What `manage.py check --deploy` refuses. Each id has a test; Django's own deployment checks run beside these."""

from collections.abc import Sequence
from urllib.parse import parse_qs, urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register  # noqa: A004 - Django's own name
from django.core.exceptions import ImproperlyConfigured

SECRET_KEY_CHARACTERS = 50
VERIFYING_SSL_MODES = frozenset({"verify-ca", "verify-full"})
Apps = Sequence[AppConfig] | None


@register(Tags.security, deploy=True)
def secret_key(app_configs: Apps, **kwargs: object) -> list[CheckMessage]:
    """Refuse a missing or short SECRET_KEY: sessions would be forgeable."""
    try:
        key = settings.SECRET_KEY
    except ImproperlyConfigured:
        key = ""
    if len(key) >= SECRET_KEY_CHARACTERS:
        return []
    hint = "Set SECRET_KEY or SECRET_KEY_FILE: python -c 'import secrets; print(secrets.token_urlsafe(64))'"
    return [Error(f"SECRET_KEY has fewer than {SECRET_KEY_CHARACTERS} characters.", hint=hint, id="ascend_portal.E001")]


@register(Tags.security, deploy=True)
def https_only(app_configs: Apps, **kwargs: object) -> list[CheckMessage]:
    """Refuse a portal that people can reach without TLS."""
    messages: list[CheckMessage] = []
    if not settings.HTTPS_ONLY:
        messages.append(Error("HTTPS_ONLY is off.", hint="Remove HTTPS_ONLY=false.", id="ascend_portal.E002"))
    if not settings.PORTAL_URL.startswith("https://"):
        hint = "Set PORTAL_URL to the https:// address that people use: sign-in links carry it."
        messages.append(Error("PORTAL_URL is not an https address.", hint=hint, id="ascend_portal.E003"))
    return messages


@register(Tags.security, deploy=True)
def database_tls(app_configs: Apps, **kwargs: object) -> list[CheckMessage]:
    """Refuse a connection to PostgreSQL that others on the network could read or answer. A unix socket is none."""
    database = settings.DATABASES["default"]
    ssl_mode = database.get("OPTIONS", {}).get("sslmode")
    if str(database.get("HOST", "")).startswith("/") or ssl_mode in VERIFYING_SSL_MODES:
        return []
    hint = "Add ?sslmode=verify-full&sslrootcert=/path/ca.pem to DATABASE_URL; `require` does not check who answers."
    return [Error("The connection to PostgreSQL is not verified TLS.", hint=hint, id="ascend_portal.E004")]


@register(Tags.security, deploy=True)
def redis_tls(app_configs: Apps, **kwargs: object) -> list[CheckMessage]:
    """Refuse a connection to Redis that others on the network could read or answer. A unix socket is none."""
    parts = urlsplit(settings.REDIS_URL)
    verification = parse_qs(parts.query).get("ssl_cert_reqs", ["required"])[-1].lower()
    if parts.scheme == "unix" or (parts.scheme == "rediss" and verification.removeprefix("cert_") == "required"):
        return []
    hint = "Set REDIS_URL to rediss://…?ssl_cert_reqs=required&ssl_ca_certs=/path/ca.pem"
    return [Error("The connection to Redis is not verified TLS.", hint=hint, id="ascend_portal.E005")]


@register(Tags.security, deploy=True)
def any_host(app_configs: Apps, **kwargs: object) -> list[CheckMessage]:
    """Refuse to answer under any name: links in mail would carry a name that an attacker chose."""
    if "*" not in settings.ALLOWED_HOSTS:
        return []
    hint = "List the host names of the portal in ALLOWED_HOSTS."
    return [Error("ALLOWED_HOSTS allows every name.", hint=hint, id="ascend_portal.E006")]


@register(Tags.security, deploy=True)
def demonstration(app_configs: Apps, **kwargs: object) -> list[CheckMessage]:
    """Warn where every page would be marked as a demonstration."""
    if not settings.DEMO:
        return []
    return [Warning("DEMO is on.", hint="Remove DEMO=true where data is real.", id="ascend_portal.W001")]
