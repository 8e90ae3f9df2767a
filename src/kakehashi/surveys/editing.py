"""What an editor's form checks beyond its fields: conditions that can be met, and nothing that falsifies answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from wagtail.admin.forms import WagtailAdminModelForm

from kakehashi.lib.errors import Conflict
from kakehashi.surveys.sheet import CHOOSABLE, Item, Sheet, lines_of, options_named, sheet_of

if TYPE_CHECKING:
    from kakehashi.surveys.models import Survey

MOST_OPTIONS = 20
LONGEST_OPTION = 200
# What decides for whom an answer was given, and what was promised to them.
PROMISED = ("audience", "is_anonymous")


class SurveyForm(WagtailAdminModelForm):
    """A survey with its questions."""

    class Media:
        # Hides what a kind of question has no use for.
        js = ("kakehashi/surveys-admin.js",)

    def is_valid(self) -> bool:
        is_valid: bool = super().is_valid()
        if is_valid:
            self._check_questions()
            self._check_promises()
            is_valid = not self.errors and not any(form.errors for form in self._question_forms)
        return is_valid

    def clean(self) -> dict[str, Any]:
        super().clean()
        cleaned: dict[str, Any] = self.cleaned_data
        opens_at, closes_at = cleaned.get("opens_at"), cleaned.get("closes_at")
        if opens_at and closes_at and closes_at <= opens_at:
            self.add_error("closes_at", _("It must close later than it opens."))
        if cleaned.get("audience") == "browsers":
            # There is nobody whose name could be kept.
            cleaned["is_anonymous"] = True
            self.instance.is_anonymous = True
        return cleaned

    @property
    def _question_forms(self) -> list[Any]:
        """Those that stay, in the order in which the editor left them."""
        formset = self.formsets["questions"]
        kept = [
            form
            for form in formset.forms
            if not formset._should_delete_form(form) and (form in formset.initial_forms or form.has_changed())
        ]
        return sorted(kept, key=lambda form: form.cleaned_data.get("ORDER") or 0)

    def _check_questions(self) -> None:
        before: list[Item] = []
        forms = self._question_forms
        sheet = sheet_of(form.instance for form in forms)
        for form, item in zip(forms, sheet.items, strict=True):
            _check_question(form, item)
            if form.instance.if_number or form.instance.if_answers:
                _check_condition(form, before)
            before.append(item)

    def _check_promises(self) -> None:
        """Once there are answers their questions stand."""
        if self.instance.pk is None or not (problem := self._problem()):
            return
        self.add_error(None, problem)

    def _problem(self) -> str:
        from kakehashi.surveys.models import Box, Survey

        box = Box.objects.select_for_update().filter(survey=self.instance.pk).first() if _in_transaction() else None
        box = box or Box.objects.filter(survey=self.instance.pk).first()
        if box is None:
            return ""
        before = Survey.objects.get(pk=self.instance.pk)
        if box.is_sealed and self._is_reopened():
            return _(
                "This anonymous survey is closed, and who has answered it was forgotten: it cannot be opened again. Please "
                "copy it instead."
            )
        if not box.answers:
            return ""
        now = sheet_of(form.instance for form in self._question_forms)
        is_promise_kept = all(getattr(before, name) == getattr(self.instance, name) for name in PROMISED)
        if is_promise_kept and _same_questions(before, now):
            return ""
        return _(
            "Readers have answered already, so questions, who may answer, and whether it is anonymous can no longer be "
            "changed: earlier answers would mean something else. Please copy the survey and change the copy. Titles, texts "
            "around the questions, times, banner and who sees the results may change."
        )

    def _is_reopened(self) -> bool:
        closes_at = self.cleaned_data.get("closes_at")
        return bool(self.cleaned_data.get("is_published")) and (closes_at is None or closes_at > timezone.now())

    def save(self, commit: bool = True) -> Survey:
        """With its ballot box, and at once on the pages. An answer may have come since the form was checked."""
        from kakehashi.surveys import actions

        if not commit:
            unsaved: Survey = super().save(commit=False)
            return unsaved
        with transaction.atomic():
            if self.instance.pk is not None and (problem := self._problem()):
                raise Conflict(problem)
            survey: Survey = super().save()
            actions.ensure_box(survey=survey)
            actions.turn_pages(now=timezone.now())
        return survey


def _in_transaction() -> bool:
    return bool(transaction.get_connection().in_atomic_block)


def _same_questions(before: Survey, now: Sheet) -> bool:
    return sheet_of(before.questions.order_by("sort_order", "pk")).digest == now.digest


def _check_question(form: Any, item: Item) -> None:
    if item.kind in {"single", "multiple", "ranking"}:
        options = lines_of(form.instance.options)
        fewest = 1 if item.has_other else 2
        if len(options) < fewest:
            form.add_error("options", _("Please write at least two possible answers, each on a line of its own."))
        elif len(options) > MOST_OPTIONS:
            form.add_error("options", _("At most %(n)d possible answers.") % {"n": MOST_OPTIONS})
        elif len({option.casefold() for option in options}) < len(options):
            form.add_error("options", _("Two of these answers are the same."))
        elif any(len(option) > LONGEST_OPTION for option in options):
            form.add_error("options", _("An answer has at most %(n)d characters.") % {"n": LONGEST_OPTION})
    if item.kind == "multiple":
        offered = len(item.options) + item.has_other
        if item.least and item.least > offered:
            form.add_error("least", _("There are not so many answers."))
        if item.most is not None and item.most < max(item.least or 1, 1):
            form.add_error("most", _("“At most” must not be less than “at least”."))


def _check_condition(form: Any, before: list[Item]) -> None:
    number, answers = form.instance.if_number, form.instance.if_answers
    if not number:
        form.add_error("if_number", _("Please say which question these are answers to."))
    elif number > len(before):
        form.add_error("if_number", _("This must be the number of an earlier question."))
    elif before[number - 1].kind not in CHOOSABLE:
        form.add_error("if_number", _("Only a choice or a scale can decide whether another question is asked."))
    else:
        found, unknown = options_named(before[number - 1], answers)
        if unknown:
            names = {"answer": unknown[0], "number": number}
            form.add_error("if_answers", _("“%(answer)s” is not an answer to question %(number)d.") % names)
        elif not found:
            form.add_error("if_answers", _("Please write which answers lead to this question, as they stand there."))
