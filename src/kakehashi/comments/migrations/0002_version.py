from django.conf import settings
from django.db import migrations, models

from kakehashi.lib.migrations import AddColumn, AddIndexConcurrently


class Migration(migrations.Migration):
    # A million rows: the site goes on while the index is built.
    atomic = False

    dependencies = [
        ("comments", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddColumn(
            model_name="comment",
            name="version",
            field=models.PositiveBigIntegerField(default=0),
        ),
        AddIndexConcurrently(
            model_name="comment",
            index=models.Index(fields=["thread", "version"], name="comment_by_version"),
        ),
    ]
