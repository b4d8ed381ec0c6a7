"""django-pgcrypto-fields: `pgp_sym_encrypt` and `pgp_pub_encrypt` by the PostgreSQL server, in a bytea column."""

from dataclasses import dataclass, field
from typing import ClassVar

from ascend.fields.accept import keys
from ascend.fields.accept.by_database import DatabaseReader, Expression
from ascend.fields.accept.keys import KeySource
from ascend.fields.accept.openpgp import Message, WrongKeyOrDamaged, parse
from ascend.fields.accept.openpgp_packets import Malformed
from ascend.fields.accept.reader import SOURCE, OldValue, Reader


@dataclass(frozen=True, repr=False, kw_only=True)
class PgCryptoFields(Reader):
    """Reads the symmetric fields of django-pgcrypto-fields in this process: the key never travels to the server.

    Values are the text that PostgreSQL made of them. The package's hash and HMAC fields hold no value.

    Args:
        key: where the passphrase is, one or a list, written as in the package's settings: an apostrophe is doubled.
    """

    # By its modification detection code: a SHA-1 inside the encryption. A message without one is not read.
    authenticated: ClassVar[bool] = True

    key: KeySource = field(default="PGCRYPTO_KEY", metadata=SOURCE)

    def read(self, stored: object) -> OldValue:
        message = _parsed(self.octets(stored))
        if message is None:
            self.not_this_format("the stored value is no message of pgp_sym_encrypt with the server's defaults")
        for passphrase in keys.secret_list(self.key):
            opened = _opened(message, as_sent(passphrase))
            if opened is not None:
                return self.text(opened)
        return self.does_not_authenticate()


@dataclass(frozen=True, repr=False, kw_only=True)
class PgCryptoFieldsInServer(DatabaseReader):
    """Reads the symmetric fields in the server, whatever options the messages were written with.

    Args:
        key: as PgCryptoFields; one only, for a wrong one ends the transaction.
    """

    key: KeySource = field(default="PGCRYPTO_KEY", metadata=SOURCE)

    def expression(self, column: str) -> Expression:
        return Expression(f"pgp_sym_decrypt({column}, %s)", (as_sent(keys.one_secret(self.key)).decode(),))


@dataclass(frozen=True, repr=False, kw_only=True)
class PgCryptoPublicKeyFieldsInServer(DatabaseReader):
    """Reads the public-key fields in the server.

    Args:
        private_key: where the armored private key is.
        passphrase: where its passphrase is, if it has one.
    """

    private_key: KeySource = field(default="PRIVATE_PGP_KEY", metadata=SOURCE)
    passphrase: KeySource | None = field(default=None, metadata=SOURCE)

    def expression(self, column: str) -> Expression:
        private_key = keys.one_secret(self.private_key).decode()
        if self.passphrase is None:
            return Expression(f"pgp_pub_decrypt({column}, dearmor(%s))", (private_key,))
        passphrase = keys.one_secret(self.passphrase).decode()
        return Expression(f"pgp_pub_decrypt({column}, dearmor(%s), %s)", (private_key, passphrase))


def as_sent(passphrase: bytes) -> bytes:
    """Return the passphrase as the server saw it: pasted into SQL, so an apostrophe had to be doubled."""
    return passphrase.replace(b"''", b"'")


def _parsed(stored: bytes) -> Message | None:
    try:
        return parse(stored)
    except Malformed:
        return None


def _opened(message: Message, passphrase: bytes) -> bytes | None:
    try:
        return message.open(passphrase)
    except (WrongKeyOrDamaged, Malformed):
        return None
