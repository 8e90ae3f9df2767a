"""Every main page: nothing for axe-core in either colour scheme, a quiet console, no stranger asked, no sideways scrolling."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.conftest import NARROW, WIDE, Newsroom, Visitor

# name -> (path, or what finds it in the site's own process; status; role that must be logged in)
PAGES: dict[str, tuple[str, int, str]] = {
    "front": ("/", 200, ""),
    "section": ("= SECTION", 200, ""),
    "story": ("= LIVELY", 200, ""),
    "story nested, popular": ("= LIVELY + '?order=popular&layout=nested'", 200, ""),
    "story, common ground": ("= LIVELY + '?order=common-ground'", 200, "reader"),
    "likely removals": ("/moderation/model/", 200, "moderator"),
    "expired story": ("= EXPIRED", 200, ""),
    "running story": ("= RUNNING", 200, ""),
    "member": ("= MEMBER", 200, ""),
    "search": ("/search/?q=bridge", 200, ""),
    "search without results": ("/search/?q=xylophone+quartz+vellum", 200, ""),
    "log-in": ("/account/login/", 200, ""),
    "sign-up": ("/account/signup/", 200, ""),
    "password reset": ("/account/password/reset/", 200, ""),
    "absent": ("/no/such/page/", 404, ""),
    "front for a reader": ("/", 200, "reader"),
    "story for a reader": ("= LIVELY", 200, "reader"),
    "account": ("/account/", 200, "reader"),
    "preferences": ("/account/preferences/", 200, "reader"),
    "second factor": ("/account/2fa/", 200, "reader"),
    "display name": ("/account/name/", 200, "reader"),
    "muted members": ("/account/muted/", 200, "reader"),
    "e-mail address": ("/account/email/", 200, "reader"),
    "new password": ("/account/password/change/", 200, "reader"),
    "leaving": ("/account/leave/", 200, "reader"),
    "authenticator app": ("/account/2fa/totp/activate/", 200, "reader"),
    "passkeys": ("/account/2fa/webauthn/", 200, "reader"),
    "answer to a comment": ("= ANSWER", 200, "reader"),
    "closed story for a reader": ("= CLOSED", 200, "reader"),
    "member for a reader": ("= MEMBER", 200, "reader"),
    "story for a moderator": ("= LIVELY", 200, "moderator"),
    "alarms": ("/moderation/abuse/", 200, "moderator"),
    "an alarm": ("= ALARM", 200, "moderator"),
    "barred mail domains": ("/moderation/barred/", 200, "moderator"),
    "staffed hours": ("/moderation/hours/", 200, "moderator"),
    "words": ("/moderation/words/", 200, "moderator"),
    "many words": ("/moderation/words/many/", 200, "moderator"),
    "words to try": ("/moderation/words/try/", 200, "moderator"),
    "checks": ("/moderation/checks/", 200, "moderator"),
    "the team in figures": ("/moderation/team/", 200, "moderator"),
    "reports": ("/moderation/report/", 200, "moderator"),
    "roles": ("/moderation/roles/", 200, "administrator"),
    "sections of a moderator": ("= ROLE", 200, "administrator"),
    "queue of a section": ("/moderation/queue/", 200, "moderator of Sport"),
    "log of moderation": ("/rules/log/", 200, ""),
    "draft of a report": ("/moderation/report/2026/", 200, "moderator"),
    "published reports": ("/rules/report/", 200, ""),
    "barred names": ("/moderation/barred/?kind=name", 200, "moderator"),
}
SETUP = """
from django.utils import timezone
from kakehashi.comments.models import Comment, Thread
from kakehashi.moderation.models import Alarm
from kakehashi.readers.models import Reader
from kakehashi.stories.models import RunningStory, SectionPage, StoryPage
"""
FINDERS = """dict(
    SECTION=SectionPage.objects.live().first().url,
    LIVELY=Thread.objects.filter(state="open").order_by("-comment_count").first().story.url,
    EXPIRED=next(s.url for s in StoryPage.objects.live() if s.is_body_expired(timezone.now())),
    RUNNING=RunningStory.objects.first().get_absolute_url(),
    CLOSED=Thread.objects.filter(state="closed").first().story.url,
    ANSWER="/story/{0.thread.story_id}/comment/?quote={0.pk}".format(
        Comment.objects.visible().filter(thread__state="open").order_by("-pk").first()
    ),
    ALARM="/moderation/abuse/{0.pk}/".format(Alarm.objects.filter(state="open").earliest("pk")),
    ROLE="/moderation/roles/{0.pk}/".format(Reader.objects.get(email="sport@demo.example")),
    MEMBER=Comment.objects.exclude(author=None).order_by("pk").first().author.get_absolute_url(),
)"""


@pytest.fixture(scope="session")
def find(newsroom: Newsroom) -> Callable[[str], str]:
    known = newsroom.ask(SETUP, FINDERS)
    return lambda path: eval(path[2:], {}, known) if path.startswith("= ") else path


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_and_quiet(
    visitor: Visitor, newsroom: Newsroom, find: Callable[[str], str], name: str, scheme: str
) -> None:
    path, status, role = PAGES[name]
    visit = visitor(scheme=scheme)
    if role:
        visit.log_in(newsroom.logins[role])
    visit.go(find(path), status=status)
    assert visit.violations() == []
    visit.assert_quiet()
    for width in (NARROW, 390, 768, WIDE):
        visit.page.set_viewport_size({"width": width, "height": 900})
        assert visit.overflow() <= 0, f"{name} is wider than {width} px"
