"""The live checks that any provider of the contract can pass, for keys in an HSM, in transit and behind a proxy.

Each check says what it found in the words of the provider's own refusals. AWS KMS has a ladder of its own, because its
policies can be probed for more (`byok.checks`).
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Final

from ascend.envelope.keys import SecretKey
from ascend.providers import registry
from ascend.providers.applicability import Kind, live_checks
from ascend.providers.contract import Denied, Integrity, KeyProvider, ProviderError

SAMPLES: Final = 10


@dataclass(frozen=True, slots=True)
class Found:
    """What one check found. `fix` is empty where nothing is to be done."""

    slug: str
    passed: bool
    cause: str
    fix: str = ""


@dataclass(slots=True)
class Key:
    """A key under examination: `own` is its organization's context, `foreign` another's."""

    uri: str
    own: Mapping[str, str]
    foreign: Mapping[str, str]
    provider: KeyProvider
    milliseconds: list[float] = field(default_factory=list)

    def timed(self, call: Callable[[], SecretKey]) -> SecretKey:
        """Return what `call` gave, and note how long it took."""
        began = time.monotonic()
        result = call()
        self.milliseconds.append((time.monotonic() - began) * 1000)
        return result


class NotAsItMustBe(Exception):
    """A check failed that no provider error says: cause and fix."""


def examine(uri: str, *, own: Mapping[str, str], foreign: Mapping[str, str]) -> tuple[Found, ...]:
    """Make every check that applies to the kind of `uri` and can be made through the contract.

    Raises:
        Operator: no provider serves the URI.
    """
    key = Key(uri, own, foreign, registry.provider_for(uri))
    applicable = live_checks(Kind(uri.partition(":")[0]))
    return tuple(_made(slug, check, key) for slug, check in CHECKS.items() if slug in applicable)


def _made(slug: str, check: Callable[[Key], str], key: Key) -> Found:
    try:
        return Found(slug, passed=True, cause=check(key))
    except ProviderError as error:
        return Found(slug, passed=False, cause=error.cause, fix=error.fix)
    except NotAsItMustBe as error:
        return Found(slug, False, *error.args)


def _describe(key: Key) -> str:
    said = key.provider.describe(key.uri)
    if not said.enabled:
        raise NotAsItMustBe(f"The key is not enabled: {said.detail}.", "Its owner enables it.")
    return f"{said.detail}."


def _generate(key: Key) -> str:
    key.timed(lambda: key.provider.generate(key.uri, key.own).key)
    return "A key was made, wrapped, and thrown away."


def _wrap(key: Key) -> str:
    secret = SecretKey.generate()
    sealed = key.provider.wrap(key.uri, secret, key.own).ciphertext
    if key.timed(lambda: key.provider.unwrap(key.uri, sealed, key.own)) != secret:
        raise NotAsItMustBe("Another key came back than was wrapped.", "Do not use this key store.")
    return "32 random bytes came back the same."


def _foreign_unwrap(key: Key) -> str:
    sealed = key.provider.wrap(key.uri, SecretKey.generate(), key.own).ciphertext
    try:
        key.provider.unwrap(key.uri, sealed, key.foreign)
    except (Denied, Integrity):
        return "Refused, as it must be."
    raise NotAsItMustBe("A wrap opened under another organization's context.", "Do not use this key store.")


def _rotation(key: Key) -> str:
    return f"The material in use is {key.provider.describe(key.uri).material_id}."


def _latency(key: Key) -> str:
    secret = SecretKey.generate()
    sealed = key.provider.wrap(key.uri, secret, key.own).ciphertext
    while len(key.milliseconds) < SAMPLES:
        key.timed(lambda: key.provider.unwrap(key.uri, sealed, key.own))
    cuts = quantiles(key.milliseconds, n=20)
    return f"p50 {cuts[9]:.0f} ms, p95 {cuts[18]:.0f} ms."


CHECKS: Final[Mapping[str, Callable[[Key], str]]] = {
    "describe": _describe,
    "generate": _generate,
    "wrap": _wrap,
    "foreign-unwrap": _foreign_unwrap,
    "rotation": _rotation,
    "latency": _latency,
}
