"""Comments that a broken check alone held: once it works it is asked about them after all, and what it does not mind is
published, as it would have been."""

from __future__ import annotations

import time
from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import translation

from kakehashi.comments.actions import threads, writing
from kakehashi.comments.actions.threads import House
from kakehashi.comments.gate import Written
from kakehashi.comments.models import Comment, CommentState, Revision, ThreadState, Waits
from kakehashi.lib.errors import Conflict, NotFound
from kakehashi.moderation.actions.deciding import decide_comment
from kakehashi.moderation.checks import running
from kakehashi.moderation.checks.draft import Draft, Finding, Refused
from kakehashi.moderation.checks.gate import draft_of, write_down
from kakehashi.moderation.checks.running import Check, Result
from kakehashi.moderation.grounds import Machine, Seen
from kakehashi.moderation.models import ON_COMMENTS, Breakdown, CheckResult, Claim, Decision, Verdict
from kakehashi.stories.hours import Outside

# In one look, the oldest first.
MOST = 50
# A check that so often did not bear this very comment is not asked about it again.
MOST_TRIES = 3


def look_again(*, now: datetime) -> int:
    """Ask again about what was held because checks did not work; how many comments were published.

    Only where nobody has decided on it or is at it, nothing else speaks against it, and its author could still write in its
    discussion. Checks that go by what was written at the time are not asked again, nor for now one that breaks anew.
    """
    still_broken = set(Breakdown.objects.filter(ended_at=None).values_list("check_name", flat=True))
    checks = {one.name: one for one in running.configured() if not one.is_of_memory and one.name not in still_broken}
    published, began = 0, time.monotonic()
    for pk in list(_held(checks, now).values_list("pk", flat=True)[:MOST]):
        # Checks take their time: what is decided is decided when it is.
        at = now + timedelta(seconds=time.monotonic() - began)
        # Before the words are read: whoever changes them while the checks are asked is noticed.
        seen = Seen(revision=Revision.objects.filter(comment=pk).count(), decision=0, state=CommentState.HELD)
        comment = _held(checks, at).filter(pk=pk).first()
        if comment is None:
            continue
        broken = comment.check_results.filter(verdict=Verdict.BROKEN).values_list("check_name", flat=True)
        asked = [checks[name] for name in sorted(set(broken)) if name in checks]
        try:
            results = _ask_all(asked, comment, at)
            at = now + timedelta(seconds=time.monotonic() - began)
            published += _settle(comment, results, seen, at)
        except (Conflict, NotFound):
            # Changed, decided on or taken off the site meanwhile.
            continue
        for one in results:
            if one.finding.verdict == Verdict.BROKEN:
                del checks[one.check_name]
    return published


def _held(checks: Collection[str], now: datetime) -> QuerySet[Comment]:
    """What these checks alone held, the oldest first."""
    results = CheckResult.objects.filter(comment=OuterRef("pk"))
    broken = results.filter(verdict=Verdict.BROKEN)
    tried = broken.order_by().values("check_name").annotate(n=Count("pk")).filter(n__gte=MOST_TRIES)
    against = results.filter(Q(verdict=Verdict.HELD) | Q(verdict=Verdict.BROKEN) & ~Q(check_name__in=checks))
    decided = Decision.objects.filter(comment=OuterRef("pk"), action__in=ON_COMMENTS)
    claimed = Claim.objects.filter(comment=OuterRef("pk"), until__gt=now)
    may_write = Q(author__suspended_until=None) | Q(author__suspended_until__lte=now)
    held = Comment.objects.filter(
        Exists(broken), ~Exists(against), ~Exists(tried), ~Exists(decided), ~Exists(claimed), may_write,
        state=CommentState.HELD, waits_for=Waits.BROKEN, author__is_active=True, thread__story__live=True,
    )  # fmt: skip
    held = held.exclude(thread__state=ThreadState.CLOSED)
    return held.select_related("author", "thread", "parent").order_by("pk")


def _house(comment: Comment) -> House:
    return threads.house_of(comment.thread.story_id, threads.newsroom())


def _waits_for(comment: Comment, now: datetime) -> str:
    """Why the comment would wait in its discussion now, whatever checks say. Raises `NotFound`."""
    assert comment.author is not None
    house = _house(comment)
    return house.waits_for(comment.author, now) or (Waits.HOURS if house.lull(now).kind == Outside.CLOSE else "")


def _ask_all(checks: list[Check], comment: Comment, now: datetime) -> list[Result]:
    """What the checks say now. Raises `NotFound`."""
    assert comment.author is not None
    house = _house(comment)
    rendered = writing.rendered(comment.source, house.thread)
    quoted = Comment.objects.filter(quoted_by__comment=comment).first()
    written = Written(comment.author, house, comment.source, rendered, now, comment.parent, quoted, comment=comment)
    with translation.override(settings.LANGUAGE_CODE):
        return [_ask(check, draft_of(written)) for check in checks]


def _ask(check: Check, draft: Draft) -> Result:
    try:
        result = running.run(check, draft, seconds=float(settings.KAKEHASHI_CHECK_SECONDS))
    except Refused as refusal:
        # Nobody is there to change the words: a moderator decides.
        return Result(check.name, running.storable(Finding(Verdict.HELD, str(refusal.message))))
    return result or Result(check.name, Finding(Verdict.PASSED))


@transaction.atomic
def _settle(comment: Comment, results: list[Result], seen: Seen, now: datetime) -> bool:
    """Publish it, or write down why not; whether it was published. Raises `Conflict` where it is not as it was `seen`."""
    threads.lock(comment.thread_id)
    still = _held({one.check_name for one in results}, now).filter(pk=comment.pk).first()
    if still is None or still.revisions.count() != seen.revision:
        raise Conflict("Changed while it was looked at.")
    held = next((str(one.finding.waits_for) for one in results if one.finding.verdict == Verdict.HELD), "")
    held = held or _waits_for(still, now)
    is_well = not held and not any(one.finding.verdict == Verdict.BROKEN for one in results)
    if is_well:
        machine = Machine(results[0].check_name)
        decide_comment(actor=machine, comment=comment, action=CommentState.VISIBLE, seen=seen, now=now)
    elif held:
        Comment.objects.filter(pk=comment.pk).update(waits_for=held)
    write_down(results, comment, now)
    return is_well
