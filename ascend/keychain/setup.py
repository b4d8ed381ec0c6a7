"""What is registered when the app is ready. Settings are read, and extras imported, when a provider is asked for."""

from collections.abc import Callable, Hashable
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed

from ascend import conf, conf_providers
from ascend.keychain import process
from ascend.providers import registry
from ascend.providers.addresses import AddressRule
from ascend.providers.contract import KeyProvider, Operator
from ascend.providers.local import LocalProvider
from ascend.providers.transit.provider import TransitProvider
from ascend.providers.xks.provider import XksProvider

_providers: dict[Hashable, KeyProvider] = {}
FIX = "Set it; docs/configuration.md lists what each provider needs."


def register_providers() -> None:
    """Register the providers that come with the library; settings are read at each use."""
    registry.register(LocalProvider.scheme, lambda: LocalProvider(conf.local_keys_dir()))
    registry.register("pkcs11", _configured(_pkcs11))
    registry.register(TransitProvider.scheme, _configured(_transit))
    registry.register(XksProvider.scheme, _configured(_xks))
    registry.register("aws-kms", _configured(_aws_kms))


def _configured(make: Callable[[], KeyProvider]) -> Callable[[], KeyProvider]:
    """Return `make` with a wrong setting said as providers say it: our mistake, and nobody is suspended for it."""

    def provider() -> KeyProvider:
        try:
            return make()
        except ImproperlyConfigured as error:
            raise Operator(str(error), FIX) from error

    return provider


def _pkcs11() -> KeyProvider:
    try:
        from ascend.providers.pkcs11.module import HsmSettings
        from ascend.providers.pkcs11.provider import Pkcs11Provider
    except ImportError as error:
        raise Operator("The provider pkcs11 needs python-pkcs11.", 'Install "ascend-portal[pkcs11]".') from error
    return Pkcs11Provider(
        HsmSettings(
            module=conf_providers.pkcs11_module(),
            pins_folder=conf_providers.pkcs11_pins_dir(),
            state_folder=conf_providers.pkcs11_state_dir(),
            seal_key=conf.registry_key(),
            seconds=conf_providers.pkcs11_seconds(),
            hsm_draws_iv=conf_providers.pkcs11_hsm_draws_iv(),
            permits_sha1=conf_providers.pkcs11_permits_sha1(),
        )
    )


def _transit() -> KeyProvider:
    return TransitProvider(conf_providers.stores_dir(), AddressRule.of(conf.outbound_allow()))


def _xks() -> KeyProvider:
    return XksProvider(conf_providers.stores_dir(), AddressRule.of(conf.outbound_allow()))


def watch_settings() -> None:
    """Let nothing outlive a test's `override_settings` that was compared with the setting: see `Opener.seen`."""
    setting_changed.connect(_forget_default_organization, dispatch_uid="ascend.default_organization")


def _forget_default_organization(*, setting: str, **_kwargs: object) -> None:
    if setting == "ASCEND_DEFAULT_ORGANIZATION":
        process.drop_all()


def _aws_kms() -> KeyProvider:
    try:
        from ascend.providers.aws_kms.provider import AwsKmsProvider
        from ascend.providers.aws_kms.settings import AwsSettings
    except ImportError as error:
        raise Operator("The provider aws-kms needs boto3.", 'Install "ascend-portal[aws]".') from error
    settings = AwsSettings(
        endpoint_url=conf_providers.aws_endpoint_url(),
        outbound_allow=conf.outbound_allow(),
        calls_per_second=conf_providers.aws_calls_per_second(),
        canary=conf_providers.aws_canary_key(),
    )
    return _kept(settings, AwsKmsProvider)


def _kept(settings: Hashable, make: Callable[[Any], KeyProvider]) -> KeyProvider:
    """Return the provider for these settings, made once: it holds clients, sessions and quotas."""
    found = _providers.get(settings)
    return found if found is not None else _providers.setdefault(settings, make(settings))
