"""No page reads a table that grows from end to end: each of its queries is explained, on data made for this.

On SQLite the plan does not depend on the size; PostgreSQL is told that its tables hold a million rows each.
"""

from __future__ import annotations

from dataclasses import asdict

import pytest
from benchmarks.growth_data import Plan, fill
from django.utils import timezone

from benchmarks import plans
from kakehashi.comments.models import Comment
from tests.factories import a_front

LENGTH, PER_PAGE = 120, 50


@pytest.mark.django_db
def test_every_query_of_every_page_is_served_by_an_index() -> None:
    a_front()
    filled = asdict(fill(Plan(comments=400, threads=(LENGTH,), members=60, sessions=2), now=timezone.now()))

    plans.pretend_growth()

    found = plans.all_scans(filled, length=LENGTH, pages=-(-LENGTH // PER_PAGE))

    assert not found, "\n".join(str(scan) for scan in found)


@pytest.mark.django_db
def test_a_query_without_an_index_is_found() -> None:
    a_front()
    fill(Plan(comments=400, threads=(LENGTH,), members=60, sessions=2), now=timezone.now())
    plans.pretend_growth()
    with plans.watching() as watcher:
        assert not Comment.objects.filter(plain="nothing of the kind").exists()
    assert [scan.table for scan in plans.scans("a page", watcher)] == ["comments_comment"]
