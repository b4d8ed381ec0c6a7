"""The calls to KMS, each with the key's full ARN, and what must hold of their answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from ascend.envelope.keys import SecretKey
from ascend.providers.aws_kms.arn import KeyArn
from ascend.providers.aws_kms.findings import BY_NAME
from ascend.providers.aws_kms.metadata import KeyMetadata, RotationStatus
from ascend.providers.contract import Generated, Operator, Wrapped

if TYPE_CHECKING:
    from mypy_boto3_kms.client import KMSClient

CIPHERTEXT_BYTES: Final = 6144
ALLOWED: Final = "DryRunOperationException"


@dataclass(frozen=True, slots=True)
class Decrypted:
    """What a ciphertext held, and under which material it was."""

    plaintext: bytes = field(repr=False)
    material_id: str
    request_id: str


class Calls:
    """KMS as one client sees it, for one key. Raises what boto3 raises, and `KeyError` for an answer without sense."""

    def __init__(self, client: "KMSClient", key: KeyArn) -> None:
        self._client, self._key, self._arn = client, key, str(key)

    def encrypt(self, plaintext: bytes, context: Mapping[str, str]) -> Wrapped:
        """Encrypt up to 4 KiB. KMS does not say under which material."""
        answer = self._client.encrypt(KeyId=self._arn, Plaintext=plaintext, EncryptionContext=context)
        return self._wrapped(answer, material_id="")

    def decrypt(self, ciphertext: bytes, context: Mapping[str, str]) -> Decrypted:
        """Decrypt what this key encrypted; without its ARN another account's key might answer."""
        if not 1 <= len(ciphertext) <= CIPHERTEXT_BYTES:
            raise BY_NAME["altered"].error("(it is of another length)")
        answer = self._client.decrypt(KeyId=self._arn, CiphertextBlob=ciphertext, EncryptionContext=context)
        self._require_this_key(answer["KeyId"])
        if not answer["Plaintext"]:
            raise KeyError("Plaintext")
        return Decrypted(answer["Plaintext"], answer.get("KeyMaterialId", ""), _request_id(answer))

    def generate(self, context: Mapping[str, str]) -> Generated:
        """Make a key of 256 bits."""
        answer = self._client.generate_data_key(KeyId=self._arn, KeySpec="AES_256", EncryptionContext=context)
        wrapped = self._wrapped(answer, material_id=answer.get("KeyMaterialId", ""))
        return Generated(SecretKey(answer["Plaintext"]), wrapped)

    def re_encrypt(
        self, source: KeyArn, ciphertext: bytes, context: Mapping[str, str], to_context: Mapping[str, str]
    ) -> Wrapped:
        """Move a ciphertext to this key."""
        answer = self._client.re_encrypt(
            SourceKeyId=str(source),
            CiphertextBlob=ciphertext,
            SourceEncryptionContext=context,
            DestinationKeyId=self._arn,
            DestinationEncryptionContext=to_context,
        )
        return self._wrapped(answer, material_id=answer.get("DestinationKeyMaterialId", ""))

    def describe(self) -> KeyMetadata:
        """Return the key's metadata."""
        answer = KeyMetadata.of(self._client.describe_key(KeyId=self._arn)["KeyMetadata"])
        self._require_this_key(answer.arn)
        return answer

    def rotation_status(self) -> RotationStatus:
        """Return whether AWS rotates the key."""
        return RotationStatus.of(self._client.get_key_rotation_status(KeyId=self._arn))

    def dry_run(self, action: str, context: Mapping[str, str]) -> None:
        """Return if the action would be allowed."""
        arguments: dict[str, Any] = {"KeyId": self._arn, "EncryptionContext": context, "DryRun": True}
        try:
            if action == "Encrypt":
                self._client.encrypt(Plaintext=b"dry run", **arguments)
            elif action == "GenerateDataKey":
                self._client.generate_data_key(KeySpec="AES_256", **arguments)
            else:
                raise Operator(f"{action} has no dry run here.", "Ask for Encrypt or GenerateDataKey.")
        except ClientError as error:
            if error.response["Error"]["Code"] != ALLOWED:
                raise

    def _wrapped(self, answer: Any, *, material_id: str) -> Wrapped:
        self._require_this_key(answer["KeyId"])
        ciphertext: bytes = answer["CiphertextBlob"]
        if not ciphertext:
            raise KeyError("CiphertextBlob")
        return Wrapped(ciphertext, material_id, _request_id(answer))

    def _require_this_key(self, arn: str) -> None:
        if arn != self._arn:
            raise BY_NAME["replaced"].error()


def _request_id(answer: Any) -> str:
    return str(answer["ResponseMetadata"].get("RequestId", ""))
