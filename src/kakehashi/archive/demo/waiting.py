"""What waits for the demo's moderators: comments of the last hours that were held back or that readers have flagged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from kakehashi.comments import actions as comment_actions
from kakehashi.comments.gate import Reconsider, Sent
from kakehashi.comments.models import Comment, CommentState, ThreadState
from kakehashi.moderation import actions, queue, rules
from kakehashi.moderation.actions import WordText
from kakehashi.moderation.models import Action, Category
from kakehashi.readers import actions as reader_actions
from kakehashi.readers.models import Reader, Standing
from kakehashi.stories.models import StoryPage

# New members, each with a first comment so many hours ago.
NEWCOMERS = (
    ("Wilma Oakhurst", 0.4, "I moved here in spring. Why is the timetable at the pier and nowhere else?"),
    ("Ferris Dunmore", 1.1, "Long-time reader, first comment: the shares in the third paragraph add up to 98 per cent."),
    ("Petra Sallow", 1.6, "Only somebody as dim as the man above could believe that the harbour pays for itself."),
    ("Quill Amberley", 2.2, "Half-price lamps and ropes at my shop, this week only: https://ropes.example/sale"),
    ("Noor Hathaway", 3.0, "Thank you for asking the people who clean the stations, too. Nobody ever does."),
    ("Bastian Reed", 3.4, "WHY DOES NOBODY EVER SAY THAT THE WHOLE COUNCIL IS ASLEEP???"),
    ("Imke Sandholm", 5.2, "My grandfather built the first of these locks. He would have liked the second picture."),
    ("Theo Marchbank", 6.1, "Is there a list of the streets that are closed? I could not find one on the council’s pages."),
    ("Juno Carrow", 7.3, "She lives in the yellow house behind the school; ask her yourself what she was paid."),
    ("Rafe Winterbourne", 8.8, "A fair piece. I would have liked one sentence on what all of it costs."),
)  # fmt: skip
# Said once and said again under another story.
COPIER = (
    "Odo Larkspur",
    0.7,
    "Read the truth about the tram on my page. They will not tell you here: https://larkspur.example/tram",
)
# First what was written, then what it was made to say within the minutes for that.
CHANGER = (
    "Sunniva Pell",
    0.2,
    "The chairman is a crook, and everybody on the quay knows it.",
    "The chairman owes us an answer, and everybody on the quay knows it.",
)
# On the word list, and said by somebody who is known here: published, and put before the staff.
SUSPECT_WORD = "daylight robber*"
SUSPECT = (0.6, "Four crowns for one stop is daylight robbery, and the council calls it a reform.")
# Somebody without an account, about one of the comments that are flagged.
NOTICE: dict[str, Any] = {
    "category": Category.CYBER_VIOLENCE,
    "explanation": (
        "I work where this comment says, and everybody in the town knows that it means me. It insults me, which is an offence, "
        "and my employer has asked me about it this morning."
    ),
    "name": "Linnea Farrow",
    "email": "linnea@farrow.example",
    "is_in_good_faith": True,
}
NOTICE_MINUTES_AGO = 35
# (rule, minutes ago, words of those who flag), each for another comment of the last days.
FLAGGED = (
    (1, 50, ("He means me, and he knows it.", "", "Not about the story any more.")),
    (2, 95, ("Everybody from the south shore, again.", "")),
    (6, 130, ("Parking, under a story about something else.",)),
    (5, 180, ("No source for any of this.", "Where does it say so?")),
    (7, 30, ("The same link as yesterday.",)),
    (4, 20, ("That is her street.",)),
    (3, 12, ("Is that a threat?", "I read it so, too.")),
    (1, 240, ("",)),
    (6, 320, ("",)),
    (5, 400, ("Made up.",)),
    (1, 60, ("I only disagree, but loudly.",)),
    (8, 150, ("The same person as below, I think.", "Two names, one voice.")),
    (1, 15, ("",)),
    (6, 75, ("Off the subject.",)),
    (2, 210, ("As a joke, and still.",)),
    (5, 105, ("",)),
    (1, 280, ("Calls names.",)),
    (7, 45, ("Advertising.",)),
)
# So many members within three minutes, against words that harm nobody.
BURST, BURST_MINUTES_AGO = 8, 25
# Of the comments of one discussion.
MOST_OF_ONE = 3
# The second moderator has just sat down.
DAY = timedelta(days=1)
AT_IT = timedelta(minutes=30)


def let_wait(
    *, members: Mapping[str, Reader], stories: Mapping[str, StoryPage], first: Reader, second: Reader, now: datetime
) -> None:
    """Fill the queue through the actions that readers use. `first` has caught up with what is older than a day; `second` is at
    one of its comments."""
    names = sorted(members)
    flaggers = [members[name] for name in names]
    printed = sorted(stories.values(), key=lambda story: (story.published_at, story.pk), reverse=True)
    open_to_all = [story for story in printed if comment_actions.thread_for(story).state == ThreadState.OPEN]
    _newcomers(open_to_all, now)
    _let_through(first, now)
    _suspect(first, flaggers, open_to_all[0], now)
    targets = _targets()
    _burst(targets[0], flaggers, now)
    _flags(targets[1:], flaggers, now)
    at = now - timedelta(minutes=NOTICE_MINUTES_AGO)
    actions.file_notice(place=str(targets[1].pk), now=at, **NOTICE)
    actions.find_waiting(now=now)
    order = queue.first(queue.Filter(kind="held"), second, now)
    actions.claim_next(actor=second, order=order, now=now + AT_IT - rules.CLAIM_LASTS)


def _let_through(moderator: Reader, now: datetime) -> None:
    held = Comment.objects.filter(state=CommentState.HELD, created_at__lt=now - DAY)
    for comment in held.order_by("created_at", "pk"):
        at = comment.created_at + timedelta(hours=2)
        actions.decide_comment(actor=moderator, comment=comment, action=Action.VISIBLE, now=at)


def _targets() -> list[Comment]:
    """The latest comments, a few of each discussion."""
    found: list[Comment] = []
    per_thread: Counter[int] = Counter()
    latest = Comment.objects.visible().filter(author__role="reader", author__standing=Standing.ESTABLISHED)
    for comment in latest.filter(thread__state=ThreadState.OPEN).order_by("-created_at", "-pk")[:400]:
        if per_thread[comment.thread_id] < MOST_OF_ONE and len(found) <= len(FLAGGED):
            per_thread[comment.thread_id] += 1
            found.append(comment)
    return found


def _newcomers(stories: Sequence[StoryPage], now: datetime) -> None:
    for turn, (name, hours, words) in enumerate(NEWCOMERS):
        _write(_joined(name, now), stories[turn % len(stories)], words, now - timedelta(hours=hours))
    name, hours, words = COPIER
    copier = _joined(name, now)
    for turn in range(2):
        _write(copier, stories[turn], words, now - timedelta(hours=hours, minutes=-9 * turn))
    name, hours, before, after = CHANGER
    changer, at = _joined(name, now), now - timedelta(hours=hours)
    comment = _write(changer, stories[2 % len(stories)], before, at)
    comment_actions.edit_comment(actor=changer, comment=comment, source=after, now=at + timedelta(minutes=3))


def _suspect(moderator: Reader, members: Sequence[Reader], story: StoryPage, now: datetime) -> None:
    actions.save_word(actor=moderator, text=WordText(SUSPECT_WORD), now=now - DAY)
    busy = set(Comment.objects.filter(created_at__gte=now - DAY).values_list("author_id", flat=True))
    hours, words = SUSPECT
    _write(next(one for one in members if one.pk not in busy), story, words, now - timedelta(hours=hours))


def _joined(name: str, now: datetime) -> Reader:
    email = f"{name.split(maxsplit=1)[0].lower()}@new.example"
    return reader_actions.register_reader(email=email, name=name, now=now - timedelta(days=2))


def _write(author: Reader, story: StoryPage, words: str, at: datetime) -> Comment:
    """As it is, also where the writer is asked to think again."""
    try:
        return comment_actions.post_comment(author=author, story=story, source=words, now=at)
    except Reconsider as question:
        sent = Sent(asked=question.asked)
        return comment_actions.post_comment(author=author, story=story, source=words, sent=sent, now=at)


def _flags(targets: Sequence[Comment], flaggers: Sequence[Reader], now: datetime) -> None:
    for turn, (comment, (rule, minutes, words)) in enumerate(zip(targets, FLAGGED, strict=False)):
        others = [one for one in flaggers if one.pk != comment.author_id]
        for n, said in enumerate(words):
            who, at = others[(turn * 3 + n) % len(others)], now - timedelta(minutes=minutes - 4 * n)
            actions.flag_comment(reader=who, comment=comment, rule=rule, words=said, now=at)


def _burst(comment: Comment, flaggers: Sequence[Reader], now: datetime) -> None:
    others = [one for one in flaggers if one.pk != comment.author_id]
    for n, who in enumerate(others[-BURST:]):
        at = now - timedelta(minutes=BURST_MINUTES_AGO) + timedelta(seconds=20 * n)
        actions.flag_comment(reader=who, comment=comment, rule=1, words="", now=at)
