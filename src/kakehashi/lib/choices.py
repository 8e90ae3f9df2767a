"""What a browser may choose among shared pages without saying who it is: two cookies that hold nothing personal.

A page's name in memory holds their canonical values (server.page_request); whatever is not one counts as absent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from django.conf import settings

# A code of the languages that the site offers, other than its own.
LANGUAGE_COOKIE = "kakehashi_language"
# The number of the survey whose banner this browser has answered or sent away, as long as that is the one shown.
SURVEY_COOKIE = "kakehashi_survey"


class Choices(NamedTuple):
    """Canonical; empty is the usual: the site's own language, and the banner of whatever survey there is."""

    language: str = ""
    survey: str = ""

    def cookies(self) -> dict[str, str]:
        named = {LANGUAGE_COOKIE: self.language, SURVEY_COOKIE: self.survey}
        return {name: value for name, value in named.items() if value}


def choices_of(cookies: Mapping[str, str], survey_shown: int) -> Choices:
    """What these cookies choose while the banner of survey `survey_shown` stands on the pages (0: of none)."""
    said = cookies.get(SURVEY_COOKIE, "")
    survey = said if survey_shown and said == str(survey_shown) else ""
    return Choices(chosen_language(cookies), survey)


def chosen_language(cookies: Mapping[str, str]) -> str:
    """The language that the cookie names; empty for the site's own and for any that it does not offer."""
    code = cookies.get(LANGUAGE_COOKIE, "")
    return code if code in settings.KAKEHASHI_LANGUAGES and code != settings.LANGUAGE_CODE else ""
