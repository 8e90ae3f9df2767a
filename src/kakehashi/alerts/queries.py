"""What the pages about mails need, each in a fixed number of SQL queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, Min, QuerySet

from kakehashi.alerts import subjects
from kakehashi.alerts.models import Follow, Mail, MailState, Merged, Receiver, Rhythm, Trouble
from kakehashi.alerts.receivers import addressed, reachable
from kakehashi.alerts.subjects import Subject
from kakehashi.readers.models import Reader
from kakehashi.stories.models import StoryPage
from kakehashi.stories.queries import live_stories, sections

# What comes only as it happens, and what usually does.
ONLY_AT_ONCE = {subjects.BREAKING}
USUALLY_AT_ONCE = {subjects.THREAD, subjects.MEMBER, subjects.BREAKING}


@dataclass(frozen=True)
class Offer:
    """Something to follow, and how often the receiver hears of it; "" is never."""

    subject: Subject
    rhythm: str = ""

    @property
    def field(self) -> str:
        return f"rhythm-{self.subject.word}"

    @property
    def rhythms(self) -> list[tuple[str, Any]]:
        """The choices there are."""
        if self.subject.kind in ONLY_AT_ONCE:
            return [(Rhythm.AT_ONCE.value, Rhythm.AT_ONCE.label)]
        return list(Rhythm.choices)


def usual_rhythm(word: str) -> str:
    return Rhythm.AT_ONCE if subjects.kind_of(word) in USUALLY_AT_ONCE else Rhythm.DAILY


def offers(words: Sequence[str], receiver: Receiver | None) -> list[Offer]:
    """What is there of these subjects, in their order; five queries at most."""
    known = rhythms_of(receiver)
    return [Offer(subject, known.get(word, "")) for word, subject in subjects.found(words).items()]


def rhythms_of(receiver: Receiver | None) -> dict[str, str]:
    if receiver is None:
        return {}
    return dict(Follow.objects.filter(receiver=receiver).order_by("pk").values_list("subject", "rhythm"))


def followed(receiver: Receiver) -> list[Offer]:
    """All that the receiver follows and that there still is, breaking news first; five queries."""
    known = rhythms_of(receiver)
    found = subjects.found([subjects.BREAKING, *known])
    return [Offer(subject, known.get(word, "")) for word, subject in found.items()]


def words_around(about: str) -> list[str]:
    """What to offer to somebody who comes from a page about that subject; from no page, everything there is."""
    kind, _sep, key = about.partition(":")
    if kind == subjects.THREAD:
        story = story_of(key)
        if story is not None:
            return [*subjects.around_story(story), subjects.BREAKING]
    if kind in {subjects.RUNNING, subjects.MEMBER, subjects.SECTION, subjects.AUTHOR}:
        return [about, subjects.SITE, subjects.BREAKING]
    return [subjects.BREAKING, subjects.SITE, *(subjects.word(subjects.SECTION, one.pk) for one in sections())]


def story_of(key: str) -> StoryPage | None:
    if not key.isascii() or not key.isdigit() or len(key) > 18:
        return None
    found: StoryPage | None = live_stories().defer("body").filter(pk=int(key)).first()
    return found


def receiver_with_state(pk: int) -> Any:
    """The receiver with `address`, `is_proven` and `is_blocked`; None where there is none any more."""
    found = addressed().filter(pk=pk).first()
    if found is None:
        found = addressed().filter(pk__in=Merged.objects.filter(former=pk).values("receiver")).first()
    return found


def trouble_at(address: str) -> Trouble | None:
    return Trouble.objects.filter(email=address, blocked_at__isnull=False).first()


def account_line(reader: Reader) -> tuple[int, bool]:
    """How many things the reader follows, and whether mail to their address was switched off; one query."""
    blocked = Trouble.objects.filter(email=reader.email.lower(), blocked_at__isnull=False)
    rows = Receiver.objects.filter(reader=reader).annotate(count=Count("follows"), is_blocked=Exists(blocked))
    return rows.values_list("count", "is_blocked").first() or (0, False)


def breaking_receivers(now: datetime) -> int:
    """How many a mail about breaking news would go to; one query."""
    wanting = Follow.objects.filter(subject=subjects.BREAKING).values("receiver")
    return reachable(now).filter(pk__in=wanting).count()


def doubtful() -> QuerySet[Mail]:
    """Mails of which nobody knows whether they were taken."""
    return Mail.objects.filter(state=MailState.DOUBTFUL).order_by("pk")


@dataclass(frozen=True)
class Queue:
    """How many mails stand how; `oldest_due_at` is the longest due of those that wait."""

    waiting: int
    doubtful: int
    failed: int
    oldest_due_at: datetime | None


def queue(now: datetime) -> Queue:
    """Two queries, of which one reads the counts of an index."""
    open_states = [MailState.WAITING, MailState.CLAIMED, MailState.HANDING]
    # Not those that were sent, which are nearly all.
    counted = Mail.objects.filter(state__in=[*open_states, MailState.DOUBTFUL, MailState.FAILED])
    counts = dict(counted.values_list("state").annotate(n=Count("pk")).order_by())
    due = Mail.objects.filter(state__in=open_states, due_at__lte=now).aggregate(oldest=Min("due_at"))
    return Queue(
        waiting=sum(counts.get(state, 0) for state in open_states),
        doubtful=counts.get(MailState.DOUBTFUL, 0),
        failed=counts.get(MailState.FAILED, 0),
        oldest_due_at=due["oldest"],
    )
