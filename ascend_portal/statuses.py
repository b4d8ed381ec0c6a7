"""How a state looks: one word, one icon and one tint for every state the portal shows.

A state is never told by color alone, and the same word means the same everywhere. The keys
are the code values of the wings: of keys, imports, approvals and audit outcomes.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Tint = Literal["ok", "warn", "bad", "info", "mute"]


@dataclass(frozen=True, slots=True)
class Status:
    """What a status pill shows."""

    tint: Tint
    icon: str
    word: "StrOrPromise"


STATUSES: dict[str, Status] = {
    # keys (cryptography.md, states)
    "pre_active": Status("warn", "hourglass", _("Not yet active")),
    "active": Status("ok", "circle-check", _("Active")),
    "suspended": Status("warn", "player-pause", _("Suspended")),
    "deactivated": Status("mute", "lock", _("Reads only")),
    "compromised": Status("bad", "alert-octagon", _("Compromised")),
    "destroyed": Status("mute", "trash", _("Destroyed")),
    # leases and the health of a customer's key
    "healthy": Status("ok", "heartbeat", _("Healthy")),
    "degraded": Status("warn", "alert-triangle", _("Degraded")),
    "unavailable": Status("bad", "key-off", _("Unavailable")),
    "in_force": Status("ok", "circle-check", _("In force")),
    "revoked": Status("bad", "key-off", _("Revoked")),
    "lapsed": Status("mute", "clock", _("Lapsed")),
    # imports and other jobs
    "draft": Status("mute", "pencil", _("Draft")),
    "uploading": Status("info", "upload", _("Uploading")),
    "uploaded": Status("mute", "file-text", _("Uploaded")),
    "mapping": Status("warn", "columns", _("Columns to match")),
    "mapped": Status("mute", "columns", _("Columns matched")),
    "checking": Status("info", "list-check", _("Checking")),
    "checked": Status("warn", "list-check", _("Checked, waiting for you")),
    "ready": Status("warn", "list-check", _("Ready, waiting for you")),
    "queued": Status("mute", "clock", _("Queued")),
    "running": Status("info", "rotate-clockwise", _("Running")),
    "importing": Status("info", "rotate-clockwise", _("Importing")),
    "blocked": Status("bad", "key-off", _("Waiting for the key")),
    "paused": Status("warn", "player-pause", _("Paused")),
    "finished": Status("ok", "circle-check", _("Finished")),
    "done": Status("ok", "circle-check", _("Done")),
    "cancelled": Status("mute", "ban", _("Cancelled")),
    "failed": Status("bad", "alert-triangle", _("Failed")),
    "error": Status("bad", "alert-triangle", _("Error")),
    # registrations of customers' keys
    "requested": Status("warn", "hourglass", _("Waiting for approval")),
    "retired": Status("mute", "archive", _("Retired")),
    # approvals
    "pending": Status("warn", "hourglass", _("Waiting for votes")),
    "approved": Status("ok", "thumb-up", _("Approved")),
    "rejected": Status("bad", "thumb-down", _("Rejected")),
    "expired": Status("mute", "clock", _("Expired")),
    "executing": Status("info", "rotate-clockwise", _("Being carried out")),
    "executed": Status("ok", "circle-check", _("Carried out")),
    "succeeded": Status("ok", "circle-check", _("Carried out")),
    "withdrawn": Status("mute", "ban", _("Withdrawn")),
    # outcomes in the audit log
    "success": Status("ok", "check", _("Success")),
    "refused": Status("warn", "hand-stop", _("Refused")),
    "denied": Status("warn", "hand-stop", _("Denied")),
    "failure": Status("bad", "alert-triangle", _("Failure")),
}


def status_of(state: str) -> Status:
    """Return how `state` looks; an unknown one is shown neutrally in its own words."""
    return STATUSES.get(state) or Status("mute", "circle-dashed", state.replace("_", " ").capitalize())
