from django.db import migrations, models

from kakehashi.lib.migrations import AddColumn


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("readers", "0005_warned")]

    operations = [
        AddColumn(
            model_name="reader", name="unread_notices", field=models.PositiveIntegerField(default=0, editable=False)
        ),
    ]
