"""Where readers take old keys from: a setting's name or a function, asked at the moment of use.

A key itself is never an argument, so none can reach a migration, a `repr` or an error message.
This is the one module of the package that knows Django's settings.
"""

import re
from collections.abc import Callable
from typing import Final, NoReturn, TypeAlias

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

KeySource: TypeAlias = str | Callable[[], object]

# An underscore is asked for because a key in upper-case hexadecimal would pass for a name without one.
SETTING_NAME: Final = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")
LONGEST_NAME: Final = 64


def check_source(argument: str, source: object) -> None:
    """Refuse everything but a setting's name and a function.

    Raises:
        ImproperlyConfigured: the argument may be a key; the message does not repeat it.
    """
    is_name = isinstance(source, str) and len(source) <= LONGEST_NAME and SETTING_NAME.fullmatch(source)
    if not is_name and not callable(source):
        raise ImproperlyConfigured(
            f'{argument}= takes the name of a setting ("OLD_FIELD_KEYS") or a function that returns the keys, '
            "never a key: it would end up in migrations."
        )


def fetch(source: KeySource) -> object:
    """Return what the function or the setting holds now.

    Raises:
        ImproperlyConfigured: there is no such setting, or it is empty.
    """
    value = source() if callable(source) else getattr(settings, source, None)
    if value is None or value in ("", b""):
        raise ImproperlyConfigured(
            f"{name_of(source)} is missing or empty: old values need the key they were written with."
        )
    return value


def setting(name: str, default: object) -> object:
    """Return a setting of the old package that need not be there."""
    return getattr(settings, name, default)


def secret_list(source: KeySource) -> tuple[bytes, ...]:
    """Return one or more secrets as bytes, the first being the one that wrote last.

    Raises:
        ImproperlyConfigured: nothing there, or something else than text and bytes.
    """
    value = fetch(source)
    several = tuple(value) if isinstance(value, list | tuple) else (value,)
    if not several:
        unusable(source, "it is an empty list")
    return tuple(as_bytes(source, secret) for secret in several)


def one_secret(source: KeySource) -> bytes:
    """Return the only secret: a format that does not authenticate cannot tell which of several keys is right.

    Raises:
        ImproperlyConfigured: there is none, or more than one.
    """
    several = secret_list(source)
    if len(several) > 1:
        unusable(source, "this format does not authenticate, so only one key can be tried")
    return several[0]


def as_bytes(source: KeySource, secret: object) -> bytes:
    """Return a secret as the packages do: text is UTF-8.

    Raises:
        ImproperlyConfigured: it is neither text nor bytes.
    """
    if isinstance(secret, str):
        return secret.encode()
    if isinstance(secret, bytes):
        return secret
    return unusable(source, "it holds something else than text or bytes")


def unusable(source: KeySource, why: str) -> NoReturn:
    """Refuse a setting's content without showing it.

    Raises:
        ImproperlyConfigured: always.
    """
    raise ImproperlyConfigured(f"{name_of(source)} cannot be used: {why}.")


def name_of(source: KeySource) -> str:
    """Return what may be shown of a source: the setting's or the function's name."""
    return source if isinstance(source, str) else str(getattr(source, "__qualname__", type(source).__qualname__))
