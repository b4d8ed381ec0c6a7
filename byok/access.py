"""Who may open which page of keys."""

from accounts.roles import Role

VIEWERS = frozenset({Role.KEY_ADMIN, Role.OFFICER, Role.AUDITOR, Role.APPROVER})
ONBOARDING = frozenset({Role.KEY_ADMIN, Role.OFFICER})
REGISTER = frozenset({Role.KEY_ADMIN})
SIGN = frozenset({Role.OFFICER})
IMPORT = frozenset({Role.KEY_ADMIN, Role.OFFICER, Role.APPROVER})
READ_API = frozenset({Role.KEY_ADMIN, Role.OFFICER, Role.AUDITOR})
