"""Two brigades: one that the demo's moderator has seen through, and one whose alarm is open."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from kakehashi.comments import actions as comment_actions
from kakehashi.comments.models import Comment, ThreadState
from kakehashi.moderation import actions, queries
from kakehashi.moderation.grounds import Ground
from kakehashi.moderation.models import Alarm, AlarmKind, AlarmState
from kakehashi.readers import actions as reader_actions
from kakehashi.readers.models import Reader, Trace

FIRST = ("tide", "pier", "gull", "mole", "lamp", "rope", "keel", "salt", "oar", "net")
LAST = ("watcher", "spotter", "counter", "lover")
OPEN, SEEN_THROUGH = 20, 12
# Of those in a brigade, how many were at the first network, and at the second.
AT_HOME, AT_WORK = 0.45, 0.2
WHY = "Twelve accounts that are some days old voted this down within minutes, and on nothing else. Seven came from one network."


def arrange_votes(*, moderator: Reader, now: datetime, rng: Random) -> None:
    """New accounts vote a well-liked comment down within minutes, a week ago and this morning; the alarms come by the same
    look that the worker takes."""
    names = [f"{first}{last}{rng.randint(2, 99)}" for last in LAST for first in FIRST]
    rng.shuffle(names)
    week_ago, lately = now - timedelta(days=6, hours=3), now - timedelta(minutes=25)
    first = _liked(before=week_ago)
    second = _liked(before=lately, but=first)
    if first is not None:
        _raid(first, names[:SEEN_THROUGH], week_ago, rng)
        actions.watch_votes(now=week_ago)
        seen = Alarm.objects.filter(kind=AlarmKind.COMMENT, state=AlarmState.OPEN, comment=first).first()
        rule = queries.rules_in_force().filter(number=8).first()
        if seen is not None and rule is not None:
            ground = Ground(rule=rule, explanation=WHY)
            actions.discount(actor=moderator, alarm=seen, ground=ground, now=week_ago + timedelta(hours=2))
    if second is not None:
        _raid(second, names[SEEN_THROUGH : SEEN_THROUGH + OPEN], lately, rng)
        actions.watch_votes(now=lately)


def _liked(*, before: datetime, but: Comment | None = None) -> Comment | None:
    """The best rated comment that was there then, in another open discussion than `but`."""
    found = Comment.objects.visible().filter(thread__state=ThreadState.OPEN, author__is_staff=False)
    found = found.filter(parent=None, created_at__lt=before - timedelta(hours=2))
    if but is not None:
        found = found.exclude(thread=but.thread_id)
    return found.order_by("-up", "pk").first()


def _raid(comment: Comment, names: list[str], ends: datetime, rng: Random) -> None:
    """The accounts are opened in the days before, and have all voted by then."""
    networks = [f"{rng.getrandbits(96):024x}" for _ in range(len(names) + 2)]
    devices = [f"{rng.getrandbits(96):024x}" for _ in range(4)]
    for n, name in enumerate(names):
        joined = ends - timedelta(days=rng.uniform(0.8, 3))
        reader = reader_actions.register_reader(email=f"{name}@letters.example", name=name, now=joined)
        place = 0 if n < AT_HOME * len(names) else 1 if n < (AT_HOME + AT_WORK) * len(names) else n + 2
        for day in {joined.date(), ends.date()}:
            Trace.objects.create(
                reader=reader,
                day=day,
                network=networks[place],
                device=rng.choice(devices),
                is_joining=day == joined.date(),
            )
        at = ends - timedelta(seconds=rng.uniform(5, 480))
        comment_actions.cast_vote(reader=reader, comment=comment, value=-1, now=at)
