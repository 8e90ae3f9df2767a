"""What is reported of mails, from whichever door it comes: our own hook, django-anymail, a mailbox."""

from __future__ import annotations

import re
from datetime import datetime
from email.message import EmailMessage
from typing import Any

from kakehashi.alerts import links, queries, unsubscribing
from kakehashi.alerts.actions.subscribing import receivers_at
from kakehashi.alerts.actions.troubling import note_bounce, note_complaint
from kakehashi.alerts.envelopes import mails_named
from kakehashi.alerts.handing import is_hard
from kakehashi.alerts.models import Mail
from kakehashi.alerts.receivers import addressed

_TOKEN = re.compile(r"unsubscribe\s+([\w:=-]{20,400})", re.IGNORECASE)


def take(event: dict[str, Any], *, now: datetime) -> bool:
    """One report: `event` is bounce, complaint or unsubscribe, `email` whom it is about, `said` the reason, `hard`
    whether the bounce is for good (usual), `token` what a mail to end mails had in its subject. False where it says
    nothing that can be used."""
    kind, address, said = (str(event.get(key) or "") for key in ("event", "email", "said"))
    if kind == "unsubscribe":
        return unsubscribe(token=str(event.get("token") or ""), address=address, now=now)
    if "@" not in address or len(address) > 254:
        return False
    if kind == "bounce":
        note_bounce(address=address, said=said, is_hard=event.get("hard", True) is not False, now=now)
    elif kind == "complaint":
        note_complaint(address=address, said=said, now=now)
    else:
        return False
    return True


def unsubscribe(*, token: str = "", address: str = "", now: datetime) -> bool:
    """End what the token is for; by the address alone, all mails to it."""
    values = links.read("unsubscribe", token) if token else None
    if values:
        receiver = queries.receiver_with_state(values[0])
        if receiver is not None:
            unsubscribing.end(str(values[1]), receiver=receiver, now=now)
        return receiver is not None
    found = receivers_at(email=address) if address else []
    for receiver in found:
        unsubscribing.end("all", receiver=receiver, now=now)
    return bool(found)


def take_mail(message: EmailMessage, *, now: datetime) -> bool:
    """A mail that came to our mailbox: one that asks for an end of mails, or a mail server's report of a bounce.

    Only a token ends anything, and only a report that returns a mail of ours counts against its receiver: anybody can
    write any address on a mail.
    """
    found = _TOKEN.search(str(message.get("Subject", "")))
    if found is not None:
        return unsubscribe(token=found.group(1), now=now)
    taken, ours = False, _addresses_written_to(message)
    for part in message.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        for block in part.get_payload():
            taken |= _take_status(block, ours, now)
    return taken


def _addresses_written_to(message: EmailMessage) -> set[str]:
    """Whom the mails of ours went to that a report returns, whole or their headers alone."""
    returned = []
    for part in message.walk():
        if part.get_content_type() == "text/rfc822-headers":
            content = part.get_payload(decode=True)
            returned.append(content.decode(errors="replace") if isinstance(content, bytes) else "")
        returned.append(str(part.get("Message-ID", "")))
    receivers = Mail.objects.filter(pk__in=mails_named("\n".join(returned))).values("receiver")
    return {row.address for row in addressed().filter(pk__in=receivers)}


def _take_status(block: Any, ours: set[str], now: datetime) -> bool:
    """One recipient of a delivery status (RFC 3464)."""
    if str(block.get("Action", "")).strip().lower() != "failed":
        return False
    address = str(block.get("Final-Recipient", "")).rpartition(";")[2].strip().lower()
    status = str(block.get("Status", "")).strip()
    if address not in ours:
        return False
    said = " ".join(str(block.get("Diagnostic-Code", status)).split())
    note_bounce(address=address, said=said, is_hard=is_hard(550, status or said), now=now)
    return True
