"""What a person may be in an organization, and what nobody may be at the same time."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    """The six roles. An operator of the deployment is no role: operators are never members."""

    OFFICER = "officer", _("Compliance officer")
    STEWARD = "steward", _("Data steward")
    KEY_ADMIN = "key_admin", _("Key admin")
    APPROVER = "approver", _("Approver")
    AUDITOR = "auditor", _("Auditor")
    SECURITY_ADMIN = "security_admin", _("Security admin")


# Who holds keys never reads records; who gives roles neither holds keys, reads records nor votes;
# who checks all of them is none of them.
EXCLUSIONS: dict[Role, frozenset[Role]] = {
    Role.KEY_ADMIN: frozenset({Role.OFFICER, Role.STEWARD}),
    Role.SECURITY_ADMIN: frozenset({Role.OFFICER, Role.STEWARD, Role.KEY_ADMIN, Role.APPROVER}),
    Role.AUDITOR: frozenset(Role) - {Role.AUDITOR},
}


def excluded_pairs(roles: frozenset[Role]) -> list[tuple[Role, Role]]:
    """Return the pairs among `roles` that one person may not hold together, in a stable order."""
    return [
        (one, other) for one in Role for other in Role if {one, other} <= roles and other in EXCLUSIONS.get(one, ())
    ]
