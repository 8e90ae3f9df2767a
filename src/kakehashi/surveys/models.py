"""Surveys and polls: their questions, who has answered, and what was answered. The last two never point at each other.

Rows of `Participation`, `Response` and `Answer` have numbers drawn by chance, so that their order says nothing; see
docs/decisions on how answers stay anonymous.
"""

from __future__ import annotations

import secrets
from typing import Any, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel
from wagtail.models import Orderable

from kakehashi.readers.models import Reader
from kakehashi.surveys import panels
from kakehashi.surveys.editing import SurveyForm

# Characters of a free text, at most, whatever an editor allows.
LONGEST_TEXT = 5000


def random_id() -> int:
    """A row's number that tells nothing of when the row was written."""
    return secrets.randbelow(2**62) + 1


class SurveyKind(models.TextChoices):
    SURVEY = "survey", _("Survey")
    POLL = "poll", _("Poll inside a story")


class Audience(models.TextChoices):
    MEMBERS = "members", _("Members: one answer each, after log-in")
    BROWSERS = "browsers", _("Everybody: one answer from each browser")


class ResultsFor(models.TextChoices):
    NEVER = "never", _("The newsroom only")
    ANSWERED = "answered", _("Readers who have answered; everybody once it is closed")
    CLOSED = "closed", _("Everybody, once it is closed")
    ALWAYS = "always", _("Everybody, at any time")


class Stage(models.TextChoices):
    DRAFT = "draft", _("Draft")
    WAITING = "waiting", _("Not open yet")
    OPEN = "open", _("Open")
    CLOSED = "closed", _("Closed")


class Survey(ClusterableModel):
    """A survey, or a poll (one question inside a story)."""

    kind = models.CharField(max_length=8, choices=SurveyKind, default=SurveyKind.SURVEY, editable=False)
    title = models.CharField(_("title"), max_length=160)
    introduction = models.TextField(
        _("introduction"), max_length=2000, blank=True, help_text=_("Why you ask, and what becomes of the answers.")
    )
    thanks = models.TextField(
        _("thank-you text"), max_length=2000, blank=True, help_text=_("Shown to those who have answered.")
    )
    is_published = models.BooleanField(
        _("published"), default=False, help_text=_("Readers see it from its opening time on. Without: a draft.")
    )
    opens_at = models.DateTimeField(_("opens"), null=True, blank=True, help_text=_("Empty: as soon as published."))
    closes_at = models.DateTimeField(_("closes"), null=True, blank=True, help_text=_("Empty: open until you close it."))
    audience = models.CharField(_("who may answer"), max_length=8, choices=Audience, default=Audience.BROWSERS)
    is_anonymous = models.BooleanField(
        _("anonymous"),
        default=True,
        help_text=_(
            "Answers are stored without any link to the member. Only members' answers can be other than anonymous."
        ),
    )
    has_banner = models.BooleanField(
        _("banner above every page"),
        default=False,
        help_text=_("Of several open surveys the one that opened last is shown."),
    )
    banner_text = models.CharField(
        _("words of the banner"), max_length=120, blank=True, help_text=_("Empty: the title.")
    )
    results = models.CharField(
        _("who sees the results"),
        max_length=8,
        choices=ResultsFor,
        default=ResultsFor.CLOSED,
        help_text=_("Never free texts, and no group of fewer than five answers."),
    )
    created_at = models.DateTimeField(auto_now_add=True)

    base_form_class = SurveyForm
    panels: ClassVar[list[Any]] = panels.SURVEY

    class Meta:
        verbose_name = _("survey")
        verbose_name_plural = _("surveys")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("survey", args=[self.pk])

    @property
    def is_poll(self) -> bool:
        return self.kind == SurveyKind.POLL


class PollManager(models.Manager["Poll"]):
    def get_queryset(self) -> models.QuerySet[Poll]:
        return super().get_queryset().filter(kind=SurveyKind.POLL)


