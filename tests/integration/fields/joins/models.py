"""Two tables whose columns are compared: by deterministic values and by blind indexes, in groups and alone."""

import datetime as dt
import uuid

from django.db import models

from ascend.fields import (
    EncryptedCharField,
    EncryptedEmailField,
    EncryptedIntegerField,
    EncryptedManager,
    EncryptedTextField,
    OldColumn,
)
from ascend.fields.accept import Plaintext

APP = "joined"
EMAIL = {"deterministic": True, "join_group": "email-address"}


class Joined(models.Model):
    objects = EncryptedManager()

    class Meta:
        abstract = True
        app_label = APP


class Member(Joined):
    name = models.CharField(max_length=40)
    email = EncryptedEmailField(unique=True, **EMAIL)
    backup = EncryptedEmailField(null=True, blank=True, **EMAIL)
    phone = EncryptedCharField(max_length=20, deterministic=True, null=True)
    level = EncryptedIntegerField(deterministic=True, join_group="level", null=True)
    ssn = EncryptedCharField(max_length=11, indexes=["exact", "last4"], join_group="ssn", null=True)
    login = EncryptedCharField(max_length=40, indexes=["casefold"], join_group="login", blank=True)
    alone = EncryptedCharField(max_length=40, indexes=["exact"], blank=True)
    notes = EncryptedTextField(blank=True)

    class Meta:
        app_label = APP


class Invitation(Joined):
    reference = models.CharField(max_length=20)
    email = EncryptedEmailField(null=True, **EMAIL)
    phone = EncryptedCharField(max_length=20, deterministic=True, null=True)
    level = EncryptedIntegerField(deterministic=True, join_group="level", null=True)
    ssn = EncryptedCharField(max_length=11, indexes=["exact", "last4"], join_group="ssn", null=True)
    login = EncryptedCharField(max_length=40, indexes=["exact", "casefold"], join_group="login", blank=True)
    alone = EncryptedCharField(max_length=40, indexes=["exact"], blank=True)
    member = models.ForeignKey(Member, on_delete=models.CASCADE, null=True, related_name="invitations")

    class Meta:
        app_label = APP


class Seat(Joined):
    """Of an organization, and unique within a shop."""

    organization_field = "organization_id"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    organization_id = models.UUIDField()
    shop = models.IntegerField(default=1)
    email = EncryptedEmailField(**EMAIL)
    ssn = EncryptedCharField(max_length=11, bind="row", indexes=["exact"], join_group="ssn", null=True)

    class Meta:
        app_label = APP
        constraints = (models.UniqueConstraint(fields=["shop", "email"], name="one_seat_a_shop"),)
        indexes = (models.Index(fields=["email", "shop"], name="seat_email"),)


class Subscriber(Joined):
    """Whose addresses are still on their way from a column of plaintext."""

    name = models.CharField(max_length=40)
    email_old = OldColumn(models.EmailField(null=True, db_column="email"))
    email = EncryptedEmailField(
        null=True, db_column="email_sealed", accept=[Plaintext()], replaces="email_old",
        accept_until=dt.date(2099, 12, 31), **EMAIL,
    )  # fmt: skip

    class Meta:
        app_label = APP
