"""What can be known to be wrong with the keychain's settings before the first key is used."""

from collections.abc import Callable, Sequence
from typing import Any

from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured

from ascend import conf, conf_providers

E001 = "ascend.E001"
E002 = "ascend.E002"
E003 = "ascend.E003"
E004 = "ascend.E004"
E005 = "ascend.E005"
E006 = "ascend.E006"
E007 = "ascend.E007"


def check_deployment(**_: Any) -> Sequence[CheckMessage]:
    """Refuse a deployment without an id."""
    hint = "Set ASCEND_DEPLOYMENT to a name that no other deployment has; it can never change."
    return _refused(conf.deployment, E001, hint)


def check_registry_key(**_: Any) -> Sequence[CheckMessage]:
    """Refuse a missing or short registry key."""
    hint = "Make one with `openssl rand -base64 32` and keep it outside the database."
    return _refused(conf.registry_key, E002, hint)


def check_lease(**_: Any) -> Sequence[CheckMessage]:
    """Refuse a lease outside of 5 to 300 s."""
    return _refused(conf.lease_seconds, E003, "Set ASCEND_LEASE_SECONDS to 5 to 300.")


def check_local_folder(**_: Any) -> Sequence[CheckMessage]:
    """Refuse the local provider without a folder."""
    if conf.provider() != "local":
        return []
    return _refused(conf.local_keys_dir, E004, "Set ASCEND_LOCAL_KEYS_DIR to a folder of this process alone.")


def check_provider_for_deployment(**_: Any) -> Sequence[CheckMessage]:
    """Refuse the local provider in production: who reads the disk reads everything."""
    if conf.provider() != "local":
        return []
    hint = "Set ASCEND_PROVIDER to a key management service or an HSM."
    return [Error("The local key provider keeps master keys in files on this machine.", hint=hint, id=E005)]


def check_pkcs11(**_: Any) -> Sequence[CheckMessage]:
    """Refuse SHA-1 outside of tests, and whatever else of an HSM's settings cannot be used."""
    reads: list[Callable[[], object]] = [
        conf_providers.pkcs11_permits_sha1,
        conf_providers.pkcs11_hsm_draws_iv,
        conf_providers.pkcs11_seconds,
    ]
    if conf.provider() == "pkcs11":
        reads += [conf_providers.pkcs11_module, conf_providers.pkcs11_pins_dir, conf_providers.pkcs11_state_dir]
    hint = "See docs/operations/pkcs11.md."
    return [message for read in reads for message in _refused(read, E006, hint)]


def check_outbound(**_: Any) -> Sequence[CheckMessage]:
    """Refuse networks that are none, and a pace at which no key store could be asked."""
    reads: tuple[Callable[[], object], ...] = (conf.outbound_allow, conf_providers.aws_calls_per_second)
    hint = "See docs/configuration.md."
    return [message for read in reads for message in _refused(read, E007, hint)]


def _refused(read: Callable[[], object], message_id: str, hint: str) -> list[CheckMessage]:
    try:
        read()
    except (ImproperlyConfigured, ValueError, TypeError) as error:
        return [Error(str(error), hint=hint, id=message_id)]
    return []
