"""Forms and the admin see a plain field: its widget, its validators, its messages, never an index column."""

import datetime as dt

import pytest
from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminDateWidget
from django.core.exceptions import ValidationError
from django.test import RequestFactory

from ascend.fields import OperationRefused

SSN = "123-45-6789"


@pytest.fixture
def customer_form(people):
    return forms.modelform_factory(people.Customer, fields="__all__")


@pytest.fixture
def patient_form(people):
    return forms.modelform_factory(people.Patient, exclude=["organization_id"])


@pytest.fixture
def customer(people):
    return people.Customer.objects.create(name="Ada", ssn=SSN, date_of_birth="1980-05-17", email="a@example.org")


class TestModelForm:
    def test_it_has_the_plain_fields_and_no_index_column(self, customer_form):
        fields = customer_form().fields
        assert list(fields) == ["name", "ssn", "email", "date_of_birth", "notes", "nickname"]
        assert type(fields["ssn"]) is forms.CharField
        assert type(fields["email"]) is forms.EmailField
        assert type(fields["date_of_birth"]) is forms.DateField
        assert isinstance(fields["notes"].widget, forms.Textarea)

    def test_max_length_counts_characters(self, customer_form):
        assert customer_form().fields["ssn"].max_length == 11
        assert customer_form({"name": "x", "ssn": "ééééééééééé"}).is_valid()
        assert "ssn" in customer_form({"name": "x", "ssn": "x" * 12}).errors

    def test_it_saves_and_shows_what_it_saved(self, people, customer_form):
        form = customer_form({"name": "Bob", "ssn": "1", "date_of_birth": "1990-01-02", "email": "b@example.org"})
        saved = form.save()
        read = people.Customer.objects.get(ssn="1")
        assert (read.date_of_birth, read.email, read.nickname) == (dt.date(1990, 1, 2), "b@example.org", None)
        assert customer_form(instance=read).initial["ssn"] == "1"
        assert 'value="1990-01-02"' in customer_form(instance=saved).as_p()

    def test_an_unchanged_form_has_not_changed(self, customer_form, customer, people):
        data = {"name": "Ada", "ssn": SSN, "date_of_birth": "1980-05-17", "email": "a@example.org"}
        assert not customer_form(data, instance=people.Customer.objects.get()).has_changed()

    def test_row_bound_initial_values_open(self, people, patient_form, organization):
        made = people.Patient.objects.create(organization_id=organization, reference="r", ssn=SSN)
        form = patient_form(instance=people.Patient.objects.get(pk=made.pk))
        assert form.initial["ssn"] == SSN
        form = patient_form({"reference": "r", "ssn": "9"}, instance=people.Patient.objects.get(pk=made.pk))
        form.save()
        assert people.Patient.objects.get(ssn="9").ssn == "9"

    def test_a_failed_validation_leaves_reading_as_it_was(self, people, customer_form, customer):
        read = people.Customer.objects.get()
        assert not customer_form({"name": "x", "ssn": "x" * 12, "email": "no"}, instance=read).is_valid()
        again = people.Customer.objects.get()
        assert (again.ssn, again.email) == (SSN, "a@example.org")

    def test_a_second_customer_with_the_value_is_told_so(self, customer_form, customer):
        form = customer_form({"name": "Eve", "ssn": SSN})
        assert form.errors == {"ssn": ["Customer with this Ssn already exists."]}
        form = customer_form({"name": "Ada", "ssn": SSN}, instance=customer)
        assert form.is_valid()


class TestValidation:
    @pytest.mark.parametrize(
        ("field", "value"),
        [("email", "no address"), ("date_of_birth", "1980-99-99"), ("date_of_birth", "yesterday"), ("ssn", "x" * 40)],
    )
    def test_an_error_does_not_hold_the_value(self, people, field, value):
        customer = people.Customer(name="x", **{"ssn": "1", field: value})
        with pytest.raises(ValidationError) as error:
            customer.full_clean()
        told = error.value.error_dict[field]
        assert all(value not in repr(vars(single)) for single in told)
        assert value not in repr(error.value.__context__ and vars(error.value.__context__))

    def test_full_clean_refuses_a_second_row_with_the_value(self, people, customer):
        with pytest.raises(ValidationError, match="already exists"):
            people.Customer(name="Eve", ssn=SSN).full_clean()
        customer.full_clean()

    def test_a_value_without_an_encoding_is_refused_without_being_repeated(self, people, customer, savepoint):
        customer.notes = "secret \ud800"
        with pytest.raises(ValidationError) as error, savepoint():
            customer.save()
        assert error.value.__context__ is None
        assert "secret" not in repr(vars(error.value))


class TestAdmin:
    @pytest.fixture
    def customers(self, people):
        class CustomerAdmin(admin.ModelAdmin):
            list_display = ["name", "ssn"]
            search_fields = ["ssn__exact", "ssn__last4", "name"]

        return CustomerAdmin(people.Customer, admin.AdminSite())

    def test_its_form_has_the_plain_widgets_and_no_index_column(self, customers):
        form = customers.get_form(RequestFactory().get("/"))
        assert list(form.base_fields) == ["name", "ssn", "email", "date_of_birth", "notes", "nickname"]
        assert isinstance(form.base_fields["date_of_birth"].widget, AdminDateWidget)

    def test_it_searches_by_index(self, people, customers, customer):
        for text in (SSN, "6789", "Ada"):
            found, _ = customers.get_search_results(RequestFactory().get("/"), people.Customer.objects.all(), text)
            assert [c.name for c in found] == ["Ada"]

    def test_a_search_that_no_index_serves_is_refused(self, people, customers, customer):
        customers.search_fields = ["ssn"]
        with pytest.raises(OperationRefused):
            customers.get_search_results(RequestFactory().get("/"), people.Customer.objects.all(), "6789")
