"""Messages of `pgp_sym_encrypt`: a passphrase, AES in cipher feedback, and a SHA-1 over the content inside.

A server without options writes AES-128, an iterated and salted SHA-1 key derivation, no compression, and always
the modification detection code, without which nothing is read here.

Source: RFC 4880, sections 3.7, 5.3, 5.9, 5.13 and 5.14.
"""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from ascend.fields.accept.openpgp_packets import Malformed, Octets

SESSION_KEY, LITERAL, PROTECTED = 3, 11, 18
AES_KEY_BYTES: Final = {7: 16, 8: 24, 9: 32}
DIGESTS: Final = {2: "sha1", 8: "sha256"}
ITERATED_AND_SALTED: Final = 3
SALT_BYTES: Final = 8
BLOCK_BYTES: Final = 16
DETECTION_HEADER: Final = b"\xd3\x14"
DETECTION_BYTES: Final = 22


class WrongKeyOrDamaged(Exception):
    """The modification detection code does not fit."""


@dataclass(frozen=True)
class Message:
    """What a symmetrically encrypted message says before it is opened."""

    key_bytes: int
    digest: str
    salt: bytes
    coded_count: int
    ciphertext: bytes

    def open(self, passphrase: bytes) -> bytes:
        """Return the content.

        Raises:
            WrongKeyOrDamaged: another passphrase, or a changed octet.
        """
        opened = _feedback_decrypt(self._derive(passphrase), self.ciphertext)
        content, code = opened[:-DETECTION_BYTES], opened[-DETECTION_BYTES:]
        expected = DETECTION_HEADER + hashlib.sha1(content + DETECTION_HEADER, usedforsecurity=False).digest()
        if not hmac.compare_digest(code, expected):
            raise WrongKeyOrDamaged
        return _literal(content[BLOCK_BYTES + 2 :])

    def _derive(self, passphrase: bytes) -> bytes:
        """Return the AES key: digests over the salt and the passphrase, again and again (section 3.7.1.3)."""
        once = self.salt + passphrase
        count = max((16 + (self.coded_count & 15)) << ((self.coded_count >> 4) + 6), len(once))
        octets = (once * (count // len(once) + 1))[:count]
        key, contexts = b"", 0
        while len(key) < self.key_bytes:
            key += hashlib.new(self.digest, bytes(contexts) + octets, usedforsecurity=False).digest()
            contexts += 1
        return key[: self.key_bytes]


def parse(stored: bytes) -> Message:
    """Return the message that the bytes are.

    Raises:
        Malformed: they are none of the kind that `pgp_sym_encrypt` writes without options.
    """
    octets = Octets(stored)
    tag, session = octets.packet()
    protected_tag, protected = octets.packet()
    if (tag, protected_tag, octets.left) != (SESSION_KEY, PROTECTED, b"") or protected[:1] != b"\x01":
        raise Malformed
    if len(protected) < 1 + BLOCK_BYTES + 2 + DETECTION_BYTES:
        raise Malformed
    return _message(Octets(session), protected[1:])


def _message(session: Octets, ciphertext: bytes) -> Message:
    version, cipher, mode, digest = session.take(4)
    salt, count = session.take(SALT_BYTES), session.number()
    known = version == 4 and cipher in AES_KEY_BYTES and digest in DIGESTS  # noqa: PLR2004 - the packet's version
    if not known or mode != ITERATED_AND_SALTED or session.left:
        raise Malformed
    return Message(AES_KEY_BYTES[cipher], DIGESTS[digest], salt, count, ciphertext)


def _feedback_decrypt(key: bytes, ciphertext: bytes) -> bytes:
    """Return the plaintext of cipher feedback under a vector of zeros.

    Every block's pad is the encryption of the ciphertext block before it, so one pass of bare AES makes all pads;
    `cryptography` has moved the mode itself among those it discourages.
    """
    before = bytes(BLOCK_BYTES) + ciphertext
    before = before[: -(-len(ciphertext) // BLOCK_BYTES) * BLOCK_BYTES]
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305 - the pads, not the mode
    pads = encryptor.update(before) + encryptor.finalize()
    return bytes(octet ^ pad for octet, pad in zip(ciphertext, pads, strict=False))


def _literal(content: bytes) -> bytes:
    """Return the data of the one literal packet.

    Raises:
        Malformed: compressed, signed or nested content, which the server writes only with options.
    """
    octets = Octets(content)
    tag, body = octets.packet()
    literal = Octets(body)
    _kind, name_bytes = literal.take(2)
    literal.take(name_bytes + 4)
    if tag != LITERAL or octets.left:
        raise Malformed
    return literal.left
