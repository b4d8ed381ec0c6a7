"""One KMS key: what it is, which state it is in, and which states allow what."""

from dataclasses import dataclass, field
from typing import Any

from ascend.testing.kms.material import Material
from ascend.testing.kms.policy import Policy
from ascend.testing.kms.refusals import Refusal, invalid_state

SYMMETRIC = "SYMMETRIC_DEFAULT"
USABLE = frozenset({"Enabled", "Updating"})
DELETING = frozenset({"PendingDeletion", "PendingReplicaDeletion"})


@dataclass(eq=False)
class Family:
    """What the replicas of a multi-Region key share. A key with one Region is a family of one."""

    materials: list[Material]
    primary_region: str
    regions: set[str] = field(default_factory=set)
    rotations: list[dict[str, Any]] = field(default_factory=list)
    rotation_days: int | None = None

    @property
    def current(self) -> Material | None:
        """Return the material for new ciphertexts."""
        in_force = [material for material in self.materials if not material.is_pending]
        return in_force[-1] if in_force else None


@dataclass(eq=False)
class KmsKey:
    """One key in one Region. State and policy are its own, also among replicas."""

    key_id: str
    account: str
    region: str
    partition: str
    policy: Policy
    family: Family
    created_at: float
    spec: str = SYMMETRIC
    usage: str = "ENCRYPT_DECRYPT"
    manager: str = "CUSTOMER"
    origin: str = "AWS_KMS"
    description: str = ""
    is_multi_region: bool = False
    set_state: str = "Enabled"
    deletion_at: float | None = None
    pending_days: int | None = None

    @property
    def arn(self) -> str:
        """Return the key's ARN."""
        return f"arn:{self.partition}:kms:{self.region}:{self.account}:key/{self.key_id}"

    def state(self, now: float) -> str:
        """Return the state that DescribeKey shows."""
        if self.set_state in DELETING or self.origin != "EXTERNAL":
            return self.set_state
        in_force = [material for material in self.family.materials if not material.is_pending]
        if not in_force or not all(material.is_usable(now) for material in in_force):
            return "PendingImport"
        return self.set_state

    def is_gone(self, now: float) -> bool:
        """Return whether its waiting period is over."""
        return self.deletion_at is not None and now >= self.deletion_at

    def require_usable(self, now: float) -> None:
        """Return if it may encrypt and decrypt now.

        Raises:
            Refusal: DisabledException or KMSInvalidStateException.
        """
        state = self.state(now)
        if state == "Disabled":
            raise Refusal("DisabledException", f"{self.arn} is disabled.")
        if state not in USABLE:
            raise invalid_state(self.arn, state)

    def require_not_deleting(self, now: float) -> None:
        """Return unless it waits for its deletion, when it can only be described or saved."""
        if self.state(now) in DELETING:
            raise invalid_state(self.arn, "PendingDeletion")

    def require_symmetric(self) -> None:
        """Return if it is a key to encrypt data with."""
        if self.usage != "ENCRYPT_DECRYPT" or self.spec != SYMMETRIC:
            raise Refusal("InvalidKeyUsageException", f"{self.arn} key usage is {self.usage} and its spec {self.spec}.")

    def metadata(self, now: float) -> dict[str, Any]:
        """Return what DescribeKey shows."""
        state = self.state(now)
        return {
            "AWSAccountId": self.account, "KeyId": self.key_id, "Arn": self.arn, "CreationDate": self.created_at,
            "Enabled": state in USABLE, "Description": self.description, "KeyUsage": self.usage, "KeyState": state,
            "Origin": self.origin, "KeyManager": self.manager, "KeySpec": self.spec,
            "CustomerMasterKeySpec": self.spec, "MultiRegion": self.is_multi_region,
            **({"EncryptionAlgorithms": [SYMMETRIC]} if self.spec == SYMMETRIC else {}),
            **self._deletion(), **self._material(), **self._replicas(),
        }  # fmt: skip

    def _deletion(self) -> dict[str, Any]:
        if self.set_state == "PendingReplicaDeletion":
            return {"PendingDeletionWindowInDays": self.pending_days}
        return {"DeletionDate": self.deletion_at} if self.deletion_at is not None else {}

    def _material(self) -> dict[str, Any]:
        current = self.family.current
        shown: dict[str, Any] = {}
        if current is not None and current.value is not None:
            shown["CurrentKeyMaterialId"] = current.id
            if self.origin == "EXTERNAL":
                expires = current.valid_to is not None
                shown["ExpirationModel"] = "KEY_MATERIAL_EXPIRES" if expires else "KEY_MATERIAL_DOES_NOT_EXPIRE"
        valid_to = [material.valid_to for material in self.family.materials if material.valid_to is not None]
        return shown | ({"ValidTo": min(valid_to)} if valid_to else {})

    def _replicas(self) -> dict[str, Any]:
        if not self.is_multi_region:
            return {}
        primary = self.family.primary_region
        others = sorted(self.family.regions - {primary})
        return {
            "MultiRegionConfiguration": {
                "MultiRegionKeyType": "PRIMARY" if self.region == primary else "REPLICA",
                "PrimaryKey": {"Arn": self._arn_in(primary), "Region": primary},
                "ReplicaKeys": [{"Arn": self._arn_in(region), "Region": region} for region in others],
            }
        }

    def _arn_in(self, region: str) -> str:
        return self.arn.replace(f":{self.region}:", f":{region}:", 1)
