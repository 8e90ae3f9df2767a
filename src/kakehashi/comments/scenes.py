"""Everything of a story page that is the same for all readers of a kind: rendered by Django's templates, kept a while."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import RLock
from typing import NamedTuple

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone

from kakehashi.comments import queries, schema
from kakehashi.comments.frames import Frame, hole
from kakehashi.comments.shown import Discussion
from kakehashi.lib.choices import Choices
from kakehashi.lib.memo import Memo
from kakehashi.lib.pages import LONGEST
from kakehashi.readers.models import Reader
from kakehashi.stories import schema as story_schema
from kakehashi.stories.models import NewsroomSettings, SectionPage, StoryPage
from kakehashi.stories.queries import live_stories


@dataclass(frozen=True, eq=False)
class Scene:
    """A published story and the newspaper around it as one edition has them. Shared by threads: never changed."""

    edition: int
    story: StoryPage
    path: str
    section: SectionPage
    newsroom: NewsroomSettings
    until: datetime

    @property
    def usual_order(self) -> str:
        """In which order comments stand for readers who have chosen none."""
        return self.section.comment_order or self.newsroom.comment_order


class Kind(NamedTuple):
    """For whom the page around a discussion is the same, but for the names and tokens filled in."""

    language: str
    is_member: bool = False
    has_editors_role: bool = False
    has_moderators_role: bool = False
    # The number of the survey whose banner stands on the pages, where this browser has sent it away.
    survey: str = ""

    @classmethod
    def of(cls, reader: Reader | None, language: str, survey: str) -> Kind:
        if reader is None:
            return cls(language, survey=survey)
        return cls(language, True, reader.has_editors_role, reader.has_moderators_role, survey)

    def request(self, path: str) -> HttpRequest:
        """A request of our own by somebody of this kind: nothing of any reader's can be in what comes of it."""
        request = HttpRequest()
        request.method = "GET"
        request.path = request.path_info = path
        request.COOKIES = Choices(survey=self.survey).cookies()
        request.user = Somebody(self.has_editors_role, self.has_moderators_role) if self.is_member else AnonymousUser()  # type: ignore[assignment]
        return request


class Shell(NamedTuple):
    """The story page around its discussion; `article` is what machines read of the story."""

    scene: Scene
    frame: Frame
    article: bytes


class Parts(NamedTuple):
    """The discussion around its comments, and its foot, where one answers."""

    frame: Frame
    reply: Frame


@dataclass(frozen=True)
class Somebody:
    """Stands for any member while a shell is rendered."""

    has_editors_role: bool
    has_moderators_role: bool
    name: str = hole("name")
    is_authenticated: bool = True

    def get_absolute_url(self) -> str:
        return hole("own_page")


_scenes: Memo[int, Scene] = Memo(500)
_shells: Memo[tuple[int, Kind], Shell] = Memo(500)
_parts: Memo[Discussion, Parts] = Memo(1000)
# While one thread renders, those that need the same wait for it instead of rendering it too.
_making = RLock()


def scene(story_id: int, edition: int, now: datetime) -> Scene | None:
    """The story of that number as it is in this edition; None where none is published. Three queries, or none."""
    found = _scenes.get(story_id)
    if found is None or not _holds(found, edition, now):
        with _making:
            found = _scenes.get(story_id)
            if found is None or not _holds(found, edition, now):
                found = _scene(story_id, edition, now)
                if found is not None:
                    _scenes.put(story_id, found)
    return found


def scene_now(story_id: int) -> Scene | None:
    """The story as it is now; None where it is not published. One query where it is known."""
    standing = queries.standing(story_id)
    return scene(story_id, standing.edition, timezone.now()) if standing is not None else None


def _holds(found: Scene, edition: int, now: datetime) -> bool:
    return found.edition == edition and now < found.until


def _scene(story_id: int, edition: int, now: datetime) -> Scene | None:
    story = live_stories().select_related("agency").filter(pk=story_id).first()
    if story is None:
        return None
    return Scene(
        edition=edition,
        story=story,
        path=story.get_absolute_url(),
        section=story.section,
        newsroom=story_schema.newsroom(),
        until=_until(story, now),
    )


def next_day(now: datetime) -> datetime:
    """When the next day begins in the site's time zone."""
    local = timezone.localtime(now)
    return (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)


def _until(story: StoryPage, now: datetime) -> datetime:
    """When this becomes old by itself: a minute, the end of a licence, a new day in the site's time zone."""
    midnight = next_day(now)
    expires_at = story.body_expires_at
    return min(now + LONGEST, midnight, expires_at if expires_at is not None and expires_at > now else midnight)


def shell(here: Scene, kind: Kind, now: datetime) -> Shell:
    """The page around the discussion, with holes for what changes with it and what is one reader's own."""
    with _making:
        found = _shells.get((here.story.pk, kind))
        if found is None or found.scene is not here:
            request = kind.request(here.path)
            holes = {"notices": hole("notices"), "csrf_token": hole("csrf_token"), "is_shell": True}
            holes |= {"edition": here.edition}
            frame = Frame(render_to_string("stories/story_page.html", here.story.get_context(request) | holes))
            article = schema.written(story_schema.article(here.story, now, house=here.newsroom))
            found = Shell(here, frame, article)
            _shells.put((here.story.pk, kind), found)
        return found


def parts(discussion: Discussion) -> Parts:
    """The discussion around its comments, and its foot with an empty form."""
    with _making:
        found = _parts.get(discussion)
        if found is None:
            holes = {name: hole(name) for name in ("count", "people", "comments", "reply", "csrf_token", "version")}
            html = render_to_string("comments/discussion.html", holes | {"discussion": discussion})
            found = Parts(Frame(html), reply(discussion))
            _parts.put(discussion, found)
        return found


def reply(discussion: Discussion, draft: object = None) -> Frame:
    """The foot of the discussion, with what stands in its form."""
    context = {"discussion": discussion, "draft": draft, "csrf_token": hole("csrf_token")}
    return Frame(render_to_string("comments/reply.html", context))


def shared_texts() -> list[bytes]:
    """Whatever is kept here for more than one reader."""
    frames = [shell.frame for shell in _shells.values()]
    for part in _parts.values():
        frames += part
    return [frame.text for frame in frames]


def forget() -> None:
    """Begin anew, as after a start."""
    _scenes.clear()
    _shells.clear()
    _parts.clear()
