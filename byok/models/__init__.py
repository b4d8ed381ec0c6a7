"""The tables of customers' keys: registrations, what their checks found, and signed waivers."""

from byok.models.checks import Check, Finding
from byok.models.registrations import Registration, State
from byok.models.waivers import Acknowledgement

__all__ = ["Acknowledgement", "Check", "Finding", "Registration", "State"]
