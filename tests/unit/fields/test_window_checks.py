"""Each finding about a window, and a window that has none."""

import datetime as dt

import pytest
from django.db import models
from django.test.utils import isolate_apps

from ascend.fields import EncryptedCharField, Index, OldColumn, OperationRefused, old_lookups
from ascend.fields.accept import FernetFields, PgCryptoFieldsInServer, Plaintext
from ascend.fields.window_checks import check_field

UNTIL = dt.date(2099, 1, 1)


def found(*, old_column="ssn", replaces="ssn_old", accept=(), until=UNTIL, **options):
    with isolate_apps("ascend"):

        class Person(models.Model):
            ssn_old = OldColumn(models.CharField(max_length=11, db_column=old_column))
            ssn = EncryptedCharField(
                max_length=11,
                accept=accept,
                replaces=replaces,
                accept_until=until,
                **{"db_column": "sealed", **options},
            )

            class Meta:
                app_label = "people"

        return {message.id for message in check_field(Person._meta.get_field("ssn"))}


@pytest.mark.parametrize(
    ("declared", "identity"),
    [
        ({"accept": []}, "ascend.E131"),
        ({"accept": [Plaintext()], "replaces": "other"}, "ascend.E132"),
        ({"accept": [Plaintext()], "replaces": ""}, "ascend.E132"),
        ({"accept": ["Plaintext"]}, "ascend.E133"),
        ({"accept": [PgCryptoFieldsInServer(), Plaintext()]}, "ascend.E133"),
        ({"accept": [Plaintext()], "until": None}, "ascend.E134"),
        ({"accept": [Plaintext()], "until": dt.date(2020, 1, 1)}, "ascend.W135"),
        ({"accept": [Plaintext()], "old_column": "sealed"}, "ascend.E136"),
        ({"accept": [FernetFields()], "unique": True, "indexes": ["exact"]}, "ascend.E137"),
    ],
)
def test_a_wrong_window_is_found(declared, identity):
    # WIN-1, WIN-10
    assert found(**declared) == {identity}


@pytest.mark.parametrize("readers", [[Plaintext()], [FernetFields(), Plaintext()], [PgCryptoFieldsInServer()]])
def test_a_right_one_is_not(readers):
    assert found(accept=readers) == set()


def test_a_migration_sees_the_old_field_as_it_was_and_no_reader():
    with isolate_apps("ascend"):
        old = OldColumn(models.CharField(max_length=11, db_column="ssn", unique=True))
        new = EncryptedCharField(max_length=11, accept=[Plaintext()], replaces="ssn_old", accept_until=UNTIL)
    assert old.clone().deconstruct()[1:] == (
        "django.db.models.CharField", [], {"max_length": 11, "db_column": "ssn", "unique": True, "null": True},
    )  # fmt: skip
    _, path, _, options = new.deconstruct()
    assert (path, options["null"], options["replaces"]) == ("ascend.fields.EncryptedCharField", True, "ssn_old")
    assert not {"accept", "accept_until"} & set(options)


@pytest.mark.parametrize(
    ("index", "lookup"),
    [
        ("ngram-3", "contains"),
        ("prefix-3", "startswith"),
        ("prefix-3", "prefix_3"),
        ("exact", "exact"),
        ("exact", "in"),
    ],
)
def test_a_search_that_would_miss_what_has_not_moved_is_refused(index, lookup):
    with isolate_apps("ascend"):
        indexes = [Index(index, bits=64)]
        field = EncryptedCharField(
            max_length=11, accept=[Plaintext()], replaces="ssn_old", accept_until=UNTIL, indexes=indexes
        )
        field.contribute_to_class(type("P", (models.Model,), {"__module__": __name__, "Meta": Meta}), "ssn")
    with pytest.raises(OperationRefused, match="in no index"):
        old_lookups.lookup_for(field, lookup)


class Meta:
    app_label = "people"
