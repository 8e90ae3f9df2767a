"""What stories and result pages show of surveys."""

from __future__ import annotations

from django import template
from django.http import QueryDict
from django.template import Context
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from kakehashi.stories.models import StoryPage
from kakehashi.surveys import actions, charts, queries, rules
from kakehashi.surveys.fields import Field
from kakehashi.surveys.models import Poll, Stage
from kakehashi.surveys.results import Outcome, results_of

register = template.Library()


@register.simple_tag(takes_context=True)
def poll(context: Context, poll: Poll | None, story: StoryPage) -> SafeString:
    """A poll within a story, the same for everybody: its form while it is open, what came of it afterwards."""
    found = queries.find(poll.pk, timezone.now()) if poll is not None else None
    if found is None or not found.sheet.items:
        return SafeString("")
    request = context["request"]
    is_closed = found.stage == Stage.CLOSED
    shared = {
        "poll": found.survey,
        "item": found.sheet.items[0],
        "is_closed": is_closed,
        "may_see_results": rules.can_see_results(found.survey, timezone.now(), has_answered=False),
        "back": story.get_absolute_url(),
        "least": rules.LEAST,
        "with_sheet": True,
    }
    if is_closed:
        if not shared["may_see_results"]:
            return SafeString("")
        box = actions.refresh_tally(survey=found.survey, box=found.box, is_closed=True)
        shared |= {"may_see": True, "results": results_of(found.sheet, box.tally)}
        return render_to_string("surveys/poll_results.html", shared)
    is_member = request.user.is_authenticated
    form = {
        "field": Field(found.sheet.items[0], QueryDict(), prefix=f"poll-{found.survey.pk}-"),
        "digest": found.sheet.digest,
        "has_token": is_member,
        "needs_login": found.survey.audience == "members" and not is_member,
        "csrf_token": context.get("csrf_token"),
    }
    return render_to_string("surveys/poll.html", shared | form)


@register.simple_tag
def chart(outcome: Outcome) -> SafeString:
    return charts.chart(outcome)


@register.filter
def percent(share: float | None) -> str:
    """ "42%"; a dash for what is held back."""
    return charts.percent(share)
