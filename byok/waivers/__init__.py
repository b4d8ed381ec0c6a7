"""The legal waiver: its texts by version, as they were signed."""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

CURRENT_VERSION = "1.0"
STATEMENTS = (
    "acknowledge_data_loss_risk",
    "acknowledge_key_management_responsibility",
    "acknowledge_no_liability",
)
"""The three acknowledgements of the text, by the names that the API gives them."""


@dataclass(frozen=True, slots=True)
class Waiver:
    """One version of the text. A released version is never edited: a change is a new version with a new file."""

    version: str
    text: str

    @property
    def sha256(self) -> str:
        """Return the digest of the text's UTF-8 bytes, 64 hexadecimal digits."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@cache
def waiver(version: str = CURRENT_VERSION) -> Waiver:
    """Return one version.

    Raises:
        FileNotFoundError: there is no such version.
    """
    return Waiver(version, (files(__name__) / "texts" / f"{version}.txt").read_text(encoding="utf-8"))
