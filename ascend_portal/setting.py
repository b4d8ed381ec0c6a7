"""One setting of the environment: how it is named, read and explained. `env.py` lists them all."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import environ
from django.core.exceptions import ImproperlyConfigured

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Setting(Generic[Value]):
    """A name of the environment, its type, its default and what the generated pages say about it."""

    name: str
    cast: Callable[[str], Value]
    default: Value
    explanation: str
    unit: str = ""
    is_secret: bool = False
    example: str = ""

    def read(self) -> Value:
        """Return the value of the environment, or the default where it is absent or empty.

        Raises:
            ImproperlyConfigured: the value cannot be read as its type. A secret is not repeated.
        """
        text = self._text()
        if not text:
            return self.default
        try:
            return self.cast(text)
        except (ValueError, TypeError, KeyError) as error:
            shown = "" if self.is_secret else f": {text!r}"
            raise ImproperlyConfigured(f"{self.name} cannot be read as {self.type_name}{shown}.") from error

    @property
    def is_given(self) -> bool:
        """Say whether the environment names this setting."""
        return bool(self._text())

    @property
    def type_name(self) -> str:
        """Return the name of the type for people."""
        return self.cast.__name__.replace("_", " ")

    @property
    def default_text(self) -> str:
        """Return the default as it would be written in the environment."""
        if isinstance(self.default, bool):
            return str(self.default).lower()
        if isinstance(self.default, (tuple, list)):
            return ",".join(map(str, self.default))
        return "" if self.default is None else str(self.default)

    def _text(self) -> str:
        path = os.environ.get(f"{self.name}_FILE", "") if self.is_secret else ""
        if not path:
            return os.environ.get(self.name, "").strip()
        if os.environ.get(self.name):
            raise ImproperlyConfigured(f"{self.name} and {self.name}_FILE are both given: which one is meant?")
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(
                f"{self.name}_FILE names {path}, which cannot be read: {error.strerror}."
            ) from error


def text(value: str) -> str:
    """Take the value as it is."""
    return value


def integer(value: str) -> int:
    """Read a whole number; underscores may group its digits."""
    return int(value)


def switch(value: str) -> bool:
    """Read true or false, on or off, yes or no, 1 or 0; refuse anything else rather than call it false."""
    lowered = value.lower()
    if lowered in ("true", "on", "yes", "1"):
        return True
    if lowered in ("false", "off", "no", "0"):
        return False
    raise ValueError(value)


def comma_separated_list(value: str) -> tuple[str, ...]:
    """Read words with commas between them."""
    return tuple(part.strip() for part in value.split(",") if part.strip())


def path(value: str) -> Path:
    """Read a path; a relative one starts where the process does."""
    return Path(value).expanduser().resolve()


def database_url(value: str) -> dict[str, Any]:
    """Read `postgres://user:password@host:port/name?sslmode=verify-full&sslrootcert=/path`."""
    parsed = dict(environ.Env.db_url_config(value))
    if parsed.get("ENGINE") != "django.db.backends.postgresql":
        raise ValueError("not PostgreSQL")
    return parsed | {"HOST": str(parsed["HOST"]).replace("%2F", "/").replace("%2f", "/")}


def email_url(value: str) -> dict[str, Any]:
    """Read `smtp+tls://user:password@host:587`, or `consolemail://`."""
    return dict(environ.Env.email_url_config(value))
