"""What stands between a stranger and a session: throttles and tokens, of which only hashes are kept."""

from datetime import datetime
from typing import ClassVar
from uuid import uuid4

from django.db import models

from accounts.models.people import Person

SHA256_BYTES = 32


class SignInThrottle(models.Model):
    """Failed attempts of one address at one e-mail. The pair is hashed: people type secrets into wrong fields."""

    pair_hash = models.BinaryField(primary_key=True, max_length=SHA256_BYTES, editable=False)
    email_hash = models.BinaryField(max_length=SHA256_BYTES, editable=False)
    failures = models.PositiveIntegerField(default=0)
    window_ends_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["window_ends_at"], name="accounts_throttle_window"),
            models.Index(fields=["email_hash"], name="accounts_throttle_email"),
        ]

    def __str__(self) -> str:
        return f"{self.failures} failures"


class OneTimeSignIn(models.Model):
    """An address that signs one person in once, to choose a password. Only the token's SHA-256 is here."""

    class Purpose(models.TextChoices):
        """Why it was made."""

        SAMPLE = "sample"
        SET_UP = "set_up"
        RESET = "reset"
        OPERATOR = "operator"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="one_time_sign_ins")
    token_hash = models.BinaryField(max_length=SHA256_BYTES, unique=True, editable=False)
    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.purpose} {self.id}"

    def is_open(self, now: datetime) -> bool:
        """Return whether it can still be used."""
        return self.used_at is None and now < self.expires_at


class SetUpToken(models.Model):
    """The one right to set the portal up. Making another replaces it."""

    SINGLE = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=SINGLE, editable=False)
    token_hash = models.BinaryField(max_length=SHA256_BYTES, editable=False)
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(id=1), name="accounts_set_up_token_single")]

    def __str__(self) -> str:
        return "set-up token"
