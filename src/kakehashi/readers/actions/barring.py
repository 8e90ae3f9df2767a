"""Who may not register: addresses of certain domains and of banned members, and names that are not for everybody."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from kakehashi.lib import text
from kakehashi.lib.errors import Conflict, Invalid, NotFound
from kakehashi.readers import mailboxes, reserved, rules
from kakehashi.readers.models import BannedAddress, Barred, Reader

LONGEST_NOTE = 200
MOST_LINES = 20_000


def require_address(email: str) -> None:
    """Raise `Invalid` where nobody may register with this address. Whose account is there already is not asked: the answer
    is the same for everybody. 1 or 2 queries."""
    domain = mailboxes.domain_of(email)
    above = mailboxes.domains_above(domain)
    if Barred.objects.filter(kind=Barred.Kind.DOMAIN, key__in=above).exists():
        raise Invalid(
            _("Nobody can register here with an address at %(domain)s. Please use another address.")
            % {"domain": domain},
            code="email-barred",
        )
    if settings.KAKEHASHI_REFUSE_DISPOSABLE_MAIL and _is_disposable(above):
        raise Invalid(
            _("%(domain)s gives out addresses for a few minutes. Please use one that you will still read next month.")
            % {"domain": domain},
            code="email-barred",
        )
    banned = BannedAddress.objects.filter(key=mailboxes.address_hash(email))
    # Where there is an account with it, what is said is what is said of all addresses that have one.
    if banned.exists() and not Reader.objects.filter(email=email.lower()).exists():
        raise Invalid(
            _("Nobody can register here with this address. Please write to the newsroom."), code="email-barred"
        )


def _is_disposable(domains: Iterable[str]) -> bool:
    # A megabyte, and only where somebody registers.
    from disposable_email_domains import blocklist

    return any(domain in blocklist for domain in domains)


def require_unreserved(name: str, *, reader: Reader | None = None) -> None:
    """Raise `Conflict` for a name that would make others think that the newsroom speaks; the staff may take it. 2 queries."""
    if reader is not None and reader.is_staff:
        return
    barred = set(Barred.objects.filter(kind=Barred.Kind.NAME).values_list("key", flat=True))
    staff = Reader.objects.filter(is_staff=True).exclude(pk=reader.pk if reader is not None else 0)
    if reserved.is_reserved(name, barred=barred, houses=reserved.houses()) or reserved.is_like_one_of(
        name, staff.values_list("name", flat=True)
    ):
        raise Conflict(
            _("“%(name)s” could be taken for the newsroom or somebody who works here. Please choose another.")
            % {"name": name},
            code="name-reserved",
        )


def bar(*, actor: Reader, kind: str, words: str, note: str = "", now: datetime | None = None) -> int:
    """Bar domains or names, one a line; `#` begins a note to oneself. How many are new.

    Who has an account already keeps it. Raises `NotFound` (not staff) or `Invalid` (which names the first line that is no
    domain or name; then nothing is barred).
    """
    if not rules.can_bar(actor):
        raise NotFound(_("There is nothing here."))
    lines = [line.partition("#")[0].strip() for line in text.clean(words).splitlines()]
    lines = [line for line in lines if line]
    if not lines:
        raise Invalid(_("Please type at least one line."), code="empty")
    if len(lines) > MOST_LINES:
        raise Invalid(_("At most 20,000 lines fit at once."), code="too-many")
    if len(note) > LONGEST_NOTE:
        raise Invalid(_("The note is too long: 200 characters at most."), code="too-long")
    rows = {}
    for line in lines:
        key = mailboxes.domain_key(line) if kind == Barred.Kind.DOMAIN else reserved.fold(line)
        if not key or len(line) > 253:
            raise Invalid(
                _("“%(line)s” cannot be barred: please look at this line again.") % {"line": line[:80]}, code="line"
            )
        rows[key] = line
    known = _known(kind, list(rows))
    made = Barred.objects.bulk_create(
        [
            Barred(kind=kind, key=key, words=line, note=note, added_by=actor, added_at=now or timezone.now())
            for key, line in rows.items()
            if key not in known
        ],
        ignore_conflicts=True,
        batch_size=500,
    )
    return len(made)


def _known(kind: str, keys: list[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(keys), 500):
        some: QuerySet[Barred, str] = Barred.objects.filter(kind=kind, key__in=keys[start : start + 500]).values_list(
            "key", flat=True
        )
        found.update(some)
    return found


def unbar(*, actor: Reader, pk: int) -> None:
    """Let it be used again; repeats change nothing. Raises `NotFound` (not staff)."""
    if not rules.can_bar(actor):
        raise NotFound(_("There is nothing here."))
    Barred.objects.filter(pk=pk).delete()


def settle_addresses(*, reader: Reader) -> None:
    """Keep the banned member's address out as long as they are banned, and no longer."""
    if not reader.is_banned:
        BannedAddress.objects.filter(reader=reader).delete()
    elif not reader.is_erased:
        BannedAddress.objects.get_or_create(
            reader=reader,
            key=mailboxes.address_hash(reader.email),
            defaults={"alias": mailboxes.alias_hash(reader.email)},
        )
