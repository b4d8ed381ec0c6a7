"""Readers of what a column held before: plaintext, or another package's ciphertext. Guide: docs/guides/migrating.md.

`read_old(readers, stored)` turns one old value into its plaintext or raises an `OldFormatError`.
"""

from ascend.fields.accept.by_database import DatabaseReader, Expression
from ascend.fields.accept.django_cryptography import DjangoCryptography
from ascend.fields.accept.encrypted_model_fields import EncryptedModelFields
from ascend.fields.accept.errors import DoesNotAuthenticate, NotThisFormat, OldFormatError, UnreadableContent
from ascend.fields.accept.fernet_encrypted_fields import DjangoFernetEncryptedFields
from ascend.fields.accept.fernet_fields import Djfernet, FernetFields
from ascend.fields.accept.pgcrypto import PgCrypto
from ascend.fields.accept.pgcrypto_fields import PgCryptoFields, PgCryptoFieldsInServer, PgCryptoPublicKeyFieldsInServer
from ascend.fields.accept.plaintext import Plaintext
from ascend.fields.accept.reader import OldValue, Reader
from ascend.fields.accept.reading import read_old
from ascend.fields.accept.searchable_encrypted_fields import SearchableEncryptedFields

__all__ = [
    "DatabaseReader",
    "DjangoCryptography",
    "DjangoFernetEncryptedFields",
    "Djfernet",
    "DoesNotAuthenticate",
    "EncryptedModelFields",
    "Expression",
    "FernetFields",
    "NotThisFormat",
    "OldFormatError",
    "OldValue",
    "PgCrypto",
    "PgCryptoFields",
    "PgCryptoFieldsInServer",
    "PgCryptoPublicKeyFieldsInServer",
    "Plaintext",
    "Reader",
    "SearchableEncryptedFields",
    "UnreadableContent",
    "read_old",
]
