from django.db import migrations, models

from kakehashi.lib.migrations import AddColumn


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("stories", "0003_comment_order")]

    operations = [
        AddColumn(model_name="edition", name="survey", field=models.PositiveBigIntegerField(default=0)),
    ]
