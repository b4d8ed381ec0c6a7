"""Every row of AWS's error matrix: how to bring it about in the strict KMS, and what must be found.

A row is brought about for real where the server can (a disabled key, a policy, a role) and injected where only
AWS could (its own trouble, its words about an external key store).
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ascend.providers.contract import Denied, Integrity, Operator, ProviderError, Transient
from ascend.testing.fault_proxy import Mode
from ascend.testing.kms import Fault
from ascend.testing.kms.policy import owner_statement


@dataclass(frozen=True)
class Scene:
    """What a row may disturb: the server, the wire, the key and the portal's role."""

    kms: Any
    proxy: Any
    key: Any
    role: str


@dataclass(frozen=True)
class Row:
    """One row: `begin` brings it about, `end` puts everything right."""

    name: str
    finding: str
    reaction: type[ProviderError]
    begin: Callable[[Scene], object]
    end: Callable[[Scene], object]


def owner(operation, **params):
    return lambda scene: scene.kms.on_key(operation, scene.key, **params)


def set_state(state):
    def begin(scene):
        scene.key.set_state = state

    return begin


def put_policy(scene, *statements):
    scene.kms.put_policy(scene.key, json.dumps({"Statement": [owner_statement(scene.key.account), *statements]}))


def clear(scene):
    scene.kms.faults.clear()


def forward(scene):
    scene.proxy.mode = Mode.FORWARD


def answers(code, message="", *, status=400, only=""):
    """Return what injects a code for all calls that use the key. A description works in every state, so it passes."""

    def begin(scene):
        for operation in (only,) if only else ("Encrypt", "Decrypt", "GenerateDataKey", "ReEncrypt"):
            scene.kms.faults.add(Fault(operation, times=0, code=code, message=message, status=status))

    return begin


def injected(name, finding, reaction, code, message="", *, status=400):
    return Row(name, finding, reaction, answers(code, message, status=status), clear)


def on_the_wire(name, mode, finding):
    def begin(scene):
        scene.proxy.mode = mode

    return Row(name, finding, Transient, begin, forward)


def garbled(body):
    return lambda scene: scene.kms.faults.garble(times=0, body=body)


def deleting(scene):
    scene.kms.on_key("ScheduleKeyDeletion", scene.key, PendingWindowInDays=7)


def saved(scene):
    scene.kms.on_key("CancelKeyDeletion", scene.key)
    scene.kms.on_key("EnableKey", scene.key)


def gone(scene):
    deleting(scene)
    scene.kms.advance(days=8)


def not_gone_after_all(scene):
    scene.kms.advance(days=-8)
    saved(scene)


class _Policies(dict):
    def take_away(self, *statements):
        def begin(scene):
            self.setdefault(scene.key.arn, scene.key.policy.text)
            put_policy(scene, *statements)

        return begin

    def put_back(self, scene):
        scene.kms.put_policy(scene.key, self.pop(scene.key.arn))


policies = _Policies()
DENY = {"Effect": "Deny", "Principal": "*", "Action": ["kms:Decrypt", "kms:GenerateDataKey", "kms:Encrypt"]}
XKS = "The request was rejected because the external key store proxy "

