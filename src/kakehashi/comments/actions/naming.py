"""What the discussion does when a reader takes another name; readers.actions calls it by its setting."""

from __future__ import annotations

from django.db import transaction

from kakehashi.comments.actions import counting, threads
from kakehashi.comments.models import Comment
from kakehashi.readers.models import Reader


@transaction.atomic
def show_anew(*, reader: Reader) -> None:
    """Raise the version of every comment that prints the reader's name, and of the threads in which they stand.

    The caller holds the reader's row, so that they write nowhere else meanwhile.
    """
    hold_threads(reader)
    counting.mark_written(reader.pk)


def hold_threads(reader: Reader) -> None:
    """Lock the threads in which the reader wrote, until the transaction ends."""
    threads.lock_all(Comment.objects.filter(author=reader).values("thread"))
