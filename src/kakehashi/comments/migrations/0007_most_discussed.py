from django.db import migrations

from kakehashi.lib.migrations import RemoveIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("comments", "0006_state_changed")]

    operations = [
        RemoveIndexConcurrently(model_name="thread", name="thread_most_discussed"),
    ]
