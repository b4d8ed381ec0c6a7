"""Failures of other packages that no other test of ours is about, each with the outcome it should have had.

`failures.py` is the list of all, and names the test of each.
"""

import ast
import datetime as dt
import hashlib
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connections
from django.test.utils import CaptureQueriesContext, isolate_apps

from ascend import fields
from ascend.envelope import DecryptionFailed, FieldCipher, FieldContext, SecretKey, Suite, header
from ascend.fields import OperationRefused, checks
from ascend.testing import memory_keyring

SSN, OTHER = "123-45-6789", "987-65-4321"
ROOT = Path(__file__).parents[3]


@pytest.fixture
def customer(people):
    return people.Customer.objects.create(name="Ada", ssn=SSN, nickname="ada", date_of_birth="1980-05-17", notes=SSN)


def test_save_under_a_wrong_key_leaves_the_column_as_it_was(people, customer, organization, stored, savepoint):
    patient = people.Patient.objects.create(organization_id=organization, reference="r", ssn=SSN)
    before = stored(customer, "ssn"), stored(patient, "ssn")
    unread = people.Patient.objects.get()
    with memory_keyring():
        with pytest.raises(DecryptionFailed):
            people.Customer.objects.get()
        with pytest.raises(DecryptionFailed), savepoint():
            unread.save()
    assert (stored(customer, "ssn"), stored(patient, "ssn")) == before


def test_equal_values_have_different_envelopes(people, customer, stored):
    second = people.Customer.objects.create(name="Bob", ssn=OTHER, nickname="ada", notes=SSN)
    assert stored(customer, "nickname") != stored(second, "nickname")
    assert stored(customer, "notes") != stored(second, "notes")
    before = stored(customer, "notes")
    customer.save()
    assert stored(customer, "notes") != before


def test_no_stored_value_is_unpickled():
    for path in (ROOT / "ascend").rglob("*.py"):
        tree = ast.parse(path.read_text())
        calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
        assert not calls & {"pickle.loads", "pickle.load", "loads_pickle", "eval", "exec"}, path


