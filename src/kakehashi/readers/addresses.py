"""Network addresses, to count by: only ever as a keyed hash whose key changes every day."""

from __future__ import annotations

import ipaddress
from datetime import datetime

from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac


def address_key(request: HttpRequest, *, now: datetime | None = None) -> str:
    """The same for all requests from one address within a day (UTC); IPv6 counts by /64, which is one household.

    Takes REMOTE_ADDR, which server.proxies has made the person's own where a trusted proxy stands in front; requests
    without an address (a local socket) count together.
    """
    who = household(request.META.get("REMOTE_ADDR", ""))
    day = (now or timezone.now()).strftime("%Y-%m-%d")
    return salted_hmac(f"kakehashi.readers.address.{day}", who, algorithm="sha256").hexdigest()[:32]


def household(text: str) -> str:
    """The address, of IPv6 its /64; "" for what is none."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.IPv6Network((address, 64), strict=False))
    return str(address)
