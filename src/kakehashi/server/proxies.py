"""Who the request really came from, when a proxy that the operator trusts stands in front."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
FORWARDED = ("HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_FORWARDED")


def networks(addresses: list[str]) -> tuple[Network, ...]:
    """Addresses and networks of KAKEHASHI_TRUSTED_PROXIES. Raises ImproperlyConfigured."""
    try:
        return tuple(ipaddress.ip_network(address, strict=False) for address in addresses)
    except ValueError as error:
        raise ImproperlyConfigured(f"KAKEHASHI_TRUSTED_PROXIES: {error}") from error


@lru_cache(maxsize=2048)
def read_address(text: str) -> Address | None:
    """An address, IPv4 as such even where a socket for both kinds wraps it in IPv6; None for anything else."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


class Proxies:
    """The proxies that the operator trusts, and the machine itself. Raises ImproperlyConfigured."""

    def __init__(self, addresses: list[str]) -> None:
        self.trusted = networks(addresses)
        # Asked for every request.
        self.trusts = lru_cache(maxsize=2048)(self._trusts)

    def _trusts(self, address: str) -> bool:
        found = read_address(address)
        return found is not None and any(found in network for network in self.trusted)

    def client(self, chain: str) -> str:
        """The nearest address in X-Forwarded-For that is not one of ours; each proxy appends the one it saw. "" where
        the chain ends or breaks off before."""
        for part in reversed(chain.split(",")):
            found = read_address(part.strip())
            if found is None:
                return ""
            if not self.trusts(str(found)):
                return str(found)
        return ""

    def address_of(self, scope: Any) -> str:
        """The client's address of a request as granian brings it, as a trusted proxy in front tells it."""
        address: str = scope.client.rpartition(":")[0].strip("[]")
        if self.trusts(address):
            return self.client(",".join(scope.headers.get_all("x-forwarded-for"))) or address
        return address


class TrustedProxyMiddleware:
    """Takes client address and scheme from X-Forwarded-For and X-Forwarded-Proto, but only from a trusted proxy.

    The headers are removed in either case, so that nothing behind can believe them by accident.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.proxies = Proxies(settings.TRUSTED_PROXIES)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        forwarded = {name: request.META.pop(name, "") for name in FORWARDED}
        if self.proxies.trusts(request.META.get("REMOTE_ADDR", "")):
            client = self.proxies.client(forwarded["HTTP_X_FORWARDED_FOR"])
            if client:
                request.META["REMOTE_ADDR"] = client
            scheme = forwarded["HTTP_X_FORWARDED_PROTO"].strip().lower()
            if scheme in {"http", "https"}:
                request.META["wsgi.url_scheme"] = scheme
        return self.get_response(request)
