"""What a check says when it could be made."""

from dataclasses import dataclass

from byok.models import Finding


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found, in a sentence, and what to do about it where something is to be done."""

    finding: Finding
    cause: str
    fix: str = ""


def passed(cause: object = "") -> Verdict:
    """Return a pass."""
    return Verdict(Finding.PASSED, str(cause))


def warned(cause: object, fix: object) -> Verdict:
    """Return a pass with something to think about."""
    return Verdict(Finding.WARNED, str(cause), str(fix))


def failed(cause: object, fix: object) -> Verdict:
    """Return a failure."""
    return Verdict(Finding.FAILED, str(cause), str(fix))
