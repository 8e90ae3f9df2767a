"""Publishes the demo's stories with their pictures, agencies and running stories, through the actions of stories."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from django.core.files.images import ImageFile
from wagtail.images.models import Image

from kakehashi.archive.demo import content
from kakehashi.archive.demo.content import Picture, StoryFile
from kakehashi.archive.demo.discussion import Progress
from kakehashi.archive.demo.pictures import make_picture
from kakehashi.readers.models import Reader
from kakehashi.stories import actions
from kakehashi.stories.models import Agency, RunningStory, SectionPage, StoryPage

Made = TypeVar("Made")


class Press:
    """One printing of the newspaper, as of `now`."""

    def __init__(self, *, now: datetime, seed: int, actor: Reader, progress: Progress) -> None:
        self.now, self.seed, self.actor, self.progress = now, seed, actor, progress
        self.sections: dict[str, SectionPage] = _made("sections", actions.ensure_section)
        self.agencies: dict[str, Agency] = _made("agencies", actions.ensure_agency)
        self.running: dict[str, RunningStory] = _made("running_stories", actions.ensure_running_story)

    def publish(self, files: Sequence[StoryFile], *, pictures: int | None = None) -> dict[str, StoryPage]:
        """Publish the stories, oldest first, and give back those that are out by their slugs; the others are scheduled.

        At most `pictures` lead pictures are printed (None: all), those of the newest stories.
        """
        files = sorted(files, key=lambda file: file.published_at(self.now))
        out = [file for file in files if file.published_at(self.now) <= self.now]
        illustrated = [file.slug for file in (files if pictures is None else out) if file.picture]
        illustrated = illustrated[-pictures:] if pictures else illustrated
        stories: dict[str, StoryPage] = {}
        for done, file in enumerate(files):
            self.progress("Printing stories", done, len(files))
            stories[file.slug] = self._publish(file, file.picture if file.slug in illustrated else None)
        return {file.slug: stories[file.slug] for file in out}

    def _publish(self, file: StoryFile, picture: Picture | None) -> StoryPage:
        at = file.published_at(self.now)
        lead = picture or Picture("", "", "", "")
        return actions.publish_story(
            section=self.sections[file.section],
            headline=file.headline,
            standfirst=file.standfirst,
            paragraphs=file.words(self.now),
            published_at=at,
            updated_at=at + content.span(file.updated) if file.updated else None,
            byline=file.byline,
            dateline=file.dateline,
            agency=self.agencies[file.agency] if file.agency else None,
            running_story=self.running[file.running_story] if file.running_story else None,
            importance=file.importance,
            image=self._print(file.slug, picture) if picture else None,
            image_alt=lead.alt,
            caption=lead.caption,
            credit=lead.credit,
            corrections=[(at + content.span(after), words) for after, words in file.corrections],
            go_live_at=at if at > self.now else None,
            actor=self.actor,
            now=min(at, self.now),
        )

    def _print(self, slug: str, picture: Picture) -> Image:
        data = make_picture(picture.motif, seed=f"{self.seed}/{slug}")
        return Image.objects.create(
            title=picture.caption[:255],
            description=picture.alt[:255],
            file=ImageFile(io.BytesIO(data), name=f"{slug}.jpg"),
        )


def _made(kind: str, ensure: Callable[..., Made]) -> dict[str, Made]:
    """What a list in newsroom.toml names, made through its action, by slug."""
    entries = content.table("newsroom")[kind]
    return {entry["slug"]: ensure(**{key: value for key, value in entry.items() if key != "slug"}) for entry in entries}
