"""Several workers at one training, on real connections."""

from __future__ import annotations

import pytest
from django.utils import timezone

from kakehashi.moderation import actions
from kakehashi.moderation.models import ModelVersion
from tests.comments.test_races import _a_file, at_once
from tests.moderation.decided import decide, texts

__all__ = ["_a_file"]

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def test_of_workers_that_train_at_once_one_does() -> None:
    decide(texts(240))
    results = at_once(*[lambda: actions.retrain(now=timezone.now(), at_once=True) for _ in range(3)])
    assert sorted(results, key=str) == [0, 0, 1]
    assert ModelVersion.objects.get().state == "kept"
