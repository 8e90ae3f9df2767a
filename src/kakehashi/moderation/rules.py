"""Who may do what here, what follows from a record, and what comes first in the queue. Pure: no query, no clock."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Collection, Iterable
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from kakehashi.comments import rules as comment_rules
from kakehashi.comments.models import Comment, CommentState
from kakehashi.moderation.models import (
    ON_READERS_RESTRICTED,
    Action,
    Appeal,
    AppealState,
    Decision,
    DefaultAction,
    LegalNotice,
    Origin,
    Outcome,
)
from kakehashi.readers import rules as reader_rules
from kakehashi.readers.models import Reader, Standing

# Hours of a first suspension, a second one, and so on; the last is repeated.
PENALTY_STEPS = (24, 72, 168, 720)
# Suspensions longer ago count no more.
RECORD_LASTS = timedelta(days=365)
# Months in which a decision can be objected to, to the end of the last day: no less than DSA Art. 20(1) asks for.
APPEAL_MONTHS = 6
LONGEST_APPEAL = 2000
# A member of whose comments of these days such a share was removed, and at least so many, is read first.
WATCHED_WITHIN = timedelta(days=7)
WATCHED_SHARE, WATCHED_FROM = 0.3, 2
# Where the site holds no first comments, a member is known after so many all the same: links go by it.
KNOWN_AFTER = 2
LONGEST_SUSPENSION = timedelta(days=366)
# Who looks at a comment of the queue has it for so long; looking on renews that.
CLAIM_LASTS = timedelta(minutes=5)
# A decision is taken back by one key for so long, and nobody is told of it before then.
UNDO_WITHIN = timedelta(seconds=10)
# Given for the way there.
UNDO_GRACE = timedelta(seconds=3)
TELL_AFTER = timedelta(seconds=15)


def can_decide(actor: Reader | None) -> bool:
    """Somewhere on the site."""
    return actor is not None and actor.is_active and actor.is_moderator


def can_decide_everywhere(actor: Reader | None) -> bool:
    """On the whole site, and so on what belongs to no section: members, staffed hours, reports."""
    return actor is not None and actor.is_active and actor.moderates_everywhere


def can_report(actor: Reader | None) -> bool:
    """Publish what was decided in a period, in figures."""
    return can_decide_everywhere(actor) or can_edit_policy(actor)


def can_decide_on(actor: Reader | None, section: int) -> bool:
    """On what stands under the stories of that section."""
    return actor is not None and actor.is_active and actor.moderates(section)


def can_see_decision(actor: Reader, decision: Decision) -> bool:
    """Whether a decision lies within the actor's part of the site. Its comment or thread comes with the story."""
    section = section_of(decision)
    return can_decide_everywhere(actor) if section is None else can_decide_on(actor, section)


def section_of(decision: Decision) -> int | None:
    """Where it was decided: by the present section of the story; None for what concerns a member alone."""
    thread = decision.comment.thread if decision.comment is not None else decision.thread
    return thread.story.section_pk if thread is not None else None


def can_edit_policy(actor: Reader | None) -> bool:
    return actor is not None and actor.is_active and actor.is_editor


def can_enter(actor: Reader | None) -> bool:
    """The staff's rooms: moderators, and editors, who hear appeals where there is one moderator only."""
    return actor is not None and actor.is_active and (actor.is_moderator or actor.is_editor)


def can_restrict(actor: Reader, reader: Reader, action: str = Action.SUSPENDED) -> bool:
    """Warn, suspend or ban. Who moderates some sections only may warn, and that for a comment there."""
    if action == Action.WARNED:
        return reader_rules.can_warn(actor, reader)
    return reader_rules.can_suspend(actor, reader)


def proposed_hours(suspensions: int) -> int:
    """The next penalty step of somebody who was suspended so often within RECORD_LASTS."""
    return PENALTY_STEPS[min(suspensions, len(PENALTY_STEPS) - 1)]


