from django.db import migrations, models

from kakehashi.lib.migrations import AddColumn, AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("comments", "0003_first_version")]

    operations = [
        AddColumn(model_name="comment", name="common_ground", field=models.FloatField(default=0.0)),
        AddColumn(
            model_name="comment", name="agreement", field=models.CharField(blank=True, default="", max_length=80)
        ),
        AddColumn(model_name="vote", name="is_discounted", field=models.BooleanField(default=False)),
        AddIndexConcurrently(
            model_name="comment",
            index=models.Index(
                fields=["thread", "-common_ground", "created_at", "id", "state"], name="comment_by_common_ground"
            ),
        ),
    ]
