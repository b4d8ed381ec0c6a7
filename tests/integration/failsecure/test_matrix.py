"""Each row of AWS's error matrix × each way to read or write: no value, no ciphertext, no blank, and it comes back.

KC-39: without a lease everything refuses. Nothing of the other organization changes, in any row.
"""

import time
from contextlib import nullcontext
from types import SimpleNamespace

import pytest
from django.db import transaction

from ascend.keychain import keyring, process, refresh
from ascend.keychain.errors import KeyDamaged, KeySuspended, KeyUnavailable
from ascend.providers.contract import Denied, Integrity, Operator, Transient
from ascend.scope import organization_scope
from tests.integration.failsecure.conftest import begin_empty, probe_until_good, state_of
from tests.integration.failsecure.paths import EMAIL, FILE_LABEL, PATHS, SSN
from tests.integration.providers.kms_rows import ROWS

pytestmark = pytest.mark.django_db
# One of each reaction is enough to see that the wire and the codes lead to the same; the provider's own tests have all.
SLOW = {"black hole"}


@pytest.fixture
def stocked(people_tables, customer):
    """Return what makes an organization with values in every kind of place."""

    def make():
        from people import models

        owner = customer()
        with organization_scope(owner.organization_id):
            row = models.Customer.objects.create(name="c", ssn=SSN, email=EMAIL, nickname="ada")
            models.Order.objects.create(customer=row, reference="o")
            patient = models.Patient.objects.create(organization_id=owner.organization_id, reference="p", ssn=SSN)
            _, file_key_id = keyring.file_key(owner.organization_id, FILE_LABEL)
        return owner, SimpleNamespace(
            Customer=Owned(models.Customer, pk=row.pk),
            Order=Owned(models.Order, customer_id=row.pk),
            Patient=Owned(models.Patient, organization_id=owner.organization_id),
            kept=row, kept_patient=patient, file_key_id=file_key_id,
            unsaved=lambda: models.Customer(name="n", ssn="987-65-4321"),
        )  # fmt: skip

    return make


class Owned:
    """A model whose `objects` sees one organization's rows, as a project's own views do."""

    def __init__(self, model, **condition):
        self._model, self._condition = model, condition

    def __call__(self, **values):
        return self._model(**values)

    @property
    def _meta(self):
        return self._model._meta

    @property
    def objects(self):
        return _Objects(self._model.objects.filter(**self._condition), self._model)


class _Objects:
    def __init__(self, rows, model):
        self._rows, self._model = rows, model

    def __getattr__(self, name):
        return getattr(self._model.objects if name in {"raw", "bulk_create", "create"} else self._rows, name)


def outcome(name, models, owner):
    """Return what a path gave or raised."""
    try:
        with organization_scope(owner.organization_id), savepoint(name):
            return PATHS[name](models, owner.organization_id)
    except KeyUnavailable as refusal:
        # Its frames hold a cursor of the database, which must not live longer than the transaction.
        refusal.__cause__ = refusal.__context__ = None
        return refusal.with_traceback(None)


def savepoint(name):
    """Django spoils the transaction where a write fails. A read needs none, and its cursor would outlive it."""
    return transaction.atomic() if name.startswith("write") else nullcontext()


def read(models, owner):
    return outcome("read: an attribute of a row", models, owner)


def renewed():
    """Do what the ticker does at two thirds of a lease."""
    refresh.begin_due(lambda: None)
    deadline = time.monotonic() + 20
    while any(tenancy.is_refreshing for tenancy in process.tenancies()) and time.monotonic() < deadline:
        time.sleep(0.005)
        if refresh.has_finished():
            refresh.look_and_install()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_nothing_is_read_or_written_and_it_comes_back_by_itself(row, stocked, fake_clock):
    (ours, models), (theirs, their_models) = stocked(), stocked()
    begin_empty()
    row.begin(ours.scene)
    results = {name: outcome(name, models, ours) for name in PATHS}
    assert [name for name, result in results.items() if not isinstance(result, KeyUnavailable)] == []
    first = results["read: an attribute of a row"]
    assert first.reason
    assert first.fix
    assert SSN not in repr(results)
    expected = {Denied: KeySuspended, Integrity: KeyDamaged}.get(row.reaction, KeyUnavailable)
    assert {type(result) for result in results.values()} == {expected}
    assert state_of(ours.organization_id) == ("suspended" if row.reaction is Denied else "active")
    assert (first.retry_after_seconds is not None) == (row.reaction in {Transient, Operator})
    row.end(ours.scene)
    if row.reaction is Denied:
        assert isinstance(read(models, ours), KeySuspended)
        probe_until_good(ours.organization_id, fake_clock)
    fake_clock.advance(2.5)
    process.lose(ours.organization_id)
    assert read(models, ours) == SSN
    assert read(their_models, theirs) == SSN


@pytest.mark.parametrize("row", [row for row in ROWS if row.name not in SLOW], ids=lambda row: row.name)
def test_a_lease_in_force_ends_at_once_or_at_its_end_and_never_later(row, stocked, fake_clock):
    ours, models = stocked()
    begin_empty()
    assert read(models, ours) == SSN
    row.begin(ours.scene)
    assert read(models, ours) == SSN
    fake_clock.advance(21)
    assert read(models, ours) == SSN
    renewed()
    ends_at_once = row.reaction in {Denied, Integrity}
    assert isinstance(read(models, ours), KeyUnavailable) == ends_at_once
    fake_clock.advance(9.5)
    assert isinstance(read(models, ours), KeyUnavailable)
    assert state_of(ours.organization_id) == ("suspended" if row.reaction is Denied else "active")
    row.end(ours.scene)


def test_every_path_gives_something_while_the_key_answers(stocked):
    """Or the test above would prove nothing."""
    ours, models = stocked()
    for name in PATHS:
        with transaction.atomic():
            assert not isinstance(outcome(name, models, ours), KeyUnavailable), name
            transaction.set_rollback(name.startswith("write"))
    assert len(PATHS) == 39