def usual_consequence(default_action: str, actor: Reader) -> str:
    """What the usual decision of a rule means for the author of the comment, as `actions.Consequence`, as far as it is the
    actor's to take: who moderates some sections warns, and no more."""
    restricting = (DefaultAction.SUSPENDED, DefaultAction.BANNED) if can_decide_everywhere(actor) else ()
    return default_action if default_action in (DefaultAction.WARNED, *restricting) else ""


def last_day_to_object(settled_at: datetime) -> date:
    """The day of the same number six months later, or the last one of a shorter month, in the site's time zone."""
    day = settled_at.astimezone(comment_rules.zone()).date()
    years, month = divmod(day.month - 1 + APPEAL_MONTHS, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def is_in_time(settled_at: datetime, now: datetime) -> bool:
    """Whether what was decided then can still be objected to."""
    over = last_day_to_object(settled_at) + timedelta(days=1)
    return now < datetime.combine(over, time(), tzinfo=comment_rules.zone())


def can_appeal(reader: Reader, decision: Decision, now: datetime) -> bool:
    """Whether the reader may still object; whether they have already, the caller knows. What was decided on an objection is
    the last word."""
    is_theirs = decision.reader_id == reader.pk and decision.is_restriction and decision.origin != Origin.APPEAL
    return is_theirs and is_in_time(decision.decided_at, now)


def can_settle(actor: Reader | None, appeal: Appeal, *, other_moderators: int) -> bool:
    """Somebody else than who decided; an editor only where no other moderator is there. Nobody judges their own case, and
    nobody waits for an answer who has left."""
    if actor is None or not actor.is_active or appeal.state != AppealState.WAITING or appeal.reader.is_erased:
        return False
    if actor.pk in {appeal.reader_id, *deciders(appeal.decision)}:
        return False
    return can_hear(actor, appeal.decision) or (actor.is_editor and other_moderators == 0)


def deciders(decision: Decision) -> set[int]:
    """Who has decided so: also who did first what an undoing of an undoing decides again."""
    found: set[int] = set()
    one: Decision | None = decision
    while one is not None:
        if one.actor_id is not None:
            found.add(one.actor_id)
        one = one.undoes.undoes if one.undoes is not None else None
    return found


def can_hear(actor: Reader, decision: Decision) -> bool:
    """Whether an objection to it lies in a moderator's part: what holds for a member everywhere, a suspension or a ban, is for
    who moderates the whole site, wherever it was given."""
    is_everywhere = is_on_reader(decision) and decision.action != Action.WARNED
    return can_decide_everywhere(actor) if is_everywhere else can_decide(actor) and can_see_decision(actor, decision)


def is_on_reader(decision: Decision) -> bool:
    """Whether the decision takes something from a person rather than from a comment."""
    return decision.action in ON_READERS_RESTRICTED or decision.action == Action.DISCOUNTED


def can_undo(actor: Reader, decision: Decision) -> bool:
    """What was decided about a person, only by somebody who might decide it: nobody lifts their own ban."""
    if not is_on_reader(decision) and decision.action != Action.REINSTATED:
        return True
    undone = decision.undoes if decision.action == Action.REINSTATED and decision.undoes is not None else decision
    return decision.reader is not None and can_restrict(actor, decision.reader, undone.action)


def undoing_action(decision: Decision) -> str:
    """What a decision that takes this one back does."""
    if is_on_reader(decision):
        return Action.REINSTATED
    if decision.action == Action.REINSTATED:
        assert decision.undoes is not None
        return decision.undoes.action
    return Action.EDITED if decision.action == Action.EDITED else decision.state_before


# The queue: expected harm × reach × age. Reasons, and where the numbers come from: docs/decisions, "What comes first in the
# queue". Each sign leaves so much of the hope that nothing is wrong; all signs together leave the product.
HOPE = 0.9
HOPE_AFTER_NOTICE = 0.4
HOPE_AFTER_SUSPECT = 0.7
HOPE_AFTER_HELD = 0.5
HOPE_AFTER_BROKEN = 0.85
# Neither flags nor a model are believed wholly.
SUREST = 0.98
# A flag counts for more, the harder the rule that it names is usually enforced.
GRAVITY: dict[str, float] = {
    DefaultAction.EDITED: 0.7,
    DefaultAction.REMOVED: 1.0,
    DefaultAction.WARNED: 1.3,
    DefaultAction.SUSPENDED: 1.6,
    DefaultAction.BANNED: 2.0,
}
# Of what nobody but its author sees, who waits; and of what stands where nobody reads any more.
REACH_HELD = 0.4
LEAST_REACH = 0.25
# As many readers of a story as bring a comment half of the way from least to full reach; a vote is worth so many of them.
READERS_HALF_WAY = 200.0
READERS_PER_VOTE = 10.0
# Where views are not counted: readers for each comment of the thread, halved every day after publication.
READERS_PER_COMMENT = 20.0


class Signs(NamedTuple):
    """What speaks against a comment. `flags`: how likely one of them is right, 0..1 (harm_of_flags, each weight times the
    gravity of its rule). `suspect`, `held`, `broken`: how many checks said so. `score`: the model's, 0..1."""

    flags: float = 0.0
    notices: int = 0
    suspect: int = 0
    held: int = 0
    broken: int = 0
    score: float = 0.0


def harm(signs: Signs) -> float:
    """How likely something is wrong, in 0..1: each sign as if it were independent of the others ("noisy or")."""
    hope = (
        HOPE
        * (1.0 - min(max(0.0, signs.flags), SUREST))
        * HOPE_AFTER_NOTICE**signs.notices
        * HOPE_AFTER_SUSPECT**signs.suspect
        * HOPE_AFTER_HELD**signs.held
        * HOPE_AFTER_BROKEN**signs.broken
        * (1.0 - min(max(0.0, signs.score), SUREST))
    )
    return 1.0 - float(hope)


def reach(*, is_held: bool, readers: float, votes: int) -> float:
    """How much of the readership a comment meets, in 0..1. `readers` of its story now; `votes` on the comment itself."""
    if is_held:
        return REACH_HELD
    seen_by = max(0.0, readers) + READERS_PER_VOTE * max(0, votes)
    # What is taken off for readers who are missing: each step rounds the same way, so more readers never come to less.
    return 1.0 - (1.0 - LEAST_REACH) * (READERS_HALF_WAY / (seen_by + READERS_HALF_WAY))


def readers_guessed(*, comments: int, published: timedelta) -> float:
    """Readers of a story now, where nobody counts them."""
    days = min(60.0, max(0.0, published / timedelta(days=1)))
    return float(READERS_PER_COMMENT * comments * 0.5**days)


def age(waited: timedelta, target: timedelta) -> float:
    """By how much waiting raises a comment: 1 at first, 2 at the target age, 3 at twice that."""
    return 1.0 + max(timedelta(0), waited) / target


# Flags --------------------------------------------------------------------------------------------------------------

# A flagger of whom little is known is taken for an average one: that counts as much as so many flags of their own.
MEAN_COUNTS = 4
# The site's own share begins at a half, as of so many flags, until there are some.
HALF_COUNTS = 10
# Nobody is always right, and nobody's flag is worth nothing but where that was decided and told.
LEAST_WEIGHT, MOST_WEIGHT = 0.05, 0.95
# How much less each further flag on a comment says than the one before, the weightiest first: whoever flags the same
# comment has often read the same call to do so.
FURTHER_FLAG = 0.7
# What a flag counts that says nothing new about a text on which a person has decided.
AGAIN_COUNTS = 0.25
# After so long it is new again. In a week the discussion has moved on around the comment, and what was a guess when it
# was approved may have been shown to be wrong; sooner, a second flag is mostly another reader of the same day.
NEWS_AFTER = timedelta(days=7)
# Flags settled longer ago say nothing about their sender any more; of the site's, the last three months do.
FLAGS_LAST = timedelta(days=365)
SITE_FLAGS_LAST = timedelta(days=90)
# So many flags that were not followed, and so low a weight beside the site's mean, and the staff are shown the flagger.
SERIAL_FLAGS = 5
SERIAL_SHARE = 0.5
LONGEST_FLAG_WORDS = 1000
# Days for which the flags of a member may be left out of count.
DISCOUNT_DAYS = (7, 30, 90)


def site_share(followed: int, settled: int) -> float:
    """The site's share of flags that were followed, smoothed: (followed + 5) / (settled + 10), the mean of a Beta
    distribution with the prior Beta(5, 5)."""
    return (followed + HALF_COUNTS / 2) / (settled + HALF_COUNTS)


def flag_weight(followed: int, settled: int, mean: float) -> float:
    """How likely a member's next flag is to be followed, who had so many settled and so many of these followed.

    (followed + 4 · mean) / (settled + 4): the mean of a Beta distribution whose prior has the site's mean and the weight of
    four flags; between LEAST_WEIGHT and MOST_WEIGHT. A new member counts the mean.
    """
    share = (followed + MEAN_COUNTS * mean) / (settled + MEAN_COUNTS)
    return min(max(share, LEAST_WEIGHT), MOST_WEIGHT)


def harm_of_flags(weights: Iterable[float]) -> float:
    """How likely it is, 0 to 1, that one of the flags on a comment is right: 1 − ∏ (1 − wᵢ · 0.7ⁱ), i = 0 for the
    weightiest.

    As of independent signs, but each further one counts 0.7 of the one before: so flags that each count w come to no more
    than 1 − ∏ (1 − w · 0.7ⁱ) together, however many (0.16 for w = 0.05, 0.87 for w = 0.5), and a crowd of flaggers who are
    seldom right never outweighs one who mostly is.
    """
    doubt = 1.0
    for place, weight in enumerate(sorted(weights, reverse=True)):
        doubt *= 1.0 - weight * FURTHER_FLAG**place
    return 1.0 - doubt


def is_news(*, number: int | None, numbers_judged: Collection[int | None], is_changed: bool, age: timedelta) -> bool:
    """Whether a flag says something new about a comment that a person approved so long ago (`age`): another rule than
    those of the flags that were answered, a text that was changed since, or a week later."""
    return is_changed or age >= NEWS_AFTER or number not in numbers_judged


def is_serial(followed: int, declined: int, mean: float) -> bool:
    """Whether the staff should look at a flagger: many flags that were not followed, and seldom right beside others."""
    return declined >= SERIAL_FLAGS and flag_weight(followed, followed + declined, mean) <= SERIAL_SHARE * mean


def can_flag(reader: Reader, comment: Comment, now: datetime) -> bool:
    """A member who may write; not their own comment, and only one whose words are theirs to read."""
    return (
        comment_rules.can_write(reader, now)
        and comment.state == CommentState.VISIBLE
        and not comment_rules.is_author(reader, comment)
    )


# Legal notices ------------------------------------------------------------------------------------------------------

SHORTEST_NOTICE, LONGEST_NOTICE = 30, 5000
# Days for which no notices are taken under an address.
BAR_DAYS = (30, 90, 180)


def can_complain(notice: LegalNotice, now: datetime) -> bool:
    """Once, where it was not followed, and as long as an author may object (DSA Art. 20(1))."""
    return (
        notice.outcome == Outcome.DECLINED
        and notice.complained_at is None
        and notice.settled_at is not None
        and is_in_time(notice.settled_at, now)
    )


def standing_of(before: str, *, published: int, needed: int, written: int, removed: int) -> str:
    """How far a member is known: `published` comments that everybody reads, `needed` of them; of those `written` within
    WATCHED_WITHIN so many `removed`. Nobody becomes new again."""
    if removed >= WATCHED_FROM and removed >= WATCHED_SHARE * written:
        return Standing.WATCHED
    if before == Standing.ESTABLISHED or published >= needed:
        return Standing.ESTABLISHED
    return Standing.NEW


def can_answer(actor: Reader, notice: LegalNotice, *, other_moderators: int) -> bool:
    """Anybody of the staff; on a complaint somebody else than who answered first, where there is anybody else."""
    if notice.complained_at is None or other_moderators == 0:
        return True
    first = notice.decision.actor_id if notice.decision is not None else notice.judge_id
    return actor.pk != first
