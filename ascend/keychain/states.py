"""The states of a key (NIST SP 800-57 part 1, chapter 7) and the ways between them.

Spec: docs/spec/keychain.md §4. The same table stands in the trigger of migration 0002 (KC-10, KC-11).
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from django.db import models
from django.utils.translation import gettext_lazy as _

from ascend.keychain.errors import IllegalTransition


class Level(models.IntegerChoices):
    """The four levels of the keychain."""

    MASTER_KEY = 1, _("Master key")
    TENANT_KEY = 2, _("Tenant key")
    SERVICE_KEY = 3, _("Service key")
    DATA_KEY = 4, _("Data key")


class State(models.TextChoices):
    """The states of a key, least strict first."""

    ACTIVE = "active", _("Active")
    DEACTIVATED = "deactivated", _("Deactivated")
    COMPROMISED = "compromised", _("Compromised")
    SUSPENDED = "suspended", _("Suspended")
    PRE_ACTIVE = "pre_active", _("Not yet active")
    DESTROYED = "destroyed", _("Destroyed")


STRICTNESS: Mapping[str, int] = MappingProxyType({state.value: rank for rank, state in enumerate(State)})
MAY_WRAP = frozenset({State.ACTIVE})
MAY_UNWRAP = frozenset({State.ACTIVE, State.DEACTIVATED, State.COMPROMISED})
MAY_BE_PRIMARY = (State.PRE_ACTIVE, State.ACTIVE, State.SUSPENDED)

ALLOWED: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        State.PRE_ACTIVE: frozenset({State.ACTIVE}),
        State.ACTIVE: frozenset({State.SUSPENDED, State.DEACTIVATED, State.COMPROMISED}),
        State.SUSPENDED: frozenset({State.ACTIVE}),
        State.DEACTIVATED: frozenset({State.COMPROMISED, State.DESTROYED}),
        State.COMPROMISED: frozenset({State.DESTROYED}),
        State.DESTROYED: frozenset(),
    }
)


def check_transition(current: str, to: str) -> None:
    """Return if a key may go from `current` to `to`.

    Raises:
        IllegalTransition: with the states that it may go to.
    """
    if to in ALLOWED[current]:
        return
    ways = ", ".join(sorted(ALLOWED[current])) or "no other state"
    raise IllegalTransition(f"A key that is {current} cannot become {to}; from here it goes to: {ways}.")


def strictest(states: Iterable[str]) -> State:
    """Return the state that decides for a key whose own and ancestors' states are `states`."""
    return State(max(states, key=STRICTNESS.__getitem__))
