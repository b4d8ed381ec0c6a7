"""The figures of the overview, read from the wings: a few queries each, whatever the amount of data."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from django.db.models import Count
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.models import Membership, Person
from accounts.roles import Role
from ascend import conf
from ascend.fields import inventory
from ascend.keychain.models import Key, Lease, Revocation
from ascend.keychain.states import State
from ascend_portal.charts import AreaChart, Donut, Series, Share
from audit import selectors as log
from audit.models import InboxEvent
from records.models import ImportJob, PersonRecord

ACTIVITY_DAYS = 30
RECENT_EVENTS = 7
RECENT_IMPORTS = 4
LEASES_SHOWN = 6
# The roles without which an organization cannot use the portal as it is meant.
NEEDED_ROLES = (Role.OFFICER, Role.STEWARD, Role.KEY_ADMIN, Role.APPROVER, Role.AUDITOR)


@dataclass(frozen=True, slots=True)
class RecordsFigures:
    """How much is protected."""

    people: int
    protected_columns: int
    searchable_columns: int
    imports: Sequence[ImportJob]


@dataclass(frozen=True, slots=True)
class KeysFigures:
    """The organization's keychain: the states of its keys and the leases that processes hold now."""

    total: int
    active: int
    donut: Donut
    leases: Sequence[Lease]
    oldest_lease: Lease | None
    unwraps: int
    hits: int
    refusals: int

    @property
    def hit_percent(self) -> int | None:
        """Return the share of uses that a lease answered without asking the key's owner."""
        uses = self.hits + self.unwraps
        return self.hits * 100 // uses if uses else None


@dataclass(frozen=True, slots=True)
class ShownEvent:
    """One event of the log as the overview shows it."""

    event: InboxEvent
    icon: str
    who: str


@dataclass(frozen=True, slots=True)
class Activity:
    """What happened in the last days, by the audit log."""

    chart: AreaChart
    events: int
    not_successful: int
    recent: Sequence[ShownEvent]


def records_figures(organization_id: UUID) -> RecordsFigures:
    """Return what officers and stewards see: three queries."""
    columns = inventory.protected_fields()
    jobs = ImportJob.objects.for_organization(organization_id).newest_first()
    return RecordsFigures(
        people=PersonRecord.objects.for_organization(organization_id).count(),
        protected_columns=len(columns),
        searchable_columns=sum(bool(column.indexes) for column in columns),
        imports=list(jobs[:RECENT_IMPORTS]),
    )


def keys_figures(organization_id: UUID, now: datetime) -> KeysFigures:
    """Return what those who may look at keys see: two queries."""
    keys = Key.objects.for_organization(organization_id).in_environment(conf.environment())
    by_state = dict(keys.values_list("state").annotate(count=Count("id")).order_by())
    # A row says what a process holds; a process that ended leaves its row until somebody sweeps it.
    leases = list(Lease.objects.filter(organization_id=organization_id).order_by("taken_at"))
    in_force = [lease for lease in leases if lease.expires_at > now]
    return KeysFigures(
        total=sum(by_state.values()),
        active=by_state.get(State.ACTIVE, 0),
        donut=_keys_donut(by_state),
        leases=in_force[:LEASES_SHOWN],
        oldest_lease=in_force[0] if in_force else None,
        unwraps=sum(lease.unwraps for lease in leases),
        hits=sum(lease.hits for lease in leases),
        refusals=sum(lease.refusals for lease in leases),
    )


def _keys_donut(by_state: dict[str, int]) -> Donut:
    total = sum(by_state.values())
    retired = by_state.get(State.DEACTIVATED, 0) + by_state.get(State.DESTROYED, 0)
    halted = by_state.get(State.SUSPENDED, 0) + by_state.get(State.COMPROMISED, 0)
    return Donut(
        title=_("Keys by state"),
        center=formats.number_format(total, force_grouping=True),
        caption=pgettext("under the number in the ring", "keys"),
        shares=(
            Share(_("Active"), by_state.get(State.ACTIVE, 0), "b"),
            Share(_("Not yet active"), by_state.get(State.PRE_ACTIVE, 0), "a"),
            Share(_("Retired"), retired, "d"),
            Share(_("Halted"), halted, "c"),
        ),
    )


def refusal(organization_id: UUID) -> Revocation | None:
    """Return why nothing protected can be read now, or None where everything is well."""
    return Revocation.objects.filter(organization_id=organization_id).exclude(state=State.ACTIVE).first()


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
    return Activity(chart, sum(events), sum(failed), _recent(organization_id))


def _recent(organization_id: UUID) -> list[ShownEvent]:
    events = log.recent_events(organization_id, limit=RECENT_EVENTS)
    ids = {event.actor_id for event in events if event.actor_kind == "person"}
    names = {str(pk): name for pk, name in Person.objects.filter(pk__in=ids).values_list("pk", "display_name")}
    return [ShownEvent(event, _icon_of(event), names.get(event.actor_id, event.actor_id)) for event in events]


def _icon_of(event: InboxEvent) -> str:
    wings = {"records": "users", "byok": "key", "ascend": "lock", "accounts": "user", "audit": "history"}
    return wings.get(event.event.partition(":")[0], "activity")


def missing_roles(organization_id: UUID) -> list[Role]:
    """Return the needed roles that nobody holds yet."""
    held: set[str] = set()
    for roles in Membership.objects.for_organization(organization_id).values_list("roles", flat=True):
        held.update(roles)
    return [role for role in NEEDED_ROLES if role.value not in held]
