"""What is registered when the app is ready."""

from ascend import conf
from ascend.providers import registry
from ascend.providers.local import LocalProvider


def register_providers() -> None:
    """Register the providers that come with the library; settings are read at each use."""
    registry.register(LocalProvider.scheme, lambda: LocalProvider(conf.local_keys_dir()))
