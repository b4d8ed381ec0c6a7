"""The contract over an XKS proxy. Each wrap and unwrap is a call to the owner. Spec: docs/spec/providers.md §4."""

import base64
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from ascend.envelope.context import EncryptionContext
from ascend.envelope.keys import SecretKey
from ascend.envelope.suites import AES_256_KEY_BYTES
from ascend.providers import stores
from ascend.providers.addresses import AddressRule
from ascend.providers.contract import Description, Generated, Integrity, Transient, Wrapped, require_context
from ascend.providers.xks import errors, signature, wrapped
from ascend.providers.xks.store import KIND, XksStore

KEY: Final = re.compile(r"[A-Za-z0-9._-]{1,128}")
USES: Final = frozenset({"ENCRYPT", "DECRYPT"})


class XksProvider:
    """PV-30 to PV-34. URIs are "xks:STORE/KEY"; the proxy has no versions of a key, so the material is its name."""

    scheme = KIND
    binds_context = True

    def __init__(self, folder: Path, rule: AddressRule) -> None:
        self._folder, self._rule = folder, rule

    def provision(self, uri: str) -> None:
        """Do nothing: the owner makes the key, and the API has no call for it."""

    def wrap(self, uri: str, key: SecretKey, context: Mapping[str, str]) -> Wrapped:
        """Have the owner encrypt `key`."""
        aad = _aad(context)
        body = {"plaintext": _text(key.material), **_common(aad), "ciphertextDataIntegrityValueAlgorithm": "SHA_256"}
        said, request_id = self._call(uri, "encrypt", "Encrypt", body)
        return Wrapped(wrapped.of_answer(said, aad).octets, _material_id(uri), request_id)

    def unwrap(self, uri: str, ciphertext: bytes, context: Mapping[str, str]) -> SecretKey:
        """Have the owner decrypt; the context must be that of the wrap."""
        aad = _aad(context)
        try:
            box = wrapped.of_octets(ciphertext)
        except Integrity:
            self.describe(uri)  # a key that is gone is the better news
            raise
        said, _ = self._call(uri, "decrypt", "Decrypt", box.fields | _common(aad))
        material = wrapped.octets_of(said, "plaintext")
        if len(material) != AES_256_KEY_BYTES:
            raise Transient("The proxy's answer holds no key of 256 bits.", wrapped.STRANGE)
        return SecretKey(material)

    def generate(self, uri: str, context: Mapping[str, str]) -> Generated:
        """Make a key, have it wrapped, and see that it opens: nothing is to be sealed under a key that does not.

        Raises:
            Integrity: the proxy gave back another key.
        """
        key = SecretKey.generate()
        made = self.wrap(uri, key, context)
        if self.unwrap(uri, made.ciphertext, context) != key:
            raise Integrity("The proxy gave back another key than it was given.", "Do not use it; ask its operator.")
        return Generated(key, made)

    def describe(self, uri: str) -> Description:
        """Return what the proxy says of the key."""
        said, _ = self._call(uri, "metadata", "DescribeKey", {})
        uses = said.get("keyUsage")
        if said.get("keySpec") != "AES_256" or not isinstance(uses, list) or not set(map(str, uses)) >= USES:
            raise errors.unfit(stores.split(uri, self.scheme, KEY)[1])
        status = str(said.get("keyStatus"))
        return Description(uri, _material_id(uri), enabled=status == "ENABLED", detail=f"AES_256, {status}")

    def _call(
        self, uri: str, operation: str, kms_operation: str, body: Mapping[str, Any]
    ) -> tuple[Mapping[str, Any], str]:
        """Return the proxy's answer and the number that its owner finds the call under (PV-31)."""
        name, key = stores.split(uri, self.scheme, KEY)
        store, now, request_id = XksStore.read(self._folder, name, self._rule), datetime.now(UTC), str(uuid4())
        about = {
            "awsPrincipalArn": store.principal_arn,
            "kmsKeyArn": store.key_arn,
            "kmsOperation": kms_operation,
            "kmsRequestId": request_id,
        }
        if operation == "metadata":
            del about["kmsKeyArn"]
        octets = json.dumps({"requestMetadata": about, **body}).encode()
        path = store.path(f"/keys/{key}/{operation}")
        headers = signature.signed_headers(
            path,
            octets,
            host=store.host,
            access_key_id=store.access_key_id,
            secret=store.secret,
            region=store.region,
            now=now,
        )
        answer = store.client().send("POST", path, octets, headers)
        errors.require_ok(answer, key, now=now)
        return answer.json(), request_id


def _aad(context: Mapping[str, str]) -> bytes:
    require_context(context)
    return EncryptionContext(context).to_aad()


def _common(aad: bytes) -> dict[str, str]:
    return {"encryptionAlgorithm": "AES_GCM", "additionalAuthenticatedData": _text(aad)}


def _material_id(uri: str) -> str:
    return uri.partition("/")[2]


def _text(octets: bytes) -> str:
    return base64.b64encode(octets).decode()
