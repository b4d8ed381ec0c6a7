"""Write the golden files of version 1, with the second implementation and fixed keys and nonces.

    python -m tests.compat.generate

Once released, a golden file is never written again, so a file that exists is left as it is: a change of format is a
new version with files of its own.
"""

import json
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.reference import formats, terms

GOLDEN = Path(__file__).parent / "golden"
KEY = bytes(range(32))
KEK = bytes(range(32, 64))
SIV_KEY = bytes(range(64))
KEY_ID = bytes.fromhex("a1a2a3a4a5a6a7a8")
ORGANIZATION = UUID("6f1e4c1c-8d0f-4f59-9d8e-6f2b1f0a7c11")
FILE = UUID("0b9f4e2a-33d1-4c7e-8a55-d2c4e0f9b6a7")
LABEL = "records.person.ssn"
NONCES = {1: bytes(range(0x40, 0x4C)), 3: bytes(range(0x40, 0x58))}
ROWS: list[tuple[str, Any, list[bytes]]] = [
    ("none", None, []),
    ("uuid", str(FILE), [b"u" + FILE.bytes]),
    ("int", -1234567890123, [b"i" + (-1234567890123).to_bytes(8, "big", signed=True)]),
    ("str", "Zürich-7", [b"s" + "Zürich-7".encode()]),
]
INDEXED = [
    ("exact", "Ada Lovelace"),
    ("casefold", "strasse"),
    ("last4", "6789"),
    ("year", "1815"),
    ("digits", "123456789"),
    ("email-domain", "example.org"),
]
SINGLE = [
    ("month", "1815-12-10", "1815-12"),
    ("phone", "+49 30 1234567", "301234567"),
    ("prefix-1", "Lovelace", "l"),
    ("prefix-3", "O\u2019Brien", "obr"),
    ("prefix-6", "Stra\u00dfe 7", "strass"),
]
# A type of field, its options, a value as a form gives it, and the octets of docs/spec/fields.md, section 5.
TYPED: list[tuple[str, dict[str, int], str, bytes]] = [
    ("Char", {"max_length": 40}, "Zo\u00eb", b"Zo\xc3\xab"),
    ("Email", {}, "ada@example.org", b"ada@example.org"),
    ("Integer", {}, "-7", b"\xff" * 7 + b"\xf9"),
    ("BigInteger", {}, "1099511627776", b"\0\0\1" + b"\0" * 5),
    ("PositiveInteger", {}, "42", b"\0" * 7 + b"*"),
    ("Decimal", {"max_digits": 9, "decimal_places": 2}, "-1.5", b"-0000001.50"),
    ("Boolean", {}, "True", b"\x01"),
    ("Date", {}, "1980-05-17", b"1980-05-17"),
    ("DateTime", {}, "2026-03-01T01:02:03+00:00", b"2026-03-01T01:02:03.000000Z"),
    ("Time", {}, "01:02:03", b"01:02:03.000000"),
    ("Duration", {}, "1 00:00:02", (86_402_000_000).to_bytes(10, "big")),
    ("UUID", {}, str(FILE), FILE.bytes),
    ("GenericIPAddress", {}, "192.0.2.1", bytes([192, 0, 2, 1])),
    ("GenericIPAddress", {}, "2001:db8::1", bytes.fromhex("20010db8000000000000000000000001")),
    ("Binary", {}, "AGE=", b"\0a"),
]
KEY_ROWS = [(2, 1, "", ""), (3, 1, "restricted", ""), (4, 1, "", LABEL), (4, 3, "", "spool")]


def common() -> dict[str, Any]:
    return {"key": KEY.hex(), "key_id": KEY_ID.hex(), "organization_id": str(ORGANIZATION), "label": LABEL}


def envelopes() -> list[dict[str, Any]]:
    found = []
    for suite, nonce in NONCES.items():
        for kind, row, part in ROWS:
            for text in ("123-45-6789", "", "日本 ✓ " * 40):
                parts = [ORGANIZATION.bytes, LABEL.encode(), *part]
                sealed = formats.envelope(suite, KEY, KEY_ID, nonce, text.encode(), parts)
                found.append(common() | {"suite": suite, "nonce": nonce.hex(), "row_kind": kind, "row": row})
                found[-1] |= {"plaintext": text, "envelope": sealed.hex()}
    return found


def wrapped_keys() -> list[dict[str, Any]]:
    found = []
    parent = UUID(int=7)
    for level, algorithm, classification, label in KEY_ROWS:
        context = {"deployment": "golden", "environment": "production", "organization_id": str(ORGANIZATION)}
        context |= {"key_id": str(FILE), "level": level, "purpose": "records", "parent_id": str(parent)}
        context |= {"algorithm": algorithm, "classification": classification, "context_label": label}
        parts = [ORGANIZATION.bytes, b"golden", b"production", FILE.bytes, bytes([level]), b"records", parent.bytes]
        parts += [bytes([algorithm]), classification.encode(), label.encode()]
        wrapped = formats.wrapped_key(KEK, NONCES[1], KEY, parts).hex()
        found.append({"kek": KEK.hex(), "key": KEY.hex(), "nonce": NONCES[1].hex(), "wrapped": wrapped})
        found[-1] |= {"context": context}
    return found


