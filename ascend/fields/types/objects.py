"""Encrypted JSON and bytes. Neither has an index."""

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from ascend.fields.generic import GT, ST, Plain
from ascend.fields.types.packed import UnindexedField

if TYPE_CHECKING:
    _JSONField = models.JSONField
    _BinaryField = models.BinaryField
else:
    _JSONField = Plain(models.JSONField)
    _BinaryField = Plain(models.BinaryField)


class EncryptedJSONField(UnindexedField[ST, GT], _JSONField[ST, GT]):
    """A `JSONField` whose column holds envelopes of its canonical text. `None` is NULL, as when Django saves it."""

    non_db_attrs = (*UnindexedField.non_db_attrs, "encoder", "decoder")
    default_error_messages: ClassVar[dict[str, Any]] = {"invalid": _("This cannot be stored as JSON.")}
    no_index_because: ClassVar[str] = "1 and 1.0 are equal and written differently: one document has many texts."
    # A program changes a document in place, and {"a": 1} equals {"a": True}.
    has_equality: ClassVar[bool] = False
    writes_back: ClassVar[bool] = False

    def pack(self, value: Any) -> bytes:
        # Parsed again before its names are sorted: only then all of them are text, as they will be read.
        text = ""
        with suppress(TypeError, ValueError):  # raised outside: its text may hold a value
            parsed = json.loads(json.dumps(value, cls=self.encoder, allow_nan=False))
            text = json.dumps(parsed, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        return text.encode() if text else self.not_storable()

    def decode(self, plaintext: bytes) -> Any:
        return json.loads(plaintext.decode(), cls=self.decoder)


class EncryptedBinaryField(UnindexedField[ST, GT], _BinaryField[ST, GT]):
    """A `BinaryField` whose column holds envelopes. Its values are read as `bytes` on every database."""

    if TYPE_CHECKING:
        _pyi_private_get_type: bytes  # where django-stubs' plugin looks

    default_error_messages: ClassVar[dict[str, Any]] = {"invalid": _("Enter bytes, or their text in base64.")}
    no_index_because: ClassVar[str] = "An index is made of a normalised text, and bytes have none."
    decode: ClassVar[Any] = staticmethod(bytes)

    def to_python(self, value: Any) -> bytes | None:
        """Return the bytes of any buffer, or of a text in base64."""
        if value is None or type(value) is bytes:
            return value
        found = None
        with suppress(TypeError, ValueError):  # raised outside, without the value
            found = bytes(super().to_python(value)) if isinstance(value, str) else bytes(memoryview(value))
        return self.not_storable() if found is None else found

    def pack(self, value: bytes) -> bytes:
        return value
