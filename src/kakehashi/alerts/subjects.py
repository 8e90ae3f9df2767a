"""What can be followed, as one word each: "site", "section:12", "author:Ana Writer"."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote

from django.urls import reverse
from django.utils.translation import gettext as _

from kakehashi.readers.models import Reader
from kakehashi.stories.models import RunningStory, SectionPage, StoryPage
from kakehashi.stories.queries import live_stories

BREAKING, SITE = "breaking", "site"
SECTION, RUNNING, AUTHOR, THREAD, MEMBER = "section", "running", "author", "thread", "member"
LONGEST_NAME = 120
_AND = re.compile(r"\s*[,;&、]\s*|\s+(?:and|und|et|및|と)\s+")


@dataclass(frozen=True)
class Subject:
    """`word` is what is stored; `title` and `url` are for people, in the language that was active."""

    word: str
    kind: str
    title: str
    url: str


def word(kind: str, key: object) -> str:
    return f"{kind}:{key}"


def kind_of(subject: str) -> str:
    return subject.partition(":")[0]


def authors(byline: str) -> list[str]:
    """The names in a byline as printed: “Ana Writer and Bo Writer”."""
    names = (" ".join(name.split()) for name in _AND.split(byline))
    return [name for name in names if 1 < len(name) <= LONGEST_NAME]


def of_story(story: StoryPage, section_id: int) -> list[str]:
    """What somebody may follow to whom this story is news, the most particular first."""
    words = [word(AUTHOR, name) for name in authors(story.byline)]
    if story.running_story_id is not None:
        words.insert(0, word(RUNNING, story.running_story_id))
    return [*words, word(SECTION, section_id), SITE]


def around_story(story: StoryPage) -> list[str]:
    """What a reader of this story may want to follow: its discussion first."""
    return [word(THREAD, story.pk), *of_story(story, story.section.pk)[:-1]]


def found(words: Iterable[str]) -> dict[str, Subject]:
    """Those subjects that there are, each with its name; others are left out. At most four queries."""
    wanted = list(dict.fromkeys(words))
    keys: dict[str, list[str]] = {}
    for subject in wanted:
        kind, _sep, key = subject.partition(":")
        keys.setdefault(kind, []).append(key)
    known = {BREAKING: Subject(BREAKING, BREAKING, _("Breaking news"), "/")} if BREAKING in keys else {}
    if SITE in keys:
        known[SITE] = Subject(SITE, SITE, _("Everything on the site"), "/")
    for made in (
        _sections(_numbers(keys, SECTION)),
        _running(_numbers(keys, RUNNING)),
        _threads(_numbers(keys, THREAD)),
        _members(_numbers(keys, MEMBER)),
        _authors(keys.get(AUTHOR, [])),
    ):
        known |= {subject.word: subject for subject in made}
    return {subject: known[subject] for subject in wanted if subject in known}


def _numbers(keys: dict[str, list[str]], kind: str) -> list[int]:
    # As many digits as an id has, and only plain ones: so that each subject has one word.
    return [int(key) for key in keys.get(kind, []) if re.fullmatch(r"[1-9][0-9]{0,17}", key)]


def _sections(ids: list[int]) -> list[Subject]:
    rows = SectionPage.objects.live().filter(pk__in=ids) if ids else []
    return [Subject(word(SECTION, row.pk), SECTION, row.title, row.get_absolute_url()) for row in rows]


def _running(ids: list[int]) -> list[Subject]:
    rows = RunningStory.objects.filter(pk__in=ids) if ids else []
    return [Subject(word(RUNNING, row.pk), RUNNING, row.title, row.get_absolute_url()) for row in rows]


def _threads(ids: list[int]) -> list[Subject]:
    rows = live_stories().filter(pk__in=ids).defer("body") if ids else []
    return [Subject(word(THREAD, row.pk), THREAD, row.title, f"{row.get_absolute_url()}#comments") for row in rows]


def _members(ids: list[int]) -> list[Subject]:
    rows = Reader.objects.filter(pk__in=ids, is_active=True, erased_at=None) if ids else []
    return [Subject(word(MEMBER, row.pk), MEMBER, row.name, row.get_absolute_url()) for row in rows]


def _authors(names: list[str]) -> list[Subject]:
    """As they are printed: whether they have written anything is asked when somebody begins to follow one."""
    address = reverse("search")
    return [
        Subject(word(AUTHOR, name), AUTHOR, name, f"{address}?q={quote(name)}")
        for name in names
        if 1 < len(name) <= LONGEST_NAME and name.isprintable()
    ]


def has_written(author: str) -> bool:
    """Whether a story is printed under this name."""
    bylines = live_stories().filter(byline__contains=author).values_list("byline", flat=True)[:20]
    return any(author in authors(byline) for byline in bylines)
