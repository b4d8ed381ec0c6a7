"""The library's settings, read from Django's at the moment of use.

Nothing is cached, so a test's `override_settings` and a reloaded process behave alike.
`ascend.checks` says what is missing; these functions say what is wrong with what is there.
"""

import base64
import binascii
import ipaddress
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

REGISTRY_KEY_BYTES = 32
LEASE_SECONDS_DEFAULT = 30
LEASE_SECONDS_MIN = 5
LEASE_SECONDS_MAX = 300
KEY_BACKUP_RETENTION_DAYS_DEFAULT = 7
SECOND_PASS_ROWS_DEFAULT = 50_000
DEFAULT_JOURNAL = "ascend.journal.to_logging"
DEFAULT_AUTHORITY = "ascend.authority.allow"
DEFAULT_BROADCAST = "ascend.keychain.broadcast.SilentBroadcast"


def deployment() -> str:
    """Return the id of this deployment; it is bound into every wrapped key.

    It comes from the process's settings and never from the database, so that a copy of
    production's database unwraps nothing elsewhere.
    """
    deployment_id: str = getattr(settings, "ASCEND_DEPLOYMENT", "") or ""
    if not deployment_id:
        raise ImproperlyConfigured("ASCEND_DEPLOYMENT is empty: give this deployment an id that no other one has.")
    return deployment_id


def environment() -> str:
    """Return the name of the environment, bound into every wrapped key ("production")."""
    return str(getattr(settings, "ASCEND_ENVIRONMENT", "") or "production")


def registry_key() -> bytes:
    """Return the 32 bytes under which the rows of the key table are sealed."""
    encoded: str = getattr(settings, "ASCEND_REGISTRY_KEY", "") or ""
    if not encoded:
        raise ImproperlyConfigured("ASCEND_REGISTRY_KEY is missing: 32 random bytes in base64.")
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ImproperlyConfigured("ASCEND_REGISTRY_KEY is not base64.") from error
    if len(key) != REGISTRY_KEY_BYTES:
        raise ImproperlyConfigured(f"ASCEND_REGISTRY_KEY must be {REGISTRY_KEY_BYTES} bytes, it is {len(key)}.")
    return key


def default_organization() -> UUID | None:
    """Return the only organization of a project that has just one, or None."""
    organization_id: UUID | str | None = getattr(settings, "ASCEND_DEFAULT_ORGANIZATION", None)
    if not organization_id:
        return None
    return organization_id if isinstance(organization_id, UUID) else UUID(organization_id)


def provider() -> str:
    """Return the scheme of the provider that new organizations get ("local")."""
    return _provider().partition(":")[0]


def provider_uri(organization_id: UUID) -> str:
    """Return the address of a new organization's master key.

    ASCEND_PROVIDER is a scheme, which the organization's id follows, or a whole address in which `{organization}`
    stands for the id ("pkcs11:token=byok;object={organization}"). Without that, all organizations share one key.
    """
    named = _provider()
    return named.replace("{organization}", str(organization_id)) if ":" in named else f"{named}:{organization_id}"


def local_keys_dir() -> Path:
    """Return the folder of the local provider's key files."""
    folder: str | Path = getattr(settings, "ASCEND_LOCAL_KEYS_DIR", "") or ""
    if not str(folder):
        raise ImproperlyConfigured("ASCEND_LOCAL_KEYS_DIR is empty: name the folder of the local provider's key files.")
    return Path(folder)


def lease_seconds() -> int:
    """Return how many seconds an unwrapped key may be used where an organization set nothing (5 to 300)."""
    seconds = int(getattr(settings, "ASCEND_LEASE_SECONDS", LEASE_SECONDS_DEFAULT))
    if not LEASE_SECONDS_MIN <= seconds <= LEASE_SECONDS_MAX:
        raise ImproperlyConfigured(
            f"ASCEND_LEASE_SECONDS must be {LEASE_SECONDS_MIN} to {LEASE_SECONDS_MAX}, it is {seconds}."
        )
    return seconds


def journal() -> str:
    """Return the dotted path of the function that receives the library's events."""
    return str(getattr(settings, "ASCEND_JOURNAL", "") or DEFAULT_JOURNAL)


def authority() -> str:
    """Return the dotted path of the function that is asked before a key is ended."""
    return str(getattr(settings, "ASCEND_AUTHORITY", "") or DEFAULT_AUTHORITY)


def broadcast() -> str:
    """Return the dotted path of the class that tells other processes of a revocation."""
    return str(getattr(settings, "ASCEND_BROADCAST", "") or DEFAULT_BROADCAST)


def backup_retention_days() -> int:
    """Return after how many days the last backup that holds an erased key has expired."""
    return int(getattr(settings, "ASCEND_BACKUP_RETENTION_DAYS", 30))


def key_database() -> str:
    """Return the alias of the database that holds the keys of persons; empty where there is none."""
    return str(getattr(settings, "ASCEND_KEY_DATABASE", "") or "")


def key_backup_retention_days() -> int:
    """Return after how many days the last backup of the key database that holds an erased key has expired."""
    return int(getattr(settings, "ASCEND_KEY_BACKUP_RETENTION_DAYS", KEY_BACKUP_RETENTION_DAYS_DEFAULT))


def _provider() -> str:
    return str(getattr(settings, "ASCEND_PROVIDER", "") or "local")


def second_pass_rows() -> int:
    """Return how many rows one search by a coarse index may open, at most (50,000)."""
    return int(getattr(settings, "ASCEND_SECOND_PASS_ROWS", SECOND_PASS_ROWS_DEFAULT))


def outbound_allow() -> tuple[str, ...]:
    """Return the private networks that calls to key stores may reach ("10.20.0.0/16"); public ones always may.

    Raises:
        ImproperlyConfigured: one of them is not a network.
    """
    networks = tuple(str(network) for network in getattr(settings, "ASCEND_OUTBOUND_ALLOW", ()))
    try:
        for network in networks:
            ipaddress.ip_network(network)
    except ValueError as error:
        raise ImproperlyConfigured(f"ASCEND_OUTBOUND_ALLOW: {error}.") from error
    return networks
