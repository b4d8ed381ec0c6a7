"""The shell around every page: where a person may go, for whom they work, and who they are.

The lists below are the whole navigation. What a role may not open, it does not see; the view
behind an entry checks again, so this is courtesy and not the guard.
"""

from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import Access, access_of
from accounts.models import ApprovalRequest, Organization, Person
from accounts.roles import Role

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

EVERY_ROLE = frozenset(Role)
RECORD_ROLES = frozenset({Role.OFFICER, Role.STEWARD})
KEY_VIEWERS = frozenset({Role.KEY_ADMIN, Role.APPROVER, Role.AUDITOR, Role.OFFICER})
KEY_REGISTRARS = frozenset({Role.KEY_ADMIN, Role.OFFICER})
LOG_READERS = frozenset({Role.AUDITOR, Role.OFFICER, Role.KEY_ADMIN, Role.APPROVER})


@dataclass(frozen=True, slots=True)
class Entry:
    """One link of the navigation, for the holders of any of `roles`.

    It is marked as current on its own page, on those beneath it, and on those beneath `also`.
    """

    url_name: str
    icon: str
    label: "StrOrPromise"
    roles: frozenset[Role] = EVERY_ROLE
    also: str = ""

    def places(self) -> list[str]:
        """Return the addresses beneath which the entry is current."""
        return [reverse(url_name) for url_name in (self.url_name, self.also) if url_name]


@dataclass(frozen=True, slots=True)
class Group:
    """Entries under one heading; the first group has none."""

    key: str
    label: "StrOrPromise"
    entries: tuple[Entry, ...]


APPROVALS = "approvals"
GROUPS = (
    Group("start", "", (Entry("overview", "layout-dashboard", _("Overview")),)),
    Group(
        "records",
        _("Records"),
        (
            Entry("records:list", "users", _("People"), RECORD_ROLES),
            Entry("records:imports", "file-import", _("Imports"), frozenset({Role.STEWARD}), also="records:import"),
        ),
    ),
    Group(
        "keys",
        _("Keys"),
        (
            Entry("byok:keys", "key", _("Keys"), KEY_VIEWERS),
            Entry("byok:onboarding", "link", _("Your own key"), KEY_REGISTRARS),
        ),
    ),
    Group(
        "assurance",
        _("Assurance"),
        (
            Entry("audit:list", "history", _("Audit log"), LOG_READERS),
            Entry(APPROVALS, "user-check", _("Approvals")),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class ShownEntry:
    """An entry as the template needs it."""

    url: str
    icon: str
    label: "StrOrPromise"
    is_current: bool
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class ShownGroup:
    """A group that has at least one entry for this person."""

    key: str
    label: "StrOrPromise"
    entries: tuple[ShownEntry, ...]


class Shell:
    """What `base.html` draws around a page. Everything is read when the template asks for it."""

    def __init__(self, request: HttpRequest) -> None:
        self._path = request.path
        self._access: Access | None = access_of(request)

    @property
    def organization(self) -> Organization | None:
        return self._access.organization if self._access else None

    @property
    def person(self) -> Person | None:
        return self._access.person if self._access else None

    @property
    def other_organizations(self) -> list[Organization]:
        if self._access is None:
            return []
        return [each for each in self._access.organizations if each.pk != self._access.organization.pk]

    @property
    def is_demo(self) -> bool:
        """Return whether what is shown is a sample, which every page then says."""
        return bool(self.organization and self.organization.is_sample) or is_demo()

    @property
    def role_names(self) -> list[str]:
        return [str(role.label) for role in Role if self._access and role in self._access.roles]

    @cached_property
    def waiting_approvals(self) -> int:
        """Return how many requests wait for this person's vote: others' and not yet voted on."""
        if self._access is None or not self._access.has(Role.APPROVER):
            return 0
        pending = ApprovalRequest.objects.for_organization(self._access.organization.pk).pending(timezone.now())
        return pending.exclude(requester=self._access.person).exclude(votes__person=self._access.person).count()

    @cached_property
    def navigation(self) -> list[ShownGroup]:
        """Return the groups this person sees, the longest matching address marked as current."""
        roles = self._access.roles if self._access else frozenset()
        groups = [(group, [entry for entry in group.entries if entry.roles & roles]) for group in GROUPS]
        current = self._current([entry for _group, entries in groups for entry in entries])
        return [
            ShownGroup(group.key, group.label, tuple(self._shown(entry, current) for entry in entries))
            for group, entries in groups
            if entries
        ]

    def _current(self, entries: list[Entry]) -> Entry | None:
        """Return the entry with the longest address that the page is beneath."""
        places = [(len(place), entry) for entry in entries for place in entry.places() if self._is_beneath(place)]
        return max(places, key=itemgetter(0), default=(0, None))[1]

    def _is_beneath(self, place: str) -> bool:
        return self._path == place if place == "/" else self._path.startswith(place)

    def _shown(self, entry: Entry, current: Entry | None) -> ShownEntry:
        waiting = self.waiting_approvals if entry.url_name == APPROVALS else 0
        return ShownEntry(reverse(entry.url_name), entry.icon, entry.label, entry is current, waiting)


def is_demo() -> bool:
    """Return whether the whole deployment runs on samples (`make run`)."""
    return bool(getattr(settings, "DEMO", False))


def shell(request: HttpRequest) -> dict[str, object]:
    """Give every template the shell of its request (context processor)."""
    return {"shell": Shell(request), "is_demo": is_demo()}
