"""Decisions of people in great number, on invented texts: what a model learns from in the tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random

from kakehashi.comments.models import Comment, Thread
from kakehashi.lib import text
from kakehashi.moderation.models import Action, Decision, Rule
from kakehashi.readers.models import Reader
from tests.factories import a_reader, a_thread
from tests.moderation.rows import a_rule

BEGAN = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)

OPENINGS = (
    "Honestly,",
    "Well,",
    "After reading this twice:",
    "To the last writer:",
    "My view:",
    "As ever,",
    "So",
    "Friends,",
)
SUBJECTS = (
    "the ferry board",
    "the mayor of Tolwick",
    "this paper",
    "the harbour master",
    "the rowing club",
    "our council",
)
FINE = (
    "{subject} should publish the figures of last winter before anybody decides about {thing}.",
    "I rowed past {thing} on Sunday, and {subject} has a point about the repairs.",
    "what did {thing} cost in the other towns, and who paid for it?",
    "my mother worked for {subject}, and she still tells how {thing} was built.",
    "I disagree with {subject} about {thing}, but the report is fair and worth reading.",
    "thank you for the careful piece on {thing}; {subject} could learn from it.",
)
RUDE = (
    "{subject} is a bunch of muttonheads, and whoever likes {thing} is a muttonhead too!",
    "only a barnacle-brained twit would believe {subject} about {thing}.",
    "go and boil your head, you puddle-witted windbag, with your {thing}!!",
    "YOU ARE ALL WITLESS GULLS, LEAVE {thing} ALONE",
    "{subject} took money under the table for {thing}, every child knows these crooked weasels.",
    "half price {thing} at https://{shop}.example, order today, tell your friends!",
)
THINGS = (
    "the new pier",
    "the night boat",
    "the toll",
    "the old bell",
    "the tunnel",
    "the fish hall",
    "the bridge",
    "the quay",
)
SHOPS = ("eel-cellar", "tar-and-twine", "golden-oar", "sail-sale")


def texts(count: int, *, seed: int = 3) -> list[tuple[str, bool]]:
    """So many texts, no two the same, about every other of them one that would be removed."""
    chance, found = Random(seed), dict[str, bool]()
    while len(found) < count:
        is_removed = chance.random() < 0.45
        parts = [chance.choice(RUDE if is_removed else FINE)] + [
            chance.choice(FINE) for _ in range(chance.randint(0, 2))
        ]
        slots = {"subject": chance.choice(SUBJECTS), "thing": chance.choice(THINGS), "shop": chance.choice(SHOPS)}
        words = " ".join(part.format(**slots) for part in parts)
        found[f"{chance.choice(OPENINGS)} {words} {chance.choice(THINGS)}, {chance.randint(2, 99)} times."] = is_removed
    return list(found.items())


FIRST_WRITER = 1_000_000


def decide(
    judged: Sequence[tuple[str, bool]],
    *,
    by: Reader | None = None,
    authors: int = 40,
    thread: Thread | None = None,
    since: datetime = BEGAN,
) -> list[Decision]:
    """A comment and a person's decision for each text: removed under a rule, or published."""
    moderator, thread, rules = by or a_reader(role="moderator"), thread or a_thread(), [a_rule(1), a_rule(5), a_rule(7)]
    # Which authors are held out goes by their number: here it is the same in each run, whatever PostgreSQL has counted before.
    first = FIRST_WRITER + Reader.objects.filter(pk__gte=FIRST_WRITER).count()
    writers = [a_reader(pk=first + n) for n in range(authors)]
    comments = Comment.objects.bulk_create(
        Comment(
            thread=thread,
            author=writers[number * 7 % authors],
            source=words,
            html=text.render(words).html,
            plain=text.render(words).plain,
            state="removed" if is_removed else "visible",
            created_at=since + timedelta(minutes=number),
        )
        for number, (words, is_removed) in enumerate(judged)
    )
    return Decision.objects.bulk_create(
        Decision(
            action=Action.REMOVED if is_removed else Action.VISIBLE,
            actor=moderator,
            reader_id=comment.author_id,
            comment=comment,
            rule=_rule_of(comment.source, rules) if is_removed else None,
            decided_at=comment.created_at + timedelta(minutes=30),
            state_before="visible",
        )
        for comment, (_, is_removed) in zip(comments, judged, strict=True)
    )


def _rule_of(words: str, rules: Sequence[Rule]) -> Rule:
    return rules[2] if "example" in words else rules[1] if "money" in words else rules[0]
