"""Asking a writer to think again, once, before anything is posted. What they do then is theirs, and is counted."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files

from django.core.signing import BadSignature, Signer
from django.utils import translation
from django.utils.translation import gettext as _

from kakehashi.comments.gate import Reconsider, Sent
from kakehashi.comments.models import Comment
from kakehashi.lib.words import Matcher, is_findable
from kakehashi.moderation.checks.digests import digest
from kakehashi.moderation.checks.draft import Draft
from kakehashi.moderation.models import Nudge

# Of the letters that have capitals, so many at least, and such a share of them, is shouting; or so many ! in a row.
SHOUTED_LETTERS, SHOUTED_SHARE = 20, 0.7
_EXCLAIMED = re.compile(r"[!！]{4}")
# A score from which a check that reckons (Finding.score) counts as harsh; less will do where it is said to somebody.
HARSH_SCORE, HARSH_TO_SOMEBODY = 0.8, 0.65
# A changed text may be asked about once more.
MOST_TURNS = 2
# So many questions an hour are put to one writer: more would only fill the table.
MOST_ASKED, ASKED_WITHIN = 20, timedelta(hours=1)
# As long as their figures are looked at, and some.
KEPT_FOR = timedelta(days=90)
# The same text within so short a time is one click too many: nobody has read the question yet.
SENT_TWICE = timedelta(seconds=5)
# Names are looked for of those who wrote the last so many comments of a discussion.
LATEST = 200
# Names of so few letters are words, too: So, You.
SHORT_NAME = 3
FORGOTTEN_AT_ONCE = 5000
_NO_WILDCARDS = str.maketrans("*?", "  ")
_signer = Signer(salt="kakehashi.moderation.nudge")


@dataclass(frozen=True)
class Considered:
    """Somebody was asked before and sends again; `was_changed`: another text than was asked about."""

    nudge: Nudge
    was_changed: bool


def consider(draft: Draft, sent: Sent, *, score: float, require: Callable[[], None]) -> Considered | None:
    """What became of an earlier question, or None where there was none and none is needed.

    Raises `Reconsider` with a question to the writer, whose text is changed and harsh still at most twice in a row; what
    was asked about already is not asked about again, nor what the writer said is meant. Before it does, it calls
    `require`, which raises where the text would be refused anyway.
    """
    before = _asked_before(draft, sent.asked)
    own = digest(draft.source, "nudge")
    if before is not None and before.digest == own:
        return Considered(before, before.turns > 1)
    cause = _cause(draft, score)
    if cause is None or (before is not None and (before.turns >= MOST_TURNS or sent.is_meant)):
        return Considered(before, True) if before is not None else None
    require()
    if before is not None:
        before.digest, before.turns = own, before.turns + 1
        before.save(update_fields=["digest", "turns"])
    else:
        lately = Nudge.objects.filter(reader=draft.author, asked_at__gt=draft.now - ASKED_WITHIN)
        found = list(lately.order_by("-asked_at")[:MOST_ASKED])
        before = next((one for one in found if one.digest == own and one.comment_id is None), None)
        if before is not None and draft.now - before.asked_at >= SENT_TWICE:
            # The sign was lost on the way, by a page that was loaded again.
            return Considered(before, before.turns > 1)
        if before is None and len(found) == MOST_ASKED:
            return None
        before = before or Nudge.objects.create(
            reader=draft.author, cause=cause, language=draft.language[:12], digest=own, asked_at=draft.now
        )
    with translation.override(draft.reads_in):
        raise Reconsider(_question(cause), asked=_signer.sign(str(before.pk)))


def settle(considered: Considered, comment: Comment) -> None:
    """Write down what the writer did."""
    outcome = Nudge.Outcome.CHANGED if considered.was_changed else Nudge.Outcome.AS_IT_WAS
    Nudge.objects.filter(pk=considered.nudge.pk).update(outcome=outcome, comment=comment)


def forget(*, now: datetime) -> int:
    """Let go of questions of which no figure tells any more; how many. Some thousands at a time."""
    old = Nudge.objects.filter(asked_at__lt=now - KEPT_FOR).order_by("asked_at").values("pk")
    return Nudge.objects.filter(pk__in=old[:FORGOTTEN_AT_ONCE]).delete()[0]


def _asked_before(draft: Draft, asked: str) -> Nudge | None:
    """The question that the form carries, if it was put to this writer."""
    if not asked:
        return None
    try:
        number = int(_signer.unsign(asked))
    except (BadSignature, ValueError):
        return None
    return Nudge.objects.filter(pk=number, reader=draft.author, comment=None).first()


def _cause(draft: Draft, score: float) -> Nudge.Cause | None:
    is_harsh = _is_harsh(draft)
    if is_harsh or score >= HARSH_TO_SOMEBODY:
        if draft.mentioned or draft.parent is not None or _names_somebody(draft):
            return Nudge.Cause.PERSON
        if is_harsh or score >= HARSH_SCORE:
            return Nudge.Cause.HARSH
    return Nudge.Cause.SHOUTING if is_shouted(draft.plain) else None


def _names_somebody(draft: Draft) -> bool:
    """Whether it says the name of somebody else who has written here; 1 query, for harsh texts alone."""
    here = (
        Comment.objects.visible().filter(thread=draft.thread_id, author__isnull=False).exclude(author=draft.author.pk)
    )
    names = set(here.order_by("-pk").values_list("author__name", flat=True)[:LATEST])
    phrases = (name.translate(_NO_WILDCARDS) for name in names if len(name) > SHORT_NAME or not name.isascii())
    return bool(Matcher((one, None) for one in phrases if is_findable(one)).find(draft.folded).matches)


def _is_harsh(draft: Draft) -> bool:
    words = _harsh_words().get(draft.language.partition("-")[0])
    return words is not None and bool(words.find(draft.folded).matches)


@cache
def _harsh_words() -> dict[str, Matcher[None]]:
    """A small list for each language that has one: nobody is asked in another."""
    lists = tomllib.loads(files(__package__).joinpath("harsh.toml").read_text(encoding="utf-8"))
    return {
        language: Matcher(((phrase, None) for phrase in found["words"]), ((phrase, None) for phrase in found["fine"]))
        for language, found in lists.items()
    }


def is_shouted(plain: str) -> bool:
    """Whether it is written in capitals, or with many exclamation marks. A script without capitals is never the former."""
    if _EXCLAIMED.search(plain):
        return True
    capitals = sum(map(str.isupper, plain))
    if capitals < SHOUTED_LETTERS * SHOUTED_SHARE:
        return False
    cased = capitals + sum(map(str.islower, plain))
    return cased >= SHOUTED_LETTERS and capitals >= SHOUTED_SHARE * cased


def _question(cause: Nudge.Cause) -> str:
    if cause == Nudge.Cause.PERSON:
        return _("This may hurt somebody who reads it here. Would you say it so to their face?")
    if cause == Nudge.Cause.HARSH:
        return _("Some of this sounds harsh. Your point may be heard better in other words.")
    return _("This reads like shouting. In ordinary letters more people may listen.")
