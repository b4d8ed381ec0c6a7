"""The tables of the keychain: keys, revocations, and the leases that processes hold.

Spec: docs/spec/keychain.md §3. What a service could forget stands here as a constraint; what a
constraint cannot say (ways between states, counts that only grow) is a trigger of migration 0002.
"""

from typing import ClassVar
from uuid import UUID, uuid4

from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from ascend.keychain.states import MAY_BE_PRIMARY, Level, State

USAGE_HARD_LIMIT = 2**32  # NIST SP 800-38D, 8.3: messages under one key with random 96-bit nonces.
SHORT_ID_BYTES = 8
LABEL_CHARACTERS = 200
NOT_L1 = ~Q(level=Level.MASTER_KEY)


class Purpose(models.TextChoices):
    """What the keys of a branch are for."""

    MASTER = "master", _("Master key")
    TENANT = "tenant", _("Tenant key")
    RECORDS = "records", _("Records")
    DETERMINISTIC = "deterministic", _("Values that join")
    FILES = "files", _("Files")
    SECRETS = "secrets", _("Secrets")
    BLIND_INDEX = "blind-index", _("Blind index")
    CLIENT_SDK = "client-sdk", _("Client SDK")
    SUBJECTS = "subjects", _("Keys of persons")


class Algorithm(models.TextChoices):
    """The one algorithm that a key may be used with."""

    PROVIDER = "provider", _("The provider's own")
    AES_256_GCM = "aes-256-gcm", "AES-256-GCM"
    AES_256_SIV = "aes-256-siv", "AES-256-SIV"
    XAES_256_GCM = "xaes-256-gcm", "XAES-256-GCM"
    HKDF_SHA_256 = "hkdf-sha-256", "HKDF-SHA-256"


class KeyQuerySet(QuerySet["Key"]):
    """Reads of the key table that more than one caller needs."""

    def for_organization(self, organization_id: UUID) -> "KeyQuerySet":
        """Keep the organization's keys."""
        return self.filter(organization_id=organization_id)

    def in_environment(self, environment: str) -> "KeyQuerySet":
        """Keep the keys of one environment."""
        return self.filter(environment=environment)

    def standing(self) -> "KeyQuerySet":
        """Leave out the tombstones."""
        return self.exclude(state=State.DESTROYED)

    def primary(self, level: Level) -> "KeyQuerySet":
        """Keep the keys of `level` that new keys or values are put under."""
        return self.filter(level=level, primary=True)


