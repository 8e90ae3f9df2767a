"""What pages about readers need, each in a fixed number of SQL queries."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db.models import Q, QuerySet
from django.utils import timezone

from kakehashi.lib import text
from kakehashi.readers import providers, rules
from kakehashi.readers.devices import device_words
from kakehashi.readers.mailboxes import alias_hash
from kakehashi.readers.models import BannedAddress, Barred, DataExport, FormerName, Mute, Reader, Session
from kakehashi.readers.sessions import public_key


def member_by_name(name: str) -> Reader | None:
    """The member who has this name, however it is spelled, or once had it. At most 2 queries."""
    key = text.fold(name)
    if not key:
        return None
    found = Reader.objects.filter(name_key=key, erased_at=None).first()
    if found is None:
        former = FormerName.objects.filter(name_key=key, reader__erased_at=None).select_related("reader").first()
        found = former.reader if former else None
    return found


def has_muted(reader: Reader, member: Reader) -> bool:
    return Mute.objects.filter(reader=reader, muted=member).exists()


def mutes_of(reader: Reader) -> QuerySet[Mute]:
    """Whom the reader has muted, with the members; 1 query."""
    return reader.mutes.select_related("muted").order_by("muted__name_key")


def former_names(reader: Reader) -> QuerySet[FormerName]:
    return reader.former_names.order_by("-changed_at")


def has_second_factor(reader: Reader) -> bool:
    """Whether log-in asks for more than the password. Recovery codes alone do not count."""
    factors = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    return bool(Authenticator.objects.filter(user=reader, type__in=factors).exists())


def owner_of_address(email: str) -> Reader | None:
    """Whose confirmed address this is; 1 query."""
    found = EmailAddress.objects.filter(email=email.lower(), verified=True).select_related("user").first()
    owner: Reader | None = found.user if found else None
    return owner


def ways_of(reader: Reader) -> dict[str, Any]:
    """Context of the page “Ways to log in”; 2 queries."""
    on = providers.switched_on()
    keys = {provider.key for provider in on}
    ways = list(SocialAccount.objects.filter(user=reader).order_by("date_joined", "pk"))
    return {
        "ways": [
            {
                "account": way,
                "name": providers.name_of(way.provider),
                "told": way.extra_data.get("email") or way.extra_data.get("name") or "",
                "is_on": way.provider in keys,
                "can_disconnect": rules.can_disconnect(reader, way, ways, keys),
            }
            for way in ways
        ],
        "others": [provider for provider in on if provider.key not in {way.provider for way in ways}],
        "reader": reader,
        "has_second_factor": has_second_factor(reader),
    }


def sessions_of(reader: Reader, present: str | None) -> list[dict[str, Any]]:
    """Where the reader is logged in, the present browser first; 1 query."""
    rows = Session.objects.filter(reader=reader, expire_date__gt=timezone.now()).order_by("-seen_at", "session_key")
    found = [
        {
            "key": public_key(row.session_key),
            "words": device_words(row.device),
            "seen_at": row.seen_at,
            "is_this": row.session_key == present,
        }
        for row in rows.only("session_key", "device", "seen_at")
    ]
    return sorted(found, key=lambda session: not session["is_this"])


def ready_export(reader: Reader) -> DataExport | None:
    """The reader's finished copy, while its day lasts; 1 query."""
    ready = DataExport.objects.filter(reader=reader, state=DataExport.State.READY, ends_at__gt=timezone.now())
    return ready.first()


def account_overview(reader: Reader) -> dict[str, Any]:
    """Context of the page “Your account”; 6 queries."""
    return {
        "reader": reader,
        "has_second_factor": has_second_factor(reader),
        "pending_email": EmailAddress.objects.filter(user=reader, verified=False).order_by("pk").last(),
        "muted_count": reader.mutes.count(),
        "way_names": [
            providers.name_of(key)
            for key in SocialAccount.objects.filter(user=reader).values_list("provider", flat=True)
        ],
        "session_count": Session.objects.filter(reader=reader, expire_date__gt=timezone.now()).count(),
        "export": DataExport.objects.filter(reader=reader).exclude(ends_at__lte=timezone.now()).first(),
        "can_change_name": rules.can_change_name(reader, timezone.now()),
        "next_name_change_at": rules.next_name_change_at(reader),
    }


def like_banned_addresses(readers: Iterable[tuple[int, str]]) -> list[tuple[int, int]]:
    """Of (reader, address): (reader, banned member) where the address is likely a mailbox of the banned one; 1 query."""
    aliases = {alias_hash(email): reader for reader, email in readers}
    found = BannedAddress.objects.filter(alias__in=list(aliases)).values_list("alias", "reader").distinct()
    return sorted((aliases[alias], banned) for alias, banned in found if aliases[alias] != banned)


def barred(kind: str, *, like: str = "") -> QuerySet[Barred]:
    """Barred domains or names with who added them, the latest first; those in which these words stand, as they were typed or
    as they are compared."""
    found = Barred.objects.filter(kind=kind).select_related("added_by").order_by("-pk")
    return found.filter(Q(words__icontains=like) | Q(key__contains=like.lower())) if like else found
