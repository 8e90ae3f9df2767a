"""The check that looks for the words of the list, and the list as each process keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import NamedTuple

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from kakehashi.lib.words import Match, Matcher
from kakehashi.moderation.checks.draft import Draft, Finding, Refused, named, prepared, quick
from kakehashi.moderation.models import Verdict, Word, WordKind, WordList

# Of the words that were found, so many are told.
MOST_TOLD = 5


class Entry(NamedTuple):
    """What the list says of a phrase."""

    pk: int
    kind: str
    language: str
    rule_number: int


@dataclass(frozen=True)
class _Kept:
    """`version` of the list, as it was looked up in `edition`."""

    edition: int
    version: int
    matcher: Matcher[Entry]


_kept: _Kept | None = None
_making = Lock()


@named("words")
@prepared(lambda draft: in_force(draft.edition))
@quick
def check_words(draft: Draft) -> Finding | None:
    """Raises `Refused` where a banned word is found."""
    found = in_force(draft.edition).find(draft.folded, lambda entry: _counts(entry, draft)).matches
    banned = [match for match in found if match.value.kind == WordKind.BANNED]
    if banned:
        with translation.override(draft.reads_in):
            raise Refused(_refusal(banned), code="banned-words")
    if not found:
        return None
    said = ", ".join(_told(match) for match in found[:MOST_TOLD])
    return Finding(Verdict.SUSPECT, _("Words of the list: %(words)s") % {"words": said}, rule_number=_rule_of(found))


def _counts(entry: Entry, draft: Draft) -> bool:
    """Whether the entry is for texts in this language."""
    return not entry.language or entry.language in {draft.language, draft.reads_in, settings.LANGUAGE_CODE}


def _rule_of(found: list[Match[Entry]]) -> int:
    """The first that is named; 0: none."""
    return next((match.value.rule_number for match in found if match.value.rule_number), 0)


def _told(match: Match[Entry]) -> str:
    """“phrase” (rule 2), with what the text says where that is something else."""
    said = f"“{match.phrase}”"
    if match.value.rule_number:
        said += " " + _("(rule %(number)s)") % {"number": match.value.rule_number}
    return said


def _refusal(found: list[Match[Entry]]) -> str:
    words = ", ".join(f"“{match.phrase}”" for match in found[:MOST_TOLD])
    number = _rule_of(found)
    if number:
        return _(
            "This cannot be posted with these words: %(words)s. Rule %(number)s of the discussion says why. Please say it "
            "in other words; your text is kept here."
        ) % {"words": words, "number": number}
    return _(
        "This cannot be posted with these words: %(words)s. Please say it in other words; your text is kept here."
    ) % {"words": words}


def in_force(edition: int) -> Matcher[Entry]:
    """The list as it stood when this edition began, or later. No statement but where the edition has moved: one, and the
    list itself if that has changed too. One thread makes it anew; the others go on with what there was."""
    kept = _kept
    if kept is not None and kept.edition == edition:
        return kept.matcher
    if not _making.acquire(blocking=kept is None):
        assert kept is not None
        return kept.matcher
    try:
        return _remade(edition).matcher
    finally:
        _making.release()


def _remade(edition: int) -> _Kept:
    global _kept  # noqa: PLW0603 - what a process keeps, written by who holds the lock
    kept = _kept
    if kept is not None and kept.edition == edition:
        return kept
    version = WordList.objects.values_list("version", flat=True).first() or 0
    if kept is not None and kept.version == version:
        kept = _Kept(edition, version, kept.matcher)
    else:
        columns = ("phrase", "pk", "kind", "language", "rule_number")
        rows = Word.objects.order_by("pk").values_list(*columns)
        entries = [(phrase, Entry(*entry)) for phrase, *entry in rows.iterator()]
        fine = [one for one in entries if one[1].kind == WordKind.FINE]
        kept = _Kept(edition, version, Matcher((one for one in entries if one[1].kind != WordKind.FINE), fine))
    _kept = kept
    return kept


def forget() -> None:
    """Begin anew, as after a start."""
    global _kept  # noqa: PLW0603
    _kept = None
