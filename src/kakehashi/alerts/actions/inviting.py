"""Whoever first logged in with an account from elsewhere is asked, once, whether they want news by mail."""

from __future__ import annotations

from datetime import datetime

from allauth.socialaccount.models import SocialAccount
from django.db.models import Max

from kakehashi.alerts import subjects
from kakehashi.alerts.actions.following import follow
from kakehashi.alerts.actions.queueing import queue_mail
from kakehashi.alerts.models import Follow, Look, Mail, Receiver, Rhythm
from kakehashi.alerts.receivers import receiver_of
from kakehashi.readers.models import Reader

# Ids are given before they are committed: read this many again.
OVERLAP_IDS = 200
INVITED_TO = [(subjects.BREAKING, Rhythm.AT_ONCE), (subjects.SITE, Rhythm.DAILY)]


def queue_invitations(*, now: datetime) -> int:
    """One mail to each member who came by social log-in since the last look, and follows nothing yet; how many."""
    accounts = SocialAccount.objects
    highest = accounts.aggregate(highest=Max("pk"))["highest"] or 0
    look, is_new = Look.objects.get_or_create(name="social accounts", defaults={"looked_at": now, "last_id": highest})
    if is_new:
        # Who came before there were invitations is not asked now.
        return 0
    fresh = accounts.filter(pk__gt=max(look.last_id - OVERLAP_IDS, 0), date_joined__gt=look.looked_at)
    ids = set(fresh.values_list("user_id", flat=True))
    ids -= set(Follow.objects.filter(receiver__reader__in=ids).values_list("receiver__reader_id", flat=True))
    ids -= set(
        Mail.objects.filter(receiver__reader__in=ids, cause="invitation").values_list("receiver__reader_id", flat=True)
    )
    readers = Reader.objects.filter(pk__in=ids, is_active=True, erased_at=None)
    done = sum(
        queue_mail(receiver=receiver_of(reader), cause="invitation", kind="invitation", due_at=now)
        for reader in readers
    )
    if highest > look.last_id:
        Look.objects.filter(pk=look.pk).update(last_id=highest)
    return done


def accept_invitation(*, receiver: Receiver, now: datetime) -> None:
    """Breaking news as it happens, everything else in one mail a day; what is followed already stays as it is."""
    followed = set(receiver.follows.values_list("subject", flat=True))
    for word, rhythm in INVITED_TO:
        if word not in followed:
            follow(receiver=receiver, words=[word], rhythm=rhythm, now=now)
