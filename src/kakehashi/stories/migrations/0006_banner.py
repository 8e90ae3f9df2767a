import wagtail.fields
from django.db import migrations, models

from kakehashi.lib.migrations import AddColumn, Lengthen

BLOCKS = {
    0: ("wagtail.blocks.RichTextBlock", (), {"features": ["bold", "italic", "link", "ol", "ul"], "label": "Text"}),
    1: ("wagtail.blocks.CharBlock", (), {"icon": "title", "label": "Heading", "max_length": 160}),
    2: ("wagtail.blocks.BlockQuoteBlock", (), {"label": "Quote"}),
    3: ("wagtail.snippets.blocks.SnippetChooserBlock", ("surveys.Poll",), {"icon": "list-ol", "label": "Poll"}),
}


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("stories", "0005_section")]

    operations = [
        AddColumn(
            model_name="newsroomsettings",
            name="banner_text",
            field=models.CharField(blank=True, default="", editable=False, max_length=160),
        ),
        AddColumn(
            model_name="newsroomsettings",
            name="banner_url",
            field=models.CharField(blank=True, default="", editable=False, max_length=200),
        ),
        AddColumn(
            model_name="newsroomsettings",
            name="banner_survey",
            field=models.BigIntegerField(default=0, editable=False),
        ),
        # Another kind of block in the same column.
        Lengthen(
            model_name="storypage",
            name="body",
            field=wagtail.fields.StreamField(
                [("paragraph", 0), ("heading", 1), ("quote", 2), ("poll", 3)],
                blank=True,
                block_lookup=BLOCKS,
                verbose_name="body",
            ),
        ),
    ]