class Poll(Survey):
    """A survey of one question that stands inside stories."""

    objects = PollManager()
    panels: ClassVar[list[Any]] = panels.POLL

    class Meta:
        proxy = True
        verbose_name = _("poll")
        verbose_name_plural = _("polls")
        ordering = ["-pk"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if not args:
            kwargs.setdefault("kind", SurveyKind.POLL)
        super().__init__(*args, **kwargs)


class QuestionKind(models.TextChoices):
    SINGLE = "single", _("Single choice")
    MULTIPLE = "multiple", _("Multiple choice")
    SCALE = "scale", _("Scale")
    RANKING = "ranking", _("Ranking")
    TEXT = "text", _("Free text")


class Question(Orderable):
    """One question. Its number is its place in the survey, from 1; a condition names an earlier one by it."""

    survey = ParentalKey(Survey, on_delete=models.CASCADE, related_name="questions")
    kind = models.CharField(_("kind"), max_length=8, choices=QuestionKind, default=QuestionKind.SINGLE)
    text = models.CharField(_("question"), max_length=300)
    help = models.CharField(_("explanation"), max_length=300, blank=True)
    is_required = models.BooleanField(_("must be answered"), default=False)
    options = models.TextField(
        _("possible answers"), max_length=4000, blank=True, help_text=_("One on each line; at most 20.")
    )
    has_other = models.BooleanField(_("“other”, with a field to write in"), default=False)
    least = models.PositiveSmallIntegerField(_("at least"), null=True, blank=True)
    most = models.PositiveSmallIntegerField(_("at most"), null=True, blank=True)
    steps = models.PositiveSmallIntegerField(
        _("steps"), default=5, validators=[MinValueValidator(2), MaxValueValidator(10)]
    )
    low_label = models.CharField(_("what 1 means"), max_length=60, blank=True)
    high_label = models.CharField(_("what the highest step means"), max_length=60, blank=True)
    max_length = models.PositiveSmallIntegerField(
        _("longest answer (characters)"),
        default=1000,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_TEXT)],
    )
    starts_page = models.BooleanField(_("begins a new page"), default=False)
    if_number = models.PositiveSmallIntegerField(
        _("only if question number"), null=True, blank=True, help_text=_("An earlier one. Empty: everybody is asked.")
    )
    if_answers = models.TextField(
        _("was answered with"),
        max_length=1000,
        blank=True,
        help_text=_("One of these answers, each on a line of its own; of a scale, its steps."),
    )

    panels: ClassVar[list[Any]] = panels.QUESTION

    class Meta(Orderable.Meta):
        verbose_name = _("question")

    def __str__(self) -> str:
        return self.text


class Box(models.Model):
    """The ballot box of a survey: what answering changes, apart from what editors change. Its row is held while an
    answer is put in."""

    survey = models.OneToOneField(Survey, on_delete=models.CASCADE, primary_key=True, related_name="box")
    # Goes into every key of `Participation`; destroyed when an anonymous survey closes.
    secret = models.CharField(max_length=64, blank=True)
    is_sealed = models.BooleanField(default=False)
    answers = models.PositiveIntegerField(default=0)
    # As readers' pages show it now: compared once in a while with what the hour makes of the survey.
    stage = models.CharField(max_length=8, choices=Stage, default=Stage.DRAFT)
    # What readers were last shown, as `results.count` makes it.
    tally = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"box of {self.survey_id}"


class Participation(models.Model):
    """That somebody has answered: a keyed hash and nothing else."""

    id = models.BigAutoField(primary_key=True)
    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["survey", "key"], name="one_answer_each")]

    def __str__(self) -> str:
        return f"somebody in {self.survey_id}"


class Response(models.Model):
    """One filled-in survey. Member and time only where the survey is not anonymous."""

    id = models.BigAutoField(primary_key=True)
    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="responses", db_index=False)
    reader = models.ForeignKey(Reader, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        # The export reads them by number, so in no order of time.
        indexes = [models.Index(fields=["survey", "id"], name="response_by_number")]

    def __str__(self) -> str:
        return f"response to {self.survey_id}"


class Answer(models.Model):
    """One thing chosen, ranked or written. `option`: place of the answer among those offered, or the step, from 1; 0:
    “other”, or a free text. `rank`: 1 is the best; 0 where nothing is ranked."""

    id = models.BigAutoField(primary_key=True)
    response = models.ForeignKey(Response, on_delete=models.CASCADE, related_name="answers")
    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="+", db_index=False)
    option = models.PositiveSmallIntegerField()
    rank = models.PositiveSmallIntegerField(default=0)
    text = models.TextField(blank=True)

    class Meta:
        # Counting reads nothing else.
        indexes = [models.Index(fields=["question", "option", "rank"], name="answers_counted")]

    def __str__(self) -> str:
        return f"answer to {self.question_id}"


class AddressCount(models.Model):
    """How many answers came from one address today, under a keyed hash whose key changes every day."""

    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="+")
    address = models.CharField(max_length=32)
    day = models.DateField()
    answers = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["survey", "address"], name="one_count_per_address")]
        # Yesterday's go.
        indexes = [models.Index(fields=["day"], name="address_counts_by_day")]

    def __str__(self) -> str:
        return f"{self.answers} from one address"
