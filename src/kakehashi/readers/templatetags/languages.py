"""Languages in templates."""

from __future__ import annotations

from django import template
from django.conf import settings
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from kakehashi.readers import languages

register = template.Library()


@register.simple_tag
def other_languages() -> dict[str, str]:
    """Those that the reader may change to, by code."""
    return {code: name for code, name in languages.offered().items() if code != get_language()}


@register.simple_tag
def as_written() -> SafeString:
    """The `lang` attribute of what the newspaper and its readers have written, within a page in another language."""
    return mark_safe("" if get_language() == settings.LANGUAGE_CODE else f' lang="{settings.LANGUAGE_CODE}"')


@register.simple_tag
def as_spoken() -> SafeString:
    """The `lang` attribute of our own words within what is `as_written`."""
    return mark_safe("" if get_language() == settings.LANGUAGE_CODE else f' lang="{get_language()}"')
