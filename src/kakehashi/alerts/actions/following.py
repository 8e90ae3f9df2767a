"""What a receiver hears of, how often and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from kakehashi.alerts import moments, subjects
from kakehashi.alerts.models import Digest, Follow, Receiver, Rhythm
from kakehashi.lib.errors import Conflict, Invalid, NotFound

MOST_FOLLOWS = 300
LONGEST_PAUSE = timedelta(days=366)


@dataclass(frozen=True)
class Times:
    """When mail comes, by whose clock, and in which language; "" is the site's zone or language."""

    hour: int
    weekday: int
    time_zone: str
    language: str


def follow(*, receiver: Receiver, words: Sequence[str], rhythm: str, now: datetime) -> list[Follow]:
    """Have the receiver hear of these subjects; what was followed before takes the new rhythm.

    Mail that was switched off altogether is switched on again. Raises NotFound (no such subject), Invalid (the rhythm),
    Conflict (too many).
    """
    check_wish(words=words, rhythm=rhythm)
    with transaction.atomic():
        Receiver.objects.select_for_update().get(pk=receiver.pk)
        before = set(receiver.follows.values_list("subject", flat=True))
        if len(before | set(words)) > MOST_FOLLOWS:
            raise Conflict(_("You follow very many things already. Please drop some of them first."), code="too-many")
        Follow.objects.bulk_create(
            [
                Follow(receiver=receiver, subject=word, rhythm=_rhythm_of(word, rhythm), created_at=now)
                for word in words
            ],
            update_conflicts=True,
            unique_fields=["receiver", "subject"],
            update_fields=["rhythm"],
        )
        Receiver.objects.filter(pk=receiver.pk).update(off_at=None)
        receiver.off_at = None
        plan(receiver=receiver, now=now)
    return list(receiver.follows.filter(subject__in=words))


def check_wish(*, words: Sequence[str], rhythm: str) -> None:
    """Raises NotFound and Invalid as `follow`."""
    if rhythm not in Rhythm.values:
        raise Invalid(_("Please say how often you want to hear of it."), code="rhythm")
    there = subjects.found(words)
    is_gone = any(
        word not in there or (there[word].kind == subjects.AUTHOR and not subjects.has_written(there[word].title))
        for word in words
    )
    if is_gone or not words:
        raise NotFound(_("What you wanted to follow is not here any more."))


def _rhythm_of(word: str, rhythm: str) -> str:
    return Rhythm.AT_ONCE if word == subjects.BREAKING else rhythm


def unfollow(*, receiver: Receiver, words: Sequence[str], now: datetime) -> int:
    """Hear no more of these; how many were followed. Repeats are harmless."""
    with transaction.atomic():
        gone = Follow.objects.filter(receiver=receiver, subject__in=words).delete()[0]
        plan(receiver=receiver, now=now)
    return gone


def set_rhythms(*, receiver: Receiver, rhythms: Mapping[str, str], now: datetime) -> None:
    """How often to hear of each of what is followed; "" ends it. What is not followed is passed by. Raises Invalid."""
    if not set(rhythms.values()) <= {"", *Rhythm.values}:
        raise Invalid(_("Please say how often you want to hear of it."), code="rhythm")
    with transaction.atomic():
        for rhythm in Rhythm.values:
            words = [word for word, wished in rhythms.items() if wished and _rhythm_of(word, wished) == rhythm]
            Follow.objects.filter(receiver=receiver, subject__in=words).exclude(rhythm=rhythm).update(rhythm=rhythm)
        gone = [word for word, wished in rhythms.items() if not wished]
        Follow.objects.filter(receiver=receiver, subject__in=gone).delete()
        plan(receiver=receiver, now=now)


def choose_rhythms(*, receiver: Receiver, wished: Mapping[str, str], now: datetime) -> None:
    """Follow what is new, drop what is not wished any more (""), and change how often the others come, or nothing of it.
    Raises as `follow`."""
    with transaction.atomic():
        known = set(receiver.follows.values_list("subject", flat=True))
        for rhythm in Rhythm.values:
            new = [word for word, how in wished.items() if how == rhythm and word not in known]
            if new:
                follow(receiver=receiver, words=new, rhythm=rhythm, now=now)
        set_rhythms(receiver=receiver, rhythms=wished, now=now)


def set_times(*, receiver: Receiver, times: Times, now: datetime) -> None:
    """Raises Invalid for an hour, day or zone that there is not."""
    is_known = times.time_zone == "" or times.time_zone in moments.zone_names()
    if not (0 <= times.hour <= 23 and 0 <= times.weekday <= 6 and is_known):
        raise Invalid(_("Please pick one of the hours, days and time zones offered."), code="times")
    receiver.hour, receiver.weekday = times.hour, times.weekday
    receiver.time_zone, receiver.language = times.time_zone, times.language
    with transaction.atomic():
        receiver.save(update_fields=["hour", "weekday", "time_zone", "language"])
        plan(receiver=receiver, now=now, is_new_time=True)


def pause(*, receiver: Receiver, until: datetime | None, now: datetime) -> None:
    """No mail until then; None: from now on again. Raises Invalid for a time that has passed or lies too far ahead."""
    if until is not None and not now < until <= now + LONGEST_PAUSE:
        raise Invalid(_("A pause can last up to a year."), code="pause")
    Receiver.objects.filter(pk=receiver.pk).update(paused_until=until)
    receiver.paused_until = until


def switch_off(*, receiver: Receiver, now: datetime) -> None:
    """No mail any more; what is followed is kept, for whoever comes back. Repeats are harmless."""
    Receiver.objects.filter(pk=receiver.pk, off_at=None).update(off_at=now)
    receiver.off_at = receiver.off_at or now


def switch_on(*, receiver: Receiver, now: datetime) -> None:
    """Mail again, beginning with what happens from now on."""
    with transaction.atomic():
        Receiver.objects.filter(pk=receiver.pk).update(off_at=None, paused_until=None)
        receiver.off_at = receiver.paused_until = None
        Digest.objects.filter(receiver=receiver).update(since=now)
        plan(receiver=receiver, now=now)


def plan(*, receiver: Receiver, now: datetime, is_new_time: bool = False) -> None:
    """Have a digest due for each rhythm in which anything is followed, and none for others."""
    rhythms = set(receiver.follows.values_list("rhythm", flat=True)) & {Rhythm.DAILY, Rhythm.WEEKLY}
    Digest.objects.filter(receiver=receiver).exclude(rhythm__in=rhythms).delete()
    for rhythm in rhythms:
        due_at = next_due(receiver=receiver, rhythm=rhythm, after=now)
        digest, is_new = Digest.objects.get_or_create(
            receiver=receiver, rhythm=rhythm, defaults={"since": now, "due_at": due_at}
        )
        if is_new_time and not is_new:
            Digest.objects.filter(pk=digest.pk).update(due_at=due_at)


def next_due(*, receiver: Receiver, rhythm: str, after: datetime) -> datetime:
    """The receiver's next hour for mails of that rhythm."""
    zone = moments.zone_of(receiver.time_zone)
    return moments.next_due(rhythm, after=after, hour=receiver.hour, weekday=receiver.weekday, zone=zone)
