"""What a check gets, and what it gives back."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from html import unescape
from typing import TypeVar

from django.conf import settings

from kakehashi.comments.actions.recent import Recent
from kakehashi.comments.models import Comment, Waits
from kakehashi.lib import text
from kakehashi.lib.errors import Invalid
from kakehashi.lib.text import Person
from kakehashi.lib.words import Reading, read
from kakehashi.moderation.models import Verdict
from kakehashi.readers.models import Reader
from kakehashi.stories.models import NewsroomSettings

F = TypeVar("F", bound=Callable[..., object])
# Of CheckResult.check_name and .reason.
LONGEST_NAME = 60
LONGEST_REASON = 300
_LINK = re.compile(r'href="(https?://[^"]+)"')


@dataclass(frozen=True)
class Draft:
    """A text before it is published, or before it takes the place of what its author wrote (`comment_id`).

    `source` is what was typed, cleaned; `plain` the author's own words without markup and without what they quote;
    `html` the whole, rendered. `language` is that of the text, as far as its script tells, else that of the site;
    `reads_in` the one in which the author reads the site. `trap` is what stands in the field that people do not see.
    `edition` rises with each change that an editor or a moderator makes: what is kept of such holds for one edition.
    `recent` is None but for checks `of_memory`.
    """

    author: Reader
    thread_id: int
    story_id: int
    section_id: int
    source: str
    plain: str
    html: str
    parent: Comment | None
    quoted: Comment | None
    mentioned: tuple[Person, ...]
    language: str
    reads_in: str
    now: datetime
    comment_id: int | None = None
    trap: str = ""
    edition: int = 0
    recent: Recent | None = None
    # The site's settings, as the page on which it was written has them.
    newsroom: NewsroomSettings = field(default_factory=NewsroomSettings)

    @cached_property
    def links(self) -> tuple[str, ...]:
        """The addresses outside the site to which it links."""
        return tuple(one for one in self._addresses if not f"{one}/".startswith(f"{settings.BASE_URL}/"))

    @cached_property
    def _addresses(self) -> tuple[str, ...]:
        return tuple(map(unescape, _LINK.findall(self.html)))

    @cached_property
    def words(self) -> str:
        """All that its author says: also in quotes which are none, and by where links lead."""
        said = [self.plain, *self._addresses]
        if "\n>" in f"\n{self.source}":
            others = [text.normal(other.plain) for other in (self.parent, self.quoted) if other is not None]
            passages = text.quoted_passages(self.source)
            said += [one for one in passages if not any(text.normal(one) in other for other in others)]
        return "\n".join(said)

    @cached_property
    def folded(self) -> list[Reading]:
        """Its words as `lib.words` reads them, whatever they are dressed up as."""
        return read(self.words)


@dataclass(frozen=True)
class Finding:
    """What a check found. `reason` is for the staff, in the language of the site; `waits_for` chooses the sentence to the
    author of a comment that is held. `score`: how likely the comment is to be removed here, 0 to 1. `rule_number`: the rule
    that it may break, which stands chosen when it is decided on; 0 for none.

    A finding with `Verdict.PASSED` is kept only beside others: a comment in which nothing was found costs no row.
    """

    verdict: Verdict
    reason: str = ""
    score: float | None = None
    waits_for: str = Waits.CHECK
    rule_number: int = 0


class Refused(Invalid):
    """Raised by a check: the text cannot be posted as it is. The sentence is for the writer, who gets the text back."""

    default_code = "refused"


def named(name: str) -> Callable[[F], F]:
    """The name under which results of the check are kept; without it, that of the function with dashes."""

    def mark(check: F) -> F:
        check.check_name = name  # type: ignore[attr-defined]
        return check

    return mark


def quick(check: F) -> F:
    """The check works in memory and for a bounded time, so it runs in the request's own thread. Others get a thread of
    their own, so that nobody waits longer than the budget allows."""
    check.is_quick = True  # type: ignore[attr-defined]
    return check


def prepared(prepare: Callable[[Draft], object]) -> Callable[[F], F]:
    """Called before the check, outside its time: it has what the process keeps made anew, where that is old."""

    def mark(check: F) -> F:
        check.prepare = prepare  # type: ignore[attr-defined]
        return check

    return mark


def of_memory(check: F) -> F:
    """The check asks what was written lately (`draft.recent`). It runs last, while the author's row is held, so it has to
    be `quick` and touch nothing."""
    check.is_of_memory = True  # type: ignore[attr-defined]
    return quick(check)
