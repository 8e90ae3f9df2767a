from django.db import migrations, models

from kakehashi.lib.migrations import AddColumn


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("comments", "0011_discounted")]

    operations = [
        AddColumn(model_name="thread", name="rule_number", field=models.PositiveSmallIntegerField(default=0)),
        AddColumn(model_name="thread", name="reason", field=models.CharField(blank=True, default="", max_length=500)),
    ]
