"""What a proxy's answers mean. The names are the API's; docs/spec/providers.md §4 has them as a table."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from ascend.providers.contract import Denied, Integrity, Operator, ProviderError, Transient
from ascend.providers.outbound import Answer

OK: Final = 200
SERVER_ERROR: Final = 500
NOT_IMPLEMENTED: Final = 501
THROTTLED: Final = 429
SKEW: Final = timedelta(minutes=5)
OWNER: Final = "The key's owner sees why in the log of their proxy."


def unfit(key: str) -> Denied:
    """Return that a key is not one that wraps."""
    return Denied(f'The key "{key}" is not an AES-256 key that encrypts and decrypts.', "Name one that is.")


_Meaning = Callable[[str], ProviderError]
MEANINGS: Final[Mapping[str, _Meaning]] = {
    "InvalidStateException": lambda key: Denied(
        f'The key "{key}" is disabled or blocked in the external key store.', "Its owner enables it there."
    ),
    "InvalidCiphertextException": lambda key: Integrity(
        f'The key "{key}" works, but this wrapped key does not open under it.',
        "Put back the key that wrapped it, or restore the row from a backup.",
    ),
    "InvalidKeyUsageException": unfit,
    "AuthenticationFailedException": lambda _: Denied(
        "The proxy does not accept our signature.", "Write the access key that it knows into the store file."
    ),
    "AccessDeniedException": lambda key: Denied(f'The proxy does not let us use "{key}".', OWNER),
    "KeyNotFoundException": lambda key: Denied(
        f'The external key store has no key "{key}".', "Its owner restores it from their backup.", gone=True
    ),
    "InvalidUriPathException": lambda _: Denied(
        "The proxy does not serve this path.", "Write its path_prefix into the store file."
    ),
    "UnsupportedOperationException": lambda key: Denied(f'The proxy cannot do this with "{key}".', OWNER),
    "ValidationException": lambda _: Operator(
        "The proxy calls our request malformed.", "Compare its version of the API with ours, which is 1."
    ),
    "ThrottlingException": lambda _: Transient("The proxy asks us to be slower.", "Raise its rate for us."),
    "InternalException": lambda _: Transient("The proxy has a fault.", OWNER),
    "DependencyTimeoutException": lambda _: Transient(
        "The proxy's key manager did not answer it in time.", "Look after the external key manager."
    ),
}  # fmt: skip


def require_ok(answer: Answer, key: str, *, now: datetime) -> None:
    """Return if the answer is a good one (PV-33).

    Raises:
        ProviderError: what it means.
    """
    if answer.status != OK:
        raise translate(answer, key, now=now)


def translate(answer: Answer, key: str, *, now: datetime) -> ProviderError:
    """Return what a refusal means. A signature that our own clock spoiled is our mistake."""
    name = _name(answer)
    if name == "AuthenticationFailedException" and _is_skewed(answer, now):
        return Operator("Our clock and the proxy's differ by more than 5 minutes.", "Set this machine's clock.")
    if name in MEANINGS:
        return MEANINGS[name](key)
    if answer.status == THROTTLED or (answer.status >= SERVER_ERROR and answer.status != NOT_IMPLEMENTED):
        return Transient(f"The proxy answers {answer.status}.", "Look after the proxy and what stands before it.")
    return Denied(f"The proxy refuses ({answer.status}) without one of the API's names.", OWNER)


def _name(answer: Answer) -> str:
    try:
        said = json.loads(answer.body)
    except ValueError:
        return ""
    name = said.get("errorName") if isinstance(said, dict) else None
    return name if isinstance(name, str) else ""


def _is_skewed(answer: Answer, now: datetime) -> bool:
    try:
        theirs = parsedate_to_datetime(answer.headers.get("date", ""))
    except ValueError:
        return False
    return theirs.tzinfo is not None and abs(now - theirs.astimezone(UTC)) > SKEW
