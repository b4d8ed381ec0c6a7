"""A second implementation of django-cryptography's message, so that a test can put any pickle into one."""

import hashlib
import hmac

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

SECRET = b"test secret one"


def sealed(pickled: bytes, secret: bytes = SECRET, key: bytes | None = None) -> bytes:
    padding = 16 - len(pickled) % 16
    key = key or hashlib.pbkdf2_hmac("sha256", secret, b"django-cryptography", 30_000)
    encryptor = Cipher(algorithms.AES(key), modes.CBC(bytes(16))).encryptor()
    message = b"\x80" + bytes(8) + bytes(16) + encryptor.update(pickled + bytes([padding]) * padding)
    return message + hmac.digest(secret, message, "sha256")
