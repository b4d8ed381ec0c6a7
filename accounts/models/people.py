"""People, organizations, and who is what where."""

from typing import Any, ClassVar, Self
from uuid import UUID, uuid4

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from accounts.roles import EXCLUSIONS, Role

LANGUAGES = [("en", _("English"))]
SESSION_HASH_SALT = "accounts.models.Person.session"


class Organization(models.Model):
    """A company whose data and key it is."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(max_length=60, unique=True)
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    sender_email = models.EmailField(_("sender e-mail address"), blank=True)
    is_sample = models.BooleanField(default=False, editable=False)
    created_at = models.DateTimeField(editable=False)

    class Meta:
        ordering: ClassVar = ["name", "id"]
        verbose_name = _("organization")
        verbose_name_plural = _("organizations")

    def __str__(self) -> str:
        return self.name


class PersonManager(BaseUserManager["Person"]):
    """Finds people by their address, in whatever case it was typed."""

    def get_by_natural_key(self, username: str | None) -> "Person":
        """Return the person with this e-mail address."""
        return self.get(email=(username or "").strip().lower())


class Person(AbstractBaseUser):
    """Somebody who signs in. Raising `access_epoch` ends all sign-ins of the person."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    email = models.EmailField(_("e-mail"), unique=True)
    display_name = models.CharField(_("name"), max_length=120)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    language = models.CharField(_("language"), max_length=10, choices=LANGUAGES, default="en")
    is_active = models.BooleanField(_("may sign in"), default=True)
    is_staff = models.BooleanField(_("operator"), default=False)
    access_epoch = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(editable=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["display_name"]

    objects = PersonManager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(email=Lower("email")), name="accounts_person_email_lower")
        ]

    def __str__(self) -> str:
        return self.display_name or self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email = self.email.strip().lower()
        super().save(*args, **kwargs)

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Return whether the stock admin lets this person do `perm`: operators only, each admin class says what."""
        return self.is_active and self.is_staff

    def has_module_perms(self, app_label: str) -> bool:
        """Return whether the stock admin shows this person the app."""
        return self.is_active and self.is_staff

    def get_session_auth_hash(self) -> str:
        """Return what a session must carry to stay valid: it changes with the password and the epoch."""
        return self._session_hash(secret=None)

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        # Django asks here for the hashes under SECRET_KEY_FALLBACKS.
        return self._session_hash(secret=secret)

    def _session_hash(self, *, secret: str | None) -> str:
        value = f"{self.access_epoch}:{self.password}"
        return salted_hmac(SESSION_HASH_SALT, value, secret=secret, algorithm="sha256").hexdigest()


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Reads of who is what where."""

    def for_organization(self, organization_id: UUID) -> Self:
        """Keep the memberships of one organization."""
        return self.filter(organization_id=organization_id)

    def of_active(self, person_id: UUID) -> Self:
        """Keep the memberships of a person who may sign in, with the organization, by its name."""
        return (
            self.filter(person_id=person_id, person__is_active=True)
            .select_related("organization")
            .order_by("organization__name", "organization_id")
        )

    def holding(self, role: Role) -> Self:
        """Keep those who hold `role` and may sign in."""
        return self.filter(roles__contains=[role.value], person__is_active=True)


def _exclusion(role: Role, others: frozenset[Role]) -> models.CheckConstraint:
    others_sorted = sorted(other.value for other in others)
    return models.CheckConstraint(
        condition=~models.Q(roles__contains=[role.value]) | ~models.Q(roles__overlap=others_sorted),
        name=f"accounts_membership_{role.value}_alone",
    )


class Membership(models.Model):
    """What one person is in one organization. The excluded pairs are constraints of the database."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="memberships")
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="memberships")
    roles = ArrayField(models.CharField(max_length=20, choices=Role.choices))
    created_at = models.DateTimeField(editable=False)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "organization"], name="accounts_membership_once"),
            models.CheckConstraint(condition=models.Q(roles__len__gte=1), name="accounts_membership_some_role"),
            models.CheckConstraint(
                condition=models.Q(roles__contained_by=sorted(Role.values)), name="accounts_membership_known_roles"
            ),
            *(_exclusion(role, others) for role, others in EXCLUSIONS.items()),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} @ {self.organization_id}"