def deterministic() -> list[dict[str, Any]]:
    found = []
    for group in (LABEL, "customers"):
        for text in ("123-45-6789", "", "exactly 16 bytes", "日本 ✓ " * 40):
            sealed = formats.deterministic(SIV_KEY, KEY_ID, text.encode(), ORGANIZATION.bytes, group.encode())
            found.append(common() | {"key": SIV_KEY.hex(), "label": group, "plaintext": text, "envelope": sealed.hex()})
    return found


def deterministic_fields() -> list[dict[str, Any]]:
    """A change of any type's octets would part old rows from new ones without a word: no join finds them."""
    found = []
    for kind, options, value, octets in TYPED:
        sealed = formats.deterministic(SIV_KEY, KEY_ID, octets, ORGANIZATION.bytes, b"customers")
        found.append(common() | {"key": SIV_KEY.hex(), "label": "customers", "kind": kind, "options": options})
        found[-1] |= {"value": value, "octets": octets.hex(), "envelope": sealed.hex()}
    return found


def wrapped_siv_keys() -> list[dict[str, Any]]:
    context = {"deployment": "golden", "environment": "production", "organization_id": str(ORGANIZATION)}
    context |= {"key_id": str(FILE), "level": 4, "purpose": "records", "parent_id": str(UUID(int=7))}
    context |= {"algorithm": 2, "classification": "", "context_label": "customers"}
    parts = [ORGANIZATION.bytes, b"golden", b"production", FILE.bytes, b"\x04", b"records", UUID(int=7).bytes]
    wrapped = formats.wrapped_key(KEK, NONCES[1], SIV_KEY, [*parts, b"\x02", b"", b"customers"]).hex()
    return [
        {"kek": KEK.hex(), "key": SIV_KEY.hex(), "nonce": NONCES[1].hex(), "wrapped": wrapped} | {"context": context}
    ]


def indexes() -> list[dict[str, Any]]:
    found = []
    for transform, text in INDEXED:
        for bits, generation in [(128, 1), (256, 1), (32, 2)]:
            width, number = bits.to_bytes(2, "big"), generation.to_bytes(4, "big")
            parts = [ORGANIZATION.bytes, LABEL.encode(), transform.encode(), width, number]
            digest = formats.index(KEY, parts, text.encode(), bits)
            found.append(common() | {"transform": transform, "bits": bits, "generation": generation})
            found[-1] |= {"normalized": text, "digest": digest.hex()}
    return found


def multivalued() -> list[dict[str, Any]]:
    cases = [
        (f"ngram-{size}", text, terms.ngrams(size, text))
        for size in (2, 3)
        for text in (
            "Ada Lovelace",
            "O\u2019Neil-Zo\u00eb",
            "X",
            "\u0928\u093f\u0924\u093f\u0928",
            "\uff21\uff24\uff21 \ufb03",
        )
    ]
    cases += [
        (f"range-date-{width}", day, terms.date_buckets(date.fromisoformat(day), width))
        for width in (1, 32, 365)
        for day in ("0001-01-01", "1815-12-10", "9999-12-31")
    ]
    cases += [
        (f"range-number-{width}", str(number), terms.number_buckets(number, width))
        for width in (1, 1000)
        for number in (0, -1, 123456789, 1000 * width)
    ]
    cases += [(transform, text, [term]) for transform, text, term in SINGLE]
    return [multivalued_case(*case) for case in cases]


def multivalued_case(transform: str, text: str, found: list[str]) -> dict[str, Any]:
    parts = [ORGANIZATION.bytes, LABEL.encode(), transform.encode(), (32).to_bytes(2, "big"), bytes(4)]
    digests = sorted(formats.index(KEY, parts, term.encode(), 32).hex() for term in found)
    named = {"transform": transform, "bits": 32, "generation": 0, "value": text, "terms": found}
    return common() | named | {"digests": digests}


def sealed_files() -> list[dict[str, Any]]:
    found, salt = [], bytes(range(0x80, 0xA0))
    for length in (0, 1, 1023, 1024, 1025, 2048, 2500):
        text = (b"name,ssn\n" + b"Ada,123-45-6789\n" * 200)[:length]
        sealed = formats.sealed_file(KEY, KEY_ID, salt, 1024, [ORGANIZATION.bytes, b"spool", FILE.bytes], text)
        found.append(common() | {"label": "spool", "file_id": str(FILE), "salt": salt.hex(), "chunk_bytes": 1024})
        found[-1] |= {"plaintext": text.decode(), "sealed": sealed.hex()}
    return found


FILES = {
    "envelope-v1": envelopes,
    "deterministic-v1": deterministic,
    "deterministic-fields-v1": deterministic_fields,
    "keywrap-v1": wrapped_keys,
    "keywrap-siv-v1": wrapped_siv_keys,
    "blind-index-v1": indexes,
    "terms-v1": multivalued,
    "file-v1": sealed_files,
}

if __name__ == "__main__":
    for name, make in FILES.items():
        path = GOLDEN / f"{name}.json"
        if not path.exists():
            path.write_text(json.dumps(make(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
