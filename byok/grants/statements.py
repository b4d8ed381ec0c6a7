"""The permissions that the portal asks for on a customer's key: the one source of every rendering.

The organization and the deployment stand in the conditions, so that the portal's role cannot be used for another
organization, or from a restored copy of the database, even by mistake.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from ascend.providers.contract import DEPLOYMENT, ORGANIZATION, PURPOSE

Statement = Mapping[str, object]

POLICY_VERSION = "2012-10-17"
CONTEXT = "kms:EncryptionContext:"

WRAPPING_PURPOSES = ("wrap", "probe", "anchor")
"""What the portal itself wraps for. "proof" is missing: only the key's owner can make a proof of control."""

WRAPPING_ACTIONS = ("kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptTo")
UNWRAPPING_ACTIONS = ("kms:Decrypt", "kms:ReEncryptFrom")
METADATA_ACTIONS = ("kms:DescribeKey", "kms:GetKeyRotationStatus")


@dataclass(frozen=True, slots=True)
class Grant:
    """Who may use the key (`principal_arn`, a role), for which organization, from which deployment."""

    principal_arn: str
    organization_id: UUID
    deployment: str

    def statements(self, resource: str = "*", *, names_principal: bool = True) -> Sequence[Statement]:
        """Return the three statements. A key policy names the principal and says "*"; a role's policy names the key."""
        own = {f"{CONTEXT}{ORGANIZATION}": str(self.organization_id), f"{CONTEXT}{DEPLOYMENT}": self.deployment}
        wrapping: Mapping[str, object] = {**own, f"{CONTEXT}{PURPOSE}": list(WRAPPING_PURPOSES)}
        return (
            self._allow("AscendWrap", WRAPPING_ACTIONS, resource, wrapping, names_principal=names_principal),
            self._allow("AscendUnwrap", UNWRAPPING_ACTIONS, resource, own, names_principal=names_principal),
            # Metadata calls carry no context: under a condition they would always be refused.
            self._allow("AscendMetadata", METADATA_ACTIONS, resource, {}, names_principal=names_principal),
        )

    def _allow(
        self, sid: str, actions: Sequence[str], resource: str, equals: Mapping[str, object], *, names_principal: bool
    ) -> Statement:
        principal = {"Principal": {"AWS": self.principal_arn}} if names_principal else {}
        condition = {"Condition": {"StringEquals": dict(equals)}} if equals else {}
        return {"Sid": sid, "Effect": "Allow", **principal, "Action": list(actions), "Resource": resource, **condition}


def owner_statement(account_root: object) -> Statement:
    """Return what leaves the account's own administrators in charge: a key policy without it locks them out."""
    return {
        "Sid": "OwnerAdministersTheKey",
        "Effect": "Allow",
        "Principal": {"AWS": account_root},
        "Action": "kms:*",
        "Resource": "*",
    }


def key_policy(grant: Grant, account_root: object) -> Mapping[str, object]:
    """Return the whole policy of a key: the owner's statement and the grant's."""
    return {"Version": POLICY_VERSION, "Statement": [owner_statement(account_root), *grant.statements()]}


def trust_policy(portal_principal: object, external_id: str) -> Mapping[str, object]:
    """Return who may assume a customer's role: the portal, and only with this organization's external id."""
    statement = {
        "Sid": "AscendAssumes",
        "Effect": "Allow",
        "Principal": {"AWS": portal_principal},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": external_id}},
    }
    return {"Version": POLICY_VERSION, "Statement": [statement]}
