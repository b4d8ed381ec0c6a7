"""The shell around every page: where a person may go, for whom they work, and who they are.

The lists below are the whole navigation. What a role may not open, it does not see; the view
behind an entry checks again, so this is courtesy and not the guard.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
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
LOG_READERS = frozenset({Role.AUDITOR, Role.OFFICER, Role.KEY_ADMIN, Role.APPROVER})


@dataclass(frozen=True, slots=True)
class Entry:
    """One link of the navigation, for the holders of any of `roles`."""

    url_name: str
    icon: str
    label: "StrOrPromise"
    roles: frozenset[Role] = EVERY_ROLE


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
            Entry("records:imports", "file-import", _("Imports"), frozenset({Role.STEWARD})),
        ),
    ),
    Group("keys", _("Keys"), (Entry("byok:keys", "key", _("Keys"), KEY_VIEWERS),)),
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
        groups = [
            (group, [entry for entry in group.entries if entry.roles & roles and address(entry.url_name)])
            for group in GROUPS
        ]
        current = self._current(entry for _group, entries in groups for entry in entries)
        return [
            ShownGroup(group.key, group.label, tuple(self._shown(entry, current) for entry in entries))
            for group, entries in groups
            if entries
        ]

    def _current(self, entries: Iterable[Entry]) -> str:
        addresses = (address(entry.url_name) for entry in entries)
        matching = [url for url in addresses if (self._path.startswith(url) if url != "/" else self._path == "/")]
        return max(matching, key=len, default="")

    def _shown(self, entry: Entry, current: str) -> ShownEntry:
        url = address(entry.url_name)
        waiting = self.waiting_approvals if entry.url_name == APPROVALS else 0
        return ShownEntry(url, entry.icon, entry.label, url == current, waiting)


def address(url_name: str) -> str:
    """Return the address of a page, or "" while no wing has it."""
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""


def is_demo() -> bool:
    """Return whether the whole deployment runs on samples (`make run`)."""
    return bool(getattr(settings, "DEMO", False))


def shell(request: HttpRequest) -> dict[str, object]:
    """Give every template the shell of its request (context processor)."""
    return {"shell": Shell(request), "is_demo": is_demo()}
