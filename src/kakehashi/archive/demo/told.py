"""What members of the demo are told: notices of the last days, and for the demo's reader those of each kind, unread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from kakehashi.alerts import actions as alert_actions
from kakehashi.alerts.actions.noticing import events_of
from kakehashi.alerts.models import Notice, Rhythm
from kakehashi.alerts.receivers import receiver_of
from kakehashi.comments import actions as comment_actions
from kakehashi.comments.models import Comment, ThreadState
from kakehashi.moderation import actions as moderation_actions
from kakehashi.moderation.checks.gate import let_in
from kakehashi.moderation.models import Action
from kakehashi.readers.models import Reader
from kakehashi.stories.models import Correction

# So far back goes what members were told; what is older than a day they have read.
DAYS = timedelta(days=3)
READ = timedelta(hours=20)
# What others say to the demo's reader within the last hour: an answer, a quote, a mention.
ANSWER = "You put it better than I could. My mother kept the boat's bell, and it still says the same thing every night."
QUOTE = "This is the sentence I have been looking for since the vote. May I read it out at the meeting on Thursday?"
MENTION = "@{name} was on the quay that day, if I remember rightly. Perhaps she can tell us who rang the bell?"
AFTERWARDS = frozenset({ANSWER, QUOTE, MENTION})


def tell(*, me: Reader, moderator: Reader, members: Mapping[str, Reader], now: datetime) -> None:
    """Let others turn to `me`, then write the notices of the last days as the worker would have; no mail comes of them."""
    own = Comment.objects.visible().filter(author=me, thread__state=ThreadState.OPEN).order_by("-created_at", "-pk")
    mine = list(own.select_related("thread")[:2])
    if mine:
        words = [f"thread:{mine[0].thread.story_id}"]
        alert_actions.follow(receiver=receiver_of(me), words=words, rhythm=Rhythm.WEEKLY, now=now)
        _turn_to(mine[0], me=me, others=_rested(members, me, now), now=now)
        # The other is held back for a moment, looked at, and let through.
        for action, ago in ((Action.HELD, 40), (Action.VISIBLE, 30)):
            at = now - timedelta(minutes=ago)
            moderation_actions.decide_comment(actor=moderator, comment=mine[-1], action=action, now=at)
    recent = Comment.objects.select_related("parent", "thread__story").filter(created_at__gte=now - DAYS)
    for comment in recent.order_by("created_at", "pk"):
        alert_actions.tell(events=events_of([comment]), now=comment.created_at)
    alert_actions.tell_of_decisions(now=now, since=now - DAYS)
    correction = Correction.objects.filter(story__live=True, story__thread__comments__author=me).order_by("-pk").first()
    if correction is not None:
        alert_actions.tell_of_correction(correction=correction, now=now)
    Notice.objects.filter(at__lt=now - READ).update(read_at=now - READ)
    Notice.objects.update(mail_at=None)
    alert_actions.recount(readers=set(Notice.objects.values_list("reader_id", flat=True)))


def _rested(members: Mapping[str, Reader], me: Reader, now: datetime) -> Sequence[Reader]:
    """Three who have not written for some time, always the same."""
    busy = set(Comment.objects.filter(created_at__gte=now - DAYS / 3).values_list("author_id", flat=True))
    return [members[name] for name in sorted(members) if members[name].pk not in {*busy, me.pk}][:3]


def _turn_to(comment: Comment, *, me: Reader, others: Sequence[Reader], now: datetime) -> None:
    says = (ANSWER, QUOTE, MENTION.format(name=me.name))
    for author, words, ago in zip(others, says, (50, 25, 8), strict=False):
        comment_actions.post_comment(
            author=author,
            source=f"> {comment.plain.splitlines()[0]}\n\n{words}" if words == QUOTE else words,
            thread=comment.thread,
            parent=comment if words == ANSWER else None,
            quoted=comment if words == QUOTE else None,
            look=let_in,
            now=now - timedelta(minutes=ago),
        )
