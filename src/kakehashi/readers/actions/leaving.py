"""What a reader takes along, and what stays when a reader leaves.

Upper rooms keep things of readers too. They are not imported here: settings name their functions
(KAKEHASHI_DATA_EXPORTERS, KAKEHASHI_DEPARTURES), as they name the tasks of the worker.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from wagtail.models import ModelLogEntry
from wagtail.users.models import UserProfile

from kakehashi.lib.errors import Conflict
from kakehashi.readers.actions.barring import settle_addresses
from kakehashi.readers.actions.roles import is_last_administrator
from kakehashi.readers.models import (
    CommentLayout,
    DataExport,
    EmailChange,
    FormerName,
    Mute,
    Reader,
    Role,
    Trace,
    retired_key,
)


def export_reader(*, reader: Reader) -> dict[str, Any]:
    """All that the site keeps about `reader`, as plain values for JSON; times in UTC, ISO 8601."""
    return {name: list(value) if isinstance(value, Iterator) else value for name, value in export_pieces(reader)}


def export_pieces(reader: Reader) -> Iterator[tuple[str, Any]]:
    """The same, name after name; what may be long comes as an iterator that asks the database batch by batch."""
    yield from own_data(reader).items()
    for path in settings.KAKEHASHI_DATA_EXPORTERS:
        yield from import_string(path)(reader=reader).items()


def own_data(reader: Reader) -> dict[str, Any]:
    """What this room keeps about `reader`."""

    def moment(value: datetime | None) -> str | None:
        return value.isoformat() if value else None

    return {
        "profile": {
            "name": reader.name,
            "email": reader.email,
            "role": reader.role,
            "joined_at": moment(reader.date_joined),
            "last_login_at": moment(reader.last_login),
            "name_changed_at": moment(reader.name_changed_at),
            "suspended_until": moment(reader.suspended_until),
            "leaves_at": moment(reader.leaves_at),
            "warned_at": moment(reader.warned_at),
        },
        "preferences": {
            "language": reader.language,
            "comment_order": reader.comment_order,
            "comment_layout": reader.comment_layout,
            "ratings_help_to_find_common_ground": reader.is_modelled,
        },
        "email_addresses": list(
            EmailAddress.objects.filter(user=reader).order_by("email").values("email", "verified", "primary")
        ),
        "former_names": [
            {"name": former.name, "until": moment(former.changed_at)}
            for former in reader.former_names.order_by("changed_at")
        ],
        "muted_members": [
            {"name": row.muted.name, "since": moment(row.created_at)}
            for row in reader.mutes.select_related("muted").order_by("created_at")
        ],
        "other_ways_to_log_in": [
            {
                "provider": account.provider,
                "id_there": account.uid,
                "told_by_it": account.extra_data,
                "connected_at": moment(account.date_joined),
                "last_used_at": moment(account.last_login),
            }
            for account in SocialAccount.objects.filter(user=reader).order_by("date_joined")
        ],
        "two_factor_methods": [
            {"type": method.type, "added_at": moment(method.created_at), "last_used_at": moment(method.last_used_at)}
            for method in Authenticator.objects.filter(user=reader).order_by("created_at")
        ],
        "logged_in_browsers": [
            {"device": row.device, "last_used_at": moment(row.seen_at), "ends_at": moment(row.expire_date)}
            for row in reader.sessions.order_by("expire_date")
        ],
        # Keyed hashes of where the account was used from: readers.traces.
        "used_from": [
            {"day": row.day.isoformat(), "network": row.network, "device": row.device, "registering": row.is_joining}
            for row in reader.traces.order_by("day", "pk")
        ],
        "changes_of_address": [
            {"from": change.old, "to": change.new, "asked_at": moment(change.asked_at)}
            for change in reader.email_changes.order_by("asked_at")
        ],
    }


def erase_reader(*, reader: Reader, withdraw: bool = False, now: datetime | None = None) -> Reader:
    """Forget the person: name, address, password, second factors, preferences, mutes; with `withdraw`, also what they
    wrote, otherwise it stays without their name. Upper rooms do their part in the same transaction.

    The row stays, empty, so that threads hold together. The names stay taken under a keyed hash, so that nobody can
    pose as the one who left. Repeats are harmless. Raises Conflict for the last administrator.
    """
    now = now or timezone.now()
    with transaction.atomic():
        reader = Reader.objects.select_for_update(no_key=True).get(pk=reader.pk)
        if reader.is_erased:
            # Retired names that are retired again would be free.
            return reader
        if is_last_administrator(reader):
            raise Conflict(_("This is the last administrator. Make somebody else administrator first."))
        for path in settings.KAKEHASHI_DEPARTURES:
            import_string(path)(reader=reader, withdraw=withdraw, now=now)
        _retire_names(reader, now)
        settle_addresses(reader=reader)
        for model in (EmailAddress, Authenticator, SocialAccount, UserProfile):
            model.objects.filter(user=reader).delete()
        for kept in (DataExport, EmailChange, Trace):
            kept.objects.filter(reader=reader).delete()
        Mute.objects.filter(Q(reader=reader) | Q(muted=reader)).delete()
        reader.sessions.all().delete()
        reader.groups.clear()
        _blank(reader, now)
        ModelLogEntry.objects.for_instance(reader).update(label=reader.name)
    return reader


def _retire_names(reader: Reader, now: datetime) -> None:
    for former in reader.former_names.all():
        former.name, former.name_key = "", retired_key(former.name_key)
        former.save(update_fields=["name", "name_key"])
    FormerName.objects.create(reader=reader, name="", name_key=retired_key(reader.name_key), changed_at=now)


def _blank(reader: Reader, now: datetime) -> None:
    reader.name = "Deleted member"
    # A capital and a space: no folded name holds either, so this key is never anybody's.
    reader.name_key = f"ERASED {reader.pk}"
    reader.email = f"erased-{reader.pk}@erased.invalid"
    reader.set_unusable_password()
    reader.role, reader.is_staff, reader.is_superuser, reader.is_active = Role.READER, False, False, False
    reader.language, reader.comment_order, reader.comment_layout = "", "", CommentLayout.FLAT
    # The votes stay, but nothing is worked out any more about who cast them.
    reader.is_modelled = False
    reader.name_changed_at, reader.last_login = None, None
    reader.leaves_at, reader.leaves_with_comments = None, False
    reader.erased_at = now
    reader.save()
