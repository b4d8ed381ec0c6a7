"""Tables whose columns are on their way: plaintext, another package's ciphertext, and what only the server opens."""

import datetime as dt
import uuid

from django.db import models

from ascend.fields import (
    EncryptedBigIntegerField,
    EncryptedBinaryField,
    EncryptedBooleanField,
    EncryptedCharField,
    EncryptedDateField,
    EncryptedDateTimeField,
    EncryptedDecimalField,
    EncryptedDurationField,
    EncryptedFloatField,
    EncryptedGenericIPAddressField,
    EncryptedJSONField,
    EncryptedManager,
    EncryptedTextField,
    EncryptedTimeField,
    EncryptedUUIDField,
    OldColumn,
)
from ascend.fields.accept import FernetFields, PgCryptoFieldsInServer, Plaintext

UNTIL = dt.date(2099, 12, 31)


def moving(kind, old, *, accept=None, **options):
    return kind(
        accept=accept or [Plaintext(binary=True)], replaces=old, accept_until=UNTIL, null=True, blank=True, **options
    )


class Customer(models.Model):
    name = models.CharField(max_length=80)
    ssn_old = OldColumn(models.CharField(max_length=11, db_column="ssn"))
    ssn = EncryptedCharField(
        max_length=11,
        db_column="ssn_sealed",
        unique=True,
        indexes=["exact", "last4"],
        accept=[Plaintext()],
        replaces="ssn_old",
        accept_until=UNTIL,
    )
    notes_old = OldColumn(models.TextField(db_column="notes"))
    notes = moving(EncryptedTextField, "notes_old", db_column="notes_sealed")

    objects = EncryptedManager()


class Order(models.Model):
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="orders", null=True)


class Patient(models.Model):
    """Row-bound, and owned by an organization."""

    organization_field = "organization_id"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    organization_id = models.UUIDField()
    ssn_old = OldColumn(models.CharField(max_length=11))
    ssn = moving(EncryptedCharField, "ssn_old", max_length=11, bind="row", indexes=["exact"], accept=[Plaintext()])

    objects = EncryptedManager()


class Member(models.Model):
    """Field-bound, owned by an organization, with a text for a key."""

    organization_field = "organization_id"

    code = models.CharField(max_length=20, primary_key=True)
    organization_id = models.UUIDField()
    card_old = OldColumn(models.BinaryField())
    card = moving(EncryptedCharField, "card_old", max_length=40, indexes=["exact"], accept=[FernetFields()])

    objects = EncryptedManager()


class Document(models.Model):
    """What only PostgreSQL opens."""

    text_old = OldColumn(models.BinaryField())
    text = moving(EncryptedTextField, "text_old", accept=[PgCryptoFieldsInServer()])


class Kinds(models.Model):
    """One plain column of every type."""

    whole_old = OldColumn(models.BigIntegerField())
    whole = moving(EncryptedBigIntegerField, "whole_old")
    real_old = OldColumn(models.FloatField())
    real = moving(EncryptedFloatField, "real_old")
    amount_old = OldColumn(models.DecimalField(max_digits=12, decimal_places=2))
    amount = moving(EncryptedDecimalField, "amount_old", max_digits=12, decimal_places=2)
    flag_old = OldColumn(models.BooleanField())
    flag = moving(EncryptedBooleanField, "flag_old")
    day_old = OldColumn(models.DateField())
    day = moving(EncryptedDateField, "day_old")
    moment_old = OldColumn(models.DateTimeField())
    moment = moving(EncryptedDateTimeField, "moment_old")
    hour_old = OldColumn(models.TimeField())
    hour = moving(EncryptedTimeField, "hour_old")
    span_old = OldColumn(models.DurationField())
    span = moving(EncryptedDurationField, "span_old")
    token_old = OldColumn(models.UUIDField())
    token = moving(EncryptedUUIDField, "token_old")
    address_old = OldColumn(models.GenericIPAddressField())
    address = moving(EncryptedGenericIPAddressField, "address_old")
    document_old = OldColumn(models.JSONField())
    document = moving(EncryptedJSONField, "document_old")
    octets_old = OldColumn(models.BinaryField())
    octets = moving(EncryptedBinaryField, "octets_old")
