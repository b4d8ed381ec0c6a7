"""Rotation of a key's material: by schedule, on demand, and what shows of it."""

from collections.abc import Mapping

from ascend.testing.kms.call import Answer, Call, Operation
from ascend.testing.kms.key import KmsKey
from ascend.testing.kms.material import Material
from ascend.testing.kms.refusals import Refusal, invalid

PERIOD_DAYS = range(90, 2561)
DEFAULT_PERIOD_DAYS = 365
ON_DEMAND_ROTATIONS = 25
SECONDS_A_DAY = 86_400


def enable_key_rotation(call: Call) -> Answer:
    """Rotate by schedule."""
    key = _rotatable(call)
    if key.origin != "AWS_KMS":
        raise _unsupported(key)
    days = int(call.params.get("RotationPeriodInDays", DEFAULT_PERIOD_DAYS))
    if days not in PERIOD_DAYS:
        raise invalid("RotationPeriodInDays must be between 90 and 2560.")
    key.family.rotation_days = days
    return {}


def disable_key_rotation(call: Call) -> Answer:
    """End the schedule."""
    _rotatable(call).family.rotation_days = None
    return {}


def get_key_rotation_status(call: Call) -> Answer:
    """Show the schedule; a disabled or dying key has none in force."""
    key = call.key()
    days = key.family.rotation_days if key.state(call.now) == "Enabled" else None
    if days is None:
        return {"KeyId": key.arn, "KeyRotationEnabled": False}
    next_at = key.created_at + days * SECONDS_A_DAY
    return {"KeyId": key.arn, "KeyRotationEnabled": True, "RotationPeriodInDays": days, "NextRotationDate": next_at}


def rotate_key_on_demand(call: Call) -> Answer:
    """Put new material in force; what the old one encrypted still opens."""
    key = _rotatable(call)
    if key.account != call.caller.account:
        raise Refusal("AccessDeniedException", "Rotation is for the key's own account.")
    if sum(entry["RotationType"] == "ON_DEMAND" for entry in key.family.rotations) >= ON_DEMAND_ROTATIONS:
        raise Refusal("LimitExceededException", f"{key.arn} has had {ON_DEMAND_ROTATIONS} rotations on demand.")
    _put_next_in_force(key)
    current = key.family.current
    key.family.rotations.append(
        {
            "KeyId": key.key_id, "RotationDate": call.now, "RotationType": "ON_DEMAND",
            "KeyMaterialId": current.id if current is not None else "", "KeyMaterialState": "CURRENT",
        }
    )  # fmt: skip
    return {"KeyId": key.arn}


def list_key_rotations(call: Call) -> Answer:
    """Show the rotations that were, in the key's own account only."""
    key = call.key()
    if key.account != call.caller.account:
        raise Refusal("AccessDeniedException", "Rotations are shown in the key's own account.")
    return {"Rotations": key.family.rotations, "Truncated": False}


def _put_next_in_force(key: KmsKey) -> None:
    if key.origin != "EXTERNAL":
        key.family.materials.append(Material.generated())
        return
    pending = next((material for material in key.family.materials if material.is_pending), None)
    if pending is None:
        raise Refusal("KMSInvalidStateException", f"{key.arn} has no new key material to rotate to.")
    pending.is_pending = False


def _rotatable(call: Call) -> KmsKey:
    key = call.key()
    key.require_usable(call.now)
    key.require_symmetric()
    if key.is_multi_region and key.region != key.family.primary_region:
        raise _unsupported(key)
    return key


def _unsupported(key: KmsKey) -> Refusal:
    return Refusal(
        "UnsupportedOperationException", f"{key.arn} origin is {key.origin} which is not valid for this operation."
    )


OPERATIONS: Mapping[str, Operation] = {
    "EnableKeyRotation": enable_key_rotation,
    "DisableKeyRotation": disable_key_rotation,
    "GetKeyRotationStatus": get_key_rotation_status,
    "RotateKeyOnDemand": rotate_key_on_demand,
    "ListKeyRotations": list_key_rotations,
}
