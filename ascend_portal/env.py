"""Every setting that the portal reads from its environment; nothing else parses the environment.

`docs/configuration.md` and `.env.example` are generated from this page by `make docs`.
"""

import os
from pathlib import Path
from typing import Any

from ascend_portal.setting import (
    Setting,
    comma_separated_list,
    database_url,
    email_url,
    integer,
    path,
    switch,
    text,
)

BASE_DIR = Path(__file__).resolve().parent.parent

# --- The process -----------------------------------------------------------------------------------------------
SECRET_KEY = Setting(
    "SECRET_KEY",
    text,
    "",
    "Signs sessions and forms; protects no stored value. At least 50 characters.",
    is_secret=True,
    example="output of `python -c 'import secrets; print(secrets.token_urlsafe(64))'`",
)
DEVELOPMENT = Setting(
    "DEVELOPMENT",
    switch,
    False,
    "Shows Django's debugging pages and signs in without TLS. Never where data is real.",
)
HTTPS_ONLY = Setting(
    "HTTPS_ONLY",
    switch,
    True,
    "Redirects to https, sends HSTS, marks cookies Secure. Off only for a first look on localhost.",
)
ALLOWED_HOSTS: Setting[tuple[str, ...]] = Setting(
    "ALLOWED_HOSTS",
    comma_separated_list,
    ("127.0.0.1", "localhost"),
    "Host names under which the portal answers.",
    example="portal.example.com",
)
CSRF_TRUSTED_ORIGINS: Setting[tuple[str, ...]] = Setting(
    "CSRF_TRUSTED_ORIGINS",
    comma_separated_list,
    (),
    "Origins of forms, needed where a proxy changes the Host header.",
    example="https://portal.example.com",
)
PORTAL_URL = Setting(
    "PORTAL_URL",
    text,
    "http://127.0.0.1:8000",
    "The address that people use; it stands in one-time sign-in links.",
    example="https://portal.example.com",
)
TRUSTED_PROXIES: Setting[tuple[str, ...]] = Setting(
    "TRUSTED_PROXIES",
    comma_separated_list,
    (),
    "Networks of the proxies whose X-Forwarded-For and X-Forwarded-Proto are believed; from others both are removed.",
    example="10.0.0.0/24",
)
LOG_LEVEL = Setting("LOG_LEVEL", text, "INFO", "DEBUG, INFO, WARNING or ERROR. SQL is never logged.")
LOG_FORMAT = Setting("LOG_FORMAT", text, "json", "json, or console for a person who reads along.")
DATA_DIR = Setting(
    "DATA_DIR",
    path,
    BASE_DIR / ".data",
    "Folder of sealed spools and, under `make run`, of the servers' data. Mode 0700.",
    example="/var/lib/ascend-portal",
)
STATIC_ROOT = Setting(
    "STATIC_ROOT",
    path,
    BASE_DIR / "staticfiles",
    "Where `manage.py collectstatic` puts what the browser loads.",
)
DEMO = Setting("DEMO", switch, False, "Marks every page as a demonstration. `make run` sets it with its sample people.")

