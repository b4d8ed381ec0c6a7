"""Say more about a denial before it suspends anybody: is it the key, or is it us?

Both questions are asked once, within what is left of the call's time. Whatever they bring, nothing is allowed by them.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Final

from ascend.envelope.keys import SecretKey
from ascend.providers import contract
from ascend.providers.aws_kms.address import SCHEME, Address, parse
from ascend.providers.aws_kms.attempts import Deadline
from ascend.providers.aws_kms.findings import BY_NAME
from ascend.providers.aws_kms.metadata import KeyMetadata
from ascend.providers.contract import Denied, Operator, ProviderError

if TYPE_CHECKING:
    from ascend.providers.aws_kms.access import Access

BY_STATE: Final = {
    "Disabled": "disabled",
    "PendingDeletion": "pending-deletion",
    "PendingReplicaDeletion": "pending-deletion",
    "PendingImport": "material-missing",
    "Unavailable": "keystore-disconnected",
}
"""KMS answers a key that waits for its deletion with either of two codes; its description tells."""
OF_A_STATE: Final = {"disabled", "invalid-state", "pending-deletion", "material-missing", "keystore-disconnected"}
OF_ACCESS: Final = {"access-denied", "role-denied"}
DIAGNOSIS_SECONDS: Final = 1.0
CANARY: Final = {
    contract.ORGANIZATION: "none", contract.DEPLOYMENT: "none", contract.ENVIRONMENT: "none", contract.KEY: "none",
    contract.LEVEL: "1", contract.PURPOSE: "probe",
}  # fmt: skip


def explained(access: "Access", where: Address, denied: Denied, deadline: Deadline) -> ProviderError:
    """Return the denial with what the key's state says, or `Operator` if the portal's own key refuses as well."""
    left = Deadline(min(DIAGNOSIS_SECONDS, deadline.left()))
    if denied.finding in OF_A_STATE:
        return _by_state(access, where, denied, left)
    if denied.finding in OF_ACCESS and access.settings.canary:
        return _by_canary(access, denied, left)
    return denied


def _by_state(access: "Access", where: Address, denied: Denied, deadline: Deadline) -> ProviderError:
    try:
        about = access.once(where, lambda calls: calls.describe(), deadline)
    except ProviderError:
        return denied
    finding = BY_NAME.get(BY_STATE.get(about.state, ""))
    return finding.error(_when(about)) if finding is not None else denied


def _by_canary(access: "Access", denied: Denied, deadline: Deadline) -> ProviderError:
    """Ask a key of the portal's own account: what it refuses too, no customer has refused."""
    canary = parse(f"{SCHEME}:{access.settings.canary}")
    try:
        access.once(canary, lambda calls: calls.encrypt(SecretKey.generate().material, CANARY), deadline)
    except (Denied, Operator):
        return BY_NAME["own-role-replaced"].error()
    except ProviderError:
        return denied
    return denied


def _when(about: KeyMetadata) -> str:
    if about.deletion_date is not None:
        return f"It will be deleted on {_day(about.deletion_date)}."
    if about.state == "PendingReplicaDeletion":
        return f"It will be deleted {about.pending_days} days after its last replica."
    if about.state == "PendingImport" and about.expires_at is not None:
        return f"Its material expired on {_day(about.expires_at)}."
    return ""


def _day(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M %Z").strip()
