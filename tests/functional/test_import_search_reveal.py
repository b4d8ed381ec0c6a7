"""The main story, through the pages, without a line of JavaScript."""

import re
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.roles import Role
from audit.models import InboxEvent
from records.models import ImportJob, PersonRecord, Search
from records.services import work
from tests.factories import accounts, records

pytestmark = pytest.mark.django_db

CONTENT = records.csv_of(*(records.row(number) for number in range(1, 31)), records.row(31, email="nobody"))


@pytest.fixture(autouse=True)
def folders(settings, tmp_path):
    settings.ASCEND_LOCAL_KEYS_DIR = tmp_path / "keys"
    settings.DATA_DIR = tmp_path / "data"
    settings.ASCEND_BROADCAST = ""


@pytest.fixture
def northwind():
    return accounts.organization()


@pytest.fixture
def steward(northwind):
    return accounts.sign_in(Client(), accounts.member(northwind, "Bob", Role.STEWARD))


@pytest.fixture
def officer(northwind):
    return accounts.sign_in(Client(), accounts.member(northwind, "Alice", Role.OFFICER))


def text_of(answer) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode())))


def upload(client, content=CONTENT):
    file = SimpleUploadedFile("people.csv", content, content_type="text/csv")
    return client.post("/records/import/", {"file": file})


def work_on(job_id):
    work.run_slice(job_id=job_id)


def import_people(steward, content=CONTENT):
    answer = upload(steward, content)
    assert answer.status_code == 302, text_of(answer)
    columns = answer["Location"]
    page = steward.get(columns)
    proposed = {bound.html_name: bound.value() for bound in page.context["form"]}
    check = steward.post(columns, proposed)["Location"]
    job = ImportJob.objects.latest("created_at")
    assert "Checking" in text_of(steward.get(check))
    work_on(job.pk)
    found = steward.get(check)
    run = steward.post(f"/records/import/{job.pk}/accept/")["Location"]
    assert "Importing" in text_of(steward.get(run))
    work_on(job.pk)
    return found, steward.get(run)


def test_a_file_is_uploaded_checked_accepted_and_imported(steward):
    found, ended = import_people(steward)
    assert "Import 30 people" in text_of(found)
    assert "32 3 (E-mail) This is not an e-mail address." in text_of(found)
    assert "People imported 30" in text_of(ended)
    report = steward.get(f"/records/import/{ImportJob.objects.get().pk}/problems.csv")
    assert b"".join(report.streaming_content).decode().splitlines() == [
        "row,column,reason",
        "32,3 (E-mail),This is not an e-mail address.",
    ]


def test_the_list_is_masked_and_pages_by_keyset(steward, officer):
    import_people(steward)
    page = officer.get("/records/")
    assert "A••• L•••••••" in text_of(page)
    assert "a•••@example.org" in text_of(page)
    assert "Lovelace" not in text_of(page)
    first = re.findall(r"C-\d{6}", text_of(page))
    after = page.context["page"].next
    second = re.findall(r"C-\d{6}", text_of(officer.get(f"/records/?after={after}")))
    assert len(set(first)) == 25
    assert len(set(first) | set(second)) == 30
    rows = officer.get(f"/records/?after={after}", headers={"HX-Request": "true"})
    assert rows.content.strip().startswith(b"<tr")


SEARCHES = [
    ("name", "ADA lovelace-7", ["C-000007"]),
    ("email", "Ada7@Example.ORG", ["C-000007"]),
    ("phone", "1555 0100007", ["C-000007"]),
    ("ssn", "900170007", ["C-000007"]),
    ("ssn_last4", "0007", ["C-000007"]),
    ("account_number", "DE00000000000000000007", ["C-000007"]),
    ("account_last4", "0007", ["C-000007"]),
    ("date_of_birth", "1947-12-08", ["C-000007"]),
    ("birth_year", "1947", ["C-000007"]),
    ("ssn_last4", "9999", []),
]


@pytest.mark.parametrize(("by", "text", "references"), SEARCHES)
def test_a_search_goes_to_a_page_whose_address_holds_no_value(steward, officer, by, text, references):
    import_people(steward)
    answer = officer.post("/records/search/", {"by": by, "text": text})
    assert answer.status_code == 303
    search = Search.objects.get()
    assert answer["Location"] == f"/records/search/{search.pk}/"
    assert sorted(re.findall(r"C-\d{6}", text_of(officer.get(answer["Location"])))) == references


@pytest.mark.parametrize(
    ("by", "text"),
    [("date_of_birth", "31.12.1980"), ("date_of_birth", "2023-02-29"), ("email", "ada"), ("phone", "n/a")],
)
def test_what_no_record_can_hold_is_refused_instead_of_not_found(officer, by, text):
    answer = officer.post("/records/search/", {"by": by, "text": text})
    assert answer.status_code == 200
    assert "This cannot be found in that field." in answer.content.decode()
    assert not Search.objects.exists()


