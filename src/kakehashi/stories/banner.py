"""The one banner above every page: what it says, where it leads, and who has put it away.

A room above says what it says (`actions.set_banner`). It stands in the newsroom's settings, which every page reads anyway.
Of pages that are kept for many readers there is one with it and one without (lib.choices).
"""

from __future__ import annotations

from collections.abc import Mapping

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from kakehashi.lib.choices import SURVEY_COOKIE
from kakehashi.stories.models import NewsroomSettings


def shown(newsroom: NewsroomSettings, cookies: Mapping[str, str], *, path: str = "/") -> SafeString:
    """The banner for a browser with these cookies; "" without one, or where it was put away. Not now leads back to `path`
    where the browser does not say where it came from."""
    if not newsroom.banner_survey or cookies.get(SURVEY_COOKIE) == str(newsroom.banner_survey):
        return SafeString("")
    words = {"text": newsroom.banner_text, "url": newsroom.banner_url, "path": path}
    return render_to_string("partials/banner.html", words)
