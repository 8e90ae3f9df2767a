"""Comments that were written elsewhere, before: no limits, no closing, and the figures stay as they were found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from kakehashi.comments import rules
from kakehashi.comments.actions import writing
from kakehashi.comments.models import Comment, CommentState, Thread
from kakehashi.lib import text
from kakehashi.lib.errors import Invalid, NotFound
from kakehashi.readers.models import Reader


@dataclass(frozen=True)
class Totals:
    """A score as it was printed; `net` need not equal `up` minus `down`."""

    net: int
    up: int
    down: int


@transaction.atomic
def import_comment(
    *,
    thread: Thread,
    source: str,
    created_at: datetime,
    author: Reader | None = None,
    author_name: str = "",
    parent: Comment | None = None,
    quoted: Comment | None = None,
    archived: Totals | None = None,
    is_time_known: bool = True,
    people: Mapping[str, text.Person] | None = None,
) -> Comment:
    """Write a comment as it stood elsewhere, with its archived score; the thread may be closed, the text of any length.

    Where not `is_time_known`, `created_at` only keeps the order of the page, and readers see its day alone. `people`
    overrides whom @names mean (folded name to person). Raises `Invalid` (no text, parent in another thread).
    """
    cleaned = text.clean(source)
    if not cleaned:
        raise Invalid(_("There is no text in this comment."), code="empty")
    for other in (parent, quoted):
        if other is not None and other.thread_id != thread.pk:
            raise Invalid(_("The comment answered belongs to another discussion."), code="elsewhere")
    archived = archived or Totals(0, 0, 0)
    comment = writing.add_comment(
        thread=thread,
        source=cleaned,
        rendered=writing.rendered(cleaned, thread, people),
        author=author,
        parent=parent,
        quoted=quoted,
        state=CommentState.VISIBLE,
        created_at=created_at,
        author_name=author_name,
        is_time_known=is_time_known,
        archived_net=archived.net,
        archived_up=archived.up,
        archived_down=archived.down,
        popularity=rules.wilson(archived.up, archived.down),
    )
    if comment is None:
        raise NotFound(_("This story is no longer here."))
    return comment
