"""The shop as it was."""

from django.db import models


class Customer(models.Model):
    name = models.CharField(max_length=80)
    ssn = models.CharField(max_length=11, unique=True)
    notes = models.TextField(blank=True, default="")
