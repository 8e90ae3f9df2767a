"""What an author does: post, edit for some minutes, withdraw."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kakehashi.comments import rules
from kakehashi.comments.actions import recent, threads, writing
from kakehashi.comments.actions.threads import House
from kakehashi.comments.models import Comment, CommentState, Revision, Thread
from kakehashi.lib import ratelimit, text, together
from kakehashi.lib.errors import Conflict, Invalid, NotAllowed, NotFound
from kakehashi.readers.models import Reader
from kakehashi.stories.models import NewsroomSettings, StoryPage

LIMITS = (
    ratelimit.Limit(
        1, timedelta(seconds=10), gettext_lazy("You have posted a comment a moment ago; your text is kept here.")
    ),
    ratelimit.Limit(
        20, timedelta(hours=1), gettext_lazy("You have posted 20 comments within an hour; your text is kept here.")
    ),
)
LONGEST = max(limit.per for limit in LIMITS)


def post_comment(
    *,
    author: Reader,
    source: str,
    story: StoryPage | None = None,
    thread: Thread | None = None,
    parent: Comment | None = None,
    quoted: Comment | None = None,
    newsroom: NewsroomSettings | None = None,
    now: datetime | None = None,
) -> Comment:
    """Write a comment under `story` or into `thread`; also its mentions, its quote and the thread's counters.

    `newsroom`: the site's settings, where the caller has them. The same text twice in a row within six minutes gives the
    first comment back. Raises `NotFound` (the story), `NotAllowed` (suspended), `Invalid` (text, parent or quoted
    comment), `Conflict` (closed, parent gone) or `TooMany`.
    """
    now = now or timezone.now()
    story_id = thread.story_id if thread is not None else story.pk if story is not None else 0
    newsroom = newsroom or threads.newsroom()
    while True:
        # All that can be done before others must wait: the text is measured and rendered here.
        house = threads.house_of(story_id, newsroom)
        cleaned = writing.fitting(source, newsroom)
        rendered = writing.rendered(cleaned, house.thread)
        comment = together.write(partial(_post, author, house, cleaned, rendered, parent, quoted, now))
        # None where a moderator opened or closed the thread just now: again, by the new rules.
        if comment is not None:
            return comment


def _post(
    author: Reader,
    house: House,
    source: str,
    rendered: text.Rendered,
    parent: Comment | None,
    quoted: Comment | None,
    now: datetime,
) -> Comment | None:
    """In a transaction: five statements, where nobody is mentioned or quoted; the thread is held for the last three.

    The author's row is the queue: of two identical posts at once the second waits here and then finds the first.
    """
    may_write = recent.hold_author(author.pk, now=now)
    posts = recent.posts_of(author.pk, house.thread.pk, since=now - LONGEST, same_since=now - rules.SAME_TEXT_WITHIN)
    last = next((post for post in posts if post.source is not None), None)
    if last is not None and last.source == source:
        return Comment.objects.get(pk=last.pk)
    if not may_write:
        raise _refusal(author, now)
    house.require_open(now)
    for other in (parent, quoted):
        _require_here(other, house.thread)
    if posts:
        ratelimit.check_times([post.created_at for post in posts], LIMITS, now=now)
    return writing.add_comment(
        thread=house.thread,
        thread_state=house.thread.state,
        source=source,
        rendered=rendered,
        author=author,
        parent=parent,
        quoted=quoted,
        state=house.first_state(skips_the_wait=rules.skips_the_wait(author)),
        created_at=now,
    )


def _refusal(author: Reader, now: datetime) -> NotAllowed:
    """Why the author may not write, as of this moment."""
    reader = Reader.objects.get(pk=author.pk)
    if reader.warned_at is not None and rules.can_write(reader, now):
        return NotAllowed(
            _(
                "A moderator has sent you a warning. Please read and confirm it on the page “Your account”, then post: "
                "your text is kept here."
            ),
            code="warned",
        )
    return NotAllowed(_("Your account is suspended, so you cannot comment at present."), code="suspended")


def _require_here(other: Comment | None, thread: Thread) -> None:
    if other is None:
        return
    if other.thread_id != thread.pk:
        raise Invalid(_("The comment that you answer belongs to another discussion."), code="elsewhere")
    if other.state != CommentState.VISIBLE:
        raise Conflict(
            _("The comment that you answer is no longer here. You can still post your text as a comment of its own."),
            code="parent-gone",
        )


@transaction.atomic
def edit_comment(*, actor: Reader, comment: Comment, source: str, now: datetime | None = None) -> Comment:
    """Replace the author's own text within five minutes; what it said before is kept as a revision.

    Where comments wait for a moderator, an edited one waits again. Raises `NotFound` (not the actor's), `Conflict`
    (too late, closed, removed, withdrawn), `NotAllowed` (suspended) or `Invalid` (text).
    """
    now = now or timezone.now()
    thread = threads.lock(comment.thread_id)
    house = threads.house_of(thread.story_id, threads.newsroom())
    comment = threads.fresh(comment)
    if not rules.is_author(actor, comment):
        raise NotFound(_("This comment is not here."))
    if not rules.can_withdraw(actor, comment):
        raise Conflict(
            _("This comment has been removed or withdrawn, so it cannot be changed. Your text is kept here to copy."),
            code="gone",
        )
    if not rules.can_write(actor, now):
        raise NotAllowed(_("Your account is suspended, so you cannot change comments at present."), code="suspended")
    if not rules.can_edit(actor, comment, now):
        raise Conflict(
            _("A comment can be changed for five minutes, and they are over. You can answer it, or withdraw it."),
            code="edit-window-over",
        )
    house.require_open(now)
    source = writing.fitting(source, house.newsroom)
    if source == comment.source:
        return comment
    Revision.objects.create(comment=comment, source=comment.source, replaced_at=now, replaced_by=actor)
    rendered = writing.rendered(source, thread)
    comment.source, comment.html, comment.plain = source, rendered.html, rendered.plain
    comment.edited_at = now
    state = comment.state
    if comment.is_visible:
        state = house.first_state(skips_the_wait=rules.skips_the_wait(actor))
    comment.mentions.all().delete()
    writing.add_mentions(comment, rendered.mentioned)
    threads.change(thread, comment, state=state, fields=["source", "html", "plain", "edited_at"])
    return comment


@transaction.atomic
def withdraw_comment(*, actor: Reader, comment: Comment, now: datetime | None = None) -> Comment:
    """Take the actor's own comment back, at any time; its place stays so that answers keep theirs.

    A repeat changes nothing. Raises `NotFound` (not the actor's) or `NotAllowed` (a moderator removed it first).
    """
    now = now or timezone.now()
    thread = threads.lock(comment.thread_id)
    comment = threads.fresh(comment)
    if not rules.is_author(actor, comment):
        raise NotFound(_("This comment is not here."))
    if comment.state == CommentState.WITHDRAWN:
        return comment
    if not rules.can_withdraw(actor, comment):
        raise NotAllowed(_("A moderator has already removed this comment."), code="removed")
    comment.state_changed_at = now
    threads.change(thread, comment, state=CommentState.WITHDRAWN, fields=["state_changed_at"])
    return comment
