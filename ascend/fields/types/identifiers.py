"""Encrypted UUIDs and internet addresses, in the octets that their standards give them."""

import ipaddress
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar, Final
from uuid import UUID

from django.db import models
from django.utils.ipv6 import clean_ipv6_address
from django.utils.translation import gettext_lazy as _

from ascend.fields.generic import GT, ST, Plain
from ascend.fields.types.packed import EXACT_ONLY, EmptyIsNullField, PackedField, octets

if TYPE_CHECKING:
    _UUIDField = models.UUIDField
    _GenericIPAddressField = models.GenericIPAddressField
else:
    _UUIDField = Plain(models.UUIDField)
    _GenericIPAddressField = Plain(models.GenericIPAddressField)

_UUID_BYTES: Final = 16
_IPV4_BYTES: Final = 4
_IPV6_BYTES: Final = 16


def address(plaintext: bytes) -> str:
    """Return the text of an address of 4 or 16 octets, as Django writes it.

    Raises:
        ValueError: there are neither 4 nor 16.
    """
    text = str(ipaddress.ip_address(octets(plaintext, _IPV4_BYTES, _IPV6_BYTES)))
    return clean_ipv6_address(text) if ":" in text else text


class EncryptedUUIDField(PackedField[ST, GT], _UUIDField[ST, GT]):
    """A `UUIDField` whose column holds envelopes of 16 octets."""

    default_error_messages: ClassVar[dict[str, Any]] = {"invalid": _("Enter a valid UUID.")}
    index_families: ClassVar[frozenset[str] | None] = EXACT_ONLY
    encode: ClassVar[Any] = staticmethod(str)
    decode: ClassVar[Any] = staticmethod(lambda plaintext: UUID(bytes=octets(plaintext, _UUID_BYTES)))

    def pack(self, value: UUID) -> bytes:
        return value.bytes


class EncryptedGenericIPAddressField(EmptyIsNullField[ST, GT], _GenericIPAddressField[ST, GT]):
    """A `GenericIPAddressField` whose column holds envelopes of 4 octets (IPv4) or 16 (IPv6)."""

    non_db_attrs = (*PackedField.non_db_attrs, "protocol", "unpack_ipv4")
    default_error_messages: ClassVar[dict[str, Any]] = {"unreadable": _("Enter a valid IP address.")}
    index_families: ClassVar[frozenset[str] | None] = EXACT_ONLY
    encode: ClassVar[Any] = staticmethod(str)
    decode: ClassVar[Any] = staticmethod(address)

    def pack(self, value: str) -> bytes:
        packed = b""
        with suppress(ValueError):  # raised outside: its text holds the value
            packed = ipaddress.ip_address(value).packed
        return packed or self.not_storable("unreadable")
