from typing import Any

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from kakehashi.lib.migrations import AddColumn, AddIndexConcurrently
from kakehashi.stories.fields import SectionField

AT_ONCE = 2000
PLACE = """
UPDATE stories_storypage SET section_pk = COALESCE((
    SELECT section.id FROM wagtailcore_page story
    JOIN wagtailcore_page section ON section.path = SUBSTR(story.path, 1, 12)
    WHERE story.id = stories_storypage.page_ptr_id), 0)
WHERE section_pk = 0 AND page_ptr_id BETWEEN %s AND %s
"""


def place(apps: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Enter each story's section, so many at a time: an editor who saves one of them waits for that long only."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT COALESCE(MAX(page_ptr_id), 0) FROM stories_storypage")
        (last,) = cursor.fetchone()
        for first in range(1, last + 1, AT_ONCE):
            cursor.execute(PLACE, [first, first + AT_ONCE - 1])


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("stories", "0004_survey")]

    operations = [
        AddColumn(model_name="storypage", name="section_pk", field=SectionField()),
        migrations.RunPython(place, migrations.RunPython.noop),
        AddIndexConcurrently(
            model_name="storypage",
            index=models.Index(fields=["section_pk", "-published_at", "-page_ptr"], name="story_of_section"),
        ),
    ]
