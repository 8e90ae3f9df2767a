import django.core.validators
from django.db import migrations, models

from kakehashi.lib.migrations import AddColumn


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("stories", "0008_likely_removals")]

    operations = [
        AddColumn(
            model_name="newsroomsettings",
            name="moderation_target_hours",
            field=models.PositiveSmallIntegerField(
                default=4,
                help_text="The queue of comments warns where one has waited for longer, and puts it further up.",
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(720),
                ],
                verbose_name="moderators decide within (hours)",
            ),
        ),
    ]
