"""A serializer of REST framework sees a plain field, and never an index column."""

import pytest

serializers = pytest.importorskip("rest_framework.serializers", reason="REST framework is not installed")

SSN = "123-45-6789"


@pytest.fixture
def customer(people):
    return people.Customer.objects.create(name="Ada", ssn=SSN, date_of_birth="1980-05-17", email="a@example.org")


@pytest.fixture
def customer_serializer(people):
    class CustomerSerializer(serializers.ModelSerializer):
        class Meta:
            model = people.Customer
            fields = "__all__"

    return CustomerSerializer


def test_it_maps_every_field_to_its_plain_one(customer_serializer):
    fields = customer_serializer().fields
    assert list(fields) == ["id", "name", "ssn", "email", "date_of_birth", "notes", "nickname"]
    assert type(fields["ssn"]) is serializers.CharField
    assert type(fields["email"]) is serializers.EmailField
    assert type(fields["date_of_birth"]) is serializers.DateField
    assert fields["ssn"].max_length == 11


def test_it_reads_and_writes(people, customer_serializer, customer):
    assert customer_serializer(people.Customer.objects.get()).data["date_of_birth"] == "1980-05-17"
    serializer = customer_serializer(data={"name": "Bob", "ssn": "1"})
    assert serializer.is_valid(), serializer.errors
    assert people.Customer.objects.get(pk=serializer.save().pk).ssn == "1"
    serializer = customer_serializer(customer, data={"ssn": "7"}, partial=True)
    assert serializer.is_valid()
    serializer.save()
    assert people.Customer.objects.get(ssn="7").ssn == "7"


def test_it_tells_of_a_second_row_with_the_value(customer_serializer, customer):
    serializer = customer_serializer(data={"name": "Eve", "ssn": SSN})
    assert not serializer.is_valid()
    assert serializer.errors["ssn"][0].code == "unique"
