"""Reading what the staff and the readers typed. Whether it may be done, the actions decide."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from kakehashi.comments.models import LONGEST_REASON, ThreadState
from kakehashi.lib.errors import Invalid
from kakehashi.moderation import queries, queue, rules
from kakehashi.moderation.actions.judging import Consequence
from kakehashi.moderation.grounds import Ground, Seen
from kakehashi.moderation.models import GROUNDED, ON_COMMENTS, Action, Origin, Rule
from kakehashi.stories import hours
from kakehashi.stories.hours import Hours, Outside

ORIGINS = [(origin.value, origin.label) for origin in Origin if origin != Origin.APPEAL]


class Lines(forms.CharField):
    """Typed in several lines: browsers send the end of each as two characters, of which people have typed one."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n")


class RuleField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """One of the rules in force. Who had the form open while a new version was published means the rule as it was then: it is
    taken where its words are still the same."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            queries.rules_in_force().select_related("version"),
            label=_("Rule"),
            empty_label=_("Choose a rule"),
            error_messages={"invalid_choice": _("This rule is no longer in force. Please choose another one.")},
            **kwargs,
        )

    def label_from_instance(self, obj: Rule) -> str:
        return str(obj)

    def to_python(self, value: Any) -> Rule | None:
        try:
            found: Rule | None = super().to_python(value)
        except forms.ValidationError:
            found = self._unchanged(str(value))
            if found is None:
                raise
        return found

    def _unchanged(self, pk: str) -> Rule | None:
        then = Rule.objects.filter(pk=queue.number(pk)).first()
        if then is None:
            return None
        now: Rule | None = self.queryset.filter(number=then.number, title=then.title, text=then.text).first()  # type: ignore[union-attr]
        return now


class GroundForm(forms.Form):
    """Why: what every decision states."""

    rule = RuleField(required=False)
    law = forms.CharField(
        label=_("Law, where a law is broken"),
        max_length=200,
        required=False,
        help_text=_("The provision, as it is cited."),
    )
    explanation = Lines(
        label=_("Why"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The author reads this. What in the text breaks the rule?"),
    )
    facts = Lines(
        label=_("Facts"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("What else was found, for whoever has to judge this again. The author reads it too."),
    )
    origin = forms.ChoiceField(label=_("Found"), choices=ORIGINS, required=False)

    @property
    def ground(self) -> Ground:
        data = self.cleaned_data
        return Ground(
            rule=data["rule"],
            law=data["law"],
            explanation=data["explanation"],
            facts=data["facts"],
            origin=data["origin"] or Origin.OWN,
        )


def hours_choices() -> list[tuple[int, str]]:
    return [(hours, _hours(hours)) for hours in rules.PENALTY_STEPS]


def _hours(hours: int) -> str:
    days = hours // 24
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}


class DecisionForm(GroundForm):
    """A decision on a comment, with what it means for its author."""

    action = forms.ChoiceField(
        label=_("Decision"), choices=[(action.value, action.label) for action in ON_COMMENTS], widget=forms.RadioSelect
    )
    text = forms.CharField(
        label=_("Changed text"), required=False, strip=False, widget=forms.Textarea(attrs={"rows": 6})
    )
    consequence = forms.ChoiceField(label=_("For its author"), choices=Consequence.choices, required=False)
    hours = forms.TypedChoiceField(label=_("Suspended for"), choices=hours_choices, coerce=int, required=False)
    follows = forms.BooleanField(
        label=_("Reports that named another rule were right, too"),
        required=False,
        help_text=_("If not, whoever sent them reads that they were not followed."),
    )
    revision = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)
    decision = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)
    state = forms.CharField(required=False, max_length=10, widget=forms.HiddenInput)

    field_order = ("action", "text", "rule", "law", "explanation", "facts", "origin", "consequence", "hours", "follows")

    def __init__(self, *args: Any, found_by_machine: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.found_by_machine = found_by_machine

    @property
    def ground(self) -> Ground:
        return replace(super().ground, is_found_by_machine=self.found_by_machine)

    @property
    def seen(self) -> Seen:
        data = self.cleaned_data
        return Seen(revision=data["revision"], decision=data["decision"], state=data["state"])

    def for_sections(self) -> DecisionForm:
        """For whoever moderates some sections only: of what concerns the author as a member, a warning."""
        self.fields["consequence"].choices = Consequence.choices[:2]  # type: ignore[attr-defined]
        return self


class ThreadForm(forms.Form):
    """A decision on a discussion: what it is from now on and, unless it is open, why. `comment`: whence the moderator came."""

    state = forms.ChoiceField(label=_("From now on it is"), choices=ThreadState, widget=forms.RadioSelect)
    rule = RuleField(required=False)
    explanation = Lines(
        label=_("Why"),
        max_length=LONGEST_REASON,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "Everybody reads this above the comments, with the rule, as long as the discussion is not simply open."
        ),
    )
    comment = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if (
            data.get("state", ThreadState.OPEN) != ThreadState.OPEN
            and not data.get("rule")
            and "rule" not in self.errors
        ):
            self.add_error("rule", _("Please choose the rule for whose sake you do this: readers see it."))
        return data

    @property
    def comment_asked(self) -> int:
        """The comment in the queue from which the moderator came; 0 for none."""
        return queue.number(self.data.get("comment", self.initial.get("comment", "")))

    @property
    def ground(self) -> Ground:
        data = self.cleaned_data
        return (
            Ground(rule=data["rule"], explanation=data["explanation"])
            if data["state"] != ThreadState.OPEN
            else Ground()
        )


class SectionsForm(forms.Form):
    """The sections of a moderator. None chosen: the whole site, which is said by a choice of its own."""

    whole_site = forms.BooleanField(label=_("The whole site"), required=False)
    sections = forms.MultipleChoiceField(
        label=_("Or these sections only"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, data: Any, *, titles: dict[int, str], present: frozenset[int]) -> None:
        super().__init__(data, initial={"sections": sorted(present), "whole_site": not present})
        self.fields["sections"].choices = list(titles.items())  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not data.get("whole_site") and not data.get("sections") and "sections" not in self.errors:
            raise forms.ValidationError(_("Choose the whole site, or at least one section."))
        return data

    @property
    def chosen(self) -> list[int]:
        data = self.cleaned_data
        return [] if data["whole_site"] else [int(pk) for pk in data["sections"]]


# Removed, with a warning to its author: one button.
WARN = "warn"


class QueueForm(DecisionForm):
    """A decision in the queue: one button each, the rule by its number, with the words that the rule brings along."""

    action = forms.ChoiceField(choices=[*((action.value, action.label) for action in ON_COMMENTS), (WARN, "")])

    @property
    def action_asked(self) -> str:
        action: str = self.cleaned_data["action"]
        return Action.REMOVED if action == WARN else action

    @property
    def consequence_asked(self) -> str:
        """Only who broke a rule is warned, suspended or banned, whatever stood chosen."""
        data = self.cleaned_data
        if data["action"] == WARN:
            return Consequence.WARNED
        return data["consequence"] if self.action_asked in GROUNDED else Consequence.NONE

    @property
    def ground(self) -> Ground:
        """Of what is let through or held back nothing is said that only stood there prepared."""
        found, rule = super().ground, self.cleaned_data["rule"]
        is_prepared = found.explanation in {"", *self._prepared()}
        if self.action_asked not in GROUNDED:
            return replace(found, rule=None, law="", explanation="" if is_prepared else found.explanation)
        if is_prepared and rule is not None:
            found = replace(found, explanation=rule.to_author)
        return found

    def _prepared(self) -> set[str]:
        """The words that rules bring along, as a form gives them back."""
        texts = queries.rules_in_force().values_list("to_author", flat=True)
        return {text.strip().replace("\n", "\r\n") for text in texts} | {text.strip() for text in texts}


class BulkForm(GroundForm):
    """One decision on many comments."""

    action = forms.ChoiceField(choices=[(action.value, action.label) for action in (Action.VISIBLE, Action.REMOVED)])

    @property
    def ground(self) -> Ground:
        """Who approves breaks no rule to cite, whatever stood chosen."""
        found = super().ground
        return found if self.cleaned_data["action"] in GROUNDED else replace(found, rule=None, law="")


class HoursForm(forms.Form):
    """Staffed hours: seven days from Monday, dates that differ, and what holds outside of them."""

    exceptions = forms.CharField(
        label=_("Dates with other hours"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One a line: 2026-12-24 07:00-12:00, or the date alone where nobody is there."),
    )
    minutes = forms.IntegerField(
        label=_("Minutes between two comments of a member"),
        min_value=1,
        max_value=hours.LONGEST_MINUTES,
        help_text=_("Where members write less often."),
    )
    new_hours = forms.IntegerField(
        label=_("Only under stories younger than (hours)"),
        min_value=0,
        max_value=hours.LONGEST_HOURS,
        help_text=_("0: under all stories."),
    )

    def __init__(self, data: Any, *, present: Hours, titles: dict[int, str]) -> None:
        days = {f"day{day}": hours.spans_text(spans) for day, spans in enumerate(present.week)}
        kinds = {f"outside{section}": present.outside.get(section, "") for section in titles}
        numbers = {"minutes": present.minutes, "new_hours": present.new_hours}
        others = {"outside0": present.outside_in(hours.OTHERS)}
        exceptions = {"exceptions": hours.exceptions_text(present.exceptions)}
        super().__init__(data, initial={**days, **exceptions, **kinds, **others, **numbers})
        for day, name in WEEKDAYS.items():
            self.fields[f"day{day}"] = forms.CharField(label=name, required=False, max_length=120)
        self.fields["outside0"] = forms.ChoiceField(label=_("On the whole site"), choices=Outside.choices)
        for section, title in titles.items():
            choices = [("", _("As on the whole site")), *Outside.choices]
            self.fields[f"outside{section}"] = forms.ChoiceField(label=title, choices=choices, required=False)
        self._sections = list(titles)
        self.order_fields(
            [*days, "exceptions", "outside0", *(f"outside{section}" for section in titles), "minutes", "new_hours"]
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        for name in [f"day{day}" for day in range(7)]:
            data[name] = self._read(name, hours.read_spans, data.get(name, ""))
        data["exceptions"] = self._read("exceptions", hours.read_exceptions, data.get("exceptions", ""))
        return data

    def _read(self, name: str, read: Callable[[str], Any], text: str) -> Any:
        try:
            return read(text)
        except Invalid as refusal:
            self.add_error(name, refusal.message)
            return None

    @property
    def hours(self) -> Hours:
        data = self.cleaned_data
        outside = {hours.OTHERS: data["outside0"]} | {one: data[f"outside{one}"] for one in self._sections}
        return Hours(
            week=tuple(data[f"day{day}"] for day in range(7)),
            exceptions=data["exceptions"],
            outside={section: kind for section, kind in outside.items() if kind},
            minutes=data["minutes"],
            new_hours=data["new_hours"],
        )

    @property
    def days(self) -> list[forms.BoundField]:
        return [self[f"day{day}"] for day in range(7)]

    @property
    def rest(self) -> list[forms.BoundField]:
        """All fields below the days."""
        return [field for field in self.visible_fields() if not field.name.startswith("day")]


class ReportForm(forms.Form):
    """What a report needs besides what is counted."""

    words = forms.CharField(
        label=_("In your words"),
        required=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("How comments are moderated here, by whom, with which checks; what changed. Everybody reads this."),
    )
    orders_to_act = forms.IntegerField(
        label=_("Orders of authorities to act against content"), min_value=0, max_value=1_000_000
    )
    orders_to_inform = forms.IntegerField(
        label=_("Orders of authorities to give information"), min_value=0, max_value=1_000_000
    )


class MemberForm(GroundForm):
    """A decision on a member alone."""

    action = forms.ChoiceField(
        label=_("Decision"),
        choices=[(action.value, action.label) for action in (Action.WARNED, Action.SUSPENDED, Action.BANNED)],
        widget=forms.RadioSelect,
    )
    hours = forms.TypedChoiceField(label=_("Suspended for"), choices=hours_choices, coerce=int, required=False)
    sweeps = forms.BooleanField(label=_("With a ban: remove all comments of this member"), required=False)
    # The last decision about the member that was on the screen.
    seen = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    field_order = ("action", "hours", "sweeps", "rule", "law", "explanation", "facts", "origin")

    def hours_asked(self, proposed: int) -> int:
        return self.cleaned_data["hours"] or proposed


class UndoForm(forms.Form):
    explanation = Lines(
        label=_("Why"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The reader whom it concerned reads this."),
    )


class AppealForm(forms.Form):
    """An objection. Its length is judged by the action, so that a long text comes back whole."""

    words = forms.CharField(
        label=_("Why do you object?"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 8, "maxlength": rules.LONGEST_APPEAL}),
        help_text=_("What should be looked at again? Up to 2,000 characters. Somebody else than last time reads it."),
    )


class SettleForm(forms.Form):
    answer = Lines(
        label=_("Your answer"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("The author reads this, and so does whoever had flagged the comment."),
    )


class DiscountForm(GroundForm):
    """Why votes of an alarm count no longer, or why it is settled otherwise. How it was found, the alarm says."""

    origin = facts = None  # type: ignore[assignment]
    field_order = ("rule", "law", "explanation")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["explanation"].help_text = _(
            "Whose votes count no longer reads this. Where you settle the alarm otherwise, only your colleagues do."
        )

    @property
    def ground(self) -> Ground:
        data = self.cleaned_data
        return Ground(rule=data["rule"], law=data["law"], explanation=data["explanation"], origin=Origin.CHECK)


class BarForm(forms.Form):
    """Lines to be barred; what they mean, the action decides."""

    words = forms.CharField(
        label=_("One a line"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false"}),
    )
    note = forms.CharField(label=_("Note"), required=False, max_length=200)
