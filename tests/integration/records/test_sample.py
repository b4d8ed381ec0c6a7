"""The sample is invented, the same everywhere, and stored once."""

import pytest
from django.core.management import call_command

from accounts.models import Organization
from records.models import ImportIssue, ImportJob, PersonRecord
from records.services import sample
from tests.factories.accounts import NOW

pytestmark = pytest.mark.django_db


def test_two_hundred_people_are_imported_without_a_problem(northwind, steward):
    assert sample.load(northwind.pk, person_id=steward.pk, now=NOW) == sample.PEOPLE
    assert not ImportIssue.objects.exists()
    assert ImportJob.objects.get().state == "done"


def test_loading_it_again_adds_nobody(northwind, steward):
    sample.load(northwind.pk, person_id=steward.pk, now=NOW)
    assert sample.load(northwind.pk, person_id=steward.pk, now=NOW) == 0
    assert PersonRecord.objects.count() == sample.PEOPLE


def test_an_organization_of_one_name_gets_the_same_people_everywhere():
    assert sample._csv("northwind-health") == sample._csv("northwind-health")
    assert sample._csv("northwind-health") != sample._csv("kestrel-bank")


def test_the_command_fills_sample_organizations_only(northwind, steward, kestrel, charlie):
    Organization.objects.filter(pk=northwind.pk).update(is_sample=True)
    call_command("sample_records", verbosity=0)
    assert set(PersonRecord.objects.values_list("organization_id", flat=True)) == {northwind.pk}
