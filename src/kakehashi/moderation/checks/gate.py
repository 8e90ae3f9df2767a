"""The gate of the discussion (comments.gate): runs the checks, and keeps what they found with the comment."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from django.conf import settings
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kakehashi.comments.actions.posting import require_turn
from kakehashi.comments.actions.recent import Recent
from kakehashi.comments.gate import Written
from kakehashi.comments.models import Comment, Waits, waits_sentence
from kakehashi.lib.words import language_of
from kakehashi.moderation.actions.mending import note_breakdowns
from kakehashi.moderation.actions.waiting import settle_waiting
from kakehashi.moderation.checks import nudging, running
from kakehashi.moderation.checks.digests import digest_of
from kakehashi.moderation.checks.draft import Draft, Finding
from kakehashi.moderation.checks.names import MODEL
from kakehashi.moderation.checks.nudging import Considered
from kakehashi.moderation.checks.running import Check, Result
from kakehashi.moderation.models import CheckResult, Verdict, Waiting


def look(written: Written) -> Passage:
    """Run the checks that need not know what was written lately. Raises `Refused`, or `Reconsider` where the writer is asked
    to think again."""
    checks = [check for check in running.configured() if not check.is_of_memory]
    if written.comment is None and not all(check.is_quick for check in checks):
        # Nobody outside is asked about what is refused anyway.
        _require_turn(written)
    passage = _begun(written)
    draft = passage.draft
    passage.digest = digest_of(draft.folded[-1])
    passage.is_checked = True
    # What the checks say is for the staff.
    with translation.override(settings.LANGUAGE_CODE):
        passage.run(checks, draft)
    if written.house.newsroom.asks_to_reconsider and written.comment is None:
        # Other scores may be of anything: an offer is not harsh.
        scores = [one.finding.score or 0.0 for one in passage.results if one.check_name == MODEL]
        score = max(scores, default=0.0)
        passage.considered = nudging.consider(draft, written.sent, score=score, require=partial(_require_turn, written))
    return passage


def _require_turn(written: Written) -> None:
    require_turn(author=written.author, house=written.house, source=written.source, now=written.now)


def let_in(written: Written) -> Passage:
    """Let a text pass that nobody writes now: it waits only where everything does. For the history of the demo."""
    return _begun(written)


def _begun(written: Written) -> Passage:
    """With what is known before any check."""
    passage = Passage(draft_of(written))
    if written.waits_for:
        with translation.override(settings.LANGUAGE_CODE):
            reason = waits_sentence(written.waits_for)
        passage.results.append(Result(written.waits_for, Finding(Verdict.HELD, reason, waits_for=written.waits_for)))
    return passage


def draft_of(written: Written) -> Draft:
    """What checks get to see of a text."""
    house, rendered = written.house, written.rendered
    reads_in = get_language() or settings.LANGUAGE_CODE
    return Draft(
        author=written.author,
        thread_id=house.thread.pk,
        story_id=house.thread.story_id,
        section_id=house.section_id,
        source=written.source,
        plain=rendered.plain,
        html=rendered.html,
        parent=written.parent,
        quoted=written.quoted,
        mentioned=rendered.mentioned,
        language=language_of(rendered.plain, settings.LANGUAGE_CODE, reads_in),
        reads_in=reads_in,
        now=written.now,
        comment_id=written.comment.pk if written.comment is not None else None,
        trap=written.sent.trap,
        edition=house.edition,
        newsroom=house.newsroom,
    )


class Passage:
    """All that was found in one text, until there is a comment to which it belongs."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.digest: int | None = None
        self.is_checked = False
        self.results: list[Result] = []
        self.considered: Considered | None = None
        self._left = float(settings.KAKEHASHI_CHECKS_SECONDS)

    @property
    def waits_for(self) -> str:
        """The first reason for which it is held, that of a broken check last."""
        held = [one.finding for one in self.results if one.finding.verdict == Verdict.HELD]
        broken = [one.finding for one in self.results if one.finding.verdict == Verdict.BROKEN]
        return next((str(one.waits_for) for one in (*held, *broken)), "")

    def run(self, checks: list[Check], draft: Draft) -> None:
        """In this order, as long as there is time left for all of them together; those that are quick always."""
        for check in checks:
            began = time.perf_counter()
            seconds = float(settings.KAKEHASHI_CHECK_SECONDS)
            if not check.is_quick:
                seconds = min(seconds, self._left)
            if seconds > 0:
                result = running.run(check, draft, seconds=seconds)
            else:
                said = _("The checks before it had taken all the time.")
                result = Result(check.name, Finding(Verdict.BROKEN, said, waits_for=Waits.BROKEN), error=said)
            if result is not None:
                self.results.append(result)
            self._left -= time.perf_counter() - began

    def recall(self, recent: Recent) -> None:
        """The checks that ask what was written lately."""
        checks = [check for check in running.configured() if check.is_of_memory and self.is_checked]
        with translation.override(settings.LANGUAGE_CODE):
            self.run(checks, replace(self.draft, recent=recent))

    def keep(self, comment: Comment) -> None:
        """One statement, where anything was found; more where somebody had been asked to think again, or a check is broken.
        Of an edit one at least: what was found in the words before may let the comment wait still."""
        if self.considered is not None:
            nudging.settle(self.considered, comment)
        # Not the draft's: of an edit what was found is no older than what was decided while the checks were asked.
        now = comment.edited_at or comment.created_at
        if not any(one.finding.verdict != Verdict.PASSED for one in self.results):
            if self.draft.comment_id is not None and Waiting.objects.filter(comment=comment.pk).exists():
                settle_waiting(comments=[comment.pk], now=now)
            return
        write_down(self.results, comment, now)


def write_down(results: Sequence[Result], comment: Comment, now: datetime) -> None:
    """Keep what checks found in a comment, whose thread is held, with what follows for the queue and for broken checks."""
    CheckResult.objects.bulk_create(
        CheckResult(
            comment_id=comment.pk,
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
