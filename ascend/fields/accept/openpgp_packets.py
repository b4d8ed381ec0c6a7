"""The packets of an OpenPGP message, as far as PostgreSQL's pgcrypto writes them. Source: RFC 4880, section 4."""

from dataclasses import dataclass
from typing import Final

# First octet: always one, new format, tag.
NEW_FORMAT: Final = 0xC0
ONE_OCTET_BELOW: Final = 192
TWO_OCTETS_BELOW: Final = 224
FIVE_OCTETS: Final = 255


class Malformed(Exception):
    """The octets are no packets of this kind."""


@dataclass
class Octets:
    """Octets that are read from the front."""

    left: bytes

    def take(self, count: int) -> bytes:
        """Return the next octets.

        Raises:
            Malformed: there are fewer.
        """
        if len(self.left) < count:
            raise Malformed
        taken, self.left = self.left[:count], self.left[count:]
        return taken

    def number(self) -> int:
        return self.take(1)[0]

    def packet(self) -> tuple[int, bytes]:
        """Return the tag and the body of the next packet, its parts joined.

        Raises:
            Malformed: no packet of the new format starts here, or it is cut off.
        """
        first = self.number()
        if first & NEW_FORMAT != NEW_FORMAT:
            raise Malformed
        body, more = b"", True
        while more:
            length, more = self._length()
            body += self.take(length)
        return first & ~NEW_FORMAT, body

    def _length(self) -> tuple[int, bool]:
        """Return a length and whether it is one part of several (section 4.2.2)."""
        first = self.number()
        if first < ONE_OCTET_BELOW:
            return first, False
        if first < TWO_OCTETS_BELOW:
            return ((first - ONE_OCTET_BELOW) << 8) + self.number() + ONE_OCTET_BELOW, False
        if first < FIVE_OCTETS:
            return 1 << (first & 0x1F), True
        return int.from_bytes(self.take(4), "big"), False