def test_a_domain_finds_everybody_in_it_page_by_page(steward, officer):
    import_people(steward)
    found = officer.get(officer.post("/records/search/", {"by": "email_domain", "text": "EXAMPLE.org"})["Location"])
    assert "30 people" in text_of(found)
    assert found.context["page"].next is not None


def test_an_officer_reveals_one_field_with_a_reason(steward, officer):
    import_people(steward)
    person = PersonRecord.objects.get(reference="C-000007")
    answer = officer.post(f"/records/{person.pk}/reveal/", {"field": "ssn", "reason": "Access request 12"})
    assert "900-17-0007" in text_of(answer)
    assert answer["Cache-Control"] == "no-store"
    assert answer["Refresh"] == f"60; url=/records/{person.pk}/"
    event = InboxEvent.objects.get(event="records:person:reveal")
    assert (event.target, event.outcome) == (str(person.pk), "success")
    assert b"Access request 12" in bytes(event.body)
    assert b"900-17-0007" not in bytes(event.body)


def test_a_fragment_is_all_that_htmx_gets(steward, officer):
    import_people(steward)
    person = PersonRecord.objects.get(reference="C-000007")
    answer = officer.post(
        f"/records/{person.pk}/reveal/", {"field": "ssn", "reason": "Request 12"}, headers={"HX-Request": "true"}
    )
    assert b"<html" not in answer.content
    assert b'data-reveal-seconds="60"' in answer.content


def test_no_reason_no_value(steward, officer):
    import_people(steward)
    person = PersonRecord.objects.get(reference="C-000007")
    answer = officer.post(f"/records/{person.pk}/reveal/", {"field": "ssn", "reason": ""})
    assert answer.status_code == 422
    assert "900-17-0007" not in text_of(answer)
    assert not InboxEvent.objects.filter(event="records:person:reveal").exists()


def test_a_steward_replaces_a_value_without_seeing_the_old_one(steward, officer):
    import_people(steward)
    person = PersonRecord.objects.get(reference="C-000007")
    page = steward.get(f"/records/{person.pk}/change/")
    assert "900-17-0007" not in text_of(page)
    changes = {"reference": "C-000007", "ssn": "900-99-1111", "notes_clear": "on"}
    assert steward.post(f"/records/{person.pk}/change/", changes).status_code == 302
    revealed = officer.post(f"/records/{person.pk}/reveal/", {"field": "ssn", "reason": "Access request 12"})
    assert "900-99-1111" in text_of(revealed)
    assert "Ada" not in text_of(revealed)
    found = officer.get(officer.post("/records/search/", {"by": "ssn_last4", "text": "1111"})["Location"])
    assert "C-000007" in text_of(found)
    body = bytes(InboxEvent.objects.get(event="records:person:change").body)
    assert b'"fields":"notes, ssn"' in body
    assert b"1111" not in body


def test_a_person_is_added_by_a_steward_and_deleted_by_an_officer(steward, officer):
    added = steward.post("/records/new/", {"reference": "N-1", "name": "Grace Hopper", "date_of_birth": "1906-12-09"})
    assert added.status_code == 302, text_of(added)
    person = PersonRecord.objects.get(reference="N-1")
    assert "G••• H•••••••" in text_of(officer.get(f"/records/{person.pk}/"))
    again = steward.post("/records/new/", {"reference": "N-1"})
    assert "Another person has this reference." in text_of(again)
    assert "Delete N-1 now?" in text_of(officer.get(f"/records/{person.pk}/delete/"))
    assert officer.post(f"/records/{person.pk}/delete/").status_code == 302
    assert not PersonRecord.objects.exists()


def test_the_page_before_says_the_limit(steward):
    assert "At most 2.0 GB" in text_of(steward.get("/records/import/")).replace("\xa0", " ")


def test_columns_without_an_answer_are_refused(steward):
    columns = upload(steward, b"id,Shoe size\n1,44\n")["Location"]
    answer = steward.post(columns, {"column_0": "reference", "column_1": ""})
    assert "Choose a field, or leave the column out." in text_of(answer)
    answer = steward.post(columns, {"column_0": "name", "column_1": "-"})
    assert "One column must be the reference" in text_of(answer)


def test_a_reference_is_looked_up_without_protected_search(steward):
    import_people(steward)
    person = PersonRecord.objects.get(reference="C-000007")
    answer = steward.post("/records/search/", {"by": "reference", "text": "C-000007"})
    assert (answer.status_code, answer["Location"]) == (303, f"/records/{person.pk}/")
    refused = steward.post("/records/search/", {"by": "ssn", "text": "900-17-0007"})
    assert refused.status_code == 200
    assert not Search.objects.exists()
