"""What the wizard shows: where a registration stands, and what each step needs."""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from byok.models import Acknowledgement, Registration
from byok.selectors import waivers

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LISTED = 50


@dataclass(frozen=True, slots=True)
class Step:
    """One of the five steps: its page, its name, and what it is about."""

    slug: str
    title: "StrOrPromise"
    hint: "StrOrPromise"


STEPS = (
    Step("key", _("Key"), _("Which key, and how we reach it")),
    Step("policy", _("Access"), _("Apply it in your account")),
    Step("verify", _("Checks and proof"), _("Live calls to the key")),
    Step("waiver", _("Legal waiver"), _("Signed by an officer")),
    Step("activate", _("Activation"), _("A second person approves")),
)


@dataclass(frozen=True, slots=True)
class ShownStep:
    """A step in the rail. A link leads to it if it may be opened."""

    step: Step
    number: int
    is_done: bool
    is_current: bool
    is_open: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a registration is. The step after the last one done is where people are sent."""

    registration: Registration
    acknowledgement: Acknowledgement | None

    def is_done(self, slug: str) -> bool:
        """Return whether the step needs nothing more."""
        registration = self.registration
        done = {
            "key": bool(registration.key_arn),
            "policy": registration.granted_at is not None,
            "verify": registration.verified_at is not None and registration.proved_at is not None,
            "waiver": self.acknowledgement is not None,
            "activate": registration.approval_id is not None,
        }
        return done[slug]

    def is_open(self, slug: str) -> bool:
        """Return whether the step's page may be opened: all steps before it are done. The waiver waits for none."""
        if slug == "waiver":
            return True
        return all(self.is_done(step.slug) for step in STEPS[: _position(slug)])

    @property
    def next_step(self) -> str:
        """Return the first step that is not done, or the last."""
        return next((step.slug for step in STEPS if not self.is_done(step.slug)), STEPS[-1].slug)

    def rail(self, current: str) -> tuple[ShownStep, ...]:
        """Return the five steps as the page `current` shows them."""
        return tuple(
            ShownStep(step, number, self.is_done(step.slug), step.slug == current, self.is_open(step.slug))
            for number, step in enumerate(STEPS, start=1)
        )


def progress(registration: Registration) -> Progress:
    """Return how far `registration` is."""
    return Progress(registration, waivers.current_acknowledgement(registration.organization_id))


def listed(organization_id: UUID) -> tuple[Progress, ...]:
    """Return the organization's registrations, newest first, in two queries."""
    acknowledgement = waivers.current_acknowledgement(organization_id)
    registrations = Registration.objects.for_organization(organization_id).newest_first()[:LISTED]
    return tuple(Progress(registration, acknowledgement) for registration in registrations)


def number_of(slug: str) -> int:
    """Return the place of a step, counted from 1."""
    return _position(slug) + 1


def _position(slug: str) -> int:
    return next(place for place, step in enumerate(STEPS) if step.slug == slug)
