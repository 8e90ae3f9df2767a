"""The demo's moderators at work: what they decide goes by a rule, some of it is objected to, and some is still waiting."""

from __future__ import annotations

from datetime import datetime, timedelta

from kakehashi.archive.demo.content import StoryFile
from kakehashi.archive.demo.judged import CHANGED, PUBLISHED, REMOVED, Case
from kakehashi.comments.models import Comment, Thread
from kakehashi.moderation import actions, queries
from kakehashi.moderation.actions import RuleText
from kakehashi.moderation.grounds import Ground
from kakehashi.moderation.models import Action, Decision, Origin, PolicyVersion, Rule
from kakehashi.readers.models import Reader

# (rule, why, how it was found), taken in turn.
REASONS = (
    (1, "The second half is about the writer’s wits, not about the ferry.", Origin.FLAG),
    (1, "“Clown” is said of a person here. Say what is wrong with the sums instead.", Origin.OWN),
    (6, "This is the third time under this story that it turns to parking.", Origin.FLAG),
    (5, "It says as a fact that money changed hands, and names no source.", Origin.FLAG),
    (2, "It speaks of everybody from the south shore as if they were one and worth less.", Origin.OWN),
    (7, "The link leads to an offer of the writer’s own.", Origin.CHECK),
    (4, "It tells where somebody lives who has not said so in public.", Origin.NOTICE),
)

OBJECTIONS = (
    "I was quoting what was said at the harbour meeting. Please read the sentence before it again.",
    "Sharp, yes. But I wrote about the budget, and the budget is what the story is about.",
    "Nobody is named here. I meant the committee as a whole.",
    "The same joke stands two comments above mine, and nobody minded.",
)
GRANTED = "You are right: the words in question are a quotation, and you say so. The comment is back, and we are sorry."
DECLINED = "We read it again, in its context. The budget can be criticised without calling names; rule 1 asks for that."
ACTIONS = {CHANGED: Action.EDITED, PUBLISHED: Action.VISIBLE, REMOVED: Action.REMOVED}


