"""Which provider serves a URI. Filled at start-up; a factory is asked each time, so settings are read late."""

from collections.abc import Callable

from ascend.providers.contract import KeyProvider, Operator

_factories: dict[str, Callable[[], KeyProvider]] = {}


def register(scheme: str, factory: Callable[[], KeyProvider]) -> None:
    """Let `factory` make the provider of all URIs that begin with `scheme` and a colon."""
    _factories[scheme] = factory


def unregister(scheme: str) -> None:
    """Forget the provider of `scheme`."""
    _factories.pop(scheme, None)


def provider_for(uri: str) -> KeyProvider:
    """Return the provider of `uri`.

    Raises:
        Operator: nothing is registered for the scheme, or the provider cannot bind a context.
    """
    scheme = uri.partition(":")[0]
    factory = _factories.get(scheme)
    if factory is None:
        known = ", ".join(sorted(_factories)) or "none"
        raise Operator(f'No key provider serves "{scheme}".', f"Install or register it; known schemes: {known}.")
    provider = factory()
    if not provider.binds_context:
        raise Operator(
            f'The provider "{scheme}" does not bind a context to what it wraps.',
            "Use one that does: without it a wrapped key could be moved to another organization.",
        )
    return provider
