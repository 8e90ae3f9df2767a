"""Asks the demo's readers: surveys and polls of `content/surveys.toml`, made and answered through their actions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from kakehashi.archive.demo import content
from kakehashi.archive.demo.discussion import Progress
from kakehashi.readers.models import Reader
from kakehashi.stories.models import StoryPage
from kakehashi.surveys import actions, queries
from kakehashi.surveys.models import Survey, SurveyKind
from kakehashi.surveys.sheet import OTHER, Given, Item, Sheet

# Of a small newsroom, so that there still is something to see.
FEWEST = 60
OURS = {"questions", "opens", "closes", "answers", "story"}
MADE_UP = {"weights", "silent", "others", "texts"}


class Pollster:
    """Everything that one newsroom asks, as of `now`."""

    def __init__(
        self, *, editor: Reader, members: Sequence[Reader], rng: Random, now: datetime, scale: float, progress: Progress
    ) -> None:
        self.editor, self.members, self.rng, self.now = editor, members, rng, now
        self.scale, self.progress = scale, progress

    def ask(self, stories: Mapping[str, StoryPage]) -> None:
        """Make all surveys and polls, let them be answered, and put the polls into their stories."""
        table = content.table("surveys")
        self.progress("Asking readers", 0, 1)
        for entry in table["surveys"]:
            self._carry_out(entry, entry["questions"], SurveyKind.SURVEY)
        for entry in table["polls"]:
            question = {name: entry[name] for name in entry if name not in {"title", "results", *OURS}}
            poll = self._carry_out(entry, [question | {"is_required": True}], SurveyKind.POLL)
            if entry["story"] in stories:
                actions.place_poll(actor=self.editor, poll=poll, story=stories[entry["story"]])
        actions.turn_pages(now=self.now)

    def _carry_out(self, entry: Mapping[str, Any], questions: Sequence[Mapping[str, Any]], kind: SurveyKind) -> Survey:
        opens_at = self.now - content.span(entry["opens"])
        closes_at = None
        if "closes" in entry:
            span = content.span(entry["closes"])
            closes_at = self.now + span if entry["closes"].startswith("in ") else self.now - span
        fields = ("title", "introduction", "thanks", "banner_text", "has_banner", "audience", "results")
        survey = actions.make_survey(
            actor=self.editor,
            questions=[{name: q[name] for name in q if name not in MADE_UP} for q in questions],
            now=opens_at,
            kind=kind,
            is_published=True,
            opens_at=opens_at,
            closes_at=closes_at,
            **{name: entry[name] for name in fields if name in entry},
        )
        self._answer(survey, questions, max(FEWEST, round(entry["answers"] * self.scale)), opens_at, closes_at)
        return survey

    def _answer(
        self,
        survey: Survey,
        questions: Sequence[Mapping[str, Any]],
        number: int,
        opens_at: datetime,
        closes_at: datetime | None,
    ) -> None:
        sheet = queries.with_questions(survey, opens_at).sheet
        end = min(self.now, closes_at or self.now) - timedelta(minutes=1)
        is_for_members = survey.audience == "members"
        for n in range(min(number, len(self.members)) if is_for_members else number):
            actions.submit_answers(
                survey=survey,
                answers=self._given(sheet, questions),
                digest=sheet.digest,
                reader=self.members[n] if is_for_members else None,
                browser="" if is_for_members else f"demo-{n}",
                address=f"demo-{n}",
                now=opens_at + (end - opens_at) * self.rng.random(),
            )

    def _given(self, sheet: Sheet, questions: Sequence[Mapping[str, Any]]) -> dict[int, Given]:
        given: dict[int, Given] = {}
        for item, question in zip(sheet.items, questions, strict=True):
            if sheet.is_asked(item, given) and self.rng.random() >= question.get("silent", 0):
                given[item.pk] = self._one(item, question)
        return given

    def _one(self, item: Item, question: Mapping[str, Any]) -> Given:
        if item.kind == "text":
            return Given((), self.rng.choice(question["texts"]))
        options, weights = list(item.choices), question["weights"]
        if item.kind == "multiple":
            chosen = [
                option for option, weight in zip(options, weights, strict=True) if self.rng.random() * 100 < weight
            ]
            return Given(tuple(chosen[: item.most or len(chosen)]) or (self.rng.choice(options),))
        if item.kind == "ranking":
            return Given(tuple(sorted(options, key=lambda option: -weights[option - 1] * self.rng.random())))
        if item.has_other and self.rng.random() < 0.05:
            return Given((OTHER,), self.rng.choice(question["others"]))
        return Given((self.rng.choices(options, weights)[0],))
