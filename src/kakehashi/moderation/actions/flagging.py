"""Flags: a member says which rule a comment breaks. One for each member and comment; changed or taken back while it waits."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from kakehashi.comments import rules as comment_rules
from kakehashi.comments.actions import threads
from kakehashi.comments.models import Comment, CommentState
from kakehashi.lib import ratelimit
from kakehashi.lib.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from kakehashi.lib.ratelimit import Limit
from kakehashi.moderation import flaggers, queries, rules
from kakehashi.moderation.actions.recording import require_fitting, typed
from kakehashi.moderation.actions.waiting import settle_waiting
from kakehashi.moderation.models import Action, Flag, Outcome, Rule
from kakehashi.readers.models import Reader

_TOO_OFTEN = gettext_lazy("You have reported many comments in a short while.")
LIMITS = [Limit(10, timedelta(minutes=10), _TOO_OFTEN), Limit(50, timedelta(days=1), _TOO_OFTEN)]
# Of one member, so that nobody works through a list; whoever finds more than that tells the staff with the last of them.
MEMBER_LIMIT = Limit(
    10, timedelta(days=1), gettext_lazy("You have reported ten comments of the same member within a day.")
)


@transaction.atomic
def flag_comment(
    *, reader: Reader, comment: Comment, rule: int | None, words: str = "", now: datetime | None = None
) -> Flag:
    """Say that a comment breaks the rule of this number, or say it in other words than before.

    Raises `NotFound` (not the reader's to know of), `NotAllowed` (suspended, or the reader's own comment), `Conflict`
    (no longer shown, answered already), `Invalid` (no rule, none in force, too many words) or `TooMany`.
    """
    now = now or timezone.now()
    # Whoever decides on the comment holds its thread too, and settles all flags on it.
    threads.lock(comment.thread_id)
    comment = threads.fresh(comment)
    refusal = why_not(reader=reader, comment=comment, now=now)
    if refusal is not None:
        raise refusal
    found = _rule(rule)
    words = typed(words)
    require_fitting(words, rules.LONGEST_FLAG_WORDS)
    earlier = Flag.objects.filter(reader=reader, comment=comment).first()
    if earlier is not None:
        _require_waiting(earlier)
        earlier.rule, earlier.words = found, words
        earlier.weight, earlier.is_again = _weigh(reader, comment, found, now)
        earlier.save(update_fields=["rule", "words", "weight", "is_again"])
        settle_waiting(comments=[comment.pk], now=now)
        return earlier
    mine = Flag.objects.filter(reader=reader)
    ratelimit.check(mine, "created_at", LIMITS, now=now)
    if comment.author_id is not None:
        ratelimit.check(mine.filter(comment__author=comment.author_id), "created_at", [MEMBER_LIMIT], now=now)
    weight, is_again = _weigh(reader, comment, found, now)
    flag = Flag.objects.create(
        reader=reader, comment=comment, rule=found, words=words, weight=weight, is_again=is_again, created_at=now
    )
    settle_waiting(comments=[comment.pk], now=now)
    return flag


@transaction.atomic
def take_back_flag(*, reader: Reader, comment: Comment, now: datetime | None = None) -> None:
    """Take one's flag back; repeats change nothing. Raises `Conflict` where it has had its answer."""
    threads.lock(comment.thread_id)
    earlier = Flag.objects.filter(reader=reader, comment=comment).first()
    if earlier is not None:
        _require_waiting(earlier)
        earlier.delete()
        settle_waiting(comments=[comment.pk], now=now or timezone.now())


def why_not(*, reader: Reader, comment: Comment, now: datetime) -> DomainError | None:
    """Why the reader cannot report the comment, if so; what `flag_comment` would raise."""
    if rules.can_flag(reader, comment, now):
        return None
    if comment_rules.is_author(reader, comment):
        return NotAllowed(_("This is your own comment: you can withdraw it."), code="own")
    if comment.state == CommentState.HELD:
        return NotFound(_("This comment is not here."))
    if comment.state != CommentState.VISIBLE:
        return Conflict(_("This comment is no longer shown, so there is nothing to report."), code="not-shown")
    return NotAllowed(
        _(
            "You cannot report comments while you are suspended. What is against the law you can report in a legal notice."
        ),
        code="suspended",
    )


def _require_waiting(flag: Flag) -> None:
    if flag.outcome != Outcome.WAITING:
        raise Conflict(_("A moderator has looked at your report already."), code="answered")


def _rule(number: int | None) -> Rule | None:
    in_force = {rule.number: rule for rule in queries.rules_in_force()}
    if not in_force:
        return None
    if number is None:
        raise Invalid(_("Please choose the rule that the comment breaks."), code="no-rule")
    if number not in in_force:
        raise Invalid(_("This rule is no longer in force. Please choose another one."), code="old-rule")
    return in_force[number]


def _weigh(reader: Reader, comment: Comment, rule: Rule | None, now: datetime) -> tuple[float, bool]:
    """What the flag counts, and whether it says nothing new of an approved text; at most 6 queries."""
    is_again = not _is_news(comment, rule, now)
    if flaggers.discount_of(reader, now) is not None:
        return 0.0, is_again
    record = flaggers.flagging_of(reader, now)
    weight = rules.flag_weight(record.followed, record.settled, flaggers.site_share(now))
    return weight * (rules.AGAIN_COUNTS if is_again else 1.0), is_again


def _is_news(comment: Comment, rule: Rule | None, now: datetime) -> bool:
    last = queries.last_decision(comment.pk)
    if last is None or last.is_automated or last.action != Action.VISIBLE:
        return True
    judged = Flag.objects.filter(comment=comment, decision=last).values_list("rule__number", flat=True)
    return rules.is_news(
        number=rule.number if rule else None,
        numbers_judged=set(judged),
        is_changed=comment.revisions.count() != last.revision,
        age=now - last.decided_at,
    )


def reweigh(reader: Reader, now: datetime) -> None:
    """Work out anew what the member's waiting flags count, after what holds for the member has changed."""
    waiting = list(Flag.objects.filter(reader=reader, outcome=Outcome.WAITING))
    if not waiting:
        return
    weight = 0.0
    if flaggers.discount_of(reader, now) is None:
        record = flaggers.flagging_of(reader, now)
        weight = rules.flag_weight(record.followed, record.settled, flaggers.site_share(now))
    for flag in waiting:
        flag.weight = weight * (rules.AGAIN_COUNTS if flag.is_again else 1.0)
    Flag.objects.bulk_update(waiting, ["weight"])
    settle_waiting(comments=[flag.comment_id for flag in waiting], now=now)
