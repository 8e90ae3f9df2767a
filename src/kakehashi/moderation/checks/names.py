"""What checks are called where people read of them."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

# The check by the model that learns here what is removed; its results go by this from the gate and from the worker.
MODEL = "model"
# Why everything waits in some place, at some hour or of some member, whatever stands in it: the house finds that, no check.
OF_THE_HOUSE = frozenset({"hours", "site", "section", "thread", "new", "record"})
LABELS = {
    "hours": _("Outside staffed hours"),
    "site": _("Whole site read first"),
    "section": _("Section read first"),
    "thread": _("Discussion read first"),
    "new": _("New member"),
    "record": _("Much removed lately"),
    "hidden-field": _("Hidden field filled in"),
    "words": _("Words of the list"),
    "links": _("Links of a new member"),
    "mentions": _("Many people addressed"),
    "pace": _("Many comments at once"),
    "repeats": _("The same text again"),
    "outside": _("Service outside"),
    MODEL: _("Model"),
}


def label_of(check_name: str) -> str:
    """In the reader's language; a check of the site's own goes by the name that it gives itself."""
    return str(LABELS.get(check_name, check_name))
