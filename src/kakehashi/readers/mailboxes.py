"""Mail addresses, to tell which belong to the same domain or the same mailbox. Pure but for the site's key."""

from __future__ import annotations

import idna
from django.utils.crypto import salted_hmac


def domain_key(text: str) -> str:
    """The domain as all its spellings have it: ASCII (IDNA 2008, mapped by UTS 46), lower case, without a dot at the end or
    `*.` before it; "" for what is no domain of two parts or more."""
    text = text.strip().lower().removeprefix("@").removeprefix("*.").strip(".\u3002\uff0e\uff61")
    try:
        key = idna.encode(text, uts46=True).decode()
    except (idna.IDNAError, UnicodeError):
        return ""
    return key if "." in key and len(key) <= 253 and not key.replace(".", "").isdigit() else ""


def domain_of(email: str) -> str:
    return domain_key(email.rpartition("@")[2])


def domains_above(domain: str) -> list[str]:
    """The domain itself and those above it, without the last part: a.b.example → a.b.example, b.example."""
    parts = domain.split(".")
    return [".".join(parts[start:]) for start in range(len(parts) - 1)]


def address_hash(email: str) -> str:
    """Keyed; the same for any capitals and any spelling of the domain."""
    return _keyed(f"{email.rpartition('@')[0].lower()}@{domain_of(email)}")


def alias_hash(email: str) -> str:
    """The same for all addresses that most providers put into one mailbox: what follows a plus and dots do not count."""
    local = email.rpartition("@")[0].lower().partition("+")[0].replace(".", "")
    return _keyed(f"{local}@{domain_of(email)}")


def _keyed(text: str) -> str:
    return salted_hmac("kakehashi.readers.mailboxes", text, algorithm="sha256").hexdigest()
