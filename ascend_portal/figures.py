"""The figures of the overview, put together from what the wings tell: a few queries, whatever the amount of data."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models import Membership
from accounts.roles import Role
from ascend.fields import inventory
from ascend.keychain.selectors import KeychainView
from ascend.keychain.states import State
from ascend_portal.charts import AreaChart, Donut, Series, Share
from audit import selectors as log
from audit.selectors import EventRow
from records.models import ImportJob
from records.selectors import figures as records

ACTIVITY_DAYS = 30
RECENT_EVENTS = 7
RECENT_IMPORTS = 4
# The roles without which an organization cannot use the portal as it is meant.
NEEDED_ROLES = (Role.OFFICER, Role.STEWARD, Role.KEY_ADMIN, Role.APPROVER, Role.AUDITOR)
WING_ICONS = {
    "records": "users",
    "byok": "key",
    "ascend": "lock",
    "keychain": "lock",
    "accounts": "user",
    "audit": "history",
}


@dataclass(frozen=True, slots=True)
class RecordsFigures:
    """How much is protected. A count with a plus sign is at least that many."""

    people: str
    values: str
    columns: int
    searchable_columns: int
    is_empty: bool


@dataclass(frozen=True, slots=True)
class KeysFigures:
    """The organization's keychain: its keys by state, and the leases that processes hold now."""

    keychain: KeychainView
    total: int
    active: int
    donut: Donut

    @property
    def unwraps(self) -> int:
        return sum(lease.unwraps for lease in self.keychain.leases)

    @property
    def hits(self) -> int:
        return sum(lease.hits for lease in self.keychain.leases)

    @property
    def refusals(self) -> int:
        return sum(lease.refusals for lease in self.keychain.leases)

    @property
    def oldest_lease_seconds(self) -> float | None:
        return max((lease.age_seconds for lease in self.keychain.leases), default=None)


@dataclass(frozen=True, slots=True)
class ShownEvent:
    """One event of the log as the overview shows it."""

    event: EventRow
    icon: str


@dataclass(frozen=True, slots=True)
class Activity:
    """What happened in the last days, by the audit log."""

    chart: AreaChart
    recent: Sequence[ShownEvent]


def records_figures(organization_id: UUID) -> RecordsFigures:
    """Return what officers and stewards see: one query."""
    counted = records.figures(organization_id)
    plus = "+" if counted.is_capped else ""
    columns = inventory.protected_fields()
    return RecordsFigures(
        people=formats.number_format(counted.records, force_grouping=True) + plus,
        values=formats.number_format(counted.protected_values, force_grouping=True) + plus,
        columns=len(columns),
        searchable_columns=sum(bool(column.indexes) for column in columns),
        is_empty=counted.records == 0,
    )


def latest_imports(organization_id: UUID) -> list[ImportJob]:
    """Return the newest imports."""
    return list(ImportJob.objects.for_organization(organization_id).newest_first()[:RECENT_IMPORTS])


def keys_figures(keychain: KeychainView) -> KeysFigures:
    """Return what those who may look at keys see. What counts is a key's state under those above it."""
    by_state = Counter(key.effective_state for key in keychain.keys)
    return KeysFigures(keychain, by_state.total(), by_state[State.ACTIVE], _keys_donut(by_state))


def _keys_donut(by_state: Counter[State]) -> Donut:
    return Donut(
        title=_("Keys by state"),
        center=formats.number_format(by_state.total(), force_grouping=True),
        caption=pgettext("under the number in the ring", "keys"),
        shares=(
            Share(_("Active"), by_state[State.ACTIVE], "b"),
            Share(_("Not yet active"), by_state[State.PRE_ACTIVE], "a"),
            Share(_("Suspended or compromised"), by_state[State.SUSPENDED] + by_state[State.COMPROMISED], "c"),
            Share(_("Retired"), by_state[State.DEACTIVATED] + by_state[State.DESTROYED], "d"),
        ),
    )


def activity(organization_id: UUID, now: datetime) -> Activity:
    """Return the last 30 days by the person's own midnight, and the newest events: three queries."""
    zone = timezone.get_current_timezone()
    today = timezone.localdate(now)
    days = [today - timedelta(days=age) for age in range(ACTIVITY_DAYS - 1, -1, -1)]
    since = datetime.combine(days[0], time.min, tzinfo=zone)
    counted = log.events_by_day(organization_id, since=since, zone=zone)
    events = [counted[day].events if day in counted else 0 for day in days]
    failed = [counted[day].not_successful if day in counted else 0 for day in days]
    chart = AreaChart(
        id="activity",
        title=_("Events in the audit log, last 30 days"),
        label_heading=_("Day"),
        labels=[formats.date_format(day, "j M") for day in days],
        series=(Series(_("Events"), events), Series(_("Denied or failed"), failed)),
    )
    return Activity(chart, _recent(organization_id))


def _recent(organization_id: UUID) -> list[ShownEvent]:
    return [ShownEvent(event, _icon_of(event)) for event in log.newest_events(organization_id, limit=RECENT_EVENTS)]


def _icon_of(event: EventRow) -> str:
    return WING_ICONS.get(event.event.partition(":")[0], "activity")


def missing_roles(organization_id: UUID) -> list[Role]:
    """Return the needed roles that nobody holds yet."""
    held: set[str] = set()
    for roles in Membership.objects.for_organization(organization_id).values_list("roles", flat=True):
        held.update(roles)
    return [role for role in NEEDED_ROLES if role.value not in held]
