"""The library's tables, gathered where Django looks for them."""

from ascend.campaigns.models import Batch, Campaign, FailedRow
from ascend.fields.watermarks import ClosedWindow
from ascend.keychain.last_use import LastUse
from ascend.keychain.models import Continuity, Key, Lease, Revocation
from ascend.keychain.subject_models import Shred, ShreddedKey, SubjectKey

__all__ = [
    "Batch",
    "Campaign",
    "ClosedWindow",
    "Continuity",
    "FailedRow",
    "Key",
    "LastUse",
    "Lease",
    "Revocation",
    "Shred",
    "ShreddedKey",
    "SubjectKey",
]
