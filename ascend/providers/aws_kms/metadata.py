"""What AWS says of a key without using it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class KeyMetadata:
    """DescribeKey's answer, as far as anybody here looks at it. Never proof that the key may be used."""

    arn: str
    account: str
    region: str
    state: str
    spec: str
    usage: str
    manager: str
    origin: str
    material_id: str
    is_multi_region: bool
    replicas: tuple[str, ...]
    deletion_date: datetime | None
    pending_days: int | None
    expires_at: datetime | None
    external_key_id: str

    @property
    def is_enabled(self) -> bool:
        """Return whether its state allows use. An unknown state does not."""
        return self.state in {"Enabled", "Updating"}

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> "KeyMetadata":
        """Return the metadata of DescribeKey's `KeyMetadata`.

        Raises:
            KeyError: a member is missing that AWS always sends.
        """
        configuration = answer.get("MultiRegionConfiguration", {})
        places = [configuration.get("PrimaryKey", {}), *configuration.get("ReplicaKeys", [])]
        return cls(
            arn=answer["Arn"],
            account=answer["Arn"].split(":")[4],
            region=answer["Arn"].split(":")[3],
            state=answer["KeyState"],
            spec=answer.get("KeySpec", ""),
            usage=answer.get("KeyUsage", ""),
            manager=answer.get("KeyManager", ""),
            origin=answer.get("Origin", ""),
            material_id=answer.get("CurrentKeyMaterialId", ""),
            is_multi_region=bool(answer.get("MultiRegion")),
            replicas=tuple(place["Region"] for place in places if place),
            deletion_date=answer.get("DeletionDate"),
            pending_days=answer.get("PendingDeletionWindowInDays"),
            expires_at=answer.get("ValidTo"),
            external_key_id=answer.get("XksKeyConfiguration", {}).get("Id", ""),
        )


@dataclass(frozen=True, slots=True)
class RotationStatus:
    """Whether and when AWS rotates the key by itself."""

    is_enabled: bool
    period_days: int | None
    next_at: datetime | None

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> "RotationStatus":
        """Return GetKeyRotationStatus's answer."""
        return cls(
            bool(answer["KeyRotationEnabled"]), answer.get("RotationPeriodInDays"), answer.get("NextRotationDate")
        )
