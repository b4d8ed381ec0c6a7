"""The settings of the providers, read from Django's at the moment of use; `conf` holds those of the deployment."""

from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from ascend import conf

TEST_ENVIRONMENT = "test"
PKCS11_SECONDS_DEFAULT = 5.0
AWS_CALLS_PER_SECOND_DEFAULT = 50.0


def pkcs11_module() -> Path:
    """Return the path of the HSM's PKCS#11 module."""
    return _folder_or_file("ASCEND_PKCS11_MODULE", "name the PKCS#11 module that came with the HSM")


def pkcs11_pins_dir() -> Path:
    """Return the folder that holds one PIN file a token."""
    return _folder_or_file("ASCEND_PKCS11_PINS_DIR", "name the folder of the tokens' PIN files")


def pkcs11_state_dir() -> Path:
    """Return the folder of lock files and refused PINs, shared by all processes of the machine."""
    return _folder_or_file("ASCEND_PKCS11_STATE_DIR", "name a folder that all processes of this machine share")


def pkcs11_seconds() -> float:
    """Return how many seconds a call to the HSM may take."""
    seconds = float(getattr(settings, "ASCEND_PKCS11_SECONDS", PKCS11_SECONDS_DEFAULT))
    if seconds <= 0:
        raise ImproperlyConfigured("ASCEND_PKCS11_SECONDS must be more than 0.")
    return seconds


def pkcs11_hsm_draws_iv() -> bool:
    """Return whether the HSM draws the IV of AES-GCM ("hsm") or this process does ("host")."""
    who = str(getattr(settings, "ASCEND_PKCS11_IV", "") or "host")
    if who not in {"host", "hsm"}:
        raise ImproperlyConfigured("ASCEND_PKCS11_IV must be host or hsm.")
    return who == "hsm"


def pkcs11_permits_sha1() -> bool:
    """Return whether keys may be imported with OAEP over SHA-1: in tests, because SoftHSM knows nothing else.

    Raises:
        ImproperlyConfigured: this environment is another.
    """
    is_wanted = bool(getattr(settings, "ASCEND_PKCS11_TEST_PROFILE", False))
    if is_wanted and conf.environment() != TEST_ENVIRONMENT:
        raise ImproperlyConfigured(
            f'ASCEND_PKCS11_TEST_PROFILE accepts SHA-1: it is for ASCEND_ENVIRONMENT "{TEST_ENVIRONMENT}" alone.'
        )
    return is_wanted


def stores_dir() -> Path:
    """Return the folder of the files that say where key stores are and how to sign in there."""
    return _folder_or_file("ASCEND_STORES_DIR", "name the folder of the key stores' files")


def aws_endpoint_url() -> str:
    """Return the endpoint of KMS and STS where it is not AWS's own; {service} and {region} may stand in it."""
    return str(getattr(settings, "ASCEND_AWS_ENDPOINT_URL", "") or "")


def aws_calls_per_second() -> float:
    """Return how many calls to KMS a process may make for one organization in a second."""
    calls = float(getattr(settings, "ASCEND_AWS_CALLS_PER_SECOND", AWS_CALLS_PER_SECOND_DEFAULT))
    if calls <= 0:
        raise ImproperlyConfigured("ASCEND_AWS_CALLS_PER_SECOND must be more than 0.")
    return calls


def aws_canary_key() -> str:
    """Return the ARN of a key in the portal's own account that tells our own fault from a customer's refusal."""
    return str(getattr(settings, "ASCEND_AWS_CANARY_KEY", "") or "")


def _folder_or_file(name: str, advice: str) -> Path:
    path: str | Path | None = getattr(settings, name, None)
    if path is None or not str(path):
        raise ImproperlyConfigured(f"{name} is empty: {advice}.")
    return Path(path)
