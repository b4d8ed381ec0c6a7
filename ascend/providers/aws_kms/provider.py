"""The `aws-kms` provider: wraps with a customer's key in AWS KMS, named by its full ARN in every call.

Spec: docs/spec/providers.md §5. The key's policy names the portal's role, or a role of the customer's account lets
the portal in under the organization's id as external id.
"""

from collections.abc import Callable, Mapping
from typing import TypeVar

from ascend.envelope.keys import SecretKey
from ascend.envelope.suites import AES_256_KEY_BYTES
from ascend.providers import contract
from ascend.providers.aws_kms import address as addresses
from ascend.providers.aws_kms.access import Access
from ascend.providers.aws_kms.attempts import Deadline
from ascend.providers.aws_kms.calls import Calls, Decrypted
from ascend.providers.aws_kms.findings import BY_NAME
from ascend.providers.aws_kms.importer import KmsImporter
from ascend.providers.aws_kms.metadata import KeyMetadata, RotationStatus
from ascend.providers.aws_kms.settings import AwsSettings
from ascend.providers.contract import Description, Generated, Operator, Wrapped, require_context

Result = TypeVar("Result")
PROBE = "probe"
UNSUPPORTED = "UnsupportedOperationException"


class AwsKmsProvider:
    """KC-8. One object serves a whole process; a forked child makes its own clients."""

    scheme = addresses.SCHEME
    binds_context = True

    def __init__(self, settings: AwsSettings) -> None:
        self._access = Access(settings)
        self.importer = KmsImporter(lambda uri: self._access.client(addresses.parse(uri)))

    def provision(self, uri: str) -> None:
        """Do nothing but look at the address: the key is its owner's to make."""
        addresses.parse(uri)

    def wrap(self, uri: str, key: SecretKey, context: Mapping[str, str]) -> Wrapped:
        """Wrap `key`, and open the result again before it is relied on, which also names the material.

        A probe's wrap is thrown away, so it is neither opened again nor has it a material.
        """
        require_context(context)
        where = addresses.parse(uri)
        wrapped = self._access.call(where, context, lambda calls: calls.encrypt(key.material, context))
        if context[contract.PURPOSE] == PROBE:
            return wrapped
        opened = self._access.call(where, context, lambda calls: calls.decrypt(wrapped.ciphertext, context))
        if _key_of(opened) != key:
            raise BY_NAME["replaced"].error()
        return Wrapped(wrapped.ciphertext, opened.material_id, wrapped.request_id)

    def unwrap(self, uri: str, ciphertext: bytes, context: Mapping[str, str]) -> SecretKey:
        """Return the key that `ciphertext` holds."""
        return _key_of(self.decrypt(uri, ciphertext, context))

    def generate(self, uri: str, context: Mapping[str, str]) -> Generated:
        """Let KMS make a key; where a key store cannot, make it here and wrap it."""
        require_context(context)
        where = addresses.parse(uri)
        try:
            return self._access.call(where, context, lambda calls: calls.generate(context))
        except Operator as error:
            if UNSUPPORTED not in error.cause:
                raise
        key = SecretKey.generate()
        return Generated(key, self.wrap(uri, key, context))

    def describe(self, uri: str) -> Description:
        """Return the key's state and the id of its material."""
        about = self.metadata(uri)
        return Description(uri, about.material_id, enabled=about.is_enabled, detail=about.state)

    def decrypt(self, uri: str, ciphertext: bytes, context: Mapping[str, str]) -> Decrypted:
        """Return what `ciphertext` holds, of any length up to 4 KiB, with material and request id."""
        require_context(context)
        where = addresses.parse(uri)
        if not where.serves(context):
            raise BY_NAME["altered"].error()
        return self._access.call(where, context, lambda calls: calls.decrypt(ciphertext, context))

    def rewrap(
        self,
        uri: str,
        ciphertext: bytes,
        context: Mapping[str, str],
        *,
        to: str,
        to_context: Mapping[str, str],
    ) -> Wrapped:
        """Move a wrapped key to another key or context inside KMS (ReEncrypt); its plaintext stays there.

        Raises:
            Operator: the two keys are reached by different roles, so that no call may use both.
        """
        require_context(context)
        require_context(to_context)
        source, target = addresses.parse(uri), addresses.parse(to)
        if (source.role, source.key.region) != (target.role, target.key.region):
            raise Operator("No single call may use both keys.", "Unwrap with the one and wrap with the other.")
        return self._access.call(
            target, to_context, lambda calls: calls.re_encrypt(source.key, ciphertext, context, to_context)
        )

    def metadata(self, uri: str) -> KeyMetadata:
        """Return what DescribeKey says. A refusal of it is no refusal of the key."""
        return self._access.call(addresses.parse(uri), {}, lambda calls: calls.describe())

    def rotation_status(self, uri: str) -> RotationStatus:
        """Return whether AWS rotates the key by itself."""
        return self._access.call(addresses.parse(uri), {}, lambda calls: calls.rotation_status())

    def dry_run(self, uri: str, action: str, context: Mapping[str, str]) -> None:
        """Ask whether `action` ("Encrypt", "GenerateDataKey") would be allowed; it says nothing of a key's state.

        Raises:
            ProviderError: it would not be.
        """
        self._access.call(addresses.parse(uri), context, lambda calls: calls.dry_run(action, context))

    def try_call(self, uri: str, call: Callable[[Calls], Result]) -> Result:
        """Make one call that the provider would not make, with a wrong context or none, to see it refused.

        Raises:
            ProviderError: the key refused, or could not answer.
        """
        return self._access.once(addresses.parse(uri), call, Deadline())

    def caller_identity(self, uri: str) -> str:
        """Return the ARN under which the key's owner sees this portal."""
        return self._access.identity(addresses.parse(uri))


def _key_of(opened: Decrypted) -> SecretKey:
    if len(opened.plaintext) != AES_256_KEY_BYTES:
        raise BY_NAME["altered"].error("(it is of another length)")
    return SecretKey(opened.plaintext)
