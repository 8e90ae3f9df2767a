from django.db import migrations, models

from kakehashi.lib.migrations import AddColumn, AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("readers", "0006_unread_notices")]

    operations = [
        AddColumn(
            model_name="reader",
            name="leaves_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        AddColumn(
            model_name="reader",
            name="leaves_with_comments",
            field=models.BooleanField(default=False, editable=False),
        ),
        AddColumn(
            model_name="session",
            name="device",
            field=models.CharField(blank=True, default="", max_length=40),
        ),
        AddColumn(
            model_name="session",
            name="seen_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        AddIndexConcurrently(
            model_name="reader",
            index=models.Index(
                condition=models.Q(("leaves_at__isnull", False)), fields=["leaves_at"], name="readers_leaving"
            ),
        ),
    ]
