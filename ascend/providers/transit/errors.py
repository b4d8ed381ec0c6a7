"""What transit's answers mean. The words are those of OpenBao 2.7 and Vault; docs/spec/providers.md §3 has a table."""

import json
from collections.abc import Callable
from typing import Final

from ascend.providers.contract import Denied, Integrity, ProviderError, Transient
from ascend.providers.outbound import Answer

OK: Final = 200
GOOD: Final = frozenset({200, 204})
FORBIDDEN: Final = 403
BAD_REQUEST: Final = 400
NOT_FOUND: Final = 404
RETRY: Final = frozenset({408, 412, 425, 429, 472, 473, 500, 502, 503, 504})
DAMAGED_FIX: Final = "Put back the key that wrapped it, or restore the row from a backup."


def unfit(key: str) -> Denied:
    """Return that a key is of a type that cannot bind a context."""
    return Denied(
        f'The key "{key}" is of a type that binds no context.', "Make one of the type aes256-gcm96, not derived."
    )


_Meaning = Callable[[str], ProviderError]
MEANINGS: Final[tuple[tuple[str, _Meaning], ...]] = (
    (
        "soft-deleted",
        lambda key: Denied(f'The key "{key}" is soft-deleted.', f"bao write -f transit/keys/{key}/soft-delete-restore"),
    ),
    (
        "encryption key not found",
        lambda key: Denied(f'The key store has no key "{key}".', "Restore it from the key store's backup.", gone=True),
    ),
    (
        "too old",
        lambda key: Integrity(
            f'The version of "{key}" that wrapped this is below min_decryption_version.',
            f"bao write transit/keys/{key}/config min_decryption_version=… with the older version.",
        ),
    ),
    (
        "message authentication failed",
        lambda key: Integrity(f'The key "{key}" works, but this wrapped key does not open under it.', DAMAGED_FIX),
    ),
    (
        "invalid ciphertext",
        lambda key: Integrity(f'The key "{key}" does not know this wrapped key.', DAMAGED_FIX),
    ),
    ("associated_data", unfit),
    ("key derivation", unfit),
)  # fmt: skip


def require_ok(answer: Answer, key: str) -> None:
    """Return if the answer is a good one (PV-24).

    Raises:
        ProviderError: what it means.
    """
    if answer.status not in GOOD:
        raise translate(answer, key)


def translate(answer: Answer, key: str) -> ProviderError:
    """Return what a refusal means for the key called `key`."""
    words = said(answer)
    if answer.status == BAD_REQUEST:
        return next((mean(key) for known, mean in MEANINGS if known in words), _unknown(answer, words))
    if answer.status in RETRY or answer.status >= 600:  # noqa: PLR2004 - no status that HTTP knows
        return _unreachable(answer, words)
    if answer.status == FORBIDDEN:
        return Denied(
            f'The key store does not let us use "{key}".',
            f"Let our role's policy update encrypt/{key}, decrypt/{key} datakey/plaintext/{key}, and read keys/{key}.",
        )
    if answer.status == NOT_FOUND:
        return _not_found(key, words)
    return _unknown(answer, words)


def _unreachable(answer: Answer, words: str) -> Transient:
    if "sealed" in words:
        return Transient("The key store is sealed.", "Unseal it: bao operator unseal.")
    return Transient(f"The key store answers {answer.status}.", "Look after the key store and what stands before it.")


def _not_found(key: str, words: str) -> Denied:
    if "no handler" in words:
        return Denied(
            "The key store has no transit engine at this mount.", "Enable it, or write its mount into the store file."
        )
    return Denied(f'The key store has no key "{key}".', "Restore it from the key store's backup.", gone=True)


def _unknown(answer: Answer, words: str) -> Denied:
    shown = words[:120] if words.isprintable() else ""
    return Denied(
        f"The key store refuses ({answer.status}): {shown or 'no word'}.", "Ask the key store's operator what it means."
    )


def said(answer: Answer) -> str:
    """Return the words of a refusal. They name keys and paths, never a value."""
    try:
        found = json.loads(answer.body)
        lines = found.get("errors") if isinstance(found, dict) else None
    except ValueError:
        lines = None
    return " ".join(" ".join(map(str, lines)).split()) if isinstance(lines, list) else ""
