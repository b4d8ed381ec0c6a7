"""The shop as it is from now on."""

from django.db import models

from ascend.fields import EncryptedCharField, EncryptedManager, EncryptedTextField


class Customer(models.Model):
    name = models.CharField(max_length=80)
    ssn = EncryptedCharField(max_length=11, unique=True, indexes=["exact", "last4"], db_column="ssn_sealed")
    notes = EncryptedTextField(blank=True, default="", db_column="notes_sealed")

    objects = EncryptedManager()
