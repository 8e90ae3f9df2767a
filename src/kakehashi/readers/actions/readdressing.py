"""A change of address is told to the old one, which can undo it for three days."""

from __future__ import annotations

from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from kakehashi.lib.errors import Conflict
from kakehashi.readers.actions.joining import email_taken
from kakehashi.readers.models import EmailChange, Reader

CAN_BE_STOPPED_FOR = timedelta(hours=72)


def note_email_change(*, reader: Reader, old: str, new: str, now: datetime | None = None) -> EmailChange:
    """Remember that a change was asked for, or made, so that whoever reads the old address can undo it for three days."""
    now = now or timezone.now()
    wish = {"reader": reader, "old": old, "new": new.lower()[:254]}
    found = EmailChange.objects.filter(**wish, stopped_at=None).first()
    if found is None:
        return EmailChange.objects.create(**wish, asked_at=now, ends_at=now + CAN_BE_STOPPED_FOR)
    found.ends_at = now + CAN_BE_STOPPED_FOR
    found.save(update_fields=["ends_at"])
    return found


def stop_email_change(*, change: EmailChange, now: datetime | None = None) -> Reader:
    """Put the old address back, and close the account to whoever changed it: sessions, password, and the ways to log in
    that were added since. The owner sets a new password by mail. Repeats are harmless.

    Raises Conflict when it is too late, the account is closed, or the old address is somebody else's by now.
    """
    now = now or timezone.now()
    try:
        with transaction.atomic():
            reader = Reader.objects.select_for_update(no_key=True).get(pk=change.reader_id)
            change = EmailChange.objects.get(pk=change.pk)
            if reader.is_erased or change.ends_at <= now:
                raise Conflict(_("This link has run out. Please write to the newsroom if your account was taken."))
            if change.stopped_at is None:
                _close_to_others(reader, change)
                # With it all that was asked for since: the link of a later one is in the mailbox of whoever asked.
                reader.email_changes.filter(asked_at__gte=change.asked_at, stopped_at=None).update(stopped_at=now)
    except IntegrityError as error:
        raise email_taken() from error
    return reader


def _close_to_others(reader: Reader, change: EmailChange) -> None:
    reader.email = change.old
    reader.set_unusable_password()
    # Whoever took the account may have asked to delete it, too.
    reader.leaves_at = None
    reader.save(update_fields=["email", "password", "leaves_at"])
    EmailAddress.objects.filter(user=reader).delete()
    EmailAddress.objects.create(user=reader, email=change.old, primary=True, verified=True)
    SocialAccount.objects.filter(user=reader, date_joined__gte=change.asked_at).delete()
    Authenticator.objects.filter(user=reader, created_at__gte=change.asked_at).delete()
    reader.sessions.all().delete()


def forget_email_changes(*, now: datetime) -> int:
    return EmailChange.objects.filter(ends_at__lt=now).delete()[0]
