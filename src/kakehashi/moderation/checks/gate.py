"""The gate of the discussion (comments.gate): runs the checks, and keeps what they found with the comment."""

from __future__ import annotations

import time
from dataclasses import replace

from django.conf import settings
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kakehashi.comments.actions.recent import Recent
from kakehashi.comments.gate import Written
from kakehashi.comments.models import Comment, Waits, waits_sentence
from kakehashi.moderation.checks import running
from kakehashi.moderation.checks.draft import LONGEST_REASON, Draft, Finding
from kakehashi.moderation.checks.running import Check, Result
from kakehashi.moderation.models import CheckResult, Verdict


def look(written: Written) -> Passage:
    """Run the checks that need not know what was written lately. Raises `Refused`."""
    draft = draft_of(written)
    passage = Passage(draft)
    if written.waits_for:
        passage.add(Result(written.waits_for, _wait(written.waits_for)))
    passage.run([check for check in running.configured() if not check.is_of_memory], draft)
    return passage


def draft_of(written: Written) -> Draft:
    """What checks get to see of a text."""
    house, rendered = written.house, written.rendered
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
        language=get_language() or settings.LANGUAGE_CODE,
        now=written.now,
        comment_id=written.comment.pk if written.comment is not None else None,
        trap=written.sent.trap,
        edition=house.edition,
        newsroom=house.newsroom,
    )


def _wait(reason: str) -> Finding:
    """What an editor's setting, or the member's record, says before any check."""
    with translation.override(settings.LANGUAGE_CODE):
        return Finding(Verdict.HELD, waits_sentence(reason), waits_for=reason)


class Passage:
    """All that was found in one text, until there is a comment to which it belongs."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.digest: int | None = None
        self.results: list[Result] = []
        self._left = float(settings.KAKEHASHI_CHECKS_SECONDS)

    @property
    def waits_for(self) -> str:
        """The first reason for which it is held, that of a broken check last."""
        held = [one.finding for one in self.results if one.finding.verdict == Verdict.HELD]
        broken = [one.finding for one in self.results if one.finding.verdict == Verdict.BROKEN]
        return next((str(one.waits_for) for one in (*held, *broken)), "")

    def add(self, result: Result) -> None:
        self.results.append(result)

    def run(self, checks: list[Check], draft: Draft) -> None:
        """In this order, as long as there is time left for all of them together."""
        for check in checks:
            began = time.perf_counter()
            seconds = min(float(settings.KAKEHASHI_CHECK_SECONDS), self._left)
            if seconds > 0:
                result = running.run(check, draft, seconds=seconds)
            else:
                said = _("The checks before it had taken all the time.")
                result = Result(check.name, Finding(Verdict.BROKEN, said, waits_for=Waits.BROKEN), error=said)
            if result is not None:
                self.add(result)
            self._left -= time.perf_counter() - began

    def recall(self, recent: Recent) -> None:
        """The checks that ask what was written lately."""
        checks = [check for check in running.configured() if check.is_of_memory]
        if checks:
            self.run(checks, replace(self.draft, recent=recent))

    def keep(self, comment: Comment) -> None:
        """One statement, where anything was found."""
        if not any(one.finding.verdict != Verdict.PASSED for one in self.results):
            return
        CheckResult.objects.bulk_create(
            CheckResult(
                comment_id=comment.pk,
                check_name=one.check_name,
                verdict=one.finding.verdict,
                reason=one.finding.reason[:LONGEST_REASON],
                score=one.finding.score,
                milliseconds=one.milliseconds,
                checked_at=self.draft.now,
            )
            for one in self.results
        )
