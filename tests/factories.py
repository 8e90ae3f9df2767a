"""Test data in one line each. They write rows directly: what the actions do is tested through the actions."""

from __future__ import annotations

import itertools
from datetime import datetime
from typing import Any

from django.db.models import DateTimeField, F, Subquery, Value
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone
from wagtail.models import Page, Site
from wagtail.signal_handlers import disable_reference_index_auto_update

from kakehashi.comments.models import SEGMENT, Comment, Thread, Vote
from kakehashi.lib import text
from kakehashi.readers.models import Reader, Role, Standing
from kakehashi.stories.models import FrontPage, SectionPage, StoryPage

_numbers = itertools.count(1)
PASSWORD = "paper lantern harbour 7"


def a_reader(name: str = "", *, role: str = Role.READER, password: str | None = None, **fields: Any) -> Reader:
    n = next(_numbers)
    name = name or f"Reader {n}"
    fields.setdefault("is_staff", role != Role.READER)
    fields.setdefault("is_superuser", role == Role.ADMINISTRATOR)
    fields.setdefault("standing", Standing.ESTABLISHED)
    email = fields.pop("email", f"reader{n}@example.org")
    return Reader.objects.create_user(email, name, password, role=role, **fields)


def a_front() -> FrontPage:
    """The one front page, served at / of the one site."""
    front = FrontPage.objects.first()
    if front is None:
        root = Page.get_first_root_node()
        assert root is not None
        front = FrontPage(title="The Test Courier", slug="front")
        _add(root, front)
        Site.objects.update_or_create(
            is_default_site=True,
            defaults={"hostname": "localhost", "root_page": front, "site_name": "The Test Courier"},
        )
        Site.clear_site_root_paths_cache()
    return front


def a_section(title: str = "Politics", **fields: Any) -> SectionPage:
    slug = fields.pop("slug", title.lower())
    found = SectionPage.objects.filter(slug=slug).first()
    if found is not None:
        return found
    section = SectionPage(title=title, slug=slug, **fields)
    _add(a_front(), section)
    return section


def a_story(title: str = "", *, section: SectionPage | None = None, body: str = "", **fields: Any) -> StoryPage:
    n = next(_numbers)
    parent = section or a_section()
    story = StoryPage(
        title=title or f"Story {n}",
        slug=fields.pop("slug", f"story-{n}"),
        body=[("paragraph", f"<p>{body or 'The ferry left at nine.'}</p>")],
        **fields,
    )
    _add(parent, story)
    return story


def _add(parent: Page, page: Page) -> None:
    """Without the index of what refers to what, which takes as long as the rows themselves."""
    with disable_reference_index_auto_update():
        parent.add_child(instance=page)


def a_thread(story: StoryPage | None = None, **fields: Any) -> Thread:
    return Thread.objects.create(story=story or a_story(), **fields)


def a_comment(
    thread: Thread | None = None,
    *,
    author: Reader | None = None,
    source: str = "A fair point, plainly made.",
    created_at: datetime | None = None,
    **fields: Any,
) -> Comment:
    rendered = text.render(source)
    parent: Comment | None = fields.get("parent")
    comment = Comment.objects.create(
        thread=thread or (parent.thread if parent else a_thread()),
        author=author or a_reader(),
        source=source,
        html=rendered.html,
        plain=rendered.plain,
        created_at=created_at or timezone.now(),
        **fields,
    )
    comment.root = parent.root if parent else comment
    comment.depth = parent.depth + 1 if parent else 0
    comment.path = f"{parent.path}{comment.pk:0{SEGMENT}d}" if parent else ""
    comment.save(update_fields=["root", "depth", "path"])
    if comment.is_visible:
        at = Value(comment.created_at, output_field=DateTimeField())
        Thread.objects.filter(pk=comment.thread_id).update(
            comment_count=F("comment_count") + 1, last_comment_at=Greatest(Coalesce("last_comment_at", at), at)
        )
    return comment


def changed(comment: Comment) -> None:
    """What an action does beside its change: raise the versions by which a page seen before sees it."""
    thread = Thread.objects.filter(pk=comment.thread_id)
    thread.update(version=F("version") + 1)
    Comment.objects.filter(pk=comment.pk).update(version=Subquery(thread.values("version")))


def a_vote(comment: Comment, value: int = 1, *, reader: Reader | None = None, **fields: Any) -> Vote:
    return Vote.objects.create(comment=comment, reader=reader or a_reader(), value=value, **fields)
