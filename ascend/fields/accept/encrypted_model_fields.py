"""django-encrypted-model-fields (lanshark): a Fernet token in a text column, under FIELD_ENCRYPTION_KEY."""

from dataclasses import dataclass, field

from ascend.fields.accept import keys
from ascend.fields.accept.encrypted_again import ForgivingFernetReader
from ascend.fields.accept.keys import KeySource
from ascend.fields.accept.reader import SOURCE


@dataclass(frozen=True, repr=False, kw_only=True)
class EncryptedModelFields(ForgivingFernetReader):
    """Reads django-encrypted-model-fields 0.6.

    Booleans come as "1" and "0". The package returned what it could not open and encrypted
    that again; this opens both, or raises.

    Args:
        tokens: the column holds Fernet tokens by design, so one that was inside is the value.
        keys: where the Fernet keys are, one or a list, newest first.
    """

    keys: KeySource = field(default="FIELD_ENCRYPTION_KEY", metadata=SOURCE)

    def key_source(self) -> KeySource:
        return self.keys

    def fernet_keys(self) -> tuple[bytes, ...]:
        return keys.secret_list(self.keys)
