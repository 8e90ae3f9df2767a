from django.db import migrations, models

from kakehashi.lib.migrations import AddColumn


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("comments", "0004_common_ground")]

    operations = [
        AddColumn(model_name="comment", name="rule_number", field=models.PositiveSmallIntegerField(default=0)),
        AddColumn(model_name="comment", name="is_edited_by_staff", field=models.BooleanField(default=False)),
    ]
