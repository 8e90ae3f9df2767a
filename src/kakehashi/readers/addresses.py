"""Whose request it is, by network address: read with care, kept only as a keyed hash whose key changes every day."""

from __future__ import annotations

import ipaddress
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def client_address(request: HttpRequest) -> str:
    """The address of the person: the last one that a trusted proxy names, otherwise of who is connected; "" unknown.

    X-Forwarded-For is believed only from proxies in KAKEHASHI_TRUSTED_PROXIES (addresses or networks), right to left.
    """
    address = _parse(request.META.get("REMOTE_ADDR", ""))
    hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    while address is not None and hops and _is_trusted(address):
        named = _parse(hops.pop())
        if named is None:
            break
        address = named
    return str(address) if address is not None else ""


def address_key(address: str, *, now: datetime | None = None) -> str:
    """A keyed hash to count by; the same within a day (UTC). IPv6 counts by /64, which is one household."""
    parsed = _parse(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        address = str(ipaddress.IPv6Network((parsed, 64), strict=False).network_address)
    day = (now or timezone.now()).strftime("%Y-%m-%d")
    return salted_hmac(f"kakehashi.readers.address.{day}", address, algorithm="sha256").hexdigest()[:32]


def _parse(text: str) -> Address | None:
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address: Address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


def _is_trusted(address: Address) -> bool:
    return any(address in ipaddress.ip_network(proxy, strict=False) for proxy in settings.TRUSTED_PROXIES)
