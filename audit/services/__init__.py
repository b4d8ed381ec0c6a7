"""Verbs of the log. `audit.services.record(...)` is what every other wing calls."""

from audit.actor import Actor
from audit.catalogue import Event
from audit.entry import Outcome
from audit.services.recording import AuditUnavailable, record

__all__ = ["Actor", "AuditUnavailable", "Event", "Outcome", "record"]
