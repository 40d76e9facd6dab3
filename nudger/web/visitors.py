"""Who is knocking: the address behind the proxies we trust, and whether it is this very machine."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.requests import HTTPConnection

from nudger.errors import ConfigurationError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

#: Headers by which a proxy says that the request is somebody else's.
FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")
#: One household or phone holds a whole /64 of IPv6 (RFC 6177), and would have 2^64 names otherwise.
HOUSEHOLD = 64


def networks(written: Sequence[str]) -> tuple[Network, ...]:
    """Networks from their notations (`10.0.0.0/8`, `192.0.2.7`). Raises ConfigurationError for what is none."""
    try:
        return tuple(ip_network(one, strict=False) for one in written)
    except ValueError as fault:
        raise ConfigurationError(
            f"NUDGER_TRUSTED_PROXIES: {fault}", mend="write addresses or networks, like 127.0.0.1 10.0.0.0/8"
        ) from fault


def visitor(connection: HTTPConnection, trusted: Sequence[Network]) -> Address | None:
    """The address that knocks; None where there is none, as on a Unix socket.

    From right to left through X-Forwarded-For, as long as trusted proxies vouch: what stands left of the first address
    that is not trusted may be invented.
    """
    address = _address(connection.client.host if connection.client else "")
    hops = ",".join(connection.headers.getlist("x-forwarded-for")).split(",")
    while address is not None and hops and _within(address, trusted):
        told = _address(hops.pop())
        if told is None:
            break
        address = told
    return address


def from_here(connection: HTTPConnection) -> bool:
    """Whether a request comes from this machine and from no proxy on it."""
    address = _address(connection.client.host if connection.client else "")
    forwarded = any(name in connection.headers for name in FORWARDED)
    return address is not None and address.is_loopback and not forwarded


def household(address: Address | None) -> str:
    """The name an address is counted under."""
    if address is None:
        return ""
    if isinstance(address, IPv6Address):
        return str(ip_network((address, HOUSEHOLD), strict=False))
    return str(address)


def _address(text: str) -> Address | None:
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _within(address: Address, trusted: Sequence[Network]) -> bool:
    return any(address in network for network in trusted)
