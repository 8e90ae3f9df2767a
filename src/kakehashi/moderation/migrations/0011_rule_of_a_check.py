from django.db import migrations, models

from kakehashi.lib.migrations import AddColumn


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("moderation", "0010_words")]

    operations = [
        AddColumn(model_name="checkresult", name="rule_number", field=models.PositiveSmallIntegerField(default=0)),
    ]
