"""Cleaning of what is chosen about mails."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from kakehashi.alerts import moments
from kakehashi.alerts.models import Rhythm

PAUSES = [("", _("No pause")), ("7", _("One week")), ("14", _("Two weeks")), ("30", _("30 days")), ("90", _("90 days"))]


class SubscribeForm(forms.Form):
    """Of somebody without an account: the subjects come as they are and are looked up by the action."""

    rhythm = forms.ChoiceField(label=_("How often"), choices=Rhythm.choices, widget=forms.RadioSelect)
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=_("We send one mail with a link to confirm. Nothing else comes before that."),
    )


class TimesForm(forms.Form):
    """When mail comes, by whose clock, and in which language."""

    hour = forms.TypedChoiceField(
        label=_("Daily and weekly mails come at"),
        coerce=int,
        choices=[(hour, f"{hour:02d}:00") for hour in range(24)],
    )
    weekday = forms.TypedChoiceField(label=_("Weekly ones on"), coerce=int, choices=list(WEEKDAYS.items()))
    time_zone = forms.ChoiceField(label=_("Time zone"), required=False)
    language = forms.ChoiceField(label=_("Language of the mails"), required=False)

    def __init__(self, *args: Any, has_language: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        usual = _("As the site has it (%(zone)s)") % {"zone": settings.TIME_ZONE}
        zones = [(name, name.replace("_", " ")) for name in moments.zone_names()]
        self.fields["time_zone"].choices = [("", usual), *zones]  # type: ignore[attr-defined]
        if has_language:
            names = list(settings.KAKEHASHI_LANGUAGES.items())
            self.fields["language"].choices = [("", _("As the site has it")), *names]  # type: ignore[attr-defined]
        else:
            del self.fields["language"]


class PauseForm(forms.Form):
    days = forms.TypedChoiceField(choices=PAUSES, required=False, coerce=int, empty_value=None)
