from django.db import migrations, models

from kakehashi.lib.migrations import Lengthen


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("moderation", "0012_discounting_in_slices")]

    operations = [
        Lengthen(
            model_name="word",
            name="kind",
            field=models.CharField(
                choices=[
                    ("banned", "Banned: the comment comes back"),
                    ("suspect", "Suspect: published, and put before you"),
                    ("fine", "Fine: words that stand within it do not count"),
                ],
                default="suspect",
                max_length=8,
                verbose_name="kind",
            ),
        ),
    ]
