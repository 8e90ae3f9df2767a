from django.db import migrations, models

from kakehashi.lib.migrations import AddColumn


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("stories", "0009_target_age")]

    operations = [
        AddColumn(
            model_name="newsroomsettings",
            name="staffed_hours",
            field=models.TextField(blank=True, default="", editable=False),
        ),
    ]
