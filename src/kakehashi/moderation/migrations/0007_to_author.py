from django.db import migrations, models

from kakehashi.lib.migrations import AddColumn


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("moderation", "0006_flags_and_notices")]

    operations = [
        AddColumn(
            model_name="rule",
            name="to_author",
            field=models.TextField(
                blank=True,
                default="",
                help_text="With these words a moderator’s reasons begin; each can be changed before it is sent.",
                max_length=1000,
                verbose_name="to the author",
            ),
        ),
    ]
