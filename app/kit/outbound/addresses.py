"""Which addresses a caller may have requests sent to: public ones, and what the operator allows.

Judged are addresses, never names: a name may change between the look and the dialling.
"""

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_PUBLIC_V6: Final = ipaddress.ip_network("2000::/3")
"""All that is given out of IPv6: neither loopback, mapped IPv4, NAT64, site-local nor multicast."""
_SPECIAL: Final = tuple(
    map(
        ipaddress.ip_network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",
            "100.64.0.0/10",  # CGNAT; Alibaba's metadata
            "127.0.0.0/8",
            "168.63.129.16/32",  # Azure's metadata, although public
            "169.254.0.0/16",  # link-local; metadata of most clouds
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.31.196.0/24",
            "192.52.193.0/24",
            "192.88.99.0/24",  # relays of 6to4
            "192.168.0.0/16",
            "192.175.48.0/24",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved; broadcast
            "2001::/23",  # Teredo, ORCHID and the like
            "2001:db8::/32",
            "2002::/16",  # 6to4: an IPv4 address inside
            "2620:4f:8000::/48",
            "3fff::/20",
        ),
    )
)
"""Private, special, or in another address's clothes: IANA's registries and what clouds add."""
_INSIDE: Final = tuple(
    map(
        ipaddress.ip_network,
        ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"),
    )
)
"""What an intranet is made of: allowed for a host that the operator names."""
_METADATA: Final = tuple(
    map(ipaddress.ip_network, ("100.100.100.200/32", "fd00:ec2::/32", "fd20:ce::254/128"))
)
"""Metadata of clouds inside of those: only a network that the operator names holds them."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the operator allows beyond the public internet: networks and ends of host names."""

    networks: tuple[Network, ...] = ()
    hosts: tuple[str, ...] = ()
    """`.intra.gov.cn` with all below it, `hook.intra.gov.cn` alone."""

    @classmethod
    def of(cls, entries: Iterable[str]) -> "Allowed":
        """Read networks and host names."""
        networks: list[Network] = []
        hosts: list[str] = []
        for entry in entries:
            try:
                networks.append(ipaddress.ip_network(entry, strict=False))
            except ValueError:
                hosts.append(entry.lower().rstrip("."))
        return cls(tuple(networks), tuple(hosts))

    def names(self, host: str) -> bool:
        """Return whether a host is one of those that the operator names."""
        host = host.lower().rstrip(".")
        return any(host.endswith(end) if end[0] == "." else host == end for end in self.hosts)

    def may_reach(self, host: str, address: Address) -> bool:
        """Return whether a connection may be made to an address that a host has."""
        if self.holds(address) or is_public(address):
            return True
        return self.names(host) and _is_in(address, _INSIDE) and not _is_in(address, _METADATA)

    def may_be_plain(self, host: str, addresses: Sequence[Address]) -> bool:
        """Return whether a host may be spoken to without TLS."""
        return self.names(host) or all(map(self.holds, addresses))

    def holds(self, address: Address) -> bool:
        """Return whether an address is in a network that the operator names."""
        return _is_in(address, self.networks)


def is_public(address: Address) -> bool:
    """Return whether an address is an ordinary one of the public internet."""
    if address.version == 6 and address not in _PUBLIC_V6:  # noqa: PLR2004 - IPv6
        return False
    return not _is_in(address, _SPECIAL)


def _is_in(address: Address, networks: Iterable[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)
