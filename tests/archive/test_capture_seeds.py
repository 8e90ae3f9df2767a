"""The real captures, where they lie beside the repository: figures and structure only, none of their words."""

from __future__ import annotations

from pathlib import Path

import pytest

from kakehashi.archive.capture import parse_capture
from kakehashi.archive.capture.page import Capture
from kakehashi.archive.commands import import_capture_files
from kakehashi.comments.models import Comment
from tests.factories import a_front

SEEDS = Path(__file__).parents[3] / "shared" / "seeds"
pytestmark = pytest.mark.skipif(not SEEDS.is_dir(), reason="the captures are not beside this repository")


def path(prefix: str) -> Path:
    return next(SEEDS.glob(f"{prefix}_*.txt"))


def read(prefix: str) -> Capture:
    return parse_capture(path(prefix).read_text(encoding="utf-8"))


def test_the_page_of_2014() -> None:
    page = read("000")
    lines = path("000").read_text(encoding="utf-8").splitlines()
    assert page.headline == lines[3]
    assert (page.section, page.agency, page.year, page.stated_count) == ("politics", "AFP", 2014, 15)
    assert list(page.body) == [line for line in lines[7:41] if line]
    printed = [line for line in lines if line.endswith(" )")]
    assert [f"{net} ( +{up} / -{down} )" for net, up, down in (c.score or (0, 0, 0) for c in page.comments)] == printed
    assert len(printed) == 15
    quotes = {c.position: [b.quotes for b in c.blocks if b.quotes is not None] for c in page.comments}
    assert {k: v for k, v in quotes.items() if v} == {2: [1], 5: [2], 8: [2], 10: [0, 0], 12: [2], 14: [1]}
    assert {c.position: c.parent for c in page.comments if c.parent} == {2: 1, 5: 2, 8: 2, 12: 2, 14: 1, 15: 14}
    assert {c.position: [m.position for m in c.mentions] for c in page.comments if c.mentions} == {
        2: [1],
        12: [2],
        14: [1],
        15: [14],
    }
    assert {c.position: c.author_name for c in page.comments if c.author_name} == {1: "Storm R", 2: "slowguy2"}
    assert {note.kind for note in page.notes} == {"concluded"}


def test_the_page_of_2021() -> None:
    page = read("004")
    assert (page.headline, page.agency, len(page.body), page.notes) == ("", "KYODO", 11, ())
    assert [(c.author_name, len(c.blocks), c.score) for c in page.comments] == [
        ("P. Smith", 1, None),
        ("Coffee", 3, None),
        ("sakurasuki", 2, None),
        ("Falco", 5, None),
        ("oldman_13", 5, None),
        ("englisc aspyrgend", 2, None),
    ]


@pytest.mark.django_db
def test_both_are_imported_once() -> None:
    a_front()
    paths = [path("000"), path("004")]
    first = import_capture_files(paths)
    assert [(f.status, f.comments, f.agency, f.section) for f in first.files] == [
        ("imported", 15, "AFP", "Politics"),
        ("imported", 6, "KYODO", "Archive"),
    ]
    before = list(Comment.objects.order_by("pk").values())
    second = import_capture_files(paths)
    assert [f.status for f in second.files] == ["unchanged", "unchanged"]
    assert list(Comment.objects.order_by("pk").values()) == before
    assert Comment.objects.filter(html__contains='class="mention"').count() == 4
    assert Comment.objects.filter(html__contains="<blockquote>").count() == 6
