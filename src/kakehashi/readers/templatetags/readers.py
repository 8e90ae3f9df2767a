"""What templates may ask of the readers' room."""

from __future__ import annotations

from django import template

from kakehashi.readers import providers

register = template.Library()


@register.simple_tag
def ways_in() -> list[providers.Provider]:
    """The providers that are switched on; no query."""
    return providers.switched_on()
