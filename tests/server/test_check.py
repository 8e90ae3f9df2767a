"""`kakehashi check`: what is wrong is said, mended only when asked, and what is right is left alone."""

from __future__ import annotations

import io
import json
import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.db import connection
from django.utils import timezone
from PIL import Image
from wagtail.images import get_image_model

from kakehashi.comments.actions import recounting
from kakehashi.comments.models import Comment, Thread
from kakehashi.search import actions as search
from kakehashi.search.models import Entry, Look
from kakehashi.server.order import Checking, Finding
from kakehashi.stories.models import Edition, StoryPage
from kakehashi.stories.queries import latest_in
from tests.factories import a_comment, a_vote
from tests.processes import ProcessSite, connect
from tests.server.visitor import ask, furnish


def look(*, mend: bool = False) -> dict[str, Finding]:
    return {finding.name: finding for finding in Checking(mend=mend).run()}


def found(findings: dict[str, Finding]) -> dict[str, tuple[int, int]]:
    """Name -> (found, mended), where there is anything."""
    return {name: (finding.found, finding.mended) for name, finding in findings.items() if finding.found}


@pytest.fixture
def tidy(db: None, monkeypatch: pytest.MonkeyPatch) -> list[Comment]:
    """A thread in order: five comments, the first with two votes, all indexed; looked at in stretches of two."""
    comments = [a_comment()]
    comments += [a_comment(comments[0].thread) for _ in range(4)]
    a_vote(comments[0])
    a_vote(comments[0], -1)
    search.index_comments()
    Look.objects.update(last_id=10**6)
    recounting.recount_thread(thread_id=comments[0].thread_id)
    monkeypatch.setattr(recounting, "STRETCH", 2)
    return comments


def test_a_site_in_order_is_left_alone(tidy: list[Comment]) -> None:
    version = Thread.objects.get().version
    assert found(look()) == {}
    assert found(look(mend=True)) == {}
    assert Thread.objects.get().version == version


def test_stories_listed_in_a_wrong_section_are_found_and_mended(tidy: list[Comment]) -> None:
    story = tidy[0].thread.story
    StoryPage.objects.filter(pk=story.pk).update(section_pk=0)
    assert found(look()) == {"sections": (1, 0)}
    assert found(look(mend=True)) == {"sections": (1, 1)}
    assert found(look()) == {}
    assert list(latest_in(story.section, number=9)) == [story]


def test_counters_are_found_and_mended(tidy: list[Comment]) -> None:
    thread, wrong = tidy[0].thread, [comment.pk for comment in tidy[1:4]]
    Comment.objects.filter(pk__in=wrong[:2]).update(up=9)
    Comment.objects.filter(pk=wrong[2]).update(popularity=0.5)
    Thread.objects.update(comment_count=1, last_comment_at=None)
    said = look()
    assert found(said) == {"tallies": (3, 0), "counts": (1, 0)}
    assert said["tallies"].is_open
    assert said["counts"].examples == [str(thread.pk)]
    assert Comment.objects.get(pk=wrong[0]).up == 9
    assert found(look(mend=True)) == {"tallies": (3, 3), "counts": (1, 1)}
    assert found(look()) == {}
    mended = Thread.objects.get()
    assert (mended.comment_count, mended.last_comment_at) == (5, tidy[4].created_at)
    assert set(Comment.objects.filter(pk__in=wrong).values_list("up", "version")) == {(0, mended.version)}
    assert list(Comment.objects.filter(pk=tidy[0].pk).values_list("up", "down")) == [(1, 1)]


def test_places_and_versions_are_mended(tidy: list[Comment]) -> None:
    Comment.objects.filter(pk=tidy[1].pk).update(root=tidy[2].pk, path="1")
    Comment.objects.filter(pk=tidy[3].pk).update(version=900)
    assert found(look()) == {"places": (1, 0), "versions": (1, 0)}
    assert found(look(mend=True)) == {"places": (1, 1), "versions": (1, 1)}
    assert found(look()) == {}
    assert Thread.objects.get().version > 900


def test_what_the_search_has_lost_is_indexed_again(tidy: list[Comment]) -> None:
    Entry.objects.filter(comment__in=[tidy[1].pk, tidy[3].pk]).delete()
    assert found(look()) == {"index": (2, 0)}
    assert found(look(mend=True)) == {"index": (2, 2)}
    assert found(look()) == {}
    # What the worker has not come to yet is not lost.
    Entry.objects.filter(comment=tidy[4]).delete()
    Look.objects.update(last_id=tidy[4].pk)
    assert found(look()) == {}