class Desk:
    """Two moderators with the rules that a new site comes with."""

    def __init__(self, *, first: Reader, second: Reader, now: datetime) -> None:
        self.first, self.second, self.now = first, second, now
        self.before = self._first_rules(now - timedelta(days=3650))
        self.since = now - timedelta(days=60)
        self.rules = self._second_rules(self.since)
        self.removed: list[Decision] = []
        self.cases = 0

    def set_thread(self, thread: Thread, story: StoryFile, at: datetime) -> None:
        rules = self.rules if at >= self.since else self.before
        ground = Ground(rule=rules[story.thread_rule], explanation=story.thread_why)
        actions.decide_thread(actor=self.first, thread=thread, action=story.thread, ground=ground, now=at)

    def let_through(self, comment: Comment, at: datetime) -> Comment:
        """Publish what waited."""
        actions.decide_comment(actor=self.first, comment=comment, action=Action.VISIBLE, now=at)
        comment.refresh_from_db()
        return comment

    def judge(self, comment: Comment, case: Case, written_at: datetime) -> Comment:
        """Decide on a comment that was flagged, held or stumbled on, and what followed. The two share the work."""
        self.cases += 1
        who, other = (self.first, self.second) if self.cases % 5 < 3 else (self.second, self.first)
        at = min(written_at + case.after, self.now)
        ground = Ground(
            rule=(self.rules if at >= self.since else self.before)[case.rule] if case.rule else None,
            explanation=case.why,
            origin=case.found,
            is_found_by_machine=case.found == Origin.CHECK,
        )
        action = ACTIONS[case.verdict]
        decision = actions.decide_comment(
            actor=who, comment=comment, action=action, source=case.text, ground=ground, now=at
        )
        self._follow_up(decision, case.sequel, other, at)
        comment.refresh_from_db()
        return comment

    def _follow_up(self, decision: Decision, sequel: str, other: Reader, at: datetime) -> None:
        """The other moderator takes it back, or hears the author."""
        if sequel == "undone":
            later = min(at + timedelta(hours=3), self.now)
            actions.undo(actor=other, decision=decision, explanation="Read again: it is about the plan.", now=later)
        elif sequel:
            assert decision.reader is not None
            objected, answered = (min(at + timedelta(hours=hours), self.now) for hours in (7, 30))
            words = OBJECTIONS[self.cases % len(OBJECTIONS)]
            appeal = actions.file_appeal(reader=decision.reader, decision=decision, words=words, now=objected)
            is_granted = sequel == "granted"
            answer = GRANTED if is_granted else DECLINED
            actions.settle_appeal(actor=other, appeal=appeal, is_granted=is_granted, answer=answer, now=answered)

    def remove(self, comment: Comment, at: datetime) -> None:
        """Each under another rule; the two moderators share the work."""
        turn = len(self.removed)
        who = self.second if turn % 3 == 2 else self.first
        at = min(at, self.now)
        decision = actions.decide_comment(
            actor=who, comment=comment, action=Action.REMOVED, ground=self._ground(turn, at), now=at
        )
        self.removed.append(decision)

    def _ground(self, turn: int, at: datetime) -> Ground:
        number, why, origin = REASONS[turn % len(REASONS)]
        rules = self.rules if at >= self.since else self.before
        return Ground(rule=rules[number], explanation=why, origin=origin)

    def _first_rules(self, at: datetime) -> dict[int, Rule]:
        """Those that a new site comes with: made a moment ago, for a paper that has been there for ten years."""
        policy = actions.ensure_policy(now=at)
        PolicyVersion.objects.filter(pk=policy.pk).update(published_at=at)
        return self._rules()

    def _second_rules(self, at: datetime) -> dict[int, Rule]:
        """Edited once since then, so that there is a history to read."""
        policy = queries.policy_in_force()
        assert policy is not None
        fields = ("number", "title", "text", "examples", "to_author", "default_action", "category")
        texts = [{name: getattr(rule, name) for name in fields} for _, rule in sorted(self.before.items())]
        texts[4]["text"] += " A link to a place where others can read it is enough."
        actions.publish_policy(
            actor=None,
            texts=[RuleText(**text) for text in texts],
            preamble=policy.preamble,
            changes="Rule 5 says what counts as a source, because readers kept asking.",
            now=at,
        )
        return self._rules()

    def _rules(self) -> dict[int, Rule]:
        return {rule.number: rule for rule in queries.rules_in_force().select_related("version")}

    def finish(self) -> None:
        """What followed: a warning that nobody has read yet, suspensions, objections heard and waiting."""
        latest = sorted(self.removed, key=lambda one: one.decided_at, reverse=True)
        for turn, decision in enumerate(latest[:4]):
            self._object(decision, turn)
        rest = [one for one in latest[4:] if one.reader is not None]
        # The log lists decisions as they were made: the earliest first.
        for turn, decision in reversed(list(enumerate(rest[:6]))):
            self._restrict(decision, turn)

    def _object(self, decision: Decision, turn: int) -> None:
        """The first two of the latest objections were heard, the others wait."""
        if decision.reader is None:
            return
        # Old stories' comments were removed long ago: nobody can object to those any more.
        at = max(decision.decided_at, min(decision.decided_at + timedelta(hours=9), self.now - timedelta(minutes=5)))
        appeal = actions.file_appeal(
            reader=decision.reader, decision=decision, words=OBJECTIONS[turn % len(OBJECTIONS)], now=at
        )
        if turn < 2:
            judge = self.first if decision.actor_id == self.second.pk else self.second
            answered = min(at + timedelta(hours=20), self.now)
            answer = DECLINED if turn else GRANTED
            actions.settle_appeal(actor=judge, appeal=appeal, is_granted=not turn, answer=answer, now=answered)

    def _restrict(self, decision: Decision, turn: int) -> None:
        reader, at = decision.reader, decision.decided_at
        assert reader is not None
        ground = Ground(rule=decision.rule, explanation=decision.explanation)
        comment = decision.comment
        if turn == 0:
            actions.warn(actor=self.first, reader=reader, ground=ground, comment=comment, now=at)
        elif turn == 1:
            lasts = self.now - timedelta(hours=20)
            actions.suspend(actor=self.first, reader=reader, ground=ground, hours=72, comment=comment, now=lasts)
        elif turn == 5:
            ban = Ground(rule=self.rules[8], explanation="Three accounts that answered and praised each other.")
            actions.ban(actor=self.second, reader=reader, ground=ban, now=at)
        else:
            actions.suspend(actor=self.second, reader=reader, ground=ground, hours=24, comment=comment, now=at)