def test_every_bit_of_the_key_counts():
    key, context = bytearray(range(32)), FieldContext(uuid4(), "a.b.c")
    head = header(Suite.AES_256_GCM, bytes(8))
    envelope = FieldCipher(SecretKey(bytes(key)), head, context).seal(b"value")
    for bit in range(256):
        other = bytearray(key)
        other[bit // 8] ^= 1 << bit % 8
        with pytest.raises(DecryptionFailed):
            FieldCipher(SecretKey(bytes(other)), head, context).open(envelope)


def test_values_under_an_older_key_open(people, customer, keyring, organization, stored):
    old = stored(customer, "ssn")[:9]
    keyring("people.customer.ssn").rotate(organization)
    assert people.Customer.objects.get(ssn=SSN).ssn == SSN
    customer.save()
    assert stored(customer, "ssn")[:9] != old
    assert people.Customer.objects.get(ssn=SSN).ssn == SSN


@pytest.mark.parametrize("kind", ["PositiveInteger", "Boolean", "Integer", "Float", "Duration"])
def test_zero_and_false_are_values(kind, organization):
    field = getattr(fields, f"Encrypted{kind}Field")(null=True)
    zero = {"Boolean": False, "Float": 0.0, "Duration": dt.timedelta(0)}.get(kind, 0)
    octets = field.octets_of(zero)
    assert octets
    assert field.decode(octets) == zero
    assert type(field.decode(octets)) is type(zero)


def test_full_clean_takes_plain_values(people, customer):
    customer.full_clean()
    people.Customer.objects.get().full_clean()
    people.Customer(name="Bob", ssn=OTHER, notes="plain", nickname="bob").full_clean()


def test_bulk_create_fills_the_index(people, organization, stored):
    people.Customer.objects.bulk_create([people.Customer(name=str(n), ssn=f"{n:09d}") for n in range(3)])
    assert [people.Customer.objects.get(ssn=f"{n:09d}").name for n in range(3)] == ["0", "1", "2"]
    assert all(stored(row, "ssn_last4_a") is not None for row in people.Customer.objects.all())
    people.Patient.objects.bulk_create([people.Patient(organization_id=organization, reference="p", ssn=SSN)])
    assert people.Patient.objects.get(ssn=SSN).reference == "p"


def test_the_hashes_need_the_key(people, customer, stored):
    found = stored(customer, "ssn_exact_a")
    for name in ("sha256", "sha512", "sha1", "md5", "blake2b"):
        assert not hashlib.new(name, SSN.encode()).digest().startswith(found[:8])
    with memory_keyring():
        second = people.Customer.objects.create(name="Eve", ssn=SSN)  # unique, and another key's hash
        assert stored(second, "ssn_exact_a") != found
    assert stored(customer, "ssn_last4_a") != found


def test_many_rows_are_one_statement(people, database, organization):
    people.Customer.objects.create(name="x", ssn="first")  # keys are there
    rows = [people.Customer(name=str(n), ssn=str(n)) for n in range(20)]
    with CaptureQueriesContext(connections[database]) as captured:
        people.Customer.objects.bulk_create(rows)
    assert len([query for query in captured if "INSERT" in query["sql"]]) == 1
    with CaptureQueriesContext(connections[database]) as captured:
        assert len({row.ssn for row in people.Customer.objects.all()}) == 21
    assert len(captured) == 1


def test_bulk_create_does_not_pass_by_unique(people, customer, savepoint):
    for rows in ([people.Customer(name="Bob", ssn=SSN)], [people.Customer(name="x", ssn=OTHER) for _ in range(2)]):
        with pytest.raises(IntegrityError), savepoint():
            people.Customer.objects.bulk_create(rows)
    assert people.Customer.objects.count() == 1


def test_unique_without_an_index_is_refused_by_a_check():
    from django.db import models

    with isolate_apps("ascend"):
        field = fields.EncryptedCharField(max_length=11, unique=True)
        meta = type("Meta", (), {"app_label": "checked"})
        type("Unique", (models.Model,), {"__module__": __name__, "value": field, "Meta": meta})
        assert "ascend.E108" in [message.id for message in checks.check_field(field)]


SEARCHES = {
    "exact": {"notes": SSN},
    "in": {"notes__in": [SSN]},
    "gt": {"ssn__gt": "0"},
    "icontains": {"ssn__icontains": "123"},
    "year": {"date_of_birth__month": 5},
}


@pytest.mark.parametrize("name", SEARCHES)
def test_a_search_without_an_index_is_refused(people, customer, name):
    for method in ("filter", "exclude", "get_or_create"):
        with pytest.raises(OperationRefused, match="No index|no index"):
            bool(getattr(people.Customer.objects, method)(**SEARCHES[name]))


def test_null_is_found_with_and_without_an_index(people, customer):
    people.Customer.objects.create(name="Bob", ssn=OTHER, nickname=None, date_of_birth=None)
    for search in ({"nickname": None}, {"nickname__isnull": True}, {"date_of_birth": None}, {"notes__isnull": False}):
        assert people.Customer.objects.filter(**search).exists(), search
    assert people.Customer.objects.get(nickname=None).name == "Bob"


def test_raw_queries_open(people, customer):
    (row,) = people.Customer.objects.raw("SELECT * FROM people_customer")
    assert (row.ssn, row.date_of_birth) == (SSN, dt.date(1980, 5, 17))


@pytest.mark.parametrize("option", ["key", "keys", "salt", "hash_key", "password"])
def test_a_field_takes_no_key(option):
    with pytest.raises(TypeError):
        fields.EncryptedCharField(max_length=11, **{option: "secret"})


def test_no_error_holds_the_value(people, customer, savepoint, keyring, organization):
    from ascend.keychain.errors import KeyUnavailable

    secret = "secret \ud800"
    attempts = [
        (IntegrityError, lambda: people.Customer.objects.create(name="Bob", ssn=SSN)),
        (OperationRefused, lambda: people.Customer.objects.filter(ssn__contains=SSN)),
        (ValidationError, lambda: people.Customer.objects.create(name="Bob", ssn=secret)),
        (ValidationError, lambda: people.Customer.objects.filter(date_of_birth=SSN)),
    ]
    for expected, attempt in attempts:
        with pytest.raises(expected) as raised, savepoint():
            attempt()
        assert_silent(raised.value, SSN, "secret", "6789")
    keyring.revoke(organization)
    with pytest.raises(KeyUnavailable) as raised, savepoint():
        people.Customer.objects.create(name="Bob", ssn=OTHER)
    assert_silent(raised.value, OTHER)


def assert_silent(error, *values):
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        told = f"{error!r} {error} {vars(error)!r} {error.args!r}"
        assert not [value for value in values if value in told], type(error)
        error = error.__cause__ or error.__context__


def test_sql_holds_neither_key_nor_value(people, organization, database):
    with CaptureQueriesContext(connections[database]) as captured:
        row = people.Customer.objects.create(name="Ada", ssn=SSN, nickname="unheard-of", date_of_birth="1980-05-17")
        row.save(update_fields=["ssn"])
        people.Customer.objects.filter(ssn=SSN).update(nickname="never-seen")
        people.Customer.objects.bulk_update([row], ["ssn", "nickname"])
        people.Customer.objects.bulk_create([people.Customer(name="Bob", ssn=OTHER)])
        list(people.Customer.objects.filter(ssn__in=[SSN, OTHER], nickname="never-seen", date_of_birth__year=1980))
    told = " ".join(query["sql"] for query in captured)
    told += str(people.Customer.objects.filter(ssn=SSN, date_of_birth__year=1980).query)
    assert "INSERT" in told
    for value in (SSN, OTHER, "unheard-of", "never-seen", "1980-05-17"):
        assert value not in told
        assert value.encode().hex() not in told.lower()
