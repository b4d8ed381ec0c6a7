"""What version 1 wrote opens for ever, and is written again byte for byte."""

import hashlib
import io
import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from ascend.envelope import (
    DeterministicCipher,
    Envelope,
    FieldCipher,
    FieldContext,
    GroupContext,
    IndexKey,
    KeyContext,
    SecretKey,
    SivKey,
    Suite,
    Transform,
    header,
    named,
    row_part,
    unwrap_key,
    unwrap_siv_key,
)
from ascend.envelope.keywrap import wrap_key_with
from ascend.fields import types
from ascend.files import writer
from ascend.files.stream import SealedReader, SealedWriter, read_header
from tests.compat import generate

GOLDEN = Path(__file__).parent / "golden"
# A golden file is never regenerated to make a test pass. Whoever changes one changes this line too, in plain sight.
FROZEN = {
    "envelope-v1": (24, "53b00819b39981c375b698540c10c3a23ccded8494acfe8dd05c0c9b04a27b64"),
    "deterministic-v1": (8, "15457c2a1a2f8d21b54e81057f242d48af738f35d05efd28781660543012d1c7"),
    "deterministic-fields-v1": (15, "3dadb5271ea6aaf906704fd97e02e9a3ec0f5c88ce24133a1956cf2383c623d1"),
    "keywrap-v1": (4, "f4c6af31ac99f55acc929b0d851d52dcaec28fec75510357d1af9746f22221b6"),
    "keywrap-siv-v1": (1, "88faa2b5ff60059f688ed073ac75f3022f98a95b768da25aaa81c3a1d0318fd2"),
    "blind-index-v1": (18, "450699139c8fe240ae50040fd81f4799964d94236c04f2b042f3a4bb6c50a00a"),
    "terms-v1": (32, "ed6bb141188fc9f4970fd15890d90d6b1a3296ac597b72e2c85f939a220e85b9"),
    "file-v1": (7, "9e3c39bc055b8d7a710e1cb216bc037bbcdf2209b51e2627c123e7a56cb26446"),
}


def golden(name: str) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    return cases


def row_of(case: dict[str, Any]) -> bytes:
    if case["row_kind"] == "none":
        return b""
    return row_part(UUID(case["row"]) if case["row_kind"] == "uuid" else case["row"])


class TestGoldenFiles:
    @pytest.mark.parametrize("name", FROZEN)
    def test_are_the_ones_that_were_released(self, name: str) -> None:
        octets = (GOLDEN / f"{name}.json").read_bytes()
        assert (len(json.loads(octets)), hashlib.sha256(octets).hexdigest()) == FROZEN[name]

    @pytest.mark.parametrize("name", FROZEN)
    def test_are_what_the_second_implementation_writes(self, name: str) -> None:
        assert generate.FILES[name]() == golden(name)


class TestEnvelopeVersion1:
    def test_every_envelope_opens_and_is_sealed_again_byte_for_byte(self) -> None:
        ran = 0
        for case in golden("envelope-v1"):
            stored, nonce = bytes.fromhex(case["envelope"]), bytes.fromhex(case["nonce"])
            first = header(Suite(case["suite"]), bytes.fromhex(case["key_id"]))
            context = FieldContext(UUID(case["organization_id"]), case["label"])
            cipher = FieldCipher(SecretKey(bytes.fromhex(case["key"])), first, context)
            assert cipher.open(stored, row_of(case)).decode() == case["plaintext"]
            assert cipher.seal_with(nonce, case["plaintext"].encode(), row_of(case)) == stored
            assert Envelope.parse(stored).to_bytes() == stored
            assert Envelope.parse(stored).nonce == nonce
            ran += 1
        assert ran == 24


class TestWrappedKeyVersion1:
    def test_every_key_unwraps_and_is_wrapped_again_byte_for_byte(self) -> None:
        ran = 0
        for case in golden("keywrap-v1"):
            fields = case["context"] | {"algorithm": Suite(case["context"]["algorithm"])}
            fields |= {name: UUID(fields[name]) for name in ("organization_id", "key_id", "parent_id")}
            kek, key = (SecretKey(bytes.fromhex(case[name])) for name in ("kek", "key"))
            context, wrapped = KeyContext(**fields), bytes.fromhex(case["wrapped"])
            assert unwrap_key(kek=kek, wrapped=wrapped, context=context) == key
            assert wrap_key_with(bytes.fromhex(case["nonce"]), kek=kek, key=key, context=context) == wrapped
            ran += 1
        assert ran == 4


