from django.db import migrations, models

from kakehashi.lib.migrations import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("comments", "0005_moderation")]

    operations = [
        AddIndexConcurrently(
            model_name="comment",
            index=models.Index(
                condition=models.Q(("state_changed_at__isnull", False)),
                fields=["state_changed_at"],
                name="comment_state_changed",
            ),
        ),
    ]
