"""Every kind of encrypted field, in both bindings."""

import uuid

from django.db import models

from ascend.fields import (
    EncryptedCharField,
    EncryptedDateField,
    EncryptedDateTimeField,
    EncryptedDecimalField,
    EncryptedEmailField,
    EncryptedIntegerField,
    EncryptedManager,
    EncryptedTextField,
    Index,
)


class Customer(models.Model):
    """Field-bound: the first model of the guide."""

    name = models.CharField(max_length=80)
    ssn = EncryptedCharField(max_length=11, indexes=["exact", "last4"], unique=True)
    email = EncryptedEmailField(indexes=["casefold", "email-domain"], blank=True)
    date_of_birth = EncryptedDateField(indexes=["exact", "year"], null=True, blank=True)
    notes = EncryptedTextField(blank=True)
    nickname = EncryptedCharField(max_length=20, null=True, blank=True, indexes=["exact"])

    objects = EncryptedManager()


class Order(models.Model):
    """A relation to follow into an encrypted column."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="orders")
    reference = models.CharField(max_length=20)


class Patient(models.Model):
    """Row-bound, and owned by an organization."""

    organization_field = "organization_id"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization_id = models.UUIDField()
    reference = models.CharField(max_length=20)
    ssn = EncryptedCharField(max_length=11, bind="row", indexes=["exact", "last4"], null=True, blank=True)
    email = EncryptedEmailField(bind="row", indexes=["exact"], null=True, blank=True)
    date_of_birth = EncryptedDateField(bind="row", indexes=["year"], null=True, blank=True)
    notes = EncryptedTextField(bind="row", blank=True)

    objects = EncryptedManager()


class Account(models.Model):
    """Field-bound, and owned by an organization."""

    organization_field = "organization_id"

    organization_id = models.UUIDField()
    number = EncryptedCharField(max_length=16, indexes=["exact", "last4"])
    holder = EncryptedCharField(max_length=40, blank=True)

    objects = EncryptedManager()


class Contact(models.Model):
    """Abstract: each child has its own label and its own index columns."""

    phone = EncryptedCharField(max_length=20, indexes=["digits"], blank=True)

    objects = EncryptedManager()

    class Meta:
        abstract = True


class Supplier(Contact):
    company = models.CharField(max_length=40)


class Employee(Contact):
    badge = EncryptedCharField(max_length=10, context="people.worker.badge", null=True)


class Manager(Employee):
    """Multi-table: the encrypted columns are in the parent's table."""

    bonus = EncryptedCharField(max_length=10, null=True)


class Junior(Employee):
    class Meta:
        proxy = True


class Member(models.Model):
    """Searched by pieces, beginnings and ranges; its indexes are as narrow as the planner says, or not."""

    joined_on = models.DateField(null=True, blank=True)
    name = EncryptedCharField(max_length=80, indexes=[Index("ngram-3", bits=8), "prefix-3"])
    motto = EncryptedTextField(blank=True, indexes=[Index("ngram-2", bits=16), Index("casefold", bits=8)])
    phone = EncryptedCharField(max_length=30, null=True, blank=True, indexes=["phone", Index("digits", bits=8)])
    born = EncryptedDateField(null=True, blank=True, indexes=["month", "range-date-32"])
    seen = EncryptedDateTimeField(null=True, blank=True, indexes=[Index("range-date-8", bits=24)])
    salary = EncryptedDecimalField(
        max_digits=9, decimal_places=2, null=True, blank=True, indexes=["range-number-1000"]
    )  # fmt: skip
    points = EncryptedIntegerField(null=True, blank=True, indexes=[Index("range-number-10", bits=32)])
    sponsor = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="sponsored")

    objects = EncryptedManager()


class Guest(models.Model):
    """The same, row-bound, and owned by an organization."""

    organization_field = "organization_id"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization_id = models.UUIDField()
    name = EncryptedCharField(max_length=80, bind="row", indexes=[Index("ngram-3", bits=8), Index("prefix-2", bits=8)])
    born = EncryptedDateField(bind="row", null=True, blank=True, indexes=["range-date-32", Index("year", bits=8)])

    objects = EncryptedManager()
