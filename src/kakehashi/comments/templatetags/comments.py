"""Tags through which pages of the rooms below show what readers say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django import template
from django.http import HttpRequest
from django.template import Context
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from kakehashi.comments import orders, queries
from kakehashi.comments.articles import link_to_comments
from kakehashi.comments.frames import hole
from kakehashi.lib.paging import LongPage
from kakehashi.readers.models import Reader
from kakehashi.stories.models import StoryPage

register = template.Library()


@register.simple_tag(takes_context=True)
def discussion(context: Context, story: StoryPage) -> SafeString:
    """The whole discussion of a story: order, comments, pages, form."""
    return _filled_later(context, "discussion")


@register.simple_tag(takes_context=True)
def news_article_json(context: Context, story: StoryPage) -> SafeString:
    """The story and the comments shown, as schema.org data."""
    return _filled_later(context, "article_json")


def _filled_later(context: Context, name: str) -> SafeString:
    """A hole that comments.page fills; in an editor's preview, which nobody fills, nothing."""
    return hole(name) if context.get("is_shell") else SafeString("")


@register.simple_tag(takes_context=True)
def comment_counts(context: Context, *lists: Any) -> str:
    """Fetch the counts of many stories at once, before a list prints `comment_link` for each of them.

    Takes stories, lists of them, and things with `stories`; prints nothing.
    """
    stories = list(_stories_in(lists))
    known = _counts(context)
    missing = [story for story in stories if story.pk not in known]
    known |= dict.fromkeys((story.pk for story in missing), 0) | queries.thread_counts(missing)
    return ""


def _stories_in(things: Iterable[Any]) -> Iterator[StoryPage]:
    for thing in things:
        if isinstance(thing, StoryPage):
            yield thing
        elif hasattr(thing, "stories"):
            yield from _stories_in(thing.stories)
        elif isinstance(thing, (list, tuple, LongPage)):
            yield from _stories_in(thing)


def _counts(context: Context) -> dict[int, int]:
    """Counts by story id, kept for this request."""
    request = context.get("request")
    known: dict[int, int] = (request.__dict__ if request else {}).setdefault("kakehashi_comment_counts", {})
    return known


def count_of(context: Context, story: StoryPage) -> int:
    known = _counts(context)
    if story.pk not in known:
        known[story.pk] = queries.thread_counts([story]).get(story.pk, 0)
    return known[story.pk]


@register.simple_tag(takes_context=True)
def comment_count(context: Context, story: StoryPage) -> int:
    """How many comments on the story everybody may read."""
    return count_of(context, story)


@register.simple_tag(takes_context=True)
def comment_link(context: Context, story: StoryPage) -> SafeString:
    """“15 Comments”, leading to the discussion."""
    if context.get("is_shell"):
        return hole("comment_link")
    return mark_safe(link_to_comments(story.get_absolute_url(), count_of(context, story)))


@register.simple_tag(takes_context=True)
def member_comments(context: Context, member: Reader) -> SafeString:
    """What the member has written, with where, a page at a time."""
    request: HttpRequest = context["request"]
    page = queries.member_comments(member, page=orders.page_number(request.GET.get("page", "")))
    return render_to_string("comments/member_comments.html", {"member": member, "page_obj": page}, request=request)