ROWS = [
    Row("disabled", "disabled", Denied, owner("DisableKey"), owner("EnableKey")),
    Row("deletion scheduled", "pending-deletion", Denied, deleting, saved),
    Row("deletion scheduled, the other code", "pending-deletion", Denied,
        lambda scene: (deleting(scene), answers("DisabledException")(scene)),
        lambda scene: (clear(scene), saved(scene))),
    Row("replicas scheduled", "pending-deletion", Denied, set_state("PendingReplicaDeletion"), set_state("Enabled")),
    Row("deleted", "access-denied", Denied, gone, not_gone_after_all),
    injected("not found", "missing", Denied, "NotFoundException", "Invalid keyId"),
    Row("policy without us", "access-denied", Denied, policies.take_away(), policies.put_back),
    Row("policy that denies", "access-denied", Denied, policies.take_away(DENY), policies.put_back),
    Row("material missing", "material-missing", Denied, set_state("PendingImport"), set_state("Enabled")),
    Row("key store disconnected", "keystore-disconnected", Denied, set_state("Unavailable"), set_state("Enabled")),
    Row("creating", "invalid-state", Denied, set_state("Creating"), set_state("Enabled")),
    Row("a state of tomorrow", "invalid-state", Denied, set_state("Hibernating"), set_state("Enabled")),
    injected("external key disabled", "external-key-refused", Denied, "KMSInvalidStateException",
             XKS + "indicates that the external key is disabled."),
    injected("external key denied", "external-key-refused", Denied, "KMSInvalidStateException",
             XKS + "denied access to the external key."),
    injected("external key store slow", "keystore-unreachable", Transient, "KMSInvalidStateException",
             XKS + "did not respond in time."),
    injected("external key store busy", "keystore-unreachable", Transient, "KMSInvalidStateException",
             XKS + "rejected it because of a very high request rate."),
    injected("external key store away", "keystore-unreachable", Transient, "KMSInvalidStateException",
             "KMS cannot communicate with the external key store proxy."),
    injected("external key store and TLS", "keystore-unreachable", Transient, "KMSInvalidStateException",
             "KMS could not establish a TLS connection to the external key store proxy."),
    injected("external key store babbles", "keystore-unreachable", Transient, "KMSInvalidStateException",
             "KMS cannot interpret the response from the external key store proxy."),
    injected("KMS internal", "aws-trouble", Transient, "KMSInternalException", status=500),
    injected("dependency", "aws-trouble", Transient, "DependencyTimeoutException", status=503),
    injected("key unavailable", "aws-trouble", Transient, "KeyUnavailableException", status=500),
    injected("5xx of no name", "aws-trouble", Transient, "WhateverFailure", status=502),
    injected("throttled", "throttled", Transient, "ThrottlingException", "Rate exceeded"),
    injected("429 of no name", "throttled", Transient, "WhateverSlow", status=429),
    injected("limit", "throttled", Transient, "LimitExceededException"),
    Row("a page", "malformed", Transient, garbled(b"<html>not what you asked for"), clear),
    Row("JSON without members", "malformed", Transient, garbled(b"{}"), clear),
    Row("JSON of another kind", "malformed", Transient, garbled(b"[1]"), clear),
    Row("empty ciphertext", "malformed", Transient,
        lambda scene: scene.kms.faults.garble(
            times=0, body=json.dumps({"KeyId": scene.key.arn, "CiphertextBlob": "", "Plaintext": ""}).encode()), clear),
    on_the_wire("reset", Mode.RESET, "unreachable"),
    on_the_wire("refused", Mode.REFUSE, "unreachable"),
    on_the_wire("black hole", Mode.BLACK_HOLE, "unreachable"),
    on_the_wire("cut", Mode.CUT, "malformed"),
    on_the_wire("gateway error", Mode.SERVER_ERROR, "aws-trouble"),
    on_the_wire("captive portal", Mode.MALFORMED, "malformed"),
    injected("credentials expired", "credentials", Operator, "ExpiredTokenException"),
    injected("credentials unknown", "credentials", Operator, "UnrecognizedClientException"),
    injected("credentials invalid", "credentials", Operator, "InvalidClientTokenId", status=403),
    injected("signature", "credentials", Operator, "InvalidSignatureException"),
    injected("signature incomplete", "credentials", Operator, "IncompleteSignature"),
    injected("wrong kind of key", "wrong-kind", Operator, "InvalidKeyUsageException"),
    injected("bad ARN", "misconfigured", Operator, "InvalidArnException"),
    injected("validation", "misconfigured", Operator, "ValidationException"),
    injected("grant token", "misconfigured", Operator, "InvalidGrantTokenException"),
    injected("unknown", "unknown", Denied, "SomethingNewException"),
    injected("altered", "altered", Integrity, "InvalidCiphertextException"),
    injected("other key", "other-key", Integrity, "IncorrectKeyException"),
]  # fmt: skip
BY_NAME = {row.name: row for row in ROWS}
