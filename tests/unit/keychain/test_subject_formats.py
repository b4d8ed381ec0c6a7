"""The bytes that seals and certificates are made over, written a second time from the specification (KC-62, KC-79)."""

import base64
import datetime as dt
import hmac
import json
import uuid

import pytest

from ascend.keychain import certificates, subject_rows
from ascend.keychain.errors import CertificateInvalid, KeyTampered
from ascend.keychain.subject_models import SubjectKey

KEY = bytes(range(32))
IDS = [uuid.UUID(int=number) for number in range(1, 5)]
CREATED = dt.datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def registry_key(settings):
    settings.ASCEND_REGISTRY_KEY = base64.b64encode(KEY).decode()


def lp(*parts):
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def row(**changes):
    columns = {
        "id": IDS[0], "organization_id": IDS[1], "environment": "production", "subject_id": IDS[2],
        "parent_id": IDS[3], "short_id": b"\x80234567\xff", "wrapped": b"wrapped", "check_value": b"c" * 16,
        "algorithm": "xaes-256-gcm", "primary": True, "state": "active", "state_version": 1, "created_at": CREATED,
    }  # fmt: skip
    return SubjectKey(**{**columns, **changes})


def test_the_seal_of_a_persons_key_is_that_of_the_specification():
    microseconds = (CREATED - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)
    text = lp(
        b"ascend/subject-key/v1", *(each.bytes for each in IDS[:2]), b"production", *(each.bytes for each in IDS[2:]),
        b"\x80234567\xff", b"\x01wrapped", b"c" * 16, b"xaes-256-gcm", b"\x01", b"active", (1).to_bytes(8, "big"),
        b"\x01" + microseconds.to_bytes(8, "big"), b"\x00",
    )  # fmt: skip
    assert subject_rows.seal_of(row()) == hmac.digest(KEY, text, "sha256")


@pytest.mark.parametrize(
    "change",
    [
        {"id": IDS[1]}, {"organization_id": IDS[0]}, {"environment": "staging"}, {"subject_id": IDS[0]},
        {"parent_id": IDS[0]}, {"short_id": b"\x80234567\xfe"}, {"wrapped": b"another"}, {"wrapped": None},
        {"check_value": b"d" * 16}, {"algorithm": "aes-256-gcm"}, {"primary": False}, {"state": "destroyed"},
        {"state_version": 2}, {"created_at": CREATED + dt.timedelta(microseconds=1)}, {"destroyed_at": CREATED},
    ],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_every_column_is_sealed(change):
    sealed = row(seal=subject_rows.seal_of(row()))
    subject_rows.check([sealed])
    for name, value in change.items():
        setattr(sealed, name, value)
    with pytest.raises(KeyTampered):
        subject_rows.check([sealed])


def certificate(statement):
    text = json.dumps(statement, sort_keys=True, separators=(",", ":")).encode()
    value = hmac.digest(KEY, lp(b"ascend/shred-certificate/v1", text), "sha256").hex()
    return json.dumps({**statement, "authentication": {"algorithm": "any", "value": value}})


def test_a_certificate_verifies_as_the_specification_says():
    statement = {"type": "ascend/shred-certificate/v1", "person": "Ada \u00e9"}
    assert certificates.verify(certificate(statement)) == statement


def test_what_has_another_type_is_no_certificate():
    with pytest.raises(CertificateInvalid):
        certificates.verify(certificate({"type": "ascend/shred-certificate/v2"}))
