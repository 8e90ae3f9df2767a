"""What the pages, feeds and sitemaps of the newspaper need, each in a fixed number of SQL queries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count, Max, Min, Q
from django.utils import timezone
from wagtail.models import Page, Site

from kakehashi.lib.paging import LongList
from kakehashi.stories.models import Agency, RunningStory, SectionPage, StoryPage, StoryQuerySet

# A story one step more important leads over one that is so much newer.
STEP = timedelta(hours=36)
CANDIDATES = 60
SECONDARY = 4
BAND = 4
STRIP = 3
CHAPTERS_EACH_WAY = 3
# By the index of sections. Whether a story is published is asked of each by its key, as PostgreSQL would otherwise rather
# join the whole tree.
_LATEST = """
SELECT s.page_ptr_id, s.section_pk FROM stories_storypage s
WHERE s.section_pk = %s AND s.importance >= %s AND (SELECT p.live FROM wagtailcore_page p WHERE p.id = s.page_ptr_id)
ORDER BY s.published_at DESC, s.page_ptr_id DESC LIMIT %s OFFSET %s
"""
_OF_ONE = f"SELECT * FROM ({_LATEST}) AS latest"  # noqa: S608 - only a constant of ours


@dataclass(frozen=True)
class Band:
    """One section on the front page: its latest stories that do not stand above already."""

    section: SectionPage
    stories: list[StoryPage]


@dataclass(frozen=True)
class Strip:
    """A running story in one line; the years are those of the site's time zone."""

    running_story: RunningStory
    chapter_count: int
    first_year: int
    last_year: int

    @property
    def title(self) -> str:
        return self.running_story.title

    def get_absolute_url(self) -> str:
        return self.running_story.get_absolute_url()


@dataclass(frozen=True)
class Front:
    """The front page in the order of its weight."""

    lead: StoryPage | None
    secondary: list[StoryPage]
    bands: list[Band]
    running: list[Strip]


def live_stories() -> StoryQuerySet:
    """Every story that a reader may open."""
    stories: StoryQuerySet = StoryPage.objects.live()
    return stories


def sections() -> list[SectionPage]:
    """The sections in the editors' order."""
    # Sifted and sorted here: asked for either, SQLite walks through all pages of the site.
    live = [section for section in SectionPage.objects.order_by() if section.live]
    return sorted(live, key=lambda section: section.path)


def latest_in(section: SectionPage, *, number: int) -> StoryQuerySet:
    """So many published stories of a section, latest first: two queries."""
    return live_stories().filter(pk__in=_latest_ids(section, 0, number)).latest()


def all_in(section: SectionPage, *, per_page: int) -> LongList[StoryPage]:
    """A section's published stories, latest first: two queries a page; of a section that has no place yet (a preview),
    none."""
    return LongList(
        lambda first, number: _latest_ids(section, first, number) if section.pk else [],
        lambda ids: live_stories().filter(pk__in=ids).latest().for_lists(),
        per_page,
    )


def _latest_ids(section: SectionPage, first: int, number: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_LATEST, [section.pk, 0, number, first])
        return [pk for pk, _section in cursor.fetchall()]


def attach_sections(stories: Iterable[StoryPage], known: Sequence[SectionPage] | None = None) -> list[StoryPage]:
    """Give each story its section, all of them with one query at most."""
    stories = list(stories)
    if known is None:
        known = list(SectionPage.objects.filter(path__in={story.section_path for story in stories}))
    by_path = {section.path: section for section in known}
    for story in stories:
        if section := by_path.get(story.section_path):
            story.section = section
    return stories


def front_page() -> Front:
    """Lead and secondary stories by importance and recency, then the latest of each section, then running stories."""
    known = sections()
    candidates = attach_sections(live_stories().filter(importance__gte=1).latest().for_lists()[:CANDIDATES], known)
    ranked = sorted(candidates, key=lambda story: story.published_at + STEP * story.importance, reverse=True)
    top = ranked[: 1 + SECONDARY]
    return Front(
        lead=top[0] if top else None,
        secondary=top[1:],
        bands=_bands(known, candidates, shown={story.pk for story in top}),
        running=running_strip(),
    )


