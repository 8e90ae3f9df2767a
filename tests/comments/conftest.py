"""A story with its discussion, two people to talk, and a moment in which it all happens."""

from __future__ import annotations

from datetime import datetime

import pytest
from allauth.mfa.models import Authenticator
from django.utils import timezone
from wagtail.models import Site

from kakehashi.comments import actions
from kakehashi.comments.models import Thread
from kakehashi.readers.models import Reader, Role
from kakehashi.stories.models import NewsroomSettings, StoryPage
from tests.factories import a_reader, a_story


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def story(db: None) -> StoryPage:
    return a_story("The ferry is late again")


@pytest.fixture
def thread(story: StoryPage) -> Thread:
    return actions.thread_for(story)


@pytest.fixture
def ana(db: None) -> Reader:
    return a_reader("Ana Lindqvist")


@pytest.fixture
def bo(db: None) -> Reader:
    return a_reader("Bo 2€")


@pytest.fixture
def moderator(db: None) -> Reader:
    """Somebody who may moderate, with the second factor that the site requires of its staff."""
    reader = a_reader("Mo the Moderator", role=Role.MODERATOR)
    Authenticator.objects.create(user=reader, type=Authenticator.Type.TOTP, data={"secret": "x"})
    return reader


@pytest.fixture
def pages_of_three(story: StoryPage) -> None:
    """Three comments stand on a page."""
    NewsroomSettings.objects.create(site=Site.objects.get(is_default_site=True), comments_per_page=3)
