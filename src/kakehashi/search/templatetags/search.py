"""Boxes that other rooms' pages show."""

from __future__ import annotations

from typing import Any

from django import template

from kakehashi.search import queries
from kakehashi.stories.models import StoryPage

register = template.Library()


@register.inclusion_tag("search/related_stories.html", takes_context=True)
def related_stories(context: dict[str, Any], story: StoryPage) -> dict[str, Any]:
    """Stories to read next: the running story's own first, then those about the same."""
    related = queries.related(story) if story.pk else []
    return {"stories": related, "request": context.get("request")}
