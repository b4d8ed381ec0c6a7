"""What eight packages really wrote, moved end to end: read in place, sealed by a campaign, read again."""

import datetime as dt
from collections import Counter
from datetime import UTC, datetime

import pytest
from django.db import connections, models
from django.db.migrations.state import ModelState, ProjectState
from django.test import override_settings
from django.test.utils import isolate_apps

from ascend import fields
from ascend.campaigns import lifecycle, run
from ascend.campaigns.models import State
from ascend.campaigns.protecting import Protect
from ascend.campaigns.target import Target
from ascend.fields.accept import DoesNotAuthenticate, PgCryptoFieldsInServer, UnreadableContent
from ascend.scope import organization_scope
from tests.compat.old_formats import cases as old
from tests.compat.old_formats.test_old_formats import EXPECTED, JSON_OF_TEXTS, JSON_TEXT

FIELDS = {
    "text": (fields.EncryptedTextField, {}),
    "char": (fields.EncryptedCharField, {"max_length": 2000}),
    "email": (fields.EncryptedEmailField, {}),
    "integer": (fields.EncryptedIntegerField, {}),
    "big_integer": (fields.EncryptedBigIntegerField, {}),
    "float": (fields.EncryptedFloatField, {}),
    "decimal": (fields.EncryptedDecimalField, {"max_digits": 12, "decimal_places": 2}),
    "boolean": (fields.EncryptedBooleanField, {}),
    "date": (fields.EncryptedDateField, {}),
    "datetime": (fields.EncryptedDateTimeField, {}),
    "uuid": (fields.EncryptedUUIDField, {}),
    "json": (fields.EncryptedJSONField, {}),
    "binary": (fields.EncryptedBinaryField, {}),
}


def model_for(package, kind, column):
    """Return a live model with one moving column, as a developer declares it."""
    field, options = FIELDS[kind]
    with isolate_apps("ascend"):

        class Old(models.Model):
            value_old = fields.OldColumn(column(db_column="value"))
            value = field(
                db_column="value_sealed", null=True, accept=[old.reader_for(package, kind)], replaces="value_old",
                accept_until=dt.date(2099, 1, 1), **options,
            )  # fmt: skip

            objects = fields.EncryptedManager()

            class Meta:
                app_label = "golden"
                db_table = "golden_old"

    return Old


def insert(model, database, cases):
    """Make the table and write what the package had stored; return the cases by primary key."""
    state = ProjectState()
    state.add_model(ModelState.from_model(model))
    with connections[database].schema_editor() as editor:
        editor.create_model(state.apps.get_model("golden", "Old"))
    with connections[database].cursor() as cursor:
        for number, case in enumerate(cases, start=1):
            cursor.execute("INSERT INTO golden_old (id, value) VALUES (%s, %s)", [number, case.stored])
    return dict(enumerate(cases, start=1))


def move(model, database, organization):
    work = Protect(Target(model._meta.get_field("value"), database, organization), verify=True)
    campaign = lifecycle.open_campaign(work)
    return run.run(campaign, work, run.Options())


def is_lost(case):
    try:
        case.reader.read(case.stored)
    except UnreadableContent:
        return True
    return False


def expected(case):
    if case.stored is None:
        return [None]
    if case.kind == "json":
        kept = {"django-cryptography": JSON_TEXT, "django-fernet-encrypted-fields": JSON_OF_TEXTS}
        return kept.get(case.package, [case.written])
    seen = old.as_field_sees_it(case.kind, case.written)
    return [seen.replace(tzinfo=UTC) if isinstance(seen, datetime) and seen.tzinfo is None else seen]


@pytest.mark.parametrize("package", EXPECTED)
def test_every_golden_column_moves(package, database, keyring, organization, moving_app):
    # WIN-6
    count = Counter()
    for run_ in old.golden(package)["runs"]:
        with override_settings(**old.settings_of(run_["settings"])), organization_scope(organization):
            by_kind = {}
            for case in old.cases(package, run_):
                by_kind.setdefault(case.kind, []).append(case)
            for kind, cases in by_kind.items():
                count += moved(package, kind, cases, database, organization)
    opened, null, lost, wrecked, _, _ = EXPECTED[package]
    assert count == Counter(opened=opened, null=null + lost, wrecked=wrecked) - Counter()


def moved(package, kind, cases, database, organization):
    count = Counter()
    is_text = any(isinstance(case.stored, str) for case in cases)
    model = model_for(package, kind, models.TextField if is_text else models.BinaryField)
    rows = insert(model, database, cases)
    wrecked = {pk for pk, case in rows.items() if case.by_bulk_update and is_lost(case)}
    for pk, case in rows.items():
        if pk not in wrecked:
            assert model.objects.using(database).get(pk=pk).value in expected(case), (package, kind)
    campaign = move(model, database, organization)
    failed = {int(row.key) for row in lifecycle.failures(campaign, 100)}
    assert failed == wrecked
    assert campaign.state == (State.INCOMPLETE if wrecked else State.DONE)
    with connections[database].cursor() as cursor:
        cursor.execute("SELECT id, value, value_sealed FROM golden_old ORDER BY id")
        for pk, before, sealed in cursor.fetchall():
            case = rows[pk]
            assert (before is None) == (pk not in wrecked)
            if pk in wrecked:
                count["wrecked"] += 1
                continue
            assert model.objects.using(database).get(pk=pk).value in expected(case)
            count["opened" if sealed is not None else "null"] += 1
        cursor.execute("DROP TABLE golden_old")
    return count


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)  # pgcrypto is its own
class TestWhatOnlyTheServerOpens:
    @pytest.fixture(autouse=True)
    def _pgcrypto(self, database, settings, raw):
        settings.PGCRYPTO_KEY = "server key"
        raw("CREATE EXTENSION IF NOT EXISTS pgcrypto")

    def test_each_value_is_asked_for_alone_and_a_bad_one_is_reported(self, shop, raw, organization):
        # WIN-7
        for number in range(5):
            key = "server key" if number != 3 else "another"
            raw(
                "INSERT INTO moving_shop_document (text_old) VALUES (pgp_sym_encrypt(%s, %s, 'compress-algo=1'))",
                f"text {number}", key,
            )  # fmt: skip
        good = [row for row in range(5) if row != 3]
        first, *_, bad, _last = raw("SELECT id FROM moving_shop_document ORDER BY id")
        assert shop.Document.objects.get(pk=first[0]).text == "text 0"
        with pytest.raises(DoesNotAuthenticate):
            shop.Document.objects.get(pk=bad[0])
        assert shop.Document.objects.count() == 5  # the transaction goes on
        work = Protect(Target(shop.Document._meta.get_field("text"), "default", organization), verify=True)
        campaign = run.run(lifecycle.open_campaign(work), work, run.Options())
        ((key, reason),) = [(row.key, row.reason) for row in lifecycle.failures(campaign, 9)]
        assert (int(key), "DoesNotAuthenticate" in reason) == (bad[0], True)
        rows = shop.Document.objects.exclude(pk=bad[0])
        assert sorted(row.text for row in rows) == [f"text {number}" for number in good]
        assert isinstance(shop.Document._meta.get_field("text").window.database_reader, PgCryptoFieldsInServer)
