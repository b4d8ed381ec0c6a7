"""What the owner of a key does with it: make, describe, disable, schedule its deletion, say who may use it."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from ascend.testing.kms import region
from ascend.testing.kms.call import Answer, Call, Operation
from ascend.testing.kms.identities import Caller
from ascend.testing.kms.key import DELETING, SYMMETRIC, Family, KmsKey
from ascend.testing.kms.material import Material
from ascend.testing.kms.policy import Policy, malformed, owner_policy
from ascend.testing.kms.refusals import Refusal, invalid

SECONDS_A_DAY = 86_400
WINDOW_DAYS = range(7, 31)
DEFAULT_WINDOW_DAYS = 30


def create_key(call: Call) -> Answer:
    """Make a key in the caller's account."""
    params, is_external = call.params, call.params.get("Origin") == "EXTERNAL"
    is_multi_region = bool(params.get("MultiRegion"))
    usage = params.get("KeyUsage", "ENCRYPT_DECRYPT")
    spec = params.get("KeySpec") or params.get("CustomerMasterKeySpec") or SYMMETRIC
    key = KmsKey(
        key_id=f"mrk-{uuid4().hex}" if is_multi_region else str(uuid4()),
        account=call.caller.account,
        region=call.region,
        partition="aws",
        policy=_policy(call, call.params.get("Policy") or owner_policy(call.caller.account)),
        family=Family([] if is_external else [Material.generated()], primary_region=call.region),
        created_at=call.now,
        spec=str(spec),
        usage=str(usage),
        origin=str(params.get("Origin", "AWS_KMS")),
        description=str(params.get("Description", "")),
        is_multi_region=is_multi_region,
    )
    call.world.keys.add(key)
    return {"KeyMetadata": key.metadata(call.now)}


def replicate_key(call: Call) -> Answer:
    """Make a replica: the same material, a state and a policy of its own."""
    source, there = call.key(), str(call.params["ReplicaRegion"])
    source.require_usable(call.now)
    if not source.is_multi_region or source.region != source.family.primary_region:
        raise Refusal("UnsupportedOperationException", "Only the primary of a multi-Region key can be replicated.")
    if there in source.family.regions:
        raise Refusal("AlreadyExistsException", f"{source.key_id} is in {there} already.")
    policy = _policy(call, call.params.get("Policy") or owner_policy(call.caller.account))
    replica = KmsKey(
        source.key_id, source.account, there, source.partition, policy, source.family, call.now,
        origin=source.origin, is_multi_region=True,
    )  # fmt: skip
    call.world.keys.add(replica)
    return {"ReplicaKeyMetadata": replica.metadata(call.now), "ReplicaPolicy": policy.text}


def describe_key(call: Call) -> Answer:
    """Show a key, in every state."""
    return {"KeyMetadata": call.key().metadata(call.now)}


def disable_key(call: Call) -> Answer:
    """Stop every use."""
    key = call.key()
    key.require_not_deleting(call.now)
    key.set_state = "Disabled"
    return {}


def enable_key(call: Call) -> Answer:
    """Allow use again."""
    key = call.key()
    key.require_not_deleting(call.now)
    key.set_state = "Enabled"
    return {}


def schedule_key_deletion(call: Call) -> Answer:
    """Begin the waiting period; a primary with replicas waits for them first."""
    key, days = call.key(), int(call.params.get("PendingWindowInDays", DEFAULT_WINDOW_DAYS))
    key.require_not_deleting(call.now)
    if days not in WINDOW_DAYS:
        raise invalid("PendingWindowInDays must be between 7 and 30 (inclusive).")
    key.pending_days = days
    is_primary = key.is_multi_region and key.region == key.family.primary_region
    if is_primary and any(other is not key and other.family is key.family for other in call.world.keys.all()):
        key.set_state = "PendingReplicaDeletion"
    else:
        key.set_state, key.deletion_at = "PendingDeletion", call.now + days * SECONDS_A_DAY
    dated = {"DeletionDate": key.deletion_at} if key.deletion_at is not None else {}
    return {"KeyId": key.arn, "KeyState": key.set_state, "PendingWindowInDays": days} | dated


def cancel_key_deletion(call: Call) -> Answer:
    """End the waiting period; the key is disabled afterwards."""
    key = call.key()
    if key.set_state not in DELETING:
        raise Refusal("KMSInvalidStateException", f"{key.arn} is not pending deletion.")
    key.set_state, key.deletion_at, key.pending_days = "Disabled", None, None
    return {"KeyId": key.arn}


def put_key_policy(call: Call) -> Answer:
    """Say who may use the key. Refused where nobody of the caller's could say so again."""
    key = call.key()
    key.require_not_deleting(call.now)
    policy = _policy(call, str(call.params["Policy"]))
    if not call.params.get("BypassPolicyLockoutSafetyCheck"):
        _require_no_lockout(call.caller, policy)
    key.policy = policy
    return {}


def get_key_policy(call: Call) -> Answer:
    """Show the policy, in the key's own account only."""
    key = call.key()
    if key.account != call.caller.account:
        raise region.denied(call.caller, call.operation)
    return {"Policy": key.policy.text, "PolicyName": "default"}


def create_alias(call: Call) -> Answer:
    """Give a key of the caller's account another name."""
    params = {"KeyId": call.params.get("TargetKeyId")}
    key = call.world.keys.find(str(params["KeyId"]), call.caller, call.region)
    region.authorize(call.caller, key, call.operation)
    call.world.keys.add_alias(f"arn:aws:kms:{call.region}:{key.account}:{call.params['AliasName']}", key)
    return {}


def _policy(call: Call, text: str) -> Policy:
    return Policy.parse(text, call.world.identities.unique_id_of)


def _require_no_lockout(caller: Caller, policy: Policy) -> None:
    values: Mapping[str, Any] = {}
    if not policy.decides(caller.request("kms:PutKeyPolicy", values)):
        raise malformed("The new key policy will not allow you to update the key policy in the future.")


def document(*statements: Mapping[str, Any]) -> str:
    """Return a policy of these statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


OPERATIONS: Mapping[str, Operation] = {
    "CreateKey": create_key,
    "ReplicateKey": replicate_key,
    "DescribeKey": describe_key,
    "DisableKey": disable_key,
    "EnableKey": enable_key,
    "ScheduleKeyDeletion": schedule_key_deletion,
    "CancelKeyDeletion": cancel_key_deletion,
    "PutKeyPolicy": put_key_policy,
    "GetKeyPolicy": get_key_policy,
    "CreateAlias": create_alias,
}
