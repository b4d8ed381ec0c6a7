"""From the bytes of a request to the bytes of its answer: signature, fault, operation, log."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

from ascend.testing.kms import signature, sts
from ascend.testing.kms.call import Call
from ascend.testing.kms.faults import Fault
from ascend.testing.kms.operations import OPERATIONS
from ascend.testing.kms.refusals import Refusal
from ascend.testing.kms.world import World

TARGET = "TrentService."


@dataclass(frozen=True)
class Reply:
    """The answer to one request."""

    status: int
    content_type: str
    body: bytes
    request_id: str
    code: str = ""


def answer(world: World, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
    """Answer one request as KMS or STS would. `headers` has lower-case names."""
    request_id = str(uuid4())
    is_sts = "x-amz-target" not in headers
    try:
        call = _received(world, method, target, headers, body, request_id)
    except Refusal as error:
        return _refused(error, request_id, is_sts=is_sts)
    fault = world.faults.meeting(call.operation, call.key_id, call.region)
    reply = _faulty(call, fault, is_sts=is_sts) or _carried_out(call, is_sts=is_sts)
    if fault is not None and fault.held is not None:
        fault.reached.set()
        fault.held.wait()
    return reply


def _received(world: World, method: str, target: str, headers: Mapping[str, str], body: bytes, request_id: str) -> Call:
    signed = signature.verify(method, target, headers, body, world.identities.secret_of)
    caller = world.identities.caller_of(signed.access_key)
    if signed.service == "sts":
        params: dict[str, Any] = dict(parse_qsl(body.decode(), keep_blank_values=True))
        operation = str(params.pop("Action", ""))
    else:
        params = json.loads(body or b"{}")
        operation = headers.get("x-amz-target", "").removeprefix(TARGET)
    call = Call(operation, signed.region, params, caller, request_id, world)
    world.calls.append(call)
    return call


def _faulty(call: Call, fault: Fault | None, *, is_sts: bool) -> Reply | None:
    if fault is None:
        return None
    time.sleep(fault.delay_seconds)
    if fault.body is not None:
        call.outcome = "garbled"
        return Reply(fault.status, "application/x-amz-json-1.1", fault.body, call.request_id)
    if not fault.code:
        return None
    call.outcome = fault.code
    return _refused(Refusal(fault.code, fault.message, status=fault.status), call.request_id, is_sts=is_sts)


def _carried_out(call: Call, *, is_sts: bool) -> Reply:
    try:
        with call.world.lock:
            body = _sts_body(call) if is_sts else _kms_body(call)
    except Refusal as error:
        call.outcome = error.code
        return _refused(error, call.request_id, is_sts=is_sts)
    call.outcome = "ok"
    return Reply(200, "text/xml" if is_sts else "application/x-amz-json-1.1", body, call.request_id)


def _kms_body(call: Call) -> bytes:
    operation = OPERATIONS.get(call.operation)
    if operation is None:
        raise Refusal("UnknownOperationException", f"This server has no {call.operation}.")
    return json.dumps(operation(call)).encode()


def _sts_body(call: Call) -> bytes:
    operation = sts.OPERATIONS.get(call.operation)
    if operation is None:
        raise Refusal("InvalidAction", f"This server has no {call.operation}.")
    return sts.answer(call.operation, operation(call), call.request_id)


def _refused(error: Refusal, request_id: str, *, is_sts: bool) -> Reply:
    if is_sts:
        return Reply(error.status, "text/xml", sts.refusal(error, request_id), request_id)
    body = json.dumps({"__type": error.code, "message": error.message}).encode()
    return Reply(error.status, "application/x-amz-json-1.1", body, request_id, error.code)
