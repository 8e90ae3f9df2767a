"""Make a survey, copy one, end one: what editors do by a button, and the demo newsroom by its content files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from kakehashi.lib.errors import Conflict, NotAllowed
from kakehashi.readers.models import Reader
from kakehashi.stories.actions import new_edition
from kakehashi.stories.models import StoryPage
from kakehashi.surveys import rules
from kakehashi.surveys.actions.opening import ensure_box, turn_pages
from kakehashi.surveys.models import Poll, Question, Stage, Survey

# What a copy begins anew.
OWN = {"id", "is_published", "opens_at", "closes_at", "created_at"}


@transaction.atomic
def make_survey(*, actor: Reader, questions: Iterable[Mapping[str, Any]], now: datetime, **fields: Any) -> Survey:
    """A survey with its questions in their order. `fields` as `Survey` has them. Raises `NotAllowed`."""
    _require_editor(actor)
    survey = Survey(**fields)
    survey.questions = [Question(sort_order=place, **question) for place, question in enumerate(questions)]
    survey.save()
    ensure_box(survey=survey)
    turn_pages(now=now)
    return survey


@transaction.atomic
def copy_survey(*, actor: Reader, survey: Survey) -> Survey:
    """The same questions as a new draft without answers. Raises `NotAllowed`."""
    _require_editor(actor)
    names = [field.name for field in Survey._meta.concrete_fields if field.name not in OWN]
    copy = Survey(**{name: getattr(survey, name) for name in names})
    copy.title = (_("Copy of %(title)s") % {"title": survey.title})[:160]
    own = {"id", "survey"}
    columns = [field.name for field in Question._meta.concrete_fields if field.name not in own]
    copy.questions = [
        Question(**{name: getattr(question, name) for name in columns}) for question in survey.questions.all()
    ]
    copy.save()
    ensure_box(survey=copy)
    return copy


def place_poll(*, actor: Reader, poll: Survey, story: StoryPage, after: int = 2) -> StoryPage:
    """Put the poll into the story's body, behind so many blocks, and publish that. Raises `NotAllowed`."""
    _require_editor(actor)
    with transaction.atomic():
        draft: StoryPage = story.get_latest_revision_as_object()
        draft.body.insert(after, ("poll", Poll.objects.get(pk=poll.pk)))
        draft.save_revision(user=actor, log_action=False).publish(user=actor, log_action=False)
        new_edition()
    return draft


def close_survey(*, actor: Reader, survey: Survey, now: datetime) -> Survey:
    """End it at this moment. Raises `NotAllowed`, and `Conflict` where it is not open."""
    _require_editor(actor)
    with transaction.atomic():
        survey = Survey.objects.select_for_update().get(pk=survey.pk)
        if rules.stage(survey, now) != Stage.OPEN:
            raise Conflict(_("This survey is not open."))
        Survey.objects.filter(pk=survey.pk).update(closes_at=now)
        new_edition()
    turn_pages(now=now)
    survey.refresh_from_db()
    return survey


def _require_editor(actor: Reader) -> None:
    if not rules.can_manage(actor):
        raise NotAllowed(_("Only editors make surveys."))
