"""What happens when the key is away, the log does not take an event, or a stored value was changed."""

import pytest
from django.db import connection, transaction
from django.test import Client

from accounts.roles import Role
from ascend.keychain import keyring
from audit.models import InboxEvent
from records import conf
from records.models import ImportJob, PersonRecord
from records.services import importing, sweeping, work
from tests.factories import accounts, records
from tests.factories.accounts import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def key_file(settings, northwind):
    return settings.ASCEND_LOCAL_KEYS_DIR / f"{northwind.pk}.key"


@pytest.fixture
def client(officer):
    return accounts.sign_in(Client(), officer)


@pytest.fixture
def person(northwind, steward):
    records.imported(records.people_csv(3), steward, northwind.pk)
    return PersonRecord.objects.get(reference="C-000001")


def away(key_file):
    """Rename the master key and let this process forget its lease, as the end of the lease would."""
    hidden = key_file.rename(key_file.with_suffix(".away"))
    keyring.close()
    return hidden


def test_without_the_key_every_page_answers_503_and_shows_no_blank(person, client, key_file):
    hidden = away(key_file)
    for path in ("/records/", f"/records/{person.pk}/", f"/records/{person.pk}/change/"):
        assert client.get(path).status_code == 503, path
    reveal = {"field": "ssn", "reason": "Access request 12"}
    assert client.post(f"/records/{person.pk}/reveal/", reveal).status_code == 503
    assert client.post("/records/search/", {"by": "ssn_last4", "text": "0001"}).status_code == 503
    assert not InboxEvent.objects.filter(event="records:person:reveal").exists()
    hidden.rename(key_file)


def test_the_other_organization_notices_nothing(person, key_file, kestrel, charlie):
    records.imported(records.people_csv(3), charlie, kestrel.pk)
    hidden = away(key_file)
    other = accounts.sign_in(Client(), charlie)
    assert other.get("/records/").status_code == 200
    hidden.rename(key_file)


def test_an_import_without_its_key_is_blocked_and_not_failed(northwind, steward, key_file):
    job = records.checked(records.people_csv(3), steward, northwind.pk)
    importing.accept(job_id=job.pk, organization_id=northwind.pk, person_id=steward.pk, now=NOW)
    hidden = away(key_file)
    work.run_slice(job_id=job.pk)
    job.refresh_from_db()
    assert (job.status, job.state, job.rows_imported) == ("blocked", "importing", 0)
    hidden.rename(key_file)


def test_a_blocked_import_goes_on_by_itself(northwind, steward):
    job = records.checked(records.people_csv(3), steward, northwind.pk)
    importing.accept(job_id=job.pk, organization_id=northwind.pk, person_id=steward.pk, now=NOW)
    ImportJob.objects.filter(pk=job.pk).update(blocked_at=NOW, retry_at=NOW.replace(year=2020))
    assert sweeping.send_waiting_imports() == 1
    work.run_slice(job_id=job.pk)
    job.refresh_from_db()
    assert (job.status, job.rows_imported) == ("done", 3)


def test_no_value_is_shown_that_the_log_does_not_know(person, client):
    with connection.cursor() as cursor:
        cursor.execute("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'no'; END$$")
        cursor.execute("CREATE TRIGGER refuse BEFORE INSERT ON audit_inboxevent FOR EACH ROW EXECUTE FUNCTION refuse()")
    answer = client.post(f"/records/{person.pk}/reveal/", {"field": "ssn", "reason": "Access request 12"})
    assert answer.status_code == 503
    assert b"900-11-0001" not in answer.content


def test_nothing_changes_that_the_log_does_not_know(person, client, northwind):
    with connection.cursor() as cursor:
        cursor.execute("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'no'; END$$")
        cursor.execute("CREATE TRIGGER refuse BEFORE INSERT ON audit_inboxevent FOR EACH ROW EXECUTE FUNCTION refuse()")
    with transaction.atomic():
        assert client.post(f"/records/{person.pk}/delete/").status_code == 503
    assert PersonRecord.objects.filter(pk=person.pk).exists()


def test_a_value_moved_from_another_row_is_refused_and_told(person, client):
    other = PersonRecord.objects.get(reference="C-000002")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE records_personrecord SET ssn = (SELECT ssn FROM records_personrecord WHERE id = %s) WHERE id = %s",
            [other.pk, person.pk],
        )
    answer = client.post(f"/records/{person.pk}/reveal/", {"field": "ssn", "reason": "Access request 12"})
    assert answer.status_code >= 500
    assert b"900-12-0002" not in answer.content
    assert InboxEvent.objects.get(event="records:person:reveal").outcome == "error"


def test_a_damaged_spool_ends_the_import(northwind, steward):
    job = records.checked(records.people_csv(3), steward, northwind.pk)
    importing.accept(job_id=job.pk, organization_id=northwind.pk, person_id=steward.pk, now=NOW)
    (path,) = conf.spool_dir().iterdir()
    stored = bytearray(path.read_bytes())
    stored[-1] ^= 1
    path.write_bytes(stored)
    assert records.run(job).failure == "spool_damaged"
    assert not PersonRecord.objects.exists()


def test_a_lost_spool_ends_the_import(northwind, steward):
    job = records.checked(records.people_csv(3), steward, northwind.pk)
    importing.accept(job_id=job.pk, organization_id=northwind.pk, person_id=steward.pk, now=NOW)
    (path,) = conf.spool_dir().iterdir()
    path.unlink()
    assert records.run(job).failure == "spool_lost"


@pytest.mark.parametrize(("kind", "setting"), [("reveal", "REVEALS_PER_HOUR"), ("search", "SEARCHES_PER_HOUR")])
def test_past_the_hourly_limit_there_is_429_and_an_event(person, client, settings, kind, setting):
    setattr(settings, setting, 2)
    ways = {
        "reveal": (f"/records/{person.pk}/reveal/", {"field": "ssn", "reason": "Access request 12"}),
        "search": ("/records/search/", {"by": "ssn_last4", "text": "0001"}),
    }
    statuses = [client.post(*ways[kind]).status_code for _ in range(3)]
    assert statuses[2] == 429
    assert 429 not in statuses[:2]
    assert InboxEvent.objects.filter(event="accounts:limit:reach").count() == 1


def test_a_colleague_has_an_allowance_of_their_own(person, client, settings, northwind):
    settings.SEARCHES_PER_HOUR = 1
    client.post("/records/search/", {"by": "ssn_last4", "text": "0001"})
    colleague = accounts.sign_in(Client(), accounts.member(northwind, "Dora", Role.OFFICER))
    assert colleague.post("/records/search/", {"by": "ssn_last4", "text": "0001"}).status_code == 303
