"""Ways to log in with an account from elsewhere: signing up with one, connecting, disconnecting."""

from __future__ import annotations

from datetime import datetime

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from kakehashi.lib.errors import Conflict, NotAllowed, NotFound
from kakehashi.readers import rules
from kakehashi.readers.actions.barring import require_address, require_unreserved
from kakehashi.readers.actions.joining import email_taken, forget_unconfirmed, register_reader
from kakehashi.readers.models import Reader


def register_from_provider(
    *,
    provider: str,
    uid: str,
    told: dict[str, str],
    email: str,
    name: str,
    language: str = "",
    now: datetime | None = None,
) -> Reader:
    """Make an account that this account from elsewhere opens. `email` is proved: by the provider, or by a code.
    `language` is the one that the browser has chosen.

    An account with that address which nobody ever confirmed gives way. Raises Invalid (name, barred address), Conflict (name
    or address in use, reserved name, or the account from elsewhere is somebody's already).
    """
    require_address(email)
    require_unreserved(name)
    with transaction.atomic():
        if SocialAccount.objects.filter(provider=provider, uid=uid).exists():
            raise way_taken()
        squatter = Reader.objects.filter(email=email).first()
        if squatter is not None:
            forget_unconfirmed(reader=squatter)
        elif EmailAddress.objects.filter(email=email, verified=True).exists():
            raise email_taken()
        reader = register_reader(email=email, name=name, now=now)
        if language:
            reader.language = language
            reader.save(update_fields=["language"])
        _connect(reader, provider, uid, told)
    return reader


def connect_way(*, reader: Reader, provider: str, uid: str, told: dict[str, str]) -> SocialAccount:
    """Let an account from elsewhere open this reader's account. Repeats are harmless. Raises Conflict when it opens
    somebody else's, NotAllowed for a closed account."""
    with transaction.atomic():
        reader = Reader.objects.select_for_update(no_key=True).get(pk=reader.pk)
        if reader.is_erased or not reader.is_active:
            raise NotAllowed(_("This account is closed."))
        return _connect(reader, provider, uid, told)


def disconnect_way(*, reader: Reader, pk: int, providers: set[str]) -> SocialAccount:
    """Take an account from elsewhere off the ways to log in; `providers` are those that are switched on.

    Raises NotFound, and NotAllowed for the last way.
    """
    with transaction.atomic():
        # Two at once would each leave the other one.
        reader = Reader.objects.select_for_update(no_key=True).get(pk=reader.pk)
        ways = list(SocialAccount.objects.filter(user=reader))
        gone = next((way for way in ways if way.pk == pk), None)
        if gone is None:
            raise NotFound(_("This way to log in is not connected any more."))
        if not rules.can_disconnect(reader, gone, ways, providers):
            raise NotAllowed(
                _("This is your only way to log in. Please set a password first, or connect another account."),
                code="last-way",
            )
        SocialAccount.objects.filter(pk=gone.pk).delete()
    return gone


def way_taken() -> Conflict:
    return Conflict(
        _("This account already opens another account here. Log in with it to find out which."), code="way-taken"
    )


def _connect(reader: Reader, provider: str, uid: str, told: dict[str, str]) -> SocialAccount:
    found = SocialAccount.objects.filter(provider=provider, uid=uid).first()
    if found is None:
        try:
            with transaction.atomic():
                return SocialAccount.objects.create(
                    user=reader, provider=provider, uid=uid, extra_data=told, date_joined=timezone.now()
                )
        except IntegrityError as error:
            raise way_taken() from error
    if found.user_id != reader.pk:
        raise way_taken()
    return found
