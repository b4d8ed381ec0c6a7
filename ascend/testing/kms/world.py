"""Everything that the server knows, and the log of what it was asked."""

import threading
from dataclasses import dataclass, field

from ascend.testing.kms.call import Call
from ascend.testing.kms.clock import Clock
from ascend.testing.kms.faults import Faults
from ascend.testing.kms.identities import Identities
from ascend.testing.kms.operations.imports import ImportToken
from ascend.testing.kms.region import Keys


@dataclass
class World:
    """One server's state. `lock` is held by one operation at a time, never while an answer is held back."""

    clock: Clock = field(default_factory=Clock)
    faults: Faults = field(default_factory=Faults)
    calls: list[Call] = field(default_factory=list)
    import_tokens: dict[bytes, ImportToken] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self.identities = Identities(self.clock)
        self.keys = Keys(self.clock)
