"""Nothing of an upload reaches a disk in clear, and nothing of one that failed stays."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from records import conf
from records.models import ImportJob
from records.services import sweeping
from records.services.spool import Spool
from tests.factories import accounts, records
from tests.factories.accounts import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(steward):
    return accounts.sign_in(Client(), steward)


def upload(client, content, name="people.csv", **extra):
    return client.post("/records/import/", {"file": SimpleUploadedFile(name, content), **extra})


def spools():
    return list(conf.spool_dir().iterdir())


def test_the_spool_is_private_and_holds_nothing_readable(client):
    upload(client, records.people_csv(50))
    (path,) = spools()
    assert path.stat().st_mode & 0o777 == 0o600
    assert conf.spool_dir().stat().st_mode & 0o777 == 0o700
    stored = path.read_bytes()
    assert not any(word in stored for word in (b"Lovelace", b"example.org", b"canary", b"Customer ID"))


def test_a_file_over_the_limit_is_refused_with_the_reason_and_leaves_nothing(client, settings):
    settings.IMPORT_MAX_BYTES = 1000
    answer = upload(client, records.people_csv(50))
    assert answer.status_code == 413
    assert b"which is the most that can be imported at once" in answer.content
    assert (spools(), ImportJob.objects.count()) == ([], 0)


def test_a_request_that_says_itself_that_it_is_too_long_is_not_read(client, settings):
    settings.IMPORT_MAX_BYTES = 1000
    answer = upload(client, b"x" * 200_000)
    assert answer.status_code == 413
    assert b"which is the most that can be imported at once" in answer.content


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", b"The file holds no rows."),
        (b"a,b\n".decode().encode("utf-16"), b"UTF-16"),
        (b"PK\x03\x04\0\0", b"not a CSV file"),
        (b"na\xefme,b\n1,2\n", b"not UTF-8"),
    ],
)
def test_what_is_no_csv_file_is_refused_and_leaves_nothing(client, content, said):
    answer = upload(client, content)
    assert (answer.status_code, said in answer.content) == (422, True)
    assert (spools(), ImportJob.objects.count()) == ([], 0)


def test_a_body_that_breaks_off_is_refused_and_leaves_nothing(client):
    boundary = "b0undary"
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="p.csv"\r\n\r\n'.encode()
    body = head + records.people_csv(20)
    environ = {"CONTENT_LENGTH": str(len(body) + 999), "wsgi.input": io.BytesIO(body)}
    answer = client.generic("POST", "/records/import/", b"", f"multipart/form-data; boundary={boundary}", **environ)
    assert answer.status_code in {400, 422}
    assert (spools(), ImportJob.objects.count()) == ([], 0)


def test_a_request_without_its_csrf_token_leaves_nothing(client):
    client.handler.enforce_csrf_checks = True
    assert upload(client, records.people_csv(5)).status_code == 403
    assert (spools(), ImportJob.objects.count()) == ([], 0)


def test_a_second_file_is_passed_over(client):
    second = SimpleUploadedFile("second.csv", records.people_csv(3))
    assert upload(client, records.people_csv(5), other=second).status_code == 302
    assert len(spools()) == 1


def test_no_other_page_takes_a_file(client):
    answer = client.post("/records/new/", {"reference": "N-1", "name": SimpleUploadedFile("x.txt", b"x" * 5_000_000)})
    assert answer.status_code in {200, 302}
    assert spools() == []


def test_an_upload_that_no_job_claimed_goes_after_a_while(northwind):
    orphan = Spool(northwind.pk)
    orphan.write(b"never finished")
    assert sweeping.remove_orphaned_spools(now=NOW.replace(year=2027)) == 1
    assert spools() == []


def test_a_spool_that_nobody_needs_any_more_goes_after_a_week(
    northwind, steward, settings, django_capture_on_commit_callbacks
):
    job = records.checked(records.people_csv(3), steward, northwind.pk)
    ImportJob.objects.filter(pk=job.pk).update(created_at=NOW.replace(year=2020))
    with django_capture_on_commit_callbacks(execute=True):
        assert sweeping.expire_imports(now=NOW) == 1
    job.refresh_from_db()
    assert (job.state, job.spool_id, spools()) == ("expired", None, [])
