"""No serializer of Django writes a protected value, whatever its type."""

import datetime as dt

import pytest
from django.core import serializers

from ascend.fields.errors import OperationRefused

BORN = dt.date(1980, 2, 29)


@pytest.fixture(params=["Customer", "Patient"])
def born(request, people, organization):
    if request.param == "Customer":
        return people.Customer.objects.create(name="Ada", ssn="1", date_of_birth=BORN)
    return people.Patient.objects.create(organization_id=organization, reference="r", date_of_birth=BORN)


@pytest.mark.parametrize("form", ["python", "json", "jsonl", "xml"])
def test_a_date_is_no_exception(people, born, form):
    with pytest.raises(OperationRefused, match="serialising"):
        serializers.serialize(form, [born], fields=["date_of_birth"])
    fresh = type(born).objects.get(pk=born.pk)
    with pytest.raises(OperationRefused, match="serialising"):
        serializers.serialize(form, [fresh], fields=["date_of_birth"])
