"""What an author does: post, edit for some minutes, withdraw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kakehashi.comments import lulls, rules
from kakehashi.comments.actions import recent, threads, writing
from kakehashi.comments.actions.threads import House
from kakehashi.comments.gate import NOTHING_SENT, Passage, Sent, Written, pass_through
from kakehashi.comments.models import Comment, CommentState, Revision, Thread
from kakehashi.lib import ratelimit, together
from kakehashi.lib.errors import Conflict, Invalid, NotAllowed, NotFound
from kakehashi.readers.models import Reader
from kakehashi.stories.hours import Outside
from kakehashi.stories.models import NewsroomSettings, StoryPage

# So often one comment may be changed: each change is kept, and looked at.
MOST_CHANGES = 20
LIMITS = (
    ratelimit.Limit(
        1, timedelta(seconds=10), gettext_lazy("You have posted a comment a moment ago; your text is kept here.")
    ),
    ratelimit.Limit(
        20, timedelta(hours=1), gettext_lazy("You have posted 20 comments within an hour; your text is kept here.")
    ),
)


def post_comment(
    *,
    author: Reader,
    source: str,
    story: StoryPage | None = None,
    thread: Thread | None = None,
    parent: Comment | None = None,
    quoted: Comment | None = None,
    newsroom: NewsroomSettings | None = None,
    sent: Sent = NOTHING_SENT,
    look: Callable[[Written], Passage] = pass_through,
    now: datetime | None = None,
) -> Comment:
    """Write a comment under `story` or into `thread`; also its mentions, its quote and the thread's counters.

    `newsroom`: the site's settings, where the caller has them; `sent`: what came along with the text; `look`: what looks
    at it first. The same text twice
    in a row within six minutes gives the first comment back. Raises `NotFound` (the story), `NotAllowed` (suspended),
    `Invalid` (text, parent or quoted comment), `Conflict` (closed, parent gone), `TooMany`, or what the gate says.
    """
    now = now or timezone.now()
    story_id = thread.story_id if thread is not None else story.pk if story is not None else 0
    newsroom = newsroom or threads.newsroom()
    while True:
        # All that can be done before others must wait: the text is measured, rendered and looked at here.
        house = threads.house_of(story_id, newsroom)
        cleaned = writing.fitting(source, newsroom)
        rendered = writing.rendered(cleaned, house.thread)
        written = Written(
            author, house, cleaned, rendered, now, parent, quoted, sent=sent, waits_for=house.waits_for(author, now)
        )
        passage = look(written)
        comment = together.write(partial(_post, written, passage))
        # None where a moderator opened or closed the thread just now: again, by the new rules.
        if comment is not None:
            return comment


def _post(written: Written, passage: Passage) -> Comment | None:
    """In a transaction: five statements, where nobody is mentioned or quoted and nothing was found in the text; the
    thread is held for the last three.

    The author's row is the queue: of two identical posts at once the second waits here and then finds the first.
    """
    author, house, now = written.author, written.house, written.now
    limits = _limits(author, house, now)
    may_write = recent.hold_author(author.pk, now=now)
    found = recent.posts_of(
        author.pk,
        house.thread.pk,
        since=now - max(limit.per for limit in limits),
        same_since=now - rules.SAME_TEXT_WITHIN,
        digest=passage.digest,
        alike_since=now - rules.ALIKE_WITHIN,
    )
    last = next((post for post in found.posts if post.source is not None), None)
    if last is not None and last.source == written.source:
        return Comment.objects.get(pk=last.pk)
    if not may_write:
        raise _refusal(author, now)
    house.require_open(now)
    for other in (written.parent, written.quoted):
        _require_here(other, house.thread)
    if found.posts:
        ratelimit.check_times([post.created_at for post in found.posts], limits, now=now)
    passage.recall(found)
    comment = writing.add_comment(
        thread=house.thread,
        thread_state=house.thread.state,
        source=written.source,
        rendered=written.rendered,
        author=author,
        parent=written.parent,
        quoted=written.quoted,
        state=CommentState.HELD if passage.waits_for else CommentState.VISIBLE,
        created_at=now,
        waits_for=passage.waits_for,
        digest=passage.digest,
    )
    if comment is not None:
        passage.keep(comment)
    return comment


def _limits(author: Reader, house: House, now: datetime) -> tuple[ratelimit.Limit, ...]:
    """How often the author may write here now; less often while nobody of the team is there and the site says so."""
    lull = house.lull(now)
    if lull.kind != Outside.SLOW or rules.skips_the_wait(author, house.section_id):
        return LIMITS
    return (*LIMITS, ratelimit.Limit(1, timedelta(minutes=lull.minutes), lulls.kept(lulls.slowed(lull, now))))


def require_turn(*, author: Reader, house: House, source: str, now: datetime) -> None:
    """Raise what posting would raise whatever is written: `NotAllowed`, `Conflict` (closed), `TooMany`. For what should not be
    done in vain, or not be done as often as anybody likes; nothing is held, and posting asks again. One query."""
    limits = _limits(author, house, now)
    found = recent.posts_of(
        author.pk,
        house.thread.pk,
        since=now - max(limit.per for limit in limits),
        same_since=now - rules.SAME_TEXT_WITHIN,
        digest=None,
        alike_since=now,
    )
    if any(post.source == source for post in found.posts):
        return
    if author.warned_at is not None or not rules.can_write(author, now):
        raise _refusal(author, now)
    house.require_open(now)
    if found.posts:
        ratelimit.check_times([post.created_at for post in found.posts], limits, now=now)


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


def edit_comment(
    *, actor: Reader, comment: Comment, source: str, sent: Sent = NOTHING_SENT, now: datetime | None = None
) -> Comment:
    """Replace the author's own text within five minutes; what it said before is kept as a revision.

    It is looked at like a new one: where comments wait for a moderator, an edited one waits again. Raises `NotFound`
    (not the actor's), `Conflict` (too late, closed, removed, withdrawn, changed by a moderator), `NotAllowed` (suspended),
    `Invalid` (text), or what the gate says.
    """
    at, now = now, now or timezone.now()
    house = threads.house_of(comment.thread.story_id, threads.newsroom())
    _require_may_edit(actor, comment, house, now)
    source = writing.fitting(source, house.newsroom)
    if source == comment.source:
        return comment
    if comment.edited_at is not None and comment.revisions.count() >= MOST_CHANGES:
        raise Conflict(
            _("You have changed this comment %(n)d times; it stays as it is. Your text is kept here to copy.")
            % {"n": MOST_CHANGES},
            code="changed-often",
        )
    rendered = writing.rendered(source, house.thread)
    written = Written(
        actor,
        house,
        source,
        rendered,
        now,
        comment.parent,
        comment=comment,
        sent=sent,
        waits_for=house.waits_for(actor, now),
    )
    return _edit(written, comment, pass_through(written), at=at)


@transaction.atomic
def _edit(written: Written, comment: Comment, passage: Passage, *, at: datetime | None) -> Comment:
    actor, now = written.author, written.now
    thread = threads.lock(comment.thread_id)
    # Whatever was decided while the gate looked was decided on the words before: these are the newer ones.
    edited_at = at or timezone.now()
    house = replace(written.house, thread=thread)
    comment = threads.fresh(comment)
    _require_may_edit(actor, comment, house, now)
    if written.source == comment.source:
        return comment
    passage.recall(recent.alike_to(comment, digest=passage.digest, now=now))
    Revision.objects.create(comment=comment, source=comment.source, replaced_at=edited_at, replaced_by=actor)
    rendered = written.rendered
    comment.source, comment.html, comment.plain = written.source, rendered.html, rendered.plain
    comment.edited_at, comment.digest = edited_at, passage.digest
    # The thread may have been opened or closed since.
    waits_for = passage.waits_for or house.waits_for(actor, now)
    comment.waits_for = waits_for or comment.waits_for
    comment.mentions.all().delete()
    writing.add_mentions(comment, rendered.mentioned)
    state = CommentState.HELD if waits_for else comment.state
    threads.change(thread, comment, state=state, fields=["source", "html", "plain", "edited_at", "digest", "waits_for"])
    passage.keep(comment)
    return comment


def _require_may_edit(actor: Reader, comment: Comment, house: House, now: datetime) -> None:
    if not rules.is_author(actor, comment):
        raise NotFound(_("This comment is not here."))
    if not rules.can_withdraw(actor, comment):
        raise Conflict(
            _("This comment has been removed or withdrawn, so it cannot be changed. Your text is kept here to copy."),
            code="gone",
        )
    if comment.is_edited_by_staff:
        raise Conflict(
            _(
                "A moderator has changed this comment, so its words stay as they are. You can answer it, or withdraw it."
            ),
            code="changed-by-staff",
        )
    if not rules.can_write(actor, now):
        raise NotAllowed(_("Your account is suspended, so you cannot change comments at present."), code="suspended")
    if not rules.can_edit(actor, comment, now):
        raise Conflict(
            _("A comment can be changed for five minutes, and they are over. You can answer it, or withdraw it."),
            code="edit-window-over",
        )
    house.require_open(now)


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
