"""Where stories stand, after Wagtail has moved them without saving them."""

from __future__ import annotations

from django.db import connection

from kakehashi.stories.fields import SECTION_PATH_LENGTH

_SECTION = """
SELECT section.id FROM wagtailcore_page story JOIN wagtailcore_page section ON section.path = SUBSTR(story.path, 1, %s)
WHERE story.id = stories_storypage.page_ptr_id
"""
_PLACE = f"UPDATE stories_storypage SET section_pk = COALESCE(({_SECTION}), 0) WHERE page_ptr_id = %s"  # noqa: S608
_MISPLACED = f"""
SELECT page_ptr_id FROM stories_storypage
WHERE page_ptr_id BETWEEN %s AND %s AND section_pk <> COALESCE(({_SECTION}), 0) ORDER BY page_ptr_id
"""  # noqa: S608


def place_story(*, pk: int) -> None:
    """Enter the section below which the story hangs; nothing happens for another kind of page."""
    with connection.cursor() as cursor:
        cursor.execute(_PLACE, [SECTION_PATH_LENGTH, pk])


def find_misplaced(*, first: int, last: int) -> list[int]:
    """Stories from id `first` to `last` that are listed in another section than the one they hang below."""
    with connection.cursor() as cursor:
        cursor.execute(_MISPLACED, [first, last, SECTION_PATH_LENGTH])
        return [pk for (pk,) in cursor.fetchall()]
