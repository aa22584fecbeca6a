"""Which addresses of the network may be called: a list of our own, because what libraries call “private” has changed
between releases and never held all of these. Pure: addresses in, a rule's name out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

METADATA = "metadata"
TRANSITION = "transition"
NEVER = (METADATA, TRANSITION)
"""Rules that no allow-list lifts: the services that hand out a machine's credentials, and addresses in which another
address is hidden, which a gateway would call in our place."""

_RULES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        METADATA,
        (
            "169.254.169.254/32",  # AWS, Azure, Google and most others
            "169.254.169.253/32",  # Amazon's resolver, beside it
            "169.254.170.2/32",  # credentials of Amazon's containers
            "169.254.170.23/32",
            "168.63.129.16/32",  # Azure's host, at a public address
            "100.100.100.200/32",  # Alibaba
            "192.0.0.192/32",  # Oracle
            "fd00:ec2::/32",
            "fd20:ce::254/128",  # Google
        ),
    ),
    (
        TRANSITION,
        (
            "::ffff:0:0/96",  # IPv4-mapped
            "::ffff:0:0:0/96",  # IPv4-translated
            "64:ff9b::/96",  # NAT64
            "64:ff9b:1::/48",
            "2002::/16",  # 6to4
            "2001::/32",  # Teredo
        ),
    ),
    ("unspecified", ("0.0.0.0/8", "::/128")),
    ("loopback", ("127.0.0.0/8", "::1/128")),
    (TRANSITION, ("::/96",)),  # IPv4-compatible; what is left of it
    ("private", ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fec0::/10")),
    ("carrier-grade NAT", ("100.64.0.0/10",)),
    ("link-local", ("169.254.0.0/16", "fe80::/10")),
    ("multicast", ("224.0.0.0/4", "ff00::/8")),
    (
        "documentation",
        ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20"),
    ),
    (
        "reserved",
        (
            "192.0.0.0/24",
            "192.31.196.0/24",
            "192.52.193.0/24",
            "192.88.99.0/24",
            "192.175.48.0/24",
            "198.18.0.0/15",
            "240.0.0.0/4",
            "2001::/23",
            "2620:4f:8000::/48",
        ),
    ),
)
_LIST: tuple[tuple[str, Network], ...] = tuple(
    (rule, ip_network(network)) for rule, networks in _RULES for network in networks
)
_GLOBAL = IPv6Network("2000::/3")
"""Whatever of IPv6 is not in here has not been given out to anybody."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the project's settings say beside the list: networks that may be called all the same, and addresses that
    are this machine's own though no interface of it shows them."""

    networks: tuple[Network, ...] = ()
    own: frozenset[Address] = frozenset()

    def admits(self, address: Address) -> bool:
        return any(address in network for network in self.networks if network.version == address.version)


@lru_cache(maxsize=16)
def allowed_from(networks: tuple[str, ...], own: tuple[str, ...] = ()) -> Allowed:
    """The settings as values. Raises ValueError for what is no address and no network, host bits included."""
    return Allowed(tuple(ip_network(text) for text in networks), frozenset(ip_address(text) for text in own))


def rule_against(address: Address, allowed: Allowed) -> str:
    """The name of the rule that forbids calling an address; "" where none does."""
    rule = _listed(address)
    if rule in NEVER:
        return rule
    if allowed.admits(address):
        return ""
    return "own address" if address in allowed.own else rule


def _listed(address: Address) -> str:
    for rule, network in _LIST:
        if network.version == address.version and address in network:
            return rule
    if isinstance(address, IPv6Address) and (address.scope_id is not None or address not in _GLOBAL):
        return "reserved"
    return ""


def first_rule_against(addresses: Iterable[Address], allowed: Allowed) -> str:
    """The rule against a name that leads to these addresses: one that is forbidden forbids them all."""
    return next((rule for address in addresses if (rule := rule_against(address, allowed))), "")
