from django.db import migrations, models

from kakehashi.lib.migrations import AddColumn, AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("comments", "0010_held")]

    operations = [
        AddColumn(model_name="vote", name="recounted_at", field=models.DateTimeField(blank=True, null=True)),
        AddIndexConcurrently(
            model_name="vote",
            index=models.Index(
                condition=models.Q(("recounted_at__isnull", False)), fields=["recounted_at"], name="vote_recounted"
            ),
        ),
    ]
