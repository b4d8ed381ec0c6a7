"""What can go wrong, in words for the person who has it: status, title, cause and next action.

These are the problems that are always told the same way; `errors` adds those that carry words of
their own, and says which domain error is which problem.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# What the page offers as its next step: load it again, go to the overview, or sign in.
Action = Literal["retry", "overview", "sign_in"]

DATABASE_RETRY_SECONDS = 30
# From here on a wait is said in minutes.
_COUNTED_IN_MINUTES = 120


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, in words for the person who has it. `code` and `members` are for programs."""

    status: HTTPStatus
    code: str
    title: "StrOrPromise"
    cause: "StrOrPromise"
    fix: "StrOrPromise"
    icon: str = "alert-triangle"
    action: Action = "overview"
    retry_after_seconds: int | None = None
    needs_database: bool = True
    members: Mapping[str, Any] = field(default_factory=dict)

    @property
    def when_again(self) -> str:
        """Say how long to wait, in minutes (rounded up) where seconds would have to be converted by the reader."""
        seconds = self.retry_after_seconds or 0
        if seconds < _COUNTED_IN_MINUTES:
            return ngettext("Try again in %(n)d second.", "Try again in %(n)d seconds.", seconds) % {"n": seconds}
        minutes = -(-seconds // 60)
        return ngettext("Try again in %(n)d minute.", "Try again in %(n)d minutes.", minutes) % {"n": minutes}


NOT_FOUND = Problem(
    HTTPStatus.NOT_FOUND,
    "not-found",
    _("There is nothing here"),
    _("The address is wrong, what it named is gone, or it belongs to another organization."),
    _("Check the address, or start again from the overview."),
    icon="search",
)
FORBIDDEN = Problem(
    HTTPStatus.FORBIDDEN,
    "forbidden",
    _("Your role does not allow this"),
    _("The page exists, but none of the roles you hold in this organization may open it."),
    _("If your work needs it, ask a security admin of your organization for the role."),
    icon="lock",
)
FORGED = Problem(
    HTTPStatus.FORBIDDEN,
    "csrf",
    _("This form is too old to be sent"),
    _("The form was opened before you signed in or out, or your browser did not send the portal's cookies."),
    _("Go back, reload the page and send the form again. Nothing was changed."),
    icon="shield-x",
)
BAD_REQUEST = Problem(
    HTTPStatus.BAD_REQUEST,
    "bad-request",
    _("The request could not be understood"),
    _("Your browser sent something that this page does not expect."),
    _("Go back, reload the page and try again."),
)
TOO_LARGE = Problem(
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "too-large",
    _("That is more than this page takes"),
    _("The form holds more text, fields or files than the portal accepts at once."),
    _("Send less at once. A large file of people goes through the import."),
    icon="upload",
)
INTERNAL = Problem(
    HTTPStatus.INTERNAL_SERVER_ERROR,
    "internal",
    _("Something broke on our side"),
    _("The portal met an error that nobody foresaw. Nothing half-done was kept."),
    _("Try again. If it comes back, give the reference below to the people who run this portal."),
    action="retry",
    needs_database=False,
)
DATABASE_AWAY = Problem(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "database-unavailable",
    _("The portal cannot reach its database"),
    _("Without it nothing can be read or written. Nothing was changed."),
    _("Wait a moment and try again. If it lasts, tell the people who run this portal."),
    icon="database",
    action="retry",
    retry_after_seconds=DATABASE_RETRY_SECONDS,
    needs_database=False,
)
AUDIT_AWAY = Problem(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "audit-unavailable",
    _("The audit log cannot be written"),
    _("What cannot be recorded is not done, so your change was refused. Nothing was changed."),
    _("Try again in a moment. If it lasts, tell the people who run this portal."),
    icon="history",
    action="retry",
    retry_after_seconds=DATABASE_RETRY_SECONDS,
)
INTEGRITY = Problem(
    HTTPStatus.INTERNAL_SERVER_ERROR,
    "integrity",
    _("A stored value failed its integrity check"),
    _("The value is not exactly what was stored for this place, so it is not shown. Nothing stands in for it."),
    _("Do not retry. Give the reference below to your security team; the stored bytes stay as they are."),
    icon="shield-x",
)
NO_ORGANIZATION = Problem(
    HTTPStatus.FORBIDDEN,
    "no-organization",
    _("You do not belong to an organization"),
    _("Every page shows the data of one organization, and you are a member of none."),
    _("Ask a security admin of your organization to add you."),
    icon="building",
)
SHREDDED = Problem(
    HTTPStatus.GONE,
    "shredded",
    _("This person's data was destroyed"),
    _("The key of this person was destroyed on purpose, and nobody can read the values any more."),
    _("A certificate says since when. Delete the record if nothing else in it is needed."),
    icon="shield-x",
)

KEY_CONFLICT = Problem(
    HTTPStatus.CONFLICT,
    "key-conflict",
    _("The key is in another state by now"),
    _("Somebody changed this key, or other keys still hang on it. Nothing was changed by you."),
    _("Open the key again and look at its state first."),
    icon="key",
)
