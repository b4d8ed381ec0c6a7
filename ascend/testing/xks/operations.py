"""What the proxy does: the four operations of the API, each from its parsed body to the body of its answer."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Any, Final

from ascend.testing.xks.keys import ProxyKey, integrity_value
from ascend.testing.xks.refusals import Refusal

KEY_PATH: Final = re.compile(r"/keys/([A-Za-z0-9._-]{1,128})/(metadata|encrypt|decrypt)")
PLAINTEXT_BYTES_MAX: Final = 4300
AAD_BYTES_MAX: Final = 8192
METADATA_BYTES_MAX: Final = 20
IV_BYTES: Final = (12, 16)
TAG_BYTES: Final = 16


def answer(path: str, body: bytes, keys: Mapping[str, ProxyKey]) -> dict[str, Any]:
    """Return the answer to a request that was signed; `path` is what follows /kms/xks/v1.

    Raises:
        Refusal: what the API has for it.
    """
    request = _parsed(body, is_about_key=path != "/health")
    if path == "/health":
        return health()
    found = KEY_PATH.fullmatch(path)
    if found is None:
        raise Refusal("InvalidUriPathException")
    key = keys.get(found[1])
    if key is None:
        raise Refusal("KeyNotFoundException")
    if key.is_denied:
        raise Refusal("AccessDeniedException")
    return {"metadata": _metadata, "encrypt": _encrypt, "decrypt": _decrypt}[found[2]](key, request)


def health() -> dict[str, Any]:
    """Return the state of the fleet."""
    return {
        "xksProxyFleetSize": 1,
        "xksProxyVendor": "Ascend",
        "xksProxyModel": "test proxy 1.0",
        "ekmVendor": "Ascend",
        "ekmFleetDetails": [{"id": "1", "model": "memory", "healthStatus": "ACTIVE"}],
    }


def _parsed(body: bytes, *, is_about_key: bool) -> Mapping[str, Any]:
    try:
        request = json.loads(body)
        about = request["requestMetadata"]
        needed = ["kmsRequestId", "kmsOperation", *(["awsPrincipalArn"] if is_about_key else [])]
        is_complete = all(isinstance(about[name], str) and about[name] for name in needed)
    except (ValueError, KeyError, TypeError) as error:
        raise Refusal("ValidationException", "requestMetadata") from error
    if not is_complete:
        raise Refusal("ValidationException", "requestMetadata")
    return dict(request)


def _metadata(key: ProxyKey, _request: Mapping[str, Any]) -> dict[str, Any]:
    return {"keySpec": key.spec, "keyUsage": list(key.usage), "keyStatus": key.status}


def _encrypt(key: ProxyKey, request: Mapping[str, Any]) -> dict[str, Any]:
    _require_usable(key, "ENCRYPT", request)
    aad = _octets(request, "additionalAuthenticatedData", most=AAD_BYTES_MAX, is_optional=True)
    iv, ciphertext, tag = key.encrypt(_octets(request, "plaintext", most=PLAINTEXT_BYTES_MAX), aad)
    made = {"ciphertext": ciphertext, "initializationVector": iv, "authenticationTag": tag}
    made |= {"ciphertextMetadata": key.metadata} if key.metadata else {}
    said = {name: base64.b64encode(octets).decode() for name, octets in made.items()}
    algorithm = request.get("ciphertextDataIntegrityValueAlgorithm")
    if algorithm not in {None, "SHA_256"}:
        raise Refusal("ValidationException", "ciphertextDataIntegrityValueAlgorithm")
    if algorithm:
        said["ciphertextDataIntegrityValue"] = integrity_value(aad, key.metadata, iv, ciphertext, tag)
    return said


def _decrypt(key: ProxyKey, request: Mapping[str, Any]) -> dict[str, Any]:
    _require_usable(key, "DECRYPT", request)
    iv, tag = _octets(request, "initializationVector"), _octets(request, "authenticationTag")
    if len(iv) not in IV_BYTES or len(tag) != TAG_BYTES:
        raise Refusal("ValidationException", "initializationVector or authenticationTag")
    plaintext = key.decrypt(
        iv,
        _octets(request, "ciphertext", most=PLAINTEXT_BYTES_MAX),
        tag,
        _octets(request, "additionalAuthenticatedData", most=AAD_BYTES_MAX, is_optional=True),
        _octets(request, "ciphertextMetadata", most=METADATA_BYTES_MAX, is_optional=True),
    )
    return {"plaintext": base64.b64encode(plaintext).decode()}


def _require_usable(key: ProxyKey, use: str, request: Mapping[str, Any]) -> None:
    if request.get("encryptionAlgorithm") != "AES_GCM" or "kmsKeyArn" not in request["requestMetadata"]:
        raise Refusal("ValidationException", "encryptionAlgorithm or kmsKeyArn")
    if key.status != "ENABLED":
        raise Refusal("InvalidStateException")
    if use not in key.usage or key.spec != "AES_256":
        raise Refusal("InvalidKeyUsageException")


def _octets(request: Mapping[str, Any], name: str, *, most: int = 64, is_optional: bool = False) -> bytes:
    value = request.get(name, "" if is_optional else None)
    try:
        octets = base64.b64decode(value, validate=True)
    except (binascii.Error, TypeError, ValueError) as error:
        raise Refusal("ValidationException", name) from error
    if len(octets) > most or not (octets or is_optional):
        raise Refusal("ValidationException", name)
    return octets
