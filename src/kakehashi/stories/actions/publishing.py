"""Make stories as Wagtail itself would, with a revision that editors can go on from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from wagtail.images.models import Image

from kakehashi.lib import text
from kakehashi.lib.errors import Invalid, NotAllowed
from kakehashi.readers.models import Reader
from kakehashi.stories import body, rules
from kakehashi.stories.actions.edition import new_edition
from kakehashi.stories.actions.site import ensure_agency, ensure_section
from kakehashi.stories.actions.words import one_line
from kakehashi.stories.models import Agency, Correction, RunningStory, SectionPage, StoryPage

SLUG_LENGTH = 80


def publish_story(
    *,
    section: SectionPage,
    headline: str,
    standfirst: str = "",
    paragraphs: Iterable[str | tuple[str, str]] = (),
    published_at: datetime | None = None,
    updated_at: datetime | None = None,
    byline: str = "",
    dateline: str = "",
    agency: Agency | None = None,
    credit_line: str = "",
    running_story: RunningStory | None = None,
    importance: int = 1,
    image: Image | None = None,
    image_alt: str = "",
    caption: str = "",
    credit: str = "",
    corrections: Sequence[tuple[datetime, str]] = (),
    source_url: str = "",
    licence_ends_at: datetime | None = None,
    go_live_at: datetime | None = None,
    expire_at: datetime | None = None,
    slug: str = "",
    actor: Reader | None = None,
    now: datetime | None = None,
) -> StoryPage:
    """Publish a story in a section, or schedule it where `go_live_at` is still to come (the worker does the rest).

    `paragraphs` are plain texts or (kind, plain text) with kind paragraph, heading or quote; nothing in them is
    markup. `corrections` are (when, what). `actor` None is the system itself. Raises `NotAllowed`, and `Invalid`
    with the first thing that is wrong with the story.
    """
    now = now or timezone.now()
    if actor is not None and not rules.can_edit_stories(actor):
        raise NotAllowed(_("Only editors publish stories."))
    is_waiting = go_live_at is not None and go_live_at > now
    story = StoryPage(
        title=one_line(headline, 255),
        standfirst=text.clean(standfirst),
        body=body.from_paragraphs(paragraphs),
        published_at=published_at or go_live_at or now,
        updated_at=updated_at,
        byline=one_line(byline, 160),
        dateline=one_line(dateline, 80),
        agency=agency,
        credit_line=one_line(credit_line, 160),
        running_story=running_story,
        importance=importance,
        lead_image=image,
        lead_alt=one_line(image_alt, 250),
        lead_caption=one_line(caption, 300),
        lead_credit=one_line(credit, 120),
        source_url=source_url,
        licence_ends_at=licence_ends_at,
        go_live_at=go_live_at,
        expire_at=expire_at,
        owner=actor,
        live=not is_waiting,
        has_unpublished_changes=is_waiting,
        first_published_at=None if is_waiting else now,
        last_published_at=None if is_waiting else now,
    )
    story.corrections = [Correction(corrected_at=at, text=text.clean(what)) for at, what in corrections]
    _add(story, section=section, slug=slug, actor=actor, approved_go_live_at=go_live_at if is_waiting else None)
    return story


@transaction.atomic
def _add(
    story: StoryPage, *, section: SectionPage, slug: str, actor: Reader | None, approved_go_live_at: datetime | None
) -> None:
    """Hang the story below its section with its first revision. The section's row is locked: its place among its
    sisters is counted from it, and two stories published at once must not get the same."""
    parent = SectionPage.objects.select_for_update().get(pk=section.pk)
    story.slug = _free_slug(parent, slug or story.title)
    try:
        parent.add_child(instance=story)
    except ValidationError as error:
        raise Invalid(error.messages[0], code="bad-story") from error
    revision = story.save_revision(
        user=actor, approved_go_live_at=approved_go_live_at, changed=False, log_action=False, clean=False
    )
    if story.live:
        story.live_revision = revision
        StoryPage.objects.filter(pk=story.pk).update(live_revision=revision, has_unpublished_changes=False)
        new_edition()


def _free_slug(parent: SectionPage, wished: str) -> str:
    """`wished` as an address nobody in the section has; one query."""
    base = slugify(wished, allow_unicode=True)[:SLUG_LENGTH].strip("-_") or "story"
    taken = set(
        StoryPage.objects.filter(path__startswith=parent.path, slug__startswith=base).values_list("slug", flat=True)
    )
    slug, n = base, 1
    while slug in taken:
        n += 1
        slug = f"{base}-{n}"
    return slug


def import_story(
    *,
    section_title: str,
    headline: str,
    body_paragraphs: Iterable[str | tuple[str, str]],
    published_at: datetime,
    byline: str = "",
    agency_name: str = "",
    credit_line: str = "",
    url: str = "",
    licence_expired: bool = False,
    now: datetime | None = None,
) -> StoryPage:
    """A story found elsewhere, published as of `published_at`. The same story again (by `url`, or without one by
    section, headline and time) is returned as it stands. `licence_expired`: the page found said that its body is
    gone; so does ours. Raises `Invalid`."""
    section = ensure_section(title=section_title)
    known: dict[str, Any] = (
        {"source_url": url} if url else {"title": one_line(headline, 255), "published_at": published_at}
    )
    found = StoryPage.objects.descendant_of(section).filter(**known).first()
    if found is None and url:
        found = StoryPage.objects.filter(source_url=url).first()
    if found is not None:
        return found
    return publish_story(
        section=section,
        headline=headline,
        paragraphs=body_paragraphs,
        published_at=published_at,
        byline=byline,
        agency=ensure_agency(name=agency_name) if agency_name else None,
        credit_line=credit_line,
        source_url=url,
        licence_ends_at=published_at if licence_expired else None,
        now=now,
    )
