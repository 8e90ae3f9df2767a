from django.db import migrations, models

from kakehashi.lib.migrations import AddColumn

ORDERS = [
    ("oldest", "Oldest"),
    ("newest", "Newest"),
    ("popular", "Popular"),
    ("common-ground", "Common ground"),
]


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("stories", "0002_edition")]

    operations = [
        AddColumn(
            model_name="newsroomsettings",
            name="comment_order",
            field=models.CharField(
                choices=ORDERS,
                default="oldest",
                help_text="For readers who have chosen none. A section may have another one.",
                max_length=16,
                verbose_name="order of comments",
            ),
        ),
        AddColumn(
            model_name="sectionpage",
            name="comment_order",
            field=models.CharField(
                blank=True,
                choices=[("", "As the site has it"), *ORDERS],
                default="",
                help_text="For readers who have chosen none.",
                max_length=16,
                verbose_name="order of comments",
            ),
        ),
    ]
