"""How an organization's key is: whether values can be read and written, since when, and what to do if not."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from ascend.keychain import selectors
from ascend.keychain.last_use import LastUse
from ascend.keychain.selectors import KeychainView
from ascend.keychain.states import Level, State
from byok.models import Registration
from byok.models import registrations as models

# The prober asks every 60 s at the least; a quarter more is allowed for its round.
STALE_AFTER: Final = timedelta(seconds=75)


@dataclass(frozen=True, slots=True)
class Health:
    """`status` is healthy, degraded or unavailable; `key_status` is of the customer's own key.

    `cause` and `fix` are sentences where the status is not healthy, and empty otherwise; `since` is when it began
    not to be, as far as is known; `checked_at` is when a probe last had an answer.
    """

    status: str
    key_status: str
    last_encryption: datetime | None
    last_decryption: datetime | None
    checked_at: datetime | None
    since: datetime | None
    cause: str
    fix: str

    @property
    def cmk_accessible(self) -> bool:
        """Return whether the customer's own key was there when it was last asked, which is not long ago."""
        return self.key_status == "active" and self.status == "healthy"


def health(organization_id: UUID, now: datetime) -> Health:
    """Return how the organization's key is. Five queries."""
    return health_of(selectors.keychain(organization_id), now)


def health_of(view: KeychainView, now: datetime) -> Health:
    """Return the same for a keychain that was read already. Two queries."""
    used = LastUse.objects.filter(organization_id=view.organization_id).first()
    status, cause, fix = _status(view, now)
    return Health(
        status=status,
        key_status=_key_status(view),
        last_encryption=used.written_at if used else None,
        last_decryption=used.read_at if used else None,
        checked_at=view.probed_at,
        since=_since(view, now) if status != "healthy" else None,
        cause=cause,
        fix=fix,
    )


def _status(view: KeychainView, now: datetime) -> tuple[str, str, str]:
    if view.state == State.SUSPENDED:
        return "unavailable", view.reason, view.fix
    if not view.is_intact:
        return "unavailable", _("The seal of a key does not hold."), _("Check the registry key of this deployment.")
    if _is_out_of_use(view):
        return (
            "degraded",
            _("The master key is out of use: values can be read, and none can be written."),
            _("Put another key in charge."),
        )
    if _is_unanswered(view, now):
        return (
            "degraded",
            _("No probe of the key has had an answer for more than a minute."),
            _("Look whether the key service answers, and whether the portal's prober runs."),
        )
    return "healthy", "", ""


def _last_known(view: KeychainView) -> datetime | None:
    return view.probed_at or view.changed_at


def _is_unanswered(view: KeychainView, now: datetime) -> bool:
    last_known = _last_known(view)
    return view.state != State.SUSPENDED and last_known is not None and now - last_known > STALE_AFTER


def _since(view: KeychainView, now: datetime) -> datetime | None:
    return _last_known(view) if _is_unanswered(view, now) else view.changed_at


def _key_status(view: KeychainView) -> str:
    registrations = Registration.objects.for_organization(view.organization_id)
    states = set(registrations.values_list("state", flat=True).distinct())
    if models.State.ACTIVE not in states:
        return "pending" if states & models.OPEN else "none"
    if view.state == State.SUSPENDED:
        return "suspended"
    return "deactivated" if _is_out_of_use(view) else "active"


def _is_out_of_use(view: KeychainView) -> bool:
    masters = [key for key in view.keys if key.level == Level.MASTER_KEY]
    # A key that leaves use is no primary any more; where another took over, that one is.
    return bool(masters) and not any(key.primary for key in masters)
