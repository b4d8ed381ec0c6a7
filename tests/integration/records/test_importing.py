"""An import on real PostgreSQL with real keys: what it writes, what it refuses, and what it leaves."""

import json

import pytest

from ascend.scope import organization_scope
from audit.catalogue import Event
from audit.models import InboxEvent
from records import conf
from records.models import ImportIssue, ImportJob, PersonRecord, SeenReference
from records.models.imports import State
from records.reasons import Reason
from records.services import importing, inserting, leasing
from tests.factories import records
from tests.factories.accounts import NOW

pytestmark = pytest.mark.django_db


def issues(job):
    return list(job.issues.values_list("row", "column", "reason"))


def test_a_dry_run_writes_no_record(northwind, steward):
    job = records.checked(records.people_csv(30), steward, northwind.pk)
    assert (job.state, job.rows_good, job.rows_bad) == (State.CHECKED, 30, 0)
    assert not PersonRecord.objects.exists()
    assert not SeenReference.objects.exists()


def test_an_accepted_import_stores_every_value(northwind, steward):
    job = records.imported(records.people_csv(30), steward, northwind.pk)
    assert (job.state, job.rows_imported, job.rows_skipped) == (State.DONE, 30, 0)
    with organization_scope(northwind.pk):
        person = PersonRecord.objects.get(reference="C-000007")
        values = [person.reference, *(getattr(person, name) for name in records.TARGETS[1:])]
    assert [str(value) for value in values] == records.row(7)


def test_more_rows_than_a_chunk_are_each_imported_once(northwind, steward, monkeypatch):
    monkeypatch.setattr(conf, "CHUNK_ROWS", 7)
    job = records.imported(records.people_csv(50), steward, northwind.pk)
    assert (job.rows_imported, job.cursor_bytes, job.cursor_rows) == (50, job.file_bytes, 51)
    assert PersonRecord.objects.count() == 50


def test_slices_continue_where_the_last_one_stopped(northwind, steward, monkeypatch, settings):
    monkeypatch.setattr(conf, "CHUNK_ROWS", 5)
    settings.IMPORT_SLICE_CHUNKS = 2
    job = records.imported(records.people_csv(43), steward, northwind.pk)
    assert (job.rows_imported, PersonRecord.objects.count()) == (43, 43)


def test_importing_the_same_file_again_adds_nothing(northwind, steward):
    records.imported(records.people_csv(5), steward, northwind.pk)
    job = records.checked(records.people_csv(8), steward, northwind.pk)
    assert (job.rows_good, job.rows_existing) == (3, 5)
    importing.accept(job_id=job.pk, organization_id=northwind.pk, person_id=steward.pk, now=NOW)
    job = records.run(job)
    assert (job.rows_imported, job.rows_skipped, PersonRecord.objects.count()) == (3, 5, 8)


def test_a_reference_that_stands_twice_in_the_file_is_counted_once(northwind, steward):
    job = records.imported(records.people_csv(5) + records.people_csv(5).partition(b"\n")[2], steward, northwind.pk)
    assert (job.rows_imported, job.rows_skipped, job.rows_bad) == (5, 0, 5)


def test_another_organization_may_use_the_same_references(northwind, steward, kestrel, charlie):
    records.imported(records.people_csv(3), steward, northwind.pk)
    assert records.imported(records.people_csv(3), charlie, kestrel.pk).rows_imported == 3


def test_a_repeated_reference_is_told_across_chunks(northwind, steward, monkeypatch):
    monkeypatch.setattr(conf, "CHUNK_ROWS", 2)
    rows = [records.row(number) for number in (1, 2, 3, 2, 4, 4)]
    job = records.checked(records.csv_of(*rows), steward, northwind.pk)
    assert issues(job) == [(5, 0, Reason.REFERENCE_REPEATED), (7, 0, Reason.REFERENCE_REPEATED)]
    importing.accept(job_id=job.pk, organization_id=northwind.pk, person_id=steward.pk, now=NOW)
    assert records.run(job).rows_imported == 4


