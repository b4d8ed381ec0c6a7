"""Real cryptography, to learn whether a master key may be used: metadata alone proves nothing."""

from collections.abc import Mapping

from ascend.envelope.keys import SecretKey
from ascend.providers import registry
from ascend.providers.contract import Integrity


def probe(uri: str, context: Mapping[str, str]) -> None:
    """Wrap a new key and unwrap it again.

    Raises:
        ProviderError: what the provider answered; `Integrity` if another key came back.
    """
    provider = registry.provider_for(uri)
    key = SecretKey.generate()
    wrapped = provider.wrap(uri, key, context)
    if provider.unwrap(uri, wrapped.ciphertext, context) != key:
        raise Integrity("The key store returned another key than it was given.", "Ask its operator: do not use it.")
