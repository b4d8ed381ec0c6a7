"""What a process that drives the server from outside may ask of it: POST /_control, one JSON object, one verb."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ascend.testing.kms.faults import Fault

if TYPE_CHECKING:
    from ascend.testing.kms.server import StrictKms

PATH = "/_control"


def add_role(server: "StrictKms", about: dict[str, Any]) -> dict[str, Any]:
    """Make a role and return its ARN with credentials of it."""
    arn = server.add_role(**about)
    return {"arn": arn, "credentials": server.credentials_of(arn).as_arguments()}


def create_key(server: "StrictKms", about: dict[str, Any]) -> dict[str, Any]:
    """Make a key and return its ARN."""
    return {"arn": server.create_key(**about).arn}


def on_key(server: "StrictKms", about: dict[str, Any]) -> dict[str, Any]:
    """Do something as a key's owner: {"operation": "DisableKey", "arn": …, …}."""
    return server.on_key(about.pop("operation"), server.world.keys.get(about.pop("arn")), **about)


def advance(server: "StrictKms", about: dict[str, Any]) -> dict[str, Any]:
    """Move the clock: {"days": 8}."""
    server.advance(**about)
    return {}


def fault(server: "StrictKms", about: dict[str, Any]) -> dict[str, Any]:
    """Put a fault in force; without anything, clear them all."""
    if about:
        server.faults.add(Fault(**about))
    else:
        server.faults.clear()
    return {}


def calls(server: "StrictKms", about: dict[str, Any]) -> dict[str, Any]:
    """Return the log of calls from the `since`-th on."""
    since = int(about.get("since", 0))
    shown = [
        {
            "operation": call.operation, "key": call.key_id, "region": call.region, "caller": call.caller.arn,
            "context": call.context, "outcome": call.outcome, "request_id": call.request_id,
        }
        for call in server.calls[since:]
    ]  # fmt: skip
    return {"calls": shown}


VERBS: Mapping[str, Callable[["StrictKms", dict[str, Any]], dict[str, Any]]] = {
    "add_role": add_role,
    "create_key": create_key,
    "on_key": on_key,
    "advance": advance,
    "fault": fault,
    "calls": calls,
}
