"""Each column beside its old one, which is read while it holds values."""

import datetime as dt

from django.db import models

from ascend.fields import EncryptedCharField, EncryptedManager, EncryptedTextField, OldColumn
from ascend.fields.accept import Plaintext

WINDOW = {"accept": [Plaintext()], "accept_until": dt.date(2099, 1, 31)}


class Customer(models.Model):
    name = models.CharField(max_length=80)
    ssn_old = OldColumn(models.CharField(max_length=11, unique=True, db_column="ssn"))
    ssn = EncryptedCharField(
        max_length=11, unique=True, indexes=["exact", "last4"], db_column="ssn_sealed", replaces="ssn_old", **WINDOW
    )
    notes_old = OldColumn(models.TextField(db_column="notes"))
    notes = EncryptedTextField(blank=True, default="", db_column="notes_sealed", replaces="notes_old", **WINDOW)

    objects = EncryptedManager()
