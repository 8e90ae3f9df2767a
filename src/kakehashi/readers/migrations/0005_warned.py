from django.db import migrations, models

from kakehashi.lib.migrations import AddColumn


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("readers", "0004_language")]

    operations = [
        AddColumn(
            model_name="reader",
            name="warned_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
    ]
