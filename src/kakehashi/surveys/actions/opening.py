"""What the hour makes of surveys: pages become old when one opens or closes, the banner changes, names are forgotten."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from kakehashi.stories import actions as story_actions
from kakehashi.surveys import queries, rules
from kakehashi.surveys.models import AddressCount, Box, Participation, Stage, Survey


def ensure_box(*, survey: Survey) -> Box:
    """The ballot box of a survey; made if there is none."""
    return Box.objects.get_or_create(survey=survey, defaults={"secret": secrets.token_hex(32)})[0]


def turn_pages(*, now: datetime) -> int:
    """Let pages show which surveys are open now; how many opened or closed. Any number of workers may."""
    moved = sum(_turn(survey, now) for survey in _unsettled(now) if _is_due(survey, now))
    _set_banner(now)
    return moved


def _unsettled(now: datetime) -> QuerySet[Survey]:
    """All but those that are closed and about which nothing is left to do, which are most of them after some years."""
    is_done = Q(box__is_sealed=True) | Q(is_anonymous=False)
    is_over = Q(is_published=True, closes_at__lte=now, box__stage=Stage.CLOSED)
    found: QuerySet[Survey] = Survey.objects.filter(box__isnull=False).exclude(is_over & is_done)
    return found.select_related("box")


def _is_due(survey: Survey, now: datetime) -> bool:
    at = rules.stage(survey, now)
    return survey.box.stage != at or (at == Stage.CLOSED and survey.is_anonymous and not survey.box.is_sealed)


def _turn(survey: Survey, now: datetime) -> bool:
    with transaction.atomic():
        box = Box.objects.select_for_update().get(survey=survey.pk)
        survey = Survey.objects.get(pk=survey.pk)
        at = rules.stage(survey, now)
        if at == Stage.CLOSED and survey.is_anonymous:
            _seal(box)
        if box.stage == at:
            return False
        Box.objects.filter(pk=box.pk).update(stage=at)
        story_actions.new_edition()
    return True


def _seal(box: Box) -> None:
    """Forget for good who has answered: nobody needs to be told again after the end."""
    Participation.objects.filter(survey=box.survey_id).delete()
    AddressCount.objects.filter(survey=box.survey_id).delete()
    Box.objects.filter(pk=box.pk).update(secret="", is_sealed=True)


def _set_banner(now: datetime) -> None:
    survey = queries.open_banner(now)
    if survey is None:
        story_actions.set_banner(survey=None)
    else:
        words = survey.banner_text or survey.title
        story_actions.set_banner(text=words, url=survey.get_absolute_url(), survey=survey.pk)


def refresh_tally(*, survey: Survey, box: Box, is_closed: bool) -> Box:
    """The box with the counts that readers may be shown now; made anew only where enough has come since. 3 queries and a
    write, or none."""
    if queries.is_behind(box, is_closed=is_closed):
        box.tally = queries.count(survey)
        Box.objects.filter(pk=box.pk).update(tally=box.tally)
    return box


def forget_addresses(*, now: datetime) -> int:
    """Drop the counts of days that are over; how many."""
    return AddressCount.objects.filter(day__lt=now.astimezone(UTC).date()).delete()[0]
