"""The organization's key as programs see it: the one in charge, the one under way, and what comes next."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from byok.models import Registration
from byok.selectors import checks, grants, onboarding
from byok.services import pending

POLICY = "policy"


@dataclass(frozen=True, slots=True)
class Registered:
    """The key in charge and the one under way beside it; the one under way alone if none is in charge."""

    key: Registration
    pending: Registration | None


@dataclass(frozen=True, slots=True)
class Verification:
    """What its owner applies and runs, and what the checks found (`run` is None before the first)."""

    registration: Registration
    key_policy: str
    proof_command: str
    run: checks.RunView | None


def registered(organization_id: UUID) -> Registered:
    """Return the organization's keys.

    Raises:
        NoRegistration: it has none.
    """
    active = pending.active(organization_id)
    if active is None:
        return Registered(pending.find(organization_id), None)
    return Registered(active, pending.newest(organization_id))


def verification(organization_id: UUID, now: datetime) -> Verification:
    """Return the registration under way with its checks.

    Raises:
        NoRegistration: none is under way that names a key.
    """
    registration = pending.find(organization_id)
    if not registration.key_arn:
        raise pending.NoRegistration
    written = {each.slug: each.text for each in grants.renderings_of(registration)}
    return Verification(
        registration, written[POLICY], grants.proof_command(registration), checks.run_of(registration, now)
    )


def next_steps(registration: Registration) -> list[dict[str, Any]]:
    """Return the steps that are not done, in their order: name and what it is about."""
    if not registration.is_open:
        return []
    progress = onboarding.progress(registration)
    return [
        {"step": step.slug, "title": str(step.title), "hint": str(step.hint)}
        for step in onboarding.STEPS
        if not progress.is_done(step.slug)
    ]
