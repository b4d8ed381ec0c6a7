"""The contract over PKCS#11. Spec: docs/spec/providers.md §2."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar
from uuid import uuid4

from pkcs11 import Attribute
from pkcs11 import exceptions as answers

from ascend.envelope.context import EncryptionContext
from ascend.envelope.keys import SecretKey
from ascend.providers.contract import Description, Generated, Integrity, ProviderError, Wrapped, require_context
from ascend.providers.pkcs11 import address, errors, gcm, keys
from ascend.providers.pkcs11.address import KeyAddress
from ascend.providers.pkcs11.importer import Pkcs11Importer
from ascend.providers.pkcs11.module import HsmSettings, module_at

Result = TypeVar("Result")


class Pkcs11Provider:
    """PV-10 to PV-19. The master key never leaves the HSM; each wrap and unwrap is a call to it."""

    scheme = address.SCHEME
    binds_context = True

    def __init__(self, settings: HsmSettings) -> None:
        self._settings = settings
        self.importer = Pkcs11Importer(self, permits_sha1=settings.permits_sha1)

    def provision(self, uri: str) -> None:
        """Generate a non-extractable AES-256 key in the HSM if there is none of this name."""
        self.on_key_session(address.parse(uri), keys.make, writes=True)

    def wrap(self, uri: str, key: SecretKey, context: Mapping[str, str]) -> Wrapped:
        """Wrap `key` inside the HSM."""
        require_context(context)
        aad = EncryptionContext(context).to_aad()

        def work(master: Any) -> Wrapped:
            keys.require_use(master, Attribute.ENCRYPT)
            sealed = gcm.wrap(master, key, aad, hsm_draws_iv=self._settings.hsm_draws_iv)
            return Wrapped(sealed, keys.material_id(master), uuid4().hex)

        return self._with_key(address.parse(uri), work)

    def unwrap(self, uri: str, ciphertext: bytes, context: Mapping[str, str]) -> SecretKey:
        """Unwrap inside the HSM."""
        require_context(context)
        aad, named = EncryptionContext(context).to_aad(), address.parse(uri)

        def work(master: Any) -> SecretKey:
            keys.require_use(master, Attribute.DECRYPT)
            try:
                return gcm.unwrap(master, ciphertext, aad)
            except errors.AMBIGUOUS as error:
                raise self._judged(master, named) from error

        return self._with_key(named, work)

    def generate(self, uri: str, context: Mapping[str, str]) -> Generated:
        """Make a key here and wrap it there."""
        key = SecretKey.generate()
        return Generated(key, self.wrap(uri, key, context))

    def describe(self, uri: str) -> Description:
        """Return what the key object says of itself."""
        named = address.parse(uri)

        def work(master: Any) -> Description:
            is_enabled = bool(master[Attribute.ENCRYPT] and master[Attribute.DECRYPT])
            return Description(uri, keys.material_id(master), enabled=is_enabled, detail=_detail(master))

        return self._with_key(named, work)

    def on_key_session(
        self,
        named: KeyAddress,
        work: Callable[[Any, KeyAddress], Result],
        *,
        writes: bool = False,
        seconds: float | None = None,
    ) -> Result:
        """Return what `work` returns when given a session of the key's token.

        Raises:
            ProviderError: what the HSM's answer means.
        """
        module = module_at(self._settings.module)
        try:
            settings = self._settings if seconds is None else replace(self._settings, seconds=seconds)
            return module.call(settings, named.where, lambda session: work(session, named), writes=writes)
        except answers.PKCS11Error as error:
            raise errors.translate(error, named.name) from error

    def _with_key(self, named: KeyAddress, work: Callable[[Any], Result]) -> Result:
        return self.on_key_session(named, lambda session, _: work(keys.find(session, named)))

    def _judged(self, master: Any, named: KeyAddress) -> ProviderError:
        """Return what an unclear answer to `unwrap` means: modules have no common word for a wrong tag."""
        key, aad = SecretKey.generate(), uuid4().bytes
        try:
            wrapped = gcm.wrap(master, key, aad, hsm_draws_iv=self._settings.hsm_draws_iv)
            gcm.unwrap(master, wrapped, aad)
        except answers.PKCS11Error as error:
            return errors.translate(error, named.name)
        return Integrity("The HSM key works, but this wrapped key does not open under it.", errors.DAMAGED_FIX)


def _detail(master: Any) -> str:
    token = master.session.token
    return f'"{token.label}", {token.manufacturer_id} {token.model}, serial {token.serial.decode(errors="replace")}'
