"""Tags through which pages of the rooms below show what readers say."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from django import template
from django.core.paginator import Page
from django.http import HttpRequest
from django.template import Context
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import ngettext

from kakehashi.comments import drafts, orders, queries, schema
from kakehashi.comments.models import Comment
from kakehashi.comments.shown import Discussion
from kakehashi.comments.viewing import reader_of
from kakehashi.readers.models import Reader
from kakehashi.stories.models import StoryPage

register = template.Library()

# No closing tag, no comment and no line of old scripts can come about inside a JSON script.
_JSON_ESCAPES = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026", 0x2028: "\\u2028", 0x2029: "\\u2029"}


def _discussion(context: Context, story: StoryPage) -> Discussion:
    """The discussion of this request, fetched once however many tags ask."""
    request: HttpRequest = context["request"]
    memo: dict[int, Discussion] = request.__dict__.setdefault("kakehashi_discussions", {})
    if story.pk not in memo:
        reader = reader_of(request)
        memo[story.pk] = queries.discussion(story, reader=reader, choice=orders.asked(request, reader))
    return memo[story.pk]


@register.simple_tag(takes_context=True)
def discussion(context: Context, story: StoryPage) -> SafeString:
    """The whole discussion of a story: order, comments, pages, form. Empty in an editor's preview of a draft."""
    if story.pk is None:
        return SafeString("")
    request: HttpRequest = context["request"]
    found = _discussion(context, story)
    draft = drafts.draft_for(request, story) if found.reader is not None else drafts.Draft()
    return render_to_string("comments/discussion.html", {"discussion": found, "draft": draft}, request=request)


@register.simple_tag(takes_context=True)
def news_article_json(context: Context, story: StoryPage) -> SafeString:
    """The story and the comments shown, as schema.org data in a script that no text can break out of."""
    if story.pk is None:
        return SafeString("")
    data = schema.article(_discussion(context, story), timezone.now())
    written = json.dumps(data, ensure_ascii=False, separators=(",", ":")).translate(_JSON_ESCAPES)
    return mark_safe(f'<script type="application/ld+json">{written}</script>')


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
        elif isinstance(thing, (list, tuple, Page)):
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
    count = count_of(context, story)
    words = ngettext("%(n)s Comment", "%(n)s Comments", count) % {"n": f"{count:,}"}
    return format_html('<a class="comment-count" href="{}#comments">{}</a>', story.get_absolute_url(), words)


@register.simple_tag(takes_context=True)
def most_discussed(context: Context, limit: int = 5) -> list[StoryPage]:
    """The stories with most comments, recently discussed ones first."""
    stories = queries.most_discussed(limit)
    comment_counts(context, stories)
    return stories


@register.simple_tag(takes_context=True)
def member_comments(context: Context, member: Reader) -> SafeString:
    """What the member has written, with where, a page at a time."""
    request: HttpRequest = context["request"]
    page: Page[Comment] = queries.member_comments(member, page=orders.page_number(request.GET.get("page", "")))
    return render_to_string("comments/member_comments.html", {"member": member, "page_obj": page}, request=request)