class Key(models.Model):
    """A key of any level, wrapped; never a key in the clear. L1 is only the name of a foreign key."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    level = models.PositiveSmallIntegerField(_("level"), choices=Level.choices)
    organization_id = models.UUIDField(_("organization"), db_index=True)
    environment = models.CharField(_("environment"), max_length=50)
    parent = models.ForeignKey("self", models.PROTECT, related_name="children", null=True, blank=True)
    purpose = models.CharField(_("purpose"), max_length=20, choices=Purpose.choices)
    classification = models.CharField(_("classification"), max_length=50, blank=True, default="")
    context_label = models.CharField(_("label"), max_length=LABEL_CHARACTERS, blank=True, default="")
    short_id = models.BinaryField(max_length=SHORT_ID_BYTES, unique=True, null=True, editable=False)
    provider_uri = models.CharField(_("provider"), max_length=500, blank=True, default="")
    material_id = models.CharField(_("material"), max_length=200, blank=True, default="")
    provider_request_id = models.CharField(_("provider's request"), max_length=200, blank=True, default="")
    wrapped = models.BinaryField(null=True, editable=False)
    check_value = models.BinaryField(max_length=16, null=True, editable=False)
    algorithm = models.CharField(_("algorithm"), max_length=20, choices=Algorithm.choices)
    primary = models.BooleanField(_("primary"), default=False)
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.ACTIVE)
    state_version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(_("created"))
    activated_at = models.DateTimeField(_("activated"), null=True, blank=True)
    deactivated_at = models.DateTimeField(_("deactivated"), null=True, blank=True)
    destroyed_at = models.DateTimeField(_("destroyed"), null=True, blank=True)
    successor = models.ForeignKey("self", models.PROTECT, related_name="predecessors", null=True, blank=True)
    usage = models.BigIntegerField(_("usage"), default=0)
    lease_seconds = models.PositiveSmallIntegerField(_("lease in seconds"), null=True, blank=True)
    approval_hash = models.BinaryField(max_length=32, null=True, editable=False)
    seal = models.BinaryField(max_length=32, editable=False)

    objects = KeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("key")
        verbose_name_plural = _("keys")
        constraints: ClassVar = [
            models.CheckConstraint(name="ascend_key_level", condition=Q(level__in=Level.values)),
            models.CheckConstraint(name="ascend_key_state", condition=Q(state__in=State.values)),
            models.CheckConstraint(name="ascend_key_usage", condition=Q(usage__gte=0) & Q(usage__lte=USAGE_HARD_LIMIT)),
            models.CheckConstraint(name="ascend_key_root", condition=Q(parent__isnull=True) ^ NOT_L1),
            models.CheckConstraint(
                name="ascend_key_master_names_provider",
                condition=NOT_L1 | (~Q(provider_uri="") & Q(wrapped__isnull=True)),
            ),
            models.CheckConstraint(
                name="ascend_key_wrapped_until_destroyed",
                condition=Q(level=Level.MASTER_KEY) | (Q(wrapped__isnull=True) ^ ~Q(state=State.DESTROYED)),
            ),
            models.CheckConstraint(
                name="ascend_key_short_id", condition=Q(short_id__isnull=False) ^ ~Q(level=Level.DATA_KEY)
            ),
            models.CheckConstraint(
                name="ascend_key_primary_state", condition=Q(primary=False) | Q(state__in=MAY_BE_PRIMARY)
            ),
            models.CheckConstraint(
                name="ascend_key_destroyed_at",
                condition=Q(destroyed_at__isnull=False) ^ ~Q(state=State.DESTROYED),
            ),
            models.CheckConstraint(
                name="ascend_key_activated_at", condition=Q(state=State.PRE_ACTIVE) | Q(activated_at__isnull=False)
            ),
            models.CheckConstraint(
                name="ascend_key_lease_seconds",
                condition=Q(lease_seconds__isnull=True)
                | (Q(level=Level.TENANT_KEY) & Q(lease_seconds__range=(5, 300))),
            ),
            models.UniqueConstraint(
                name="ascend_key_one_primary_root",
                fields=["organization_id", "environment", "level"],
                condition=Q(primary=True, level__in=[Level.MASTER_KEY, Level.TENANT_KEY]),
            ),
            models.UniqueConstraint(
                name="ascend_key_one_primary",
                fields=["parent", "purpose", "classification", "context_label"],
                condition=Q(primary=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_level_display()} {self.id}"

    def __repr__(self) -> str:
        return f"<Key L{self.level} {self.id} {self.state}>"


class Revocation(models.Model):
    """The truth about an organization's access: every other copy of it is a hint.

    `epoch` grows with each change, and a lease taken under another epoch is void.
    """

    class Origin(models.TextChoices):
        """Who suspended: what a provider refused, good probes end; what a person did, a person ends."""

        PROVIDER = "provider", _("The key's owner")
        PERSON = "person", _("A person")

    organization_id = models.UUIDField(primary_key=True)
    epoch = models.PositiveBigIntegerField(default=1)
    state = models.CharField(max_length=12, choices=State.choices, default=State.ACTIVE)
    origin = models.CharField(max_length=10, choices=Origin.choices, default=Origin.PROVIDER)
    reason = models.CharField(max_length=500, blank=True, default="")
    fix = models.CharField(max_length=500, blank=True, default="")
    gone = models.BooleanField(default=False)
    changed_at = models.DateTimeField()
    probed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="ascend_revocation_state", condition=Q(state__in=[State.ACTIVE, State.SUSPENDED])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organization_id} {self.state} ({self.epoch})"


class Lease(models.Model):
    """What one process holds for one organization, published for the pages; nothing is decided by it."""

    process = models.CharField(max_length=100)
    organization_id = models.UUIDField(db_index=True)
    epoch = models.PositiveBigIntegerField()
    taken_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    published_at = models.DateTimeField()
    unwraps = models.PositiveBigIntegerField(default=0)
    hits = models.PositiveBigIntegerField(default=0)
    refusals = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(name="ascend_lease_one_per_process", fields=["process", "organization_id"]),
        ]

    def __str__(self) -> str:
        return f"{self.process} {self.organization_id}"


class Continuity(models.Model):
    """One row: the database as it was last seen, and since when it is this one (None: always)."""

    identity = models.CharField(max_length=300)
    since = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"since {self.since}"
