"""The tables of customers' keys: registrations, what their checks found, signed waivers, and imports."""

from byok.models.ceremonies import Ceremony, Stage
from byok.models.checks import Check, Finding
from byok.models.registrations import Registration, State
from byok.models.waivers import Acknowledgement

__all__ = ["Acknowledgement", "Ceremony", "Check", "Finding", "Registration", "Stage", "State"]