def test_sessions_that_ran_out_are_no_fault(db: None) -> None:
    for days in (2, -1):
        session = SessionStore()
        session.create()
        Session.objects.filter(pk=session.session_key).update(expire_date=timezone.now() - timedelta(days=days))
    said = look()
    assert found(said) == {"sessions": (1, 0)}
    assert not said["sessions"].is_open
    assert found(look(mend=True)) == {"sessions": (1, 1)}
    assert Session.objects.count() == 1


def test_media_and_rows_are_compared(db: None, settings: Any) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (4, 4)).save(picture, "PNG")
    file = ContentFile(picture.getvalue(), "pier.png")
    image = get_image_model().objects.create(title="Pier", file=file, width=4, height=4)
    renditions = [image.get_rendition(f"width-{width}") for width in (1, 2)]
    root = Path(settings.MEDIA_ROOT)
    for name in ["images/left.png", "images/strange " + b"\xff".decode("utf-8", "surrogateescape"), "images/new.png"]:
        (root / name).write_bytes(b"x")
    old = time.time() - 7200
    for path in root.rglob("*"):
        if path.is_file() and path.name != "new.png":
            os.utime(path, (old, old))
    said = look()
    assert found(said) == {"files": (2, 0)}
    assert not said["files"].is_open
    assert "images/left.png" in said["files"].examples
    (root / renditions[0].file.name).unlink()
    assert found(look()) == {"renditions": (1, 0), "files": (2, 0)}
    edition = Edition.objects.values_list("version", flat=True).first() or 0
    assert found(look(mend=True)) == {"renditions": (1, 1), "files": (2, 0)}
    assert Edition.objects.get().version > edition
    assert list(image.renditions.values_list("pk", flat=True)) == [renditions[1].pk]
    (root / image.file.name).unlink()
    said = look(mend=True)
    assert found(said) == {"originals": (1, 0), "files": (2, 0)}
    assert said["originals"].is_open
    assert (root / "images/left.png").exists()


def test_media_in_a_bucket_are_not_walked_through(db: None, settings: Any) -> None:
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}
    assert "files" not in look()


def test_rows_that_point_at_nothing_are_said(db: None) -> None:
    if connection.vendor != "sqlite":
        assert "dangling" not in look()
        return
    with connection.cursor() as cursor:
        # Allowed until the transaction ends.
        cursor.execute(
            "INSERT INTO comments_thread (story_id, state, comment_count, version) VALUES (999999, 'open', 0, 0)"
        )
        said = look()
        cursor.execute("DELETE FROM comments_thread")
    assert found(said) == {"dangling": (1, 0)}
    assert said["dangling"].examples[0].startswith("comments_thread ")
    assert found(look()) == {}


@pytest.mark.slow
def test_the_command_says_mends_and_says_it_is_in_order(process_site: ProcessSite) -> None:
    made = furnish(process_site, "Checks", {"Check One": "reader"}, stories=1)
    with connect(process_site) as execute:
        execute(f"UPDATE comments_comment SET up = 3 WHERE id = {made['comments'][0]}")
        execute("UPDATE comments_thread SET comment_count = 77")
    wrong = process_site.run("check")
    assert wrong.returncode == 1, wrong.stdout
    assert wrong.stdout.startswith("Not in order: ")
    assert "comments whose votes are not counted right" in wrong.stdout
    assert "--mend" in wrong.stderr
    said = process_site.run("check", "--json")
    assert said.returncode == 1
    tallies = next(finding for finding in json.loads(said.stdout)["findings"] if finding["name"] == "tallies")
    assert tallies == {
        "name": "tallies",
        "what": "comments whose votes are not counted right",
        "is_wrong": True,
        "found": 1,
        "mended": 0,
        "examples": tallies["examples"],
    }
    mended = process_site.run("check", "--mend")
    assert mended.returncode == 0, mended.stderr
    assert mended.stdout.startswith("In order: ")
    again = process_site.run("check", "--json")
    assert again.returncode == 0, again.stdout
    assert json.loads(again.stdout)["ok"] is True
    assert (
        ask(
            process_site,
            f"from kakehashi.comments.models import Comment as C\nprint('>>>%d' % C.objects.get(pk={made['comments'][0]}).up)",
        )
        == 0
    )
    gone = ProcessSite(process_site.data, process_site.database_url, {"KAKEHASHI_BACKUP_DIR": "/nowhere/backups"})
    without = gone.run("check", "--json")
    assert without.returncode == 1
    assert "/nowhere/backups" in json.loads(without.stdout)["problems"][0]
