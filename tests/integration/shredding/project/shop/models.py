"""A shop that can forget a customer: the values of each have a key of their own."""

import uuid

from django.db import models

from ascend.fields import EncryptedCharField, EncryptedEmailField, EncryptedManager, EncryptedTextField, Index


class Customer(models.Model):
    """The person is the row itself."""

    organization_field = "organization_id"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization_id = models.UUIDField()
    number = models.CharField(max_length=20)
    ssn = EncryptedCharField(
        max_length=11, bind="row", indexes=["exact", "last4"], null=True, shred_with="id", shred_index="accept-residual"
    )
    email = EncryptedEmailField(
        bind="row", blank=True, indexes=[Index("ngram-3", bits=8)], shred_with="id", shred_index="accept-residual"
    )

    objects = EncryptedManager()


class Order(models.Model):
    """The person is whom the order is of."""

    organization_field = "organization_id"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization_id = models.UUIDField()
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="orders", null=True)
    address = EncryptedTextField(bind="row", blank=True, null=True, shred_with="customer_id")
    status = models.CharField(max_length=10, default="open")

    objects = EncryptedManager()
