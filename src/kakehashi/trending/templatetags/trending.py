"""Boxes that other rooms' pages show."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context
from django.utils import timezone

from kakehashi.stories.models import StoryPage
from kakehashi.trending import boxes
from kakehashi.trending.boxes import Boxes

register = template.Library()


@register.simple_tag(takes_context=True, name="trending_boxes")
def boxes_tag(context: Context) -> Boxes:
    """`read`, `discussed`, `next_door`, as of the minute."""
    return boxes.boxes(timezone.now(), context.get("edition"))


@register.simple_tag
def most(stories: list[StoryPage], length: int = 5, here: StoryPage | None = None) -> list[StoryPage]:
    """The first so many of a box, without the page on which it stands; none where they are too few."""
    return boxes.others(stories, here, length)


@register.inclusion_tag("trending/links.html", takes_context=True)
def trending_links(context: Context) -> dict[str, Any]:
    """By which feed readers and sister sites find the feeds."""
    return {"newsroom": context.get("newsroom")}
