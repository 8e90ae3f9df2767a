"""Comments that a broken check alone held: once it works it is asked about them after all, and what it does not mind is
published, as it would have been."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import translation

from kakehashi.comments.actions import threads, writing
from kakehashi.comments.gate import Written
from kakehashi.comments.models import Comment, CommentState, Waits
from kakehashi.lib.errors import Conflict, NotFound
from kakehashi.moderation.actions.deciding import decide_comment
from kakehashi.moderation.actions.mending import note_breakdowns
from kakehashi.moderation.actions.waiting import settle_waiting
from kakehashi.moderation.checks import running
from kakehashi.moderation.checks.draft import Draft, Finding, Refused
from kakehashi.moderation.checks.gate import draft_of
from kakehashi.moderation.checks.running import Check, Result
from kakehashi.moderation.grounds import Machine, Seen
from kakehashi.moderation.models import ON_COMMENTS, Breakdown, CheckResult, Claim, Decision, Verdict

# In one look, the oldest first: the worker has more to do.
MOST = 50


def look_again(*, now: datetime) -> int:
    """Ask again about what was held because checks did not work; how many comments were published.

    Only where nobody has decided on it or is at it, and nothing else speaks against it: by the checks' answers now, and by
    what holds in its discussion now. Checks that go by what was written at the time are not asked again.
    """
    broken = set(Breakdown.objects.filter(ended_at=None).values_list("check_name", flat=True))
    checks = {one.name: one for one in running.configured() if not one.is_of_memory and one.name not in broken}
    published = 0
    for comment in _held(checks, now)[:MOST]:
        names = comment.check_results.filter(verdict=Verdict.BROKEN).values_list("check_name", flat=True)
        published += _look(comment, [checks[name] for name in sorted(set(names))], now)
    return published


def _held(checks: Collection[str], now: datetime) -> QuerySet[Comment]:
    """What these checks alone held, the oldest first."""
    found = CheckResult.objects.filter(comment=OuterRef("pk"), verdict=Verdict.BROKEN)
    decided = Decision.objects.filter(comment=OuterRef("pk"), action__in=ON_COMMENTS)
    claimed = Claim.objects.filter(comment=OuterRef("pk"), until__gt=now)
    held = Comment.objects.filter(
        Exists(found.filter(check_name__in=checks)), ~Exists(found.exclude(check_name__in=checks)), ~Exists(decided),
        ~Exists(claimed), state=CommentState.HELD, waits_for=Waits.BROKEN, author__isnull=False,
    )  # fmt: skip
    return held.select_related("author", "thread", "parent").order_by("pk")


def _look(comment: Comment, checks: list[Check], now: datetime) -> bool:
    seen = Seen(revision=comment.revisions.count(), decision=0, state=CommentState.HELD)
    try:
        draft, waits_for = _draft(comment, now)
    except NotFound:
        # Its story is not published at present.
        return False
    with translation.override(settings.LANGUAGE_CODE):
        results = [_ask(check, draft) for check in checks]
    held = next((str(one.finding.waits_for) for one in results if one.finding.verdict == Verdict.HELD), waits_for)
    is_well = not held and not any(one.finding.verdict == Verdict.BROKEN for one in results)
    try:
        with transaction.atomic():
            # Before anything is written of it: whether it is still the comment that was asked about.
            if is_well:
                decide_comment(
                    actor=Machine(checks[0].name), comment=comment, action=CommentState.VISIBLE, seen=seen, now=now
                )
            elif held:
                Comment.objects.filter(pk=comment.pk, state=CommentState.HELD).update(waits_for=held)
            _keep(comment, results, now)
    except Conflict:
        return False
    return is_well


def _draft(comment: Comment, now: datetime) -> tuple[Draft, str]:
    """The comment as checks get it, and why it would wait in its discussion whatever they say. Raises `NotFound`."""
    assert comment.author is not None
    house = threads.house_of(comment.thread.story_id, threads.newsroom())
    rendered = writing.rendered(comment.source, house.thread)
    quoted = Comment.objects.filter(quoted_by__comment=comment).first()
    written = Written(comment.author, house, comment.source, rendered, now, comment.parent, quoted, comment=comment)
    return draft_of(written), house.waits_for(comment.author, now)


def _ask(check: Check, draft: Draft) -> Result:
    seconds = float(settings.KAKEHASHI_CHECK_SECONDS)
    try:
        result = running.run(check, draft, seconds=seconds)
    except Refused as refusal:
        # Nobody is there to change the words: a moderator decides.
        return Result(check.name, Finding(Verdict.HELD, refusal.message))
    return result or Result(check.name, Finding(Verdict.PASSED))


def _keep(comment: Comment, results: list[Result], now: datetime) -> None:
    CheckResult.objects.bulk_create(
        CheckResult(
            comment=comment,
            check_name=one.check_name,
            verdict=one.finding.verdict,
            reason=one.finding.reason,
            score=one.finding.score,
            rule_number=one.finding.rule_number,
            milliseconds=one.milliseconds,
            checked_at=now,
        )
        for one in results
    )
    settle_waiting(comments=[comment.pk], now=now)
    note_breakdowns(results=[one for one in results if one.error], now=now)
