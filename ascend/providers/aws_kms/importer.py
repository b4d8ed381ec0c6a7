"""Imports into AWS KMS, for a key of the portal's own account: AWS lets no other account import (extra `aws`).

Spec: docs/spec/providers.md §7. KMS says nothing of material that its owner could compute, so the check value is the
hash of the wrapped file.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from ascend.providers import importing
from ascend.providers.contract import Denied, ProviderError, Transient
from ascend.providers.importing import CEREMONY, Check, Imported, ImportRefused, Parameters, Wrapping

SPEC: Final = "RSA_4096"
_AGAIN: Final = "Begin again: a new wrapping key is made."
REFUSALS: Final[Mapping[str, Callable[[], ProviderError]]] = {
    "InvalidCiphertextException": importing.does_not_open,
    "IncorrectKeyMaterialException": lambda: ImportRefused(
        "wrong-material",
        "The key has other material already, or the file's key has not 32 bytes.",
        "Bring the same AES-256 key that it had, or make a new KMS key.",
    ),
    "ExpiredImportTokenException": lambda: ImportRefused("expired", "The wrapping key's time is over.", _AGAIN),
    "InvalidImportTokenException": lambda: ImportRefused("replayed", "The import token is of another key.", _AGAIN),
    "UnsupportedOperationException": lambda: ImportRefused(
        "origin", "This KMS key takes no imported material.", "Make one with Origin=EXTERNAL."
    ),
    "AccessDeniedException": lambda: Denied(
        "AWS lets us import into keys of the portal's own account only, with kms:ImportKeyMaterial.",
        "Import in the account of the key with AWS's own tools, and register the key.",
    ),
}


class KmsImporter:
    """PV-70 to PV-77 for KMS. `client_for` returns boto3's KMS client and the key's ARN for a provider URI."""

    check = Check.FILE
    wrappings = (Wrapping.RSA_AES, Wrapping.OAEP)

    def __init__(self, client_for: Callable[[str], tuple[Any, str]]) -> None:
        self._client_for = client_for

    def parameters(self, uri: str, wrapping: Wrapping, *, now: datetime) -> Parameters:
        """Return the wrapping key that KMS made, with its token."""
        if wrapping not in self.wrappings:
            raise ImportRefused(
                "wrapping", f"KMS takes no keys wrapped by {wrapping} here.", f"Use {Wrapping.RSA_AES}."
            )
        made = self._call(uri, "get_parameters_for_import", WrappingAlgorithm=str(wrapping), WrappingKeySpec=SPEC)
        expires_at = min(made["ParametersValidTo"], now + CEREMONY)
        return Parameters(wrapping, made["PublicKey"], made["ImportToken"], expires_at)

    def take(
        self, uri: str, parameters: Parameters, wrapped: bytes, *, told: bytes, expires_at: datetime | None
    ) -> Imported:
        """Hand the file to KMS; the material ends at `expires_at`, if that is given."""
        check = importing.file_check(wrapped, told)
        ends = (
            {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
            if expires_at is None
            else {"ExpirationModel": "KEY_MATERIAL_EXPIRES", "ValidTo": expires_at}
        )
        made = self._call(
            uri, "import_key_material", ImportToken=parameters.token, EncryptedKeyMaterial=wrapped, **ends
        )
        return Imported(str(made.get("KeyMaterialId", "")), check)

    def discard(self, uri: str, parameters: Parameters) -> None:
        """Do nothing: the wrapping key ends by itself."""

    def _call(self, uri: str, operation: str, **arguments: Any) -> Mapping[str, Any]:
        client, key_id = self._client_for(uri)
        try:
            answer: Mapping[str, Any] = getattr(client, operation)(KeyId=key_id, **arguments)
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            refusal = REFUSALS.get(code)
            raise refusal() if refusal else _unknown(code) from error
        except BotoCoreError as error:
            raise Transient(f"AWS KMS does not answer: {type(error).__name__}.", "Try again.") from error
        return answer


def _unknown(code: str) -> Denied:
    return Denied(f"AWS KMS refuses the import: {code or 'no code'}.", "Look at the key in the KMS console.")