def _bands(known: list[SectionPage], candidates: list[StoryPage], *, shown: set[int]) -> list[Band]:
    """The latest stories of every section with two queries, however many sections there are."""
    wanted: dict[int, list[int]] = {}
    for pk, section in _latest_by_section(known, BAND + len(shown)):
        row = wanted.setdefault(section, [])
        if pk not in shown and len(row) < BAND:
            row.append(pk)
    by_pk = {story.pk: story for story in candidates}
    missing = [pk for row in wanted.values() for pk in row if pk not in by_pk]
    by_pk |= {story.pk: story for story in attach_sections(live_stories().for_lists().filter(pk__in=missing), known)}
    bands = [Band(section, [by_pk[pk] for pk in wanted.get(section.pk, []) if pk in by_pk]) for section in known]
    return [band for band in bands if band.stories]


def _latest_by_section(known: Sequence[SectionPage], number: int) -> list[tuple[int, int]]:
    """(story, its section) of so many of the front page's latest of each section: one query."""
    if not known:
        return []
    values = [value for section in known for value in (section.pk, 1, number, 0)]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join([_OF_ONE] * len(known)), values)
        return list(cursor.fetchall())


def running_strip(limit: int = STRIP) -> list[Strip]:
    """The running stories of at least two published chapters that moved last; one query."""
    is_live = Q(chapters__live=True)
    running = (
        RunningStory.objects.annotate(
            chapter_count=Count("chapters", filter=is_live),
            first_at=Min("chapters__published_at", filter=is_live),
            last_at=Max("chapters__published_at", filter=is_live),
        )
        .filter(chapter_count__gte=2)
        .order_by("-last_at")[:limit]
    )
    return [
        Strip(item, item.chapter_count, timezone.localtime(item.first_at).year, timezone.localtime(item.last_at).year)
        for item in running
    ]


def chapters_of(story: StoryPage) -> StoryQuerySet:
    """Every published chapter of the story's running story, this one too, oldest first; empty without one."""
    if story.running_story_id is None:
        return live_stories().none()
    return live_stories().filter(running_story=story.running_story_id).order_by("published_at", "pk")


def chapters_around(story: StoryPage, each_way: int = CHAPTERS_EACH_WAY) -> list[StoryPage]:
    """The story among the chapters just before and just after it, oldest first; empty without a running story."""
    if story.running_story_id is None or story.published_at is None:
        return []
    others = chapters_of(story).exclude(pk=story.pk).defer("body")
    own = Q(published_at=story.published_at)
    before = others.filter(Q(published_at__lt=story.published_at) | own & Q(pk__lt=story.pk or 0))
    after = others.filter(Q(published_at__gt=story.published_at) | own & Q(pk__gt=story.pk or 0))
    return [*reversed(before.order_by("-published_at", "-pk")[:each_way]), story, *after[:each_way]]


def timeline(running_story: RunningStory) -> list[tuple[int, list[StoryPage]]]:
    """(year in the site's time zone, its chapters), latest first."""
    chapters = live_stories().filter(running_story=running_story).latest().for_lists()
    years: dict[int, list[StoryPage]] = {}
    for story in attach_sections(chapters):
        years.setdefault(timezone.localtime(story.published_at).year, []).append(story)
    return list(years.items())


def has_published_stories(pages: Iterable[Page]) -> bool:
    """Whether any of the pages is, or holds, a story that readers have seen at some time."""
    below = Q(pk__in=[])
    for page in pages:
        below |= Q(path__startswith=page.path)
    return StoryPage.objects.filter(below, first_published_at__isnull=False).exists()


def modified_at(story: StoryPage) -> datetime:
    """When readers last got something new: the update, the last correction or the publication."""
    times = [correction.corrected_at for correction in story.correction_notes]
    return max([story.published_at, *times, *([story.updated_at] if story.updated_at else [])])


def house_names() -> list[str]:
    """Of the site and of the agencies whose stories it prints; 2 queries."""
    sites = Site.objects.exclude(site_name="").values_list("site_name", flat=True)
    return [*sites, *Agency.objects.values_list("name", flat=True)]
