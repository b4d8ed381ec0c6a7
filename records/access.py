"""Who may do what with records: the one table that views read (docs: access, "Roles")."""

from typing import Final

from accounts.roles import Role

READ: Final = frozenset({Role.OFFICER, Role.STEWARD})
CHANGE: Final = READ
SEARCH: Final = READ
# What is protected is searched for by officers; a steward finds a record by its plain reference.
SEARCH_PROTECTED: Final = frozenset({Role.OFFICER})
REVEAL: Final = frozenset({Role.OFFICER})
DELETE: Final = frozenset({Role.OFFICER})
CREATE: Final = frozenset({Role.STEWARD})
IMPORT: Final = frozenset({Role.STEWARD})
