"""Put one filled-in survey into its ballot box: once for each member or browser, whoever is quicker."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from kakehashi.lib.errors import Conflict, Invalid, NotAllowed, NotFound, TooMany
from kakehashi.readers.models import Reader
from kakehashi.surveys import queries, rules
from kakehashi.surveys.models import (
    AddressCount,
    Answer,
    Audience,
    Box,
    Participation,
    Response,
    Stage,
    Survey,
    random_id,
)
from kakehashi.surveys.sheet import OTHER, Answers, Given, Item

CHANGED = "questions-changed"


def submit_answers(
    *,
    survey: Survey,
    answers: Answers,
    digest: str,
    reader: Reader | None = None,
    browser: str = "",
    address: str = "",
    now: datetime,
) -> bool:
    """Store these answers (by question); False where this member or browser has answered before, and nothing changes.

    `digest` is that of the sheet which was filled in. `browser` is the token of its cookie, `address` the keyed hash that
    answers are counted under. Raises `NotAllowed`, `Conflict` (closed, or CHANGED), `Invalid`, `TooMany`.
    """
    with transaction.atomic():
        # The box is held to the end: answers to one survey go in one after the other, and no editor's form between them.
        box = Box.objects.select_for_update().filter(survey=survey.pk).first()
        fresh = Survey.objects.filter(pk=survey.pk).first()
        if box is None or fresh is None:
            raise NotFound(_("This survey is not here."))
        fresh.box = box
        name = _entitled(fresh, box, reader, browser, now)
        participation = Participation(id=random_id(), survey=fresh, key=queries.key_of(fresh, box, name))
        if Participation.objects.filter(survey=fresh, key=participation.key).exists():
            return False
        sheet = queries.with_questions(fresh, now).sheet
        if sheet.digest != digest:
            raise Conflict(
                _("The questions changed while you were answering. Please look at them again."), code=CHANGED
            )
        if fresh.audience == Audience.BROWSERS:
            _count_address(fresh, address, now)
        participation.save(force_insert=True)
        _store(fresh, [item for item in sheet.items if sheet.is_asked(item, answers)], answers, reader, now)
        Box.objects.filter(pk=box.pk).update(answers=F("answers") + 1)
    return True


def _entitled(survey: Survey, box: Box, reader: Reader | None, browser: str, now: datetime) -> str:
    """What stands for who answers. Raises as `submit_answers`."""
    at = rules.stage(survey, now)
    if at in (Stage.DRAFT, Stage.WAITING):
        raise NotFound(_("This survey is not here."))
    if at == Stage.CLOSED or box.is_sealed:
        raise Conflict(_("This survey has closed in the meantime, so your answers could not be taken."), code="closed")
    name = queries.who(reader, browser, survey)
    if name:
        return name
    if survey.audience == Audience.MEMBERS:
        raise NotAllowed(_("Please log in to answer."), code="log-in")
    raise Invalid(
        _(
            "Your browser kept no cookie, and without one we cannot tell that you answer once. Please allow it and try again."
        ),
        code="no-cookie",
    )


def _count_address(survey: Survey, address: str, now: datetime) -> None:
    """Raises TooMany where so many answers have come from this address today. Called with the box held."""
    day = now.astimezone(UTC).date()
    row, _is_new = AddressCount.objects.get_or_create(survey=survey, address=address, defaults={"day": day})
    if row.answers >= settings.KAKEHASHI_SURVEY_ANSWERS_PER_ADDRESS:
        tomorrow = (now.astimezone(UTC) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        raise TooMany(
            _("Very many answers have come from your network today. Please try again tomorrow."), retry_at=tomorrow
        )
    AddressCount.objects.filter(pk=row.pk).update(answers=F("answers") + 1)


def _store(survey: Survey, items: list[Item], answers: Answers, reader: Reader | None, now: datetime) -> None:
    is_known = rules.keeps_member(survey)
    response = Response(
        id=random_id(),
        survey=survey,
        reader=reader if is_known else None,
        answered_at=now if is_known else None,
    )
    response.save(force_insert=True)
    Answer.objects.bulk_create(
        answer for item in items for answer in _rows(response, item, answers.get(item.pk, Given()))
    )


def _rows(response: Response, item: Item, given: Given) -> Iterator[Answer]:
    if item.kind == "text" and given.text:
        yield Answer(id=random_id(), response=response, question_id=item.pk, option=0, text=given.text)
    for place, option in enumerate(given.chosen, start=1):
        yield Answer(
            id=random_id(),
            response=response,
            question_id=item.pk,
            option=option,
            rank=place if item.kind == "ranking" else 0,
            text=given.text if option == OTHER else "",
        )
