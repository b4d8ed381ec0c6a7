"""The contract over transit. Spec: docs/spec/providers.md §3.

`rewrap` is never called: it takes no associated data, and refuses what was wrapped with some.
"""

from collections.abc import Mapping
from pathlib import Path

from ascend.envelope.keys import SecretKey
from ascend.providers import stores
from ascend.providers.addresses import AddressRule
from ascend.providers.contract import Description, Generated, Integrity, Wrapped, require_context
from ascend.providers.transit import errors, wrapped
from ascend.providers.transit.engine import KEY, Engine, material_id
from ascend.providers.transit.importer import TransitImporter
from ascend.providers.transit.store import KIND, TransitStore

KEY_TYPE = "aes256-gcm96"


class TransitProvider:
    """PV-20 to PV-25. URIs are "transit:STORE/KEY"."""

    scheme = KIND
    binds_context = True

    def __init__(self, folder: Path, rule: AddressRule) -> None:
        self._folder, self._rule = folder, rule
        self.importer = TransitImporter(folder, rule)

    def provision(self, uri: str) -> None:
        """Make the key if there is none and our policy lets us."""
        engine, key = self._engine(uri)
        if engine.call("GET", key, "keys", key).status == errors.NOT_FOUND:
            errors.require_ok(engine.call("POST", key, "keys", key, body={"type": KEY_TYPE}), key)

    def wrap(self, uri: str, key: SecretKey, context: Mapping[str, str]) -> Wrapped:
        """Encrypt `key` with the context as associated data."""
        require_context(context)
        engine, name = self._engine(uri)
        # Encrypting under a name that is gone would make a new key there, where our policy allows it.
        engine.require_key(name)
        made = engine.encrypt(name, key, context)
        engine.require_bound(name, made.ciphertext)
        return made

    def unwrap(self, uri: str, ciphertext: bytes, context: Mapping[str, str]) -> SecretKey:
        """Decrypt; the context must be that of the wrap."""
        require_context(context)
        engine, name = self._engine(uri)
        try:
            text = wrapped.to_text(ciphertext)
        except Integrity:
            engine.require_key(name)  # a key that is gone is the better news
            raise
        return engine.decrypt(name, text, context)

    def generate(self, uri: str, context: Mapping[str, str]) -> Generated:
        """Let the key store draw a key; take one of ours where its data keys do not bind the context."""
        require_context(context)
        engine, name = self._engine(uri)
        made = engine.data_key(name, context)
        if engine.opens_unbound(name, made.wrapped.ciphertext):
            key = SecretKey.generate()
            return Generated(key, self.wrap(uri, key, context))
        return made

    def describe(self, uri: str) -> Description:
        """Return what the engine says of the key."""
        engine, name = self._engine(uri)
        about = engine.require_key(name)
        is_enabled = not about.get("soft_deleted") and bool(about.get("supports_encryption"))
        detail = f"{about.get('type')}, version {about.get('latest_version')}"
        detail += ", exportable" if about.get("exportable") or about.get("allow_plaintext_backup") else ""
        return Description(uri, material_id(about.get("latest_version")), enabled=is_enabled, detail=detail)

    def _engine(self, uri: str) -> tuple[Engine, str]:
        store, key = stores.split(uri, self.scheme, KEY)
        return Engine(TransitStore.read(self._folder, store, self._rule)), key
