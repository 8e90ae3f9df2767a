"""What the views of surveys and polls begin with: which one, and who answers."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from kakehashi.comments.viewing import reader_of
from kakehashi.lib.errors import NotFound
from kakehashi.lib.pages import SOON, share
from kakehashi.readers.addresses import address_key
from kakehashi.readers.models import Reader
from kakehashi.surveys import actions, browsers, queries, rules
from kakehashi.surveys.models import Audience, ResultsFor, Stage
from kakehashi.surveys.queries import Found
from kakehashi.surveys.results import Results, results_of
from kakehashi.surveys.sheet import Answers


class Asking(NamedTuple):
    """Somebody before a survey, at one moment."""

    found: Found
    reader: Reader | None
    browser: str
    now: datetime

    @property
    def has_answered(self) -> bool:
        return queries.has_answered(self.found.survey, self.found.box, self.reader, self.browser)

    @property
    def is_closed(self) -> bool:
        return self.found.stage == Stage.CLOSED

    def may_see_results(self, *, has_answered: bool) -> bool:
        return rules.can_see_results(self.found.survey, self.now, has_answered=has_answered)

    def results(self) -> Results:
        """As readers are shown them now."""
        survey, box, sheet, _stage = self.found
        box = actions.refresh_tally(survey=survey, box=box, is_closed=self.is_closed)
        return results_of(sheet, box.tally)

    def submit(self, request: HttpRequest, given: Answers, digest: str) -> bool:
        """As `actions.submit_answers`."""
        return actions.submit_answers(
            survey=self.found.survey,
            answers=given,
            digest=digest,
            reader=self.reader,
            browser=self.browser,
            address=address_key(request, now=self.now),
            now=self.now,
        )


def asking_or_404(request: HttpRequest, pk: int, *, is_poll: bool) -> Asking:
    now = timezone.now()
    found = queries.find(pk, now)
    if found is None or found.survey.is_poll != is_poll:
        raise NotFound(_("This survey is not here."))
    return Asking(found, reader_of(request), browsers.token_of(request), now)


def own(request: HttpRequest, asking: Asking, response: HttpResponse) -> HttpResponse:
    """An answer for this reader alone; a browser that may answer gets its token."""
    response["Cache-Control"] = "private, no-store"
    if asking.found.survey.audience == Audience.BROWSERS and not asking.is_closed:
        browsers.give_token(request, response)
    return response


def for_everybody(asking: Asking, response: HttpResponse) -> HttpResponse:
    """Results that everybody may see are the same for all who have no account."""
    if asking.is_closed or asking.found.survey.results == ResultsFor.ALWAYS:
        share(response, fresh_for=SOON)
    else:
        response["Cache-Control"] = "private, no-store"
    return response


def back_of(request: HttpRequest, asked: str) -> str:
    """A path of this site that a form named to lead back to; "" for anything else."""
    is_ours = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
    return asked if asked.startswith("/") and is_ours and len(asked) < 500 else ""
