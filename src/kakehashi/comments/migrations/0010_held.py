from django.db import migrations, models

from kakehashi.lib.migrations import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("comments", "0009_known_members")]

    operations = [
        AddIndexConcurrently(
            model_name="comment",
            index=models.Index(condition=models.Q(("state", "held")), fields=["id"], name="comment_held"),
        ),
    ]