def test_rows_with_problems_are_left_out_and_told(northwind, steward):
    content = records.csv_of(
        records.row(1),
        records.row(2, email="nobody"),
        records.row(3, name="=cmd()"),
        records.row(4)[:-1],
        records.row(5, date_of_birth="1980-02-31"),
    )
    job = records.imported(content, steward, northwind.pk)
    assert issues(job) == [
        (3, 2, Reason.NOT_AN_EMAIL),
        (4, 1, Reason.FORMULA),
        (5, None, Reason.COLUMN_COUNT),
        (6, 5, Reason.IMPOSSIBLE_DATE),
    ]
    assert (job.rows_good, job.rows_bad, job.rows_imported) == (1, 4, 1)


def test_a_file_whose_quote_never_closes_cannot_be_accepted(northwind, steward):
    content = records.people_csv(3) + b'"C-9,open'
    job = records.checked(content, steward, northwind.pk)
    assert job.fatal_reason == Reason.QUOTE_NEVER_CLOSED
    with pytest.raises(importing.WrongStep):
        importing.accept(job_id=job.pk, organization_id=northwind.pk, person_id=steward.pk, now=NOW)


def test_the_report_is_bounded_and_the_count_is_not(northwind, steward, monkeypatch):
    monkeypatch.setattr(conf, "KEPT_ISSUES", 10)
    monkeypatch.setattr(conf, "CHUNK_ROWS", 4)
    job = records.checked(records.csv_of(*(records.row(n, email="x") for n in range(25))), steward, northwind.pk)
    assert (job.issues_found, ImportIssue.objects.count()) == (25, 10)


def test_columns_can_be_matched_again(northwind, steward):
    job = records.checked(records.people_csv(3), steward, northwind.pk)
    targets = ["reference", "name", *["-"] * 7]
    importing.match_columns(job_id=job.pk, organization_id=northwind.pk, targets=targets)
    assert (records.run(job).rows_good, job.targets) == (3, targets)


def test_a_cancelled_import_leaves_no_file(northwind, steward):
    job = records.checked(records.people_csv(3), steward, northwind.pk)
    importing.cancel(job_id=job.pk, organization_id=northwind.pk, person_id=steward.pk, now=NOW)
    job.refresh_from_db()
    assert (job.state, job.spool_id) == (State.CANCELLED, None)


def test_the_spool_goes_with_the_end_of_the_import(northwind, steward, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        records.imported(records.people_csv(3), steward, northwind.pk)
    assert list(conf.spool_dir().iterdir()) == []


def test_heavy_rows_make_smaller_chunks(northwind, steward, monkeypatch):
    monkeypatch.setattr(conf, "CHUNK_BYTES", 1000)
    job = records.imported(records.people_csv(40), steward, northwind.pk)
    assert (job.rows_imported, PersonRecord.objects.count()) == (40, 40)


def test_a_reference_that_somebody_stores_meanwhile_is_skipped(northwind, steward, monkeypatch):
    job = records.checked(records.people_csv(3), steward, northwind.pk)
    records.imported(records.people_csv(2), steward, northwind.pk)
    look, first = inserting._without_existing, []

    def looked_too_early(people, organization_id):
        if first:
            return look(people, organization_id)
        first.append(True)
        return list(people)

    monkeypatch.setattr(inserting, "_without_existing", looked_too_early)
    importing.accept(job_id=job.pk, organization_id=northwind.pk, person_id=steward.pk, now=NOW)
    job = records.run(job)
    assert (job.rows_imported, job.rows_skipped, PersonRecord.objects.count()) == (1, 2, 3)


def test_a_job_that_stops_again_and_again_ends(northwind, steward):
    job = records.checked(records.people_csv(3), steward, northwind.pk)
    importing.accept(job_id=job.pk, organization_id=northwind.pk, person_id=steward.pk, now=NOW)
    ImportJob.objects.filter(pk=job.pk).update(attempts=leasing.MAX_ATTEMPTS)
    assert records.run(job).failure == "repeated_error"


def test_the_event_of_an_acceptance_names_the_fields_and_no_column_left_out(northwind, steward):
    job = records.checked(records.people_csv(2), steward, northwind.pk)
    targets = ["reference", *("-" for _ in job.targets[1:])]
    importing.match_columns(job_id=job.pk, organization_id=northwind.pk, targets=targets)
    job = records.run(job)
    importing.accept(job_id=job.pk, organization_id=northwind.pk, person_id=steward.pk, now=NOW)
    event = InboxEvent.objects.get(event=Event.IMPORT_ACCEPT)
    assert json.loads(bytes(event.body))["details"]["fields"] == "reference"