# --- The servers it needs --------------------------------------------------------------------------------------
DATABASE_URL: Setting[dict[str, Any]] = Setting(
    "DATABASE_URL",
    database_url,
    {},
    "PostgreSQL 15 to 18. Where absent, libpq's PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE.",
    is_secret=True,
    example="postgres://portal:PASSWORD@db.example.com:5432/portal?sslmode=verify-full&sslrootcert=/etc/ssl/db-ca.pem",
)
DATABASE_CONNECTION_SECONDS = Setting(
    "DATABASE_CONNECTION_SECONDS",
    integer,
    60,
    "How long a connection is kept for the next request.",
    unit="seconds",
)
REDIS_URL = Setting(
    "REDIS_URL",
    text,
    "",
    "Redis 7 or 8, or Valkey: the job broker and the revocation broadcast. It holds ids, never values.",
    is_secret=True,
    example="rediss://portal:PASSWORD@redis.example.com:6379/0?ssl_cert_reqs=required&ssl_ca_certs=/etc/ssl/redis-ca.pem",
)
EMAIL_URL: Setting[dict[str, Any]] = Setting(
    "EMAIL_URL",
    email_url,
    {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"},
    "Where mail goes; absent: printed.",
    is_secret=True,
    example="smtp+tls://portal:PASSWORD@mail.example.com:587",
)
EMAIL_FROM = Setting(
    "EMAIL_FROM", text, "portal@localhost", "Sender of the portal's mail.", example="portal@example.com"
)

# --- Keys ------------------------------------------------------------------------------------------------------
ASCEND_DEPLOYMENT = Setting(
    "ASCEND_DEPLOYMENT",
    text,
    "",
    "Id of this deployment, bound into every wrapped key, kept out of the database: a copy unwraps nothing elsewhere.",
    example="ascend-eu-1",
)
ASCEND_ENVIRONMENT = Setting(
    "ASCEND_ENVIRONMENT", text, "production", "Name of the environment, bound into every wrapped key."
)
ASCEND_REGISTRY_KEY = Setting(
    "ASCEND_REGISTRY_KEY",
    text,
    "",
    "32 random bytes in base64 that seal the rows of the key table. It encrypts nothing.",
    is_secret=True,
    example="output of `openssl rand -base64 32`",
)
ASCEND_PROVIDER = Setting(
    "ASCEND_PROVIDER",
    text,
    "local",
    "Who holds the master keys of new organizations: a scheme, or an address with `{organization}` where the id goes. "
    "`local` is refused in production.",
)
ASCEND_LOCAL_KEYS_DIR = Setting(
    "ASCEND_LOCAL_KEYS_DIR",
    path,
    BASE_DIR / ".data" / "keys",
    "Folder of the local provider's key files, one an organization, 0600.",
)
ASCEND_PKCS11_MODULE: Setting[Path | None] = Setting(
    "ASCEND_PKCS11_MODULE", path, None, "The PKCS#11 module of the HSM: a shared library that comes with it."
)
ASCEND_PKCS11_PINS_DIR = Setting(
    "ASCEND_PKCS11_PINS_DIR",
    path,
    BASE_DIR / ".data" / "pins",
    "Folder with the PIN of each token in `LABEL.pin`, 0600. A PIN that was refused is not tried again.",
)
ASCEND_PKCS11_STATE_DIR = Setting(
    "ASCEND_PKCS11_STATE_DIR",
    path,
    BASE_DIR / ".data" / "pkcs11",
    "Folder that all processes of this machine share: one of them opens the HSM at a time, and refused PINs are noted.",
)
ASCEND_PKCS11_SECONDS = Setting(
    "ASCEND_PKCS11_SECONDS", integer, 5, "How long a call to the HSM may take before it is given up.", unit="seconds"
)
ASCEND_PKCS11_IV = Setting(
    "ASCEND_PKCS11_IV", text, "host", "Who draws the IV of AES-GCM: `host`, or `hsm` where the module must (CloudHSM)."
)
ASCEND_PKCS11_TEST_PROFILE = Setting(
    "ASCEND_PKCS11_TEST_PROFILE",
    switch,
    False,
    "Imports keys with OAEP over SHA-1, as SoftHSM needs. Refused unless ASCEND_ENVIRONMENT is `test`.",
)
ASCEND_STORES_DIR = Setting(
    "ASCEND_STORES_DIR",
    path,
    BASE_DIR / ".data" / "stores",
    "Folder with a file for each key store that is called over the network: its address and how we sign in. 0600.",
)
ASCEND_AWS_ENDPOINT_URL = Setting(
    "ASCEND_AWS_ENDPOINT_URL",
    text,
    "",
    "Endpoint of KMS and STS where it is not AWS's own (VPC endpoints); `{service}` and `{region}` may be in it.",
    example="https://vpce-0a1b2c3d-example.{service}.{region}.vpce.amazonaws.com",
)
ASCEND_AWS_CALLS_PER_SECOND = Setting(
    "ASCEND_AWS_CALLS_PER_SECOND",
    integer,
    50,
    "How many KMS calls one process may make for one organization: AWS counts them all on the portal's account.",
    unit="a second",
)
ASCEND_AWS_CANARY_KEY = Setting(
    "ASCEND_AWS_CANARY_KEY",
    text,
    "",
    "ARN of a key in the portal's own account. What it refuses as well is our fault and suspends no customer.",
    example="arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
)
ASCEND_OUTBOUND_ALLOW: Setting[tuple[str, ...]] = Setting(
    "ASCEND_OUTBOUND_ALLOW",
    comma_separated_list,
    (),
    "Private networks in which customers' key stores may be called. Public addresses always may; no other ones.",
    example="10.20.0.0/16",
)
ASCEND_LEASE_SECONDS = Setting(
    "ASCEND_LEASE_SECONDS",
    integer,
    30,
    "How long an unwrapped key may be used before its owner is asked again: 5 to 300.",
    unit="seconds",
)
ASCEND_BACKUP_RETENTION_DAYS = Setting(
    "ASCEND_BACKUP_RETENTION_DAYS",
    integer,
    30,
    "After how many days the last backup that holds an erased key has expired.",
    unit="days",
)

# --- People ----------------------------------------------------------------------------------------------------
SESSION_IDLE_SECONDS = Setting(
    "SESSION_IDLE_SECONDS", integer, 900, "A sign-in ends after this long without a request.", unit="seconds"
)
SESSION_ABSOLUTE_SECONDS = Setting(
    "SESSION_ABSOLUTE_SECONDS",
    integer,
    43_200,
    "A sign-in ends after this long, whatever happens.",
    unit="seconds",
)
SIGN_IN_FAILURES = Setting("SIGN_IN_FAILURES", integer, 10, "Failed sign-ins of one address at one e-mail in a window.")
SIGN_IN_WINDOW_SECONDS = Setting("SIGN_IN_WINDOW_SECONDS", integer, 900, "The length of that window.", unit="seconds")
ONE_TIME_SIGN_IN_SECONDS = Setting(
    "ONE_TIME_SIGN_IN_SECONDS",
    integer,
    86_400,
    "How long a one-time sign-in link can be used.",
    unit="seconds",
)
APPROVAL_EXPIRY_SECONDS = Setting(
    "APPROVAL_EXPIRY_SECONDS",
    integer,
    259_200,
    "How long a request waits for votes; at most 7 days.",
    unit="seconds",
)
REVEALS_PER_HOUR = Setting(
    "REVEALS_PER_HOUR", integer, 60, "Protected values that one person may reveal.", unit="an hour"
)
SEARCHES_PER_HOUR = Setting("SEARCHES_PER_HOUR", integer, 300, "Searches that one person may make.", unit="an hour")

SEARCH_LIFETIME_SECONDS = Setting(
    "SEARCH_LIFETIME_SECONDS", integer, 28_800, "How long a search can be looked at again.", unit="seconds"
)

# --- Customers' keys -------------------------------------------------------------------------------------------
BYOK_IMPORT_KEY = Setting(
    "BYOK_IMPORT_KEY",
    text,
    "",
    "Where keys that customers bring go: an address with `{organization}` and `{ceremony}`. Empty: not offered.",
    example="pkcs11:token=byok;object={organization}-{ceremony}",
)
BYOK_PRINCIPAL_ARN = Setting(
    "BYOK_PRINCIPAL_ARN",
    text,
    "",
    "The IAM role that this portal calls AWS KMS with; it stands in the policies that customers apply.",
    example="arn:aws:iam::111122223333:role/ascend-byok-service",
)
BYOK_ALLOWED_REGIONS: Setting[tuple[str, ...]] = Setting(
    "BYOK_ALLOWED_REGIONS",
    comma_separated_list,
    (),
    "AWS Regions in which customers' keys may be; empty allows all.",
    example="eu-central-1,eu-west-1",
)
BYOK_DRAFT_DAYS = Setting(
    "BYOK_DRAFT_DAYS", integer, 7, "How long an unfinished registration of a key is kept.", unit="days"
)

# --- Imports ---------------------------------------------------------------------------------------------------
IMPORT_MAX_BYTES = Setting("IMPORT_MAX_BYTES", integer, 2 * 1024**3, "Largest file that can be imported.", unit="bytes")
IMPORT_SPOOL_DAYS = Setting(
    "IMPORT_SPOOL_DAYS", integer, 7, "After how long the sealed copy of an unfinished import is deleted.", unit="days"
)
IMPORT_LEASE_SECONDS = Setting(
    "IMPORT_LEASE_SECONDS", integer, 20, "How long a silent worker keeps an import from the others.", unit="seconds"
)
IMPORT_SLICE_CHUNKS = Setting(
    "IMPORT_SLICE_CHUNKS",
    integer,
    10,
    "How much of one import is done before others have their turn.",
    unit="2,000 rows",
)


def catalogue() -> tuple[Setting[Any], ...]:
    """Return every setting in the order of this page."""
    return tuple(value for value in globals().values() if isinstance(value, Setting))


def database() -> dict[str, Any]:
    """Return Django's description of the database: DATABASE_URL, or libpq's own variables."""
    given = DATABASE_URL.read() or {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": os.environ.get("PGHOST", ""),
        "PORT": os.environ.get("PGPORT", ""),
        "USER": os.environ.get("PGUSER", ""),
        "PASSWORD": os.environ.get("PGPASSWORD", ""),
        "NAME": os.environ.get("PGDATABASE", "postgres"),
    }
    return given | {"CONN_MAX_AGE": DATABASE_CONNECTION_SECONDS.read(), "CONN_HEALTH_CHECKS": True}
