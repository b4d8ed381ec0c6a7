"""Secrets that are shown once: 256 random bits, of which the database keeps only the SHA-256.

A plain hash is enough at this entropy (ASVS 5.0, 6.5.2): there is nothing to guess.
"""

import hashlib
import secrets

TOKEN_BYTES = 32


def new_token() -> str:
    """Return 256 random bits as 43 URL-safe characters."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def hash_token(token: str) -> bytes:
    """Return the SHA-256 (32 bytes) under which the token is found."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
