"""Which addresses may be asked at all: by their spelling, and by the network that their name leads to. Pure."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urlsplit

import idna
from django.conf import settings
from django.utils.translation import gettext as _

from kakehashi.lib.safe_http.errors import BadAddress

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

LONGEST = 2000
PORTS = {"http": 80, "https": 443}
_UNWRITABLE = re.compile(r"[\x00-\x20\x7f\\\ud800-\udfff]")
# What may stand in path and query as it is; the rest is written in percent.
_SAFE = "!#$%&'()*+,/:;=?@[]~"

# Networks that `is_global` calls public or that older Pythons judge otherwise: special by IANA's registries, by a
# cloud's use of them, or because they wrap an address that we would have to judge instead.
_REFUSED = [
    ipaddress.ip_network(network)
    for network in (
        "192.0.0.0/24",
        "192.88.99.0/24",
        # Azure's own service behind every machine.
        "168.63.129.16/32",
        "::/96",
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/23",
        "2001:db8::/32",
        "3fff::/20",
        "5f00::/16",
        "fec0::/10",
    )
]
# What IANA gives out to sites at all.
_GIVEN_OUT = ipaddress.ip_network("2000::/3")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# The last 64 bits of an ISATAP address begin so, its last 32 are an IPv4 address.
_ISATAP = (0x00005EFE, 0x02005EFE)


@dataclass(frozen=True)
class Target:
    """An address that may be asked. `host` in ASCII, without brackets; `target` is path and query."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def is_private_allowed(self) -> bool:
        """Whether the operator lets us ask this very host and port, wherever it may lead."""
        return f"{self.host}:{self.port}" in {name.lower() for name in settings.KAKEHASHI_ALLOWED_PRIVATE_HOSTS}

    @property
    def origin(self) -> tuple[str, str, int]:
        return self.scheme, self.host, self.port

    @property
    def netloc(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.netloc}{self.target}"


def target_of(address: str) -> Target:
    """The address, read as it will be asked. Raises BadAddress, with a sentence that says why."""
    parts = _split(address)
    if parts.scheme not in PORTS:
        raise BadAddress(_("An address must begin with http:// or https://."))
    if parts.username is not None or parts.password is not None:
        raise BadAddress(_("An address must not hold a user name or a password."))
    try:
        port = parts.port if parts.port is not None else PORTS[parts.scheme]
    except ValueError as error:
        raise BadAddress(_("The port in the address is not a number from 1 to 65535.")) from error
    target = quote(parts.path or "/", safe=_SAFE) + (f"?{quote(parts.query, safe=_SAFE)}" if parts.query else "")
    found = Target(parts.scheme, _ascii_host(parts.hostname or ""), port, target)
    if port not in settings.KAKEHASHI_OUTSIDE_PORTS and not found.is_private_allowed:
        raise BadAddress(_("This site does not ask other sites on port %(port)s.") % {"port": port})
    return found


def _split(address: str) -> SplitResult:
    if len(address) > LONGEST or _UNWRITABLE.search(address):
        raise BadAddress(_("The address is too long or holds characters that no address has."))
    try:
        return urlsplit(address)
    except ValueError as error:
        raise BadAddress(_("This is not an address.")) from error


def _ascii_host(host: str) -> str:
    """The name as DNS has it. Raises BadAddress."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        # With `uts46` as browsers read what people type: capitals, full-width dots.
        name = idna.encode(host.removesuffix("."), uts46=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError) as error:
        raise BadAddress(_("There is no usable host name in the address.")) from error
    if not name or ":" in name or "%" in name:
        raise BadAddress(_("There is no usable host name in the address."))
    return name


def is_public(text: str) -> bool:
    """Whether an IP address is one of the public internet, also where it wraps another one: mapped, NAT64, 6to4, ISATAP."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return _is_public(address)


def _is_public(address: IPAddress) -> bool:
    if isinstance(address, ipaddress.IPv4Address):
        return _is_plainly_public(address)
    if address.scope_id is not None:
        return False
    number = int(address)
    last = ipaddress.IPv4Address(number & 0xFFFFFFFF)
    if address.ipv4_mapped is not None or address in _NAT64:
        return _is_plainly_public(last)
    if address.sixtofour is not None:
        return _is_plainly_public(address.sixtofour)
    if (number >> 32) & 0xFFFFFFFF in _ISATAP and not _is_plainly_public(last):
        return False
    return address in _GIVEN_OUT and _is_plainly_public(address)


def _is_plainly_public(address: IPAddress) -> bool:
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not any(address.version == network.version and address in network for network in _REFUSED)
    )
