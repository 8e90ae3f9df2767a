"""Two workers at once, and a worker beside readers who read: everybody is told once, and the number on the bell is right."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from kakehashi.alerts import actions
from kakehashi.alerts.actions.noticing import forget
from kakehashi.alerts.models import Mail, Notice
from kakehashi.comments.models import Comment
from kakehashi.readers.models import Reader
from tests.comments.test_races import _a_file, at_once  # noqa: F401 - a fixture that works by being here
from tests.factories import a_comment, a_reader, a_thread

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=True)


def test_two_workers_and_a_reader_at_once() -> None:
    now, ana, thread = timezone.now(), a_reader(), a_thread()
    actions.tell_of_comments(now=now - timedelta(minutes=1))
    own = [a_comment(thread, author=ana, created_at=now - timedelta(days=1)) for _ in range(10)]
    for parent in own:
        for _ in range(3):
            a_comment(thread, parent=parent, created_at=now)
    forget()

    def look() -> int:
        forget()
        return actions.tell_of_comments(now=now)

    def read() -> int:
        return actions.read_all(reader=ana, until=10**9, now=now)

    at_once(look, look, read, look)
    assert Notice.objects.count() == 30
    ana.refresh_from_db()
    unread = set(Notice.objects.unread().values_list("heap", flat=True))
    assert ana.unread_notices == len(unread)

    Notice.objects.update(read_at=None, mail_at=now)
    queue = lambda: actions.queue_notice_mails(now=now)  # noqa: E731
    assert sorted(map(str, at_once(queue, queue, queue))) == ["0", "0", "1"]
    assert Mail.objects.count() == 1
    assert set(Notice.objects.values_list("mail", flat=True)) == {Mail.objects.get().pk}
    assert (Comment.objects.count(), Reader.objects.count()) == (40, 31)
