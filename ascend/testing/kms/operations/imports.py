"""Key material that its owner made and brings."""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap_with_padding

from ascend.testing.kms.call import Answer, Call, Operation
from ascend.testing.kms.key import KmsKey
from ascend.testing.kms.material import MATERIAL_BYTES, Material, imported_id
from ascend.testing.kms.operations.cryptography import octets
from ascend.testing.kms.refusals import Refusal, invalid

TOKEN_SECONDS = 86_400
MATERIAL_SECONDS = 365 * 86_400
BLOB_BYTES = 6144
SIZES = {"RSA_2048": 2048, "RSA_3072": 3072, "RSA_4096": 4096}
DIRECT, WRAPPED = "RSAES_OAEP_SHA_256", "RSA_AES_KEY_WRAP_SHA_256"
EXPONENT = 65_537
OAEP = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)


@dataclass(frozen=True)
class ImportToken:
    """What an import token stands for."""

    arn: str
    algorithm: str
    private_key: rsa.RSAPrivateKey
    ends_at: float


def get_parameters_for_import(call: Call) -> Answer:
    """Return a new wrapping key and the token that goes with it."""
    key = _external(call)
    algorithm, size = call.params.get("WrappingAlgorithm"), SIZES.get(str(call.params.get("WrappingKeySpec")))
    if algorithm not in {DIRECT, WRAPPED} or size is None:
        raise Refusal("UnsupportedOperationException", f"This server wraps by {DIRECT} and {WRAPPED}, RSA only.")
    private_key = rsa.generate_private_key(EXPONENT, size)
    token, ends_at = secrets.token_bytes(64), call.now + TOKEN_SECONDS
    call.world.import_tokens[token] = ImportToken(key.arn, str(algorithm), private_key, ends_at)
    public = private_key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return {
        "KeyId": key.arn, "ImportToken": _text(token), "PublicKey": _text(public), "ParametersValidTo": ends_at,
    }  # fmt: skip


def import_key_material(call: Call) -> Answer:
    """Take material under the wrapping key of its token."""
    key = _external(call)
    token = _token(call, key)
    valid_to = _valid_to(call)
    value = _unwrapped(token, octets(call.params, "EncryptedKeyMaterial", BLOB_BYTES))
    material_id = imported_id(key.key_id, value)
    held = next((material for material in key.family.materials if material.id == material_id), None)
    if held is None:
        held = _new_material(call, key, material_id)
    held.value, held.valid_to = value, valid_to
    held.description = str(call.params.get("KeyMaterialDescription", held.description))
    return {"KeyId": key.arn, "KeyMaterialId": material_id}


def delete_imported_key_material(call: Call) -> Answer:
    """Forget the material; the same one can be brought again."""
    key = _external(call)
    wanted = call.params.get("KeyMaterialId") or (key.family.current.id if key.family.current else "")
    for material in key.family.materials:
        if material.id == wanted:
            material.value = None
    return {"KeyId": key.arn, "KeyMaterialId": wanted}


def _new_material(call: Call, key: KmsKey, material_id: str) -> Material:
    is_first = not key.family.materials
    if not is_first and call.params.get("ImportType") != "NEW_KEY_MATERIAL":
        raise Refusal("IncorrectKeyMaterialException", "It is not the material that was imported before.")
    if any(material.is_pending for material in key.family.materials):
        raise Refusal("KMSInvalidStateException", f"{key.arn} has new key material that waits for its rotation.")
    material = Material(material_id, None, is_pending=not is_first)
    key.family.materials.append(material)
    return material


def _external(call: Call) -> KmsKey:
    key = call.key()
    if key.account != call.caller.account:
        raise Refusal("AccessDeniedException", "Material is imported in the key's own account.")
    if key.origin != "EXTERNAL":
        raise Refusal("UnsupportedOperationException", f"{key.arn} origin is {key.origin}.")
    key.require_not_deleting(call.now)
    return key


def _token(call: Call, key: KmsKey) -> ImportToken:
    token = call.world.import_tokens.get(octets(call.params, "ImportToken", BLOB_BYTES))
    if token is None or token.arn != key.arn:
        raise Refusal("InvalidImportTokenException", "The import token is not of this key.")
    if call.now >= token.ends_at:
        raise Refusal("ExpiredImportTokenException", "The import token has expired.")
    return token


def _unwrapped(token: ImportToken, blob: bytes) -> bytes:
    size = token.private_key.key_size // 8
    try:
        if token.algorithm == DIRECT:
            value = token.private_key.decrypt(blob, OAEP)
        else:
            value = aes_key_unwrap_with_padding(token.private_key.decrypt(blob[:size], OAEP), blob[size:])
    except (ValueError, InvalidUnwrap) as error:
        raise Refusal("InvalidCiphertextException", "The material does not open under the wrapping key.") from error
    if len(value) != MATERIAL_BYTES:
        raise Refusal("IncorrectKeyMaterialException", f"The material must be {MATERIAL_BYTES} bytes.")
    return value


def _valid_to(call: Call) -> float | None:
    model, valid_to = call.params.get("ExpirationModel", "KEY_MATERIAL_EXPIRES"), call.params.get("ValidTo")
    if model == "KEY_MATERIAL_DOES_NOT_EXPIRE":
        if valid_to is not None:
            raise invalid("ValidTo is not allowed where the material does not expire.")
        return None
    if valid_to is None or not call.now < float(valid_to) <= call.now + MATERIAL_SECONDS:
        raise invalid("ValidTo must be within 365 days from now.")
    return float(valid_to)


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()


OPERATIONS: Mapping[str, Operation] = {
    "GetParametersForImport": get_parameters_for_import,
    "ImportKeyMaterial": import_key_material,
    "DeleteImportedKeyMaterial": delete_imported_key_material,
}
