"""Which checks and which proof of control apply to which kind of key. `docs/guides/kinds-of-keys.md` is made from this.

A check that cannot be made of a kind of key store says so here, instead of passing. The slugs are those of the ladder
that people see (`byok.checks.ladder`), and three more that only some kinds have.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Applies(StrEnum):
    """How a check applies to a kind of key."""

    LIVE = "live"
    """It is asked of the key store, each time."""

    DESIGN = "by design"
    """It cannot be otherwise, and a test of ours holds it."""

    STORE = "as its store"
    """An imported key is checked as the other keys of the store that it came into."""

    NONE = "no"
    """The key store cannot tell. Whoever approves the key has to know."""


class Kind(StrEnum):
    """A kind of key. An imported one has the checks of its store, but for those that it names here."""

    AWS_KMS = "aws-kms"
    PKCS11 = "pkcs11"
    TRANSIT = "transit"
    XKS = "xks"
    IMPORTED = "imported"


class Proof(StrEnum):
    """How a key's owner shows that it is theirs."""

    NONCE = "nonce"
    """They encrypt 32 bytes of ours under the key, by their own means, and give us the ciphertext."""

    SWITCH = "switch"
    """They take the key's use away and give it back, while we look."""

    CEREMONY = "ceremony"
    """They brought the key, and a second person confirms its check value."""


PROOFS: Final[Mapping[Kind, tuple[Proof, str]]] = {
    Kind.AWS_KMS: (Proof.NONCE, "aws kms encrypt with purpose=proof, which the key's policy does not allow the portal"),
    Kind.TRANSIT: (Proof.NONCE, "bao write transit/encrypt/KEY with the context of the proof and a token of their own"),
    Kind.PKCS11: (
        Proof.SWITCH,
        "CKA_DECRYPT false and true again: no ciphertext would show who made it, the PIN is ours",
    ),
    Kind.XKS: (Proof.SWITCH, "the key disabled and enabled again: the API has no credentials but ours"),
    Kind.IMPORTED: (Proof.CEREMONY, "the wrapped file and its check value"),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """How one check applies to one kind, and by what."""

    applies: Applies
    by: str = ""


def _live(by: str) -> Cell:
    return Cell(Applies.LIVE, by)


def _design(by: str) -> Cell:
    return Cell(Applies.DESIGN, by)


def _none(why: str = "") -> Cell:
    return Cell(Applies.NONE, why)


_AS_ITS_STORE: Final = Cell(Applies.STORE)
_REFUSED_HERE: Final = _design("the provider refuses such a call before it is sent")
_ONE_OWNER: Final = _none("the store knows no organizations; an address belongs to one")


def _row(aws_kms: Cell, pkcs11: Cell, transit: Cell, xks: Cell, imported: Cell = _AS_ITS_STORE) -> Mapping[Kind, Cell]:
    return dict(zip(Kind, (aws_kms, pkcs11, transit, xks, imported), strict=True))


TABLE: Final[Mapping[str, Mapping[Kind, Cell]]] = {
    "identity": _row(
        _live("GetCallerIdentity"), _live("label and serial of the token; the PIN"),
        _live("AppRole or token, over TLS"), _live("signature, over mutual TLS"),
    ),
    "describe": _row(
        _live("DescribeKey"), _live("AES, 256 bits, CKA_ENCRYPT and CKA_DECRYPT"),
        _live("type, not derived, not soft-deleted"), _live("GetKeyMetadata: AES_256, ENCRYPT, DECRYPT, ENABLED"),
    ),
    "extractable": _row(
        _design("no API of KMS returns a key"), _live("CKA_EXTRACTABLE, CKA_SENSITIVE"),
        _live("exportable, allow_plaintext_backup"), _none("the owner's key manager knows"),
        _none("its owner has it elsewhere; the imported copy cannot be taken out"),
    ),
    "region": _row(_live("the ARN"), _none(), _none(), _none()),
    "deletion": _row(_live("DeletionDate"), _none(), _none(), _none()),
    "generate": _row(
        _live("GenerateDataKey"), _live("made here, wrapped there"),
        _live("datakey"), _live("made here, wrapped there"),
    ),
    "wrap": _row(*[_live("32 random bytes there and back")] * 4),
    "re-encrypt": _row(_live("ReEncrypt"), *[_none("unwrapped and wrapped again in memory")] * 3),
    "foreign-wrap": _row(_live("the key's policy"), _ONE_OWNER, _ONE_OWNER, _ONE_OWNER),
    "foreign-unwrap": _row(
        _live("the key's policy"), _live("associated data"), _live("associated data"), _live("associated data"),
    ),
    "no-context-wrap": _row(_live("the key's policy"), _REFUSED_HERE, _REFUSED_HERE, _REFUSED_HERE),
    "no-context-unwrap": _row(
        _live("the key's policy"), _REFUSED_HERE, _live("a wrap must not open without"), _REFUSED_HERE,
    ),
    "forged-proof": _row(_live("the key's policy"), *[_none("the portal could make it itself")] * 3),
    "rotation": _row(
        _live("CurrentKeyMaterialId"), _live("another key object has another id"), _live("latest_version"),
        _none("the API has no versions"), _none("other material is another ceremony"),
    ),
    "latency": _row(*[_live("p50 and p95")] * 4),
    "material-expiry": _row(
        _live("ValidTo"), _none(), _none(), _none(),
        _live("the day that its owner gave, announced 30, 14, 7, 3 and 1 days before"),
    ),
    "certificate": _row(_design("AWS's"), _none(), _live("verified by each call"), _live("both verified by each call")),
}  # fmt: skip


def cell(slug: str, kind: Kind) -> Cell:
    """Return how a check applies to a kind of key.

    Raises:
        KeyError: there is no such check.
    """
    return TABLE[slug][kind]


def live_checks(kind: Kind) -> tuple[str, ...]:
    """Return the checks that are asked of the key store, in their order."""
    return tuple(slug for slug, row in TABLE.items() if row[kind].applies is Applies.LIVE)
