"""Changing the word list. Each change raises its version and the edition, by which every process learns of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kakehashi.lib.errors import Conflict, Invalid
from kakehashi.lib.words import LONGEST_PHRASE, is_findable, words_of
from kakehashi.moderation.actions.recording import require_staff
from kakehashi.moderation.models import LAST_RULE, Word, WordKind
from kakehashi.readers.models import Reader
from kakehashi.stories.actions import new_edition

MOST_WORDS = 100_000
LONGEST_NOTE = 200
BATCH = 1000
_RAISE = """
INSERT INTO moderation_wordlist (id, version) VALUES (1, 1)
ON CONFLICT (id) DO UPDATE SET version = moderation_wordlist.version + 1
"""

_TOO_LITTLE = gettext_lazy(
    "This says too little to be looked for: at least two letters, and beside * or ? at least three in a row (two of a script "
    "without spaces)."
)


@dataclass(frozen=True)
class WordText:
    """One entry as somebody wrote it. `language` "" is all; `rule_number` 0 is none."""

    phrase: str
    kind: str = WordKind.SUSPECT
    language: str = ""
    rule_number: int = 0
    note: str = ""


@transaction.atomic
def save_word(*, actor: Reader, text: WordText, word: Word | None = None, now: datetime | None = None) -> Word:
    """Add an entry, or change `word`. An entry of the same letters and language is changed, not doubled.

    Raises `NotFound` (not a moderator), `Invalid` (phrase, language) or `Conflict` (somebody has added the same, or taken
    `word` off).
    """
    require_staff(actor)
    problem = problem_of(text)
    if problem:
        raise Invalid(problem, code="word")
    if word is not None and not Word.objects.select_for_update().filter(pk=word.pk).exists():
        raise Conflict(_("Somebody has taken this word off the list. You can add it again."), code="gone")
    key = key_of(text.phrase)
    same = Word.objects.filter(key=key, language=text.language).first()
    if word is not None and same is not None and same.pk != word.pk:
        raise Invalid(_("This stands in the list already: “%(phrase)s”.") % {"phrase": same.phrase}, code="doubled")
    found = word or same or Word(added_by=actor, added_at=now or timezone.now())
    found.phrase, found.key, found.kind, found.language = text.phrase.strip(), key, text.kind, text.language
    found.rule_number, found.note = text.rule_number, text.note[:LONGEST_NOTE]
    try:
        with transaction.atomic():
            found.save()
    except IntegrityError as error:
        raise Conflict(_("Somebody has added the same just now. Please look again."), code="doubled") from error
    _changed()
    return found


@transaction.atomic
def delete_words(*, actor: Reader, words: Iterable[int]) -> int:
    """Take these entries off the list; how many there were. Raises `NotFound` (not a moderator)."""
    require_staff(actor)
    count, _rows = Word.objects.filter(pk__in=list(words)).delete()
    if count:
        _changed()
    return count


def import_words(*, actor: Reader, texts: Iterable[WordText], now: datetime | None = None) -> tuple[int, int]:
    """Add many entries; those of the same letters and language are changed. (how many are new, how many were changed)

    Some at a time, so that nobody else waits long; broken off and done again, it ends the same. Raises `NotFound` (not a
    moderator) or `Invalid` (too many, or one of them, named by its place), and then nothing is added.
    """
    require_staff(actor)
    now, before = now or timezone.now(), Word.objects.count()
    rows = list(_rows(actor, texts, now).values())
    if before + len(rows) > MOST_WORDS:
        raise Invalid(_("A list has at most %(n)s entries.") % {"n": f"{MOST_WORDS:,}"}, code="too-many")
    for some in _batched(rows, BATCH):
        Word.objects.bulk_create(
            some,
            update_conflicts=True,
            unique_fields=["key", "language"],
            update_fields=["phrase", "kind", "rule_number", "note"],
        )
    with transaction.atomic():
        _changed()
    new = Word.objects.count() - before
    return new, len(rows) - new


def _rows(actor: Reader, texts: Iterable[WordText], now: datetime) -> dict[tuple[str, str], Word]:
    """The last of those that are one."""
    rows = {}
    for number, text in enumerate(texts, start=1):
        problem = problem_of(text)
        if problem:
            values = {"number": number, "phrase": text.phrase[:60], "problem": problem}
            raise Invalid(_("Entry %(number)d, “%(phrase)s”: %(problem)s") % values, code="word")
        key = key_of(text.phrase)
        rows[key, text.language] = Word(
            phrase=text.phrase.strip(),
            key=key,
            kind=text.kind,
            language=text.language,
            rule_number=text.rule_number,
            note=text.note[:LONGEST_NOTE],
            added_by=actor,
            added_at=now,
        )
    return rows


def _batched(rows: list[Word], size: int) -> Iterator[list[Word]]:
    return (rows[first : first + size] for first in range(0, len(rows), size))


def key_of(phrase: str) -> str:
    return " ".join(words_of(phrase))[: 3 * LONGEST_PHRASE]


def problem_of(text: WordText) -> str:
    """Why this cannot stand in the list, in a sentence; empty where it can."""
    phrase = text.phrase.strip()
    problems = (
        (not phrase, _("Please write a word or a phrase.")),
        (len(phrase) > LONGEST_PHRASE, _("At most %(n)d characters fit.") % {"n": LONGEST_PHRASE}),
        ("\n" in phrase or not is_findable(phrase.replace("\x00", "")), _TOO_LITTLE),
        (text.kind not in WordKind.values, _("A word is banned, suspect or fine.")),
        (
            text.language and text.language not in dict(settings.LANGUAGES),
            _("The site does not know the language “%(code)s”.") % {"code": text.language[:12]},
        ),
        (not 0 <= text.rule_number <= LAST_RULE, _("There is no such rule.")),
    )
    return next((str(sentence) for is_so, sentence in problems if is_so), "")


def _changed() -> None:
    with connection.cursor() as cursor:
        cursor.execute(_RAISE)
    new_edition()
