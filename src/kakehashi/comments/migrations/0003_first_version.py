from django.db import migrations, models

from kakehashi.lib.migrations import AddColumn


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("comments", "0002_version")]

    operations = [
        AddColumn(
            model_name="comment",
            name="first_version",
            field=models.PositiveBigIntegerField(default=0),
        ),
    ]
