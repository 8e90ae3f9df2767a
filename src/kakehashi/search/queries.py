"""What the search page and the box of related stories need."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from kakehashi.lib import text
from kakehashi.search import fulltext
from kakehashi.search.models import Entry, Likeness
from kakehashi.stories.models import StoryPage

PAGE_SIZE = 20
RELATED = 6
# More of a running story stands on its own page; the rest of the box leads elsewhere.
CHAPTERS = 3


@dataclass(frozen=True)
class Hit:
    """One result: its story, the comment under it if the words are a comment's, and the words around the match."""

    entry: Entry
    excerpt: SafeString


@dataclass(frozen=True)
class Results:
    hits: list[Hit]
    count: int
    page: int
    pages: int
    # False where there may be more than `count`: of stories or of comments only the newest were looked at.
    is_all: bool = True

    @property
    def first_number(self) -> int:
        return 1 + (self.page - 1) * PAGE_SIZE

    @property
    def previous_page(self) -> int | None:
        return self.page - 1 if self.page > 1 else None

    @property
    def next_page(self) -> int | None:
        return self.page + 1 if self.page < self.pages else None


def search(
    query: str,
    *,
    kind: fulltext.Kind = "",
    sort: fulltext.Sort = "relevance",
    page: int = 1,
    now: datetime | None = None,
) -> Results:
    """One page of what holds the words of `query`: one query for each kind, on PostgreSQL a few more the farther back the
    newest lie, and one for the page."""
    now = now or timezone.now()
    terms = fulltext.parse(query)
    found = fulltext.find(terms, now=now, kind=kind, sort=sort)
    count = len(found.ids)
    pages = max(1, -(-count // PAGE_SIZE))
    page = max(1, min(page, pages))
    ids = found.ids[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    entries = Entry.objects.select_related("story__agency", "comment__author").in_bulk(ids)
    hits = [Hit(entries[pk], _excerpt(entries[pk], terms, now)) for pk in ids if pk in entries]
    return Results(hits=hits, count=count, page=page, pages=pages, is_all=found.is_all)


def _excerpt(entry: Entry, terms: list[fulltext.Term], now: datetime) -> SafeString:
    story, comment = entry.story, entry.comment
    plain = comment.plain if comment is not None else f"{story.standfirst} {story.body_text(now)}"
    words = [word for term in terms if not term.is_excluded for word in term.words.split()]
    return highlight(plain, words)


def highlight(plain: str, words: list[str], *, width: int = 240) -> SafeString:
    """About `width` characters around the first of `words`, escaped, the words in <mark>."""
    plain = " ".join(plain.split())
    folded = plain.casefold()
    # Folding may lengthen a text (ß becomes ss): then positions no longer fit, and the beginning has to do.
    found = [at for word in words if (at := folded.find(word.casefold())) >= 0] if len(folded) == len(plain) else []
    start = max(0, min(found) - width // 3) if found else 0
    if start:
        start = plain.find(" ", start) + 1 or start
    piece = text.excerpt(plain[start:], width)
    html = str(escape(piece))
    if found:
        html = _mark(piece, words)
    return mark_safe(("… " if start else "") + html)


def _mark(piece: str, words: list[str]) -> str:
    """`piece` escaped, with each occurrence of one of `words` marked; longest words first, no mark inside a mark."""
    pattern = "|".join(re.escape(word) for word in sorted(set(words), key=len, reverse=True))
    parts = re.split(f"({pattern})", piece, flags=re.IGNORECASE)
    return "".join(f"<mark>{escape(part)}</mark>" if i % 2 else str(escape(part)) for i, part in enumerate(parts))


def related(story: StoryPage, *, number: int = RELATED) -> list[StoryPage]:
    """At most CHAPTERS others of the story's running story, newest first, then the stories most like it: two queries."""
    chapters: list[StoryPage] = []
    alike = Likeness.objects.filter(story=story.pk, other__live=True)
    if story.running_story_id is not None:
        running = StoryPage.objects.live().filter(running_story_id=story.running_story_id).exclude(pk=story.pk)
        chapters = list(running.defer("body").order_by("-published_at", "-pk")[:CHAPTERS])
        alike = alike.exclude(other__running_story_id=story.running_story_id)
    alike = alike.select_related("other").defer("other__body").order_by("-score", "other_id")
    return [*chapters, *(likeness.other for likeness in alike[: number - len(chapters)])]
