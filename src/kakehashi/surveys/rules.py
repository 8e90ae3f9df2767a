"""Who may do what with a survey, and in which state it is at an hour. Pure."""

from __future__ import annotations

from datetime import datetime

from kakehashi.readers.models import Reader
from kakehashi.surveys.models import Audience, ResultsFor, Stage, Survey

# No group of fewer answers is shown to readers; so many new answers must have come before results move.
LEAST = 5


def can_manage(reader: object) -> bool:
    """Make and change surveys, see all that was answered."""
    return isinstance(reader, Reader) and reader.is_active and reader.is_editor


def stage(survey: Survey, now: datetime) -> Stage:
    if not survey.is_published:
        return Stage.DRAFT
    if survey.opens_at is not None and survey.opens_at > now:
        return Stage.WAITING
    if survey.closes_at is not None and survey.closes_at <= now:
        return Stage.CLOSED
    return Stage.OPEN


def needs_login(survey: Survey, reader: Reader | None) -> bool:
    return survey.audience == Audience.MEMBERS and reader is None


def keeps_member(survey: Survey) -> bool:
    """Whether an answer is stored with who gave it, and when."""
    return survey.audience == Audience.MEMBERS and not survey.is_anonymous


def can_see_results(survey: Survey, now: datetime, *, has_answered: bool) -> bool:
    at = stage(survey, now)
    if at not in (Stage.OPEN, Stage.CLOSED) or survey.results == ResultsFor.NEVER:
        return False
    if at == Stage.CLOSED or survey.results == ResultsFor.ALWAYS:
        return True
    return survey.results == ResultsFor.ANSWERED and has_answered
