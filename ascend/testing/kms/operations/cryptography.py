"""Encrypt, Decrypt, ReEncrypt and the two ways to make a data key."""

import base64
import binascii
import os
from collections.abc import Mapping
from typing import Any

from ascend.testing.kms import material, region
from ascend.testing.kms.call import Answer, Call, Operation
from ascend.testing.kms.key import SYMMETRIC, KmsKey
from ascend.testing.kms.material import Material
from ascend.testing.kms.refusals import Refusal, invalid

PLAINTEXT_BYTES, CIPHERTEXT_BYTES, DATA_KEY_BYTES = 4096, 6144, 1024
SPECS = {"AES_128": 16, "AES_256": 32}


def encrypt(call: Call) -> Answer:
    """Encrypt at most 4,096 bytes."""
    context = region.context_of(call.params)
    plaintext = octets(call.params, "Plaintext", PLAINTEXT_BYTES)
    key = _usable(call, call.key(context=context))
    blob, _ = _sealed(key, plaintext, context)
    return {"CiphertextBlob": _text(blob), "KeyId": key.arn, "EncryptionAlgorithm": SYMMETRIC}


def decrypt(call: Call) -> Answer:
    """Decrypt; with a `KeyId` under that key only."""
    plaintext, key, under = _opened(call, "KeyId", "Decrypt", region.context_of(call.params))
    _end_dry_run(call)
    return {
        "Plaintext": _text(plaintext),
        "KeyId": key.arn,
        "EncryptionAlgorithm": SYMMETRIC,
        "KeyMaterialId": under.id,
    }


def generate_data_key(call: Call) -> Answer:
    """Make a data key and return it with its ciphertext."""
    context = region.context_of(call.params)
    length = _length(call.params)
    key = _usable(call, call.key(context=context))
    plaintext = os.urandom(length)
    blob, under = _sealed(key, plaintext, context)
    return {
        "CiphertextBlob": _text(blob),
        "Plaintext": _text(plaintext),
        "KeyId": key.arn,
        "KeyMaterialId": under.id,
    }


def generate_data_key_without_plaintext(call: Call) -> Answer:
    """Make a data key that the caller does not see."""
    return {name: value for name, value in generate_data_key(call).items() if name != "Plaintext"}


def re_encrypt(call: Call) -> Answer:
    """Move a ciphertext to another key or context; the caller never sees the plaintext."""
    source_context = region.context_of(call.params, "SourceEncryptionContext")
    context = region.context_of(call.params, "DestinationEncryptionContext")
    plaintext, source, before = _opened(call, "SourceKeyId", "ReEncryptFrom", source_context)
    key = _usable(call, call.key("DestinationKeyId", action="ReEncryptTo", context=context))
    blob, under = _sealed(key, plaintext, context)
    return {
        "CiphertextBlob": _text(blob), "SourceKeyId": source.arn, "KeyId": key.arn,
        "SourceEncryptionAlgorithm": SYMMETRIC, "DestinationEncryptionAlgorithm": SYMMETRIC,
        "SourceKeyMaterialId": before.id, "DestinationKeyMaterialId": under.id,
    }  # fmt: skip


def octets(params: Mapping[str, Any], name: str, most: int) -> bytes:
    """Return a blob of a request.

    Raises:
        Refusal: it is missing, no base64, empty or too long.
    """
    try:
        value = base64.b64decode(str(params[name]), validate=True)
    except (KeyError, binascii.Error) as error:
        raise invalid(f"Value at '{name}' is missing or not understood.") from error
    if not 1 <= len(value) <= most:
        raise invalid(f"Value at '{name}' must be 1 to {most} bytes.")
    return value


def _opened(call: Call, name: str, action: str, context: Mapping[str, str]) -> tuple[bytes, KmsKey, Material]:
    blob = octets(call.params, "CiphertextBlob", CIPHERTEXT_BYTES)
    named = call.params.get(name)
    key = call.key(name, action=action, context=context) if named else _key_of(call, blob, action, context)
    key.require_symmetric()
    key.require_usable(call.now)
    if named and material.is_well_formed(blob) and not material.names_key(blob, key.key_id):
        message = "The key ID in the request does not identify a CMK that can perform this operation."
        raise Refusal("IncorrectKeyException", message)
    plaintext, under = material.open_sealed(key.family.materials, blob, context)
    return plaintext, key, under


def _key_of(call: Call, blob: bytes, action: str, context: Mapping[str, str]) -> KmsKey:
    for key in call.world.keys.all():
        if key.region == call.region and material.names_key(blob, key.key_id):
            region.authorize(call.caller, key, action, context)
            return key
    raise Refusal("InvalidCiphertextException")


def _usable(call: Call, key: KmsKey) -> KmsKey:
    key.require_symmetric()
    key.require_usable(call.now)
    _end_dry_run(call)
    return key


def _end_dry_run(call: Call) -> None:
    if call.params.get("DryRun"):
        raise Refusal(
            "DryRunOperationException", "The request would have succeeded, but the DryRun option is set.", status=412
        )


def _sealed(key: KmsKey, plaintext: bytes, context: Mapping[str, str]) -> tuple[bytes, Material]:
    current = key.family.current
    if current is None:
        raise Refusal("KMSInternalException", "The key has no material.", status=500)
    return material.seal(key.key_id, current, plaintext, context), current


def _length(params: Mapping[str, Any]) -> int:
    spec, number = params.get("KeySpec"), params.get("NumberOfBytes")
    if (spec is None) == (number is None) or (spec is not None and spec not in SPECS):
        raise invalid("Please specify either number of bytes or key spec.")
    length = SPECS[spec] if spec is not None else int(number or 0)
    if not 1 <= length <= DATA_KEY_BYTES:
        raise invalid(f"Value at 'numberOfBytes' must be 1 to {DATA_KEY_BYTES}.")
    return length


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()


OPERATIONS: Mapping[str, Operation] = {
    "Encrypt": encrypt,
    "Decrypt": decrypt,
    "GenerateDataKey": generate_data_key,
    "GenerateDataKeyWithoutPlaintext": generate_data_key_without_plaintext,
    "ReEncrypt": re_encrypt,
}
