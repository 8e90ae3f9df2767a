"""Every write of the surveys that is not an editor's own form in Wagtail."""

from kakehashi.surveys.actions.answering import submit_answers
from kakehashi.surveys.actions.keeping import export_surveys, part_from
from kakehashi.surveys.actions.making import close_survey, copy_survey, make_survey, place_poll
from kakehashi.surveys.actions.opening import ensure_box, forget_addresses, refresh_tally, turn_pages

__all__ = [
    "close_survey",
    "copy_survey",
    "ensure_box",
    "export_surveys",
    "forget_addresses",
    "make_survey",
    "part_from",
    "place_poll",
    "refresh_tally",
    "submit_answers",
    "turn_pages",
]