class TestDeterministicVersion1:
    def test_every_envelope_opens_and_is_sealed_again_byte_for_byte(self) -> None:
        ran = 0
        for case in golden("deterministic-v1"):
            stored = bytes.fromhex(case["envelope"])
            first = header(Suite.AES_256_SIV, bytes.fromhex(case["key_id"]))
            context = GroupContext(UUID(case["organization_id"]), case["label"])
            cipher = DeterministicCipher(SivKey(bytes.fromhex(case["key"])), first, context)
            assert cipher.open(stored).decode() == case["plaintext"]
            assert cipher.seal(case["plaintext"].encode()) == stored
            assert Envelope.parse(stored).to_bytes() == stored
            ran += 1
        assert ran == 8

    def test_every_type_of_field_seals_and_opens_what_it_always_did(self) -> None:
        ran = 0
        for case in golden("deterministic-fields-v1"):
            column = getattr(types, f"Encrypted{case['kind']}Field")(deterministic=True, **case["options"])
            first = header(Suite.AES_256_SIV, bytes.fromhex(case["key_id"]))
            context = GroupContext(UUID(case["organization_id"]), case["label"])
            cipher = DeterministicCipher(SivKey(bytes.fromhex(case["key"])), first, context)
            assert column.octets_of(case["value"]).hex() == case["octets"]
            assert cipher.seal(column.octets_of(case["value"])).hex() == case["envelope"]
            opened = column.decode(cipher.open(bytes.fromhex(case["envelope"])))
            assert opened == column.to_python(case["value"])
            ran += 1
        assert ran == 15

    def test_its_wrapped_key_unwraps_and_is_wrapped_again_byte_for_byte(self) -> None:
        (case,) = golden("keywrap-siv-v1")
        fields = case["context"] | {"algorithm": Suite(case["context"]["algorithm"])}
        fields |= {name: UUID(fields[name]) for name in ("organization_id", "key_id", "parent_id")}
        kek, key = SecretKey(bytes.fromhex(case["kek"])), SivKey(bytes.fromhex(case["key"]))
        context, wrapped = KeyContext(**fields), bytes.fromhex(case["wrapped"])
        assert unwrap_siv_key(kek=kek, wrapped=wrapped, context=context) == key
        assert wrap_key_with(bytes.fromhex(case["nonce"]), kek=kek, key=key, context=context) == wrapped


class TestBlindIndexVersion1:
    def test_every_value_has_the_index_it_always_had(self) -> None:
        ran = 0
        for case in golden("blind-index-v1"):
            key = IndexKey.derive(
                SecretKey(bytes.fromhex(case["key"])),
                organization_id=UUID(case["organization_id"]),
                label=case["label"],
                transform=case["transform"],
                bits=case["bits"],
                generation=case["generation"],
            )
            assert key.digest(case["normalized"]).hex() == case["digest"]
            ran += 1
        assert ran == 18


class TestTermsVersion1:
    def test_every_value_has_the_terms_and_digests_it_always_had(self) -> None:
        ran = 0
        for case in golden("terms-v1"):
            transform = named(case["transform"])
            is_single = isinstance(transform, Transform)
            found = {transform(case["value"])} if is_single else transform.terms(case["value"])
            assert sorted(found) == case["terms"]
            key = IndexKey.derive(
                SecretKey(bytes.fromhex(case["key"])),
                organization_id=UUID(case["organization_id"]),
                label=case["label"],
                transform=case["transform"],
                bits=case["bits"],
                generation=case["generation"],
            )
            assert [digest.hex() for digest in key.digests(found)] == case["digests"]
            ran += 1
        assert ran == 32


class TestSealedFileVersion1:
    def test_every_file_opens(self) -> None:
        ran = 0
        for case in golden("file-v1"):
            raw = io.BytesIO(bytes.fromhex(case["sealed"]))
            assert read_header(raw).hex() == case["key_id"]
            reader = SealedReader(raw, **self.names(case))
            assert io.BufferedReader(reader).read().decode() == case["plaintext"]
            ran += 1
        assert ran == 7

    def test_every_file_is_sealed_again_byte_for_byte(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for case in golden("file-v1"):
            monkeypatch.setattr(writer.os, "urandom", lambda _size, salt=case["salt"]: bytes.fromhex(salt))
            raw, key_id = io.BytesIO(), bytes.fromhex(case["key_id"])
            with SealedWriter(raw, key_id=key_id, chunk_bytes=case["chunk_bytes"], **self.names(case)) as stream:
                stream.write(case["plaintext"].encode())
            assert raw.getvalue().hex() == case["sealed"]

    def names(self, case: dict[str, Any]) -> dict[str, Any]:
        organization_id, file_id = UUID(case["organization_id"]), UUID(case["file_id"])
        key = SecretKey(bytes.fromhex(case["key"]))
        return {"key": key, "organization_id": organization_id, "label": case["label"], "file_id": file_id}
