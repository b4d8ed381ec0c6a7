"""The old columns under another name in Python; nothing changes in the database."""

from django.db import models


class Customer(models.Model):
    name = models.CharField(max_length=80)
    ssn_old = models.CharField(max_length=11, unique=True, db_column="ssn")
    notes_old = models.TextField(blank=True, default="", db_column="notes")
