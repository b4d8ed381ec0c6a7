"""Which addresses the portal may call: public ones, and those that its operator named.

A customer types the address of their key store. Without this rule they could point it at what only
this machine reaches: the database, a cloud's metadata service, another customer's private network.
"""

import ipaddress
import socket
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

from ascend.providers.contract import Operator, Transient

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# An IPv6 address in here is the way to the IPv4 address in its last 32 bits (RFC 6052).
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
IPV4_BITS = (1 << 32) - 1


@dataclass(frozen=True, slots=True)
class AddressRule:
    """Public addresses, and the networks that the operator allowed."""

    allowed: tuple[Network, ...] = field(default=())

    @classmethod
    def of(cls, networks: Iterable[str]) -> "AddressRule":
        """Return the rule that allows `networks` ("10.20.0.0/16", "127.0.0.1") besides public addresses.

        Raises:
            ValueError: one of them is not a network.
        """
        return cls(tuple(ipaddress.ip_network(network) for network in networks))

    def permits(self, address: Address) -> bool:
        """Return whether the portal may connect to `address`."""
        real = _behind(address)
        if any(real in network for network in self.allowed if network.version == real.version):
            return True
        return real.is_global and not real.is_multicast

    def permits_clear_text(self, address: Address) -> bool:
        """Return whether http will do: on this machine, where the operator allowed it by name."""
        return _behind(address).is_loopback and self.permits(address)

    def resolve(self, host: str, port: int, *, within_seconds: float) -> list[Address]:
        """Return the permitted addresses of `host`. Connect to these, not to the name: it may change its mind.

        Raises:
            Transient: the name has no address now.
            Operator: it has some, and none is permitted.
        """
        found = _look_up(host, port, within_seconds)
        permitted = [address for address in found if self.permits(address)]
        if not permitted:
            raise Operator(
                f"{host} has no address that this portal may call ({', '.join(map(str, found))} is private).",
                "Use a public address, or add the network to ASCEND_OUTBOUND_ALLOW if it is meant to be called.",
            )
        return permitted


def _behind(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address stands for, or the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & IPV4_BITS)
    return address.ipv4_mapped or address.sixtofour or address


def _look_up(host: str, port: int, within_seconds: float) -> list[Address]:
    # The resolver takes no time-out. On a thread of its own it can be left behind.
    answers: list[Address] = []
    thread = threading.Thread(target=_ask_resolver, args=(host, port, answers), name="ascend-resolve", daemon=True)
    thread.start()
    thread.join(max(within_seconds, 0.0))
    if not answers:
        raise Transient(f"The name {host} cannot be resolved now.", "Check the name, and this machine's resolver.")
    return list(dict.fromkeys(answers))


def _ask_resolver(host: str, port: int, answers: list[Address]) -> None:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        answers.extend(ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found)
    except (OSError, UnicodeError):
        return
