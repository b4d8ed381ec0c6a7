"""What people and programs are told, row by row: 503 with a cause and a fix, and never a value."""

import pytest
from django.test import Client

from accounts.roles import Role
from ascend.keychain import process
from ascend.providers.contract import Denied, Operator, Transient
from records.models import PersonRecord
from tests.factories import accounts, records
from tests.integration.failsecure.conftest import begin_empty
from tests.integration.providers.kms_rows import ROWS

pytestmark = pytest.mark.django_db
VALUE = b"900-11-0001"
# Rows with one finding are told in the same words; the library's own tests walk all of them.
SHOWN = list({row.finding: row for row in reversed(ROWS)}.values())


@pytest.fixture
def portal(customer, settings, tmp_path):
    """An organization with a key in AWS, its officer signed in, and one person on record."""
    settings.DATA_DIR, settings.ASCEND_JOURNAL = tmp_path / "data", "audit.journal.receive"
    made = accounts.organization()
    ours = customer(made.pk)
    steward = accounts.member(made, "Bob", Role.STEWARD, Role.OFFICER)
    records.imported(records.people_csv(1), steward, made.pk)
    return ours, accounts.sign_in(Client(), steward), PersonRecord.objects.get(reference="C-000001")


def asked(client, person):
    """Return the answers of everything that shows, finds, reveals or changes a value."""
    reveal = {"field": "ssn", "reason": "Access request 12"}
    change = {"reference": "C-000001", "ssn": "900-11-0009", "reason": "Typed wrongly"}
    return {
        "list": client.get("/records/"),
        "person": client.get(f"/records/{person.pk}/"),
        "form": client.get(f"/records/{person.pk}/change/"),
        "change": client.post(f"/records/{person.pk}/change/", change),
        "new": client.post("/records/new/", {**change, "reference": "C-2"}),
        "reveal": client.post(f"/records/{person.pk}/reveal/", reveal),
        "search": client.post("/records/search/", {"by": "ssn_last4", "text": "0001"}),
        "json": client.get(f"/records/{person.pk}/", headers={"accept": "application/json"}),
    }


@pytest.mark.parametrize("row", SHOWN, ids=lambda row: row.name)
def test_every_page_answers_503_with_cause_and_fix(row, portal, fake_clock):
    ours, client, person = portal
    stored = PersonRecord.objects.filter(pk=person.pk).values_list("ssn_last4_a", flat=True).get()
    begin_empty()
    row.begin(ours.scene)
    answers = asked(client, person)
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(answers, 503)
    assert not any(VALUE in answer.content for answer in answers.values())
    problem = answers["json"].json()
    assert problem["detail"]
    assert (answers["json"]["Content-Type"], problem["status"]) == ("application/problem+json", 503)
    assert ("Retry-After" in answers["json"].headers) == (row.reaction in {Transient, Operator})
    if row.reaction is Denied:
        assert problem["type"].endswith("key-suspended")
    row.end(ours.scene)
    process.lose(ours.organization_id)
    assert PersonRecord.objects.filter(pk=person.pk).values_list("ssn_last4_a", flat=True).get() == stored
    assert PersonRecord.objects.count() == 1
