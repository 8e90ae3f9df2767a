"""The latest comments of a story, for feed readers."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.syndication.views import Feed
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed, SyndicationFeed
from django.utils.translation import gettext as _

from kakehashi.comments import queries
from kakehashi.comments.models import Comment, Thread
from kakehashi.comments.viewing import story_or_404
from kakehashi.lib.pages import LONGEST, SOON, share
from kakehashi.stories.models import StoryPage

# XML has no way to write these.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class ThreadFeed(Feed[Comment, StoryPage]):
    """RSS of the latest visible comments on one story."""

    feed_type: type[SyndicationFeed] = Rss201rev2Feed
    url_name = "thread-feed"

    def __call__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # Asked before anything else: a comment that comes meanwhile makes the feed older than its version says.
        found = Thread.objects.filter(story_id=kwargs["pk"]).values_list("pk", "version").first()
        response: HttpResponse = super().__call__(request, *args, **kwargs)
        share(response, tags={f"thread:{found[0]}": found[1]} if found else {}, fresh_for=LONGEST if found else SOON)
        return response

    def get_object(self, request: HttpRequest, pk: int) -> StoryPage:
        return story_or_404(pk)

    def title(self, obj: StoryPage) -> str:
        return _UNWRITABLE.sub("", _("Comments on: %(headline)s") % {"headline": obj.title})

    def description(self, obj: StoryPage) -> str:
        return _("What readers say about this story, latest first")

    subtitle = description

    def link(self, obj: StoryPage) -> str:
        return f"{settings.BASE_URL}{obj.get_absolute_url()}#comments"

    def feed_url(self, obj: StoryPage) -> str:
        return settings.BASE_URL + reverse(self.url_name, args=[obj.pk])

    def items(self, obj: StoryPage) -> list[Comment]:
        thread = Thread.objects.filter(story=obj).first()
        return queries.latest_visible(thread) if thread is not None else []

    def item_title(self, item: Comment) -> str:
        return _UNWRITABLE.sub("", item.writer)

    def item_description(self, item: Comment) -> str:
        return _UNWRITABLE.sub("", item.html)

    def item_link(self, item: Comment) -> str:
        return settings.BASE_URL + item.get_absolute_url()

    item_guid = item_link

    def item_author_name(self, item: Comment) -> str:
        return _UNWRITABLE.sub("", item.writer)

    def item_pubdate(self, item: Comment) -> datetime:
        return item.created_at

    def item_updateddate(self, item: Comment) -> datetime:
        return item.edited_at or item.created_at


class ThreadAtomFeed(ThreadFeed):
    """The same as Atom."""

    feed_type = Atom1Feed
    url_name = "thread-feed-atom"
