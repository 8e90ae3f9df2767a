import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from kakehashi.lib.migrations import AddColumn


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("comments", "0010_held"),
        ("moderation", "0002_model_versions"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddColumn(model_name="decision", name="is_slip", field=models.BooleanField(default=False)),
        migrations.CreateModel(
            name="Waiting",
            fields=[
                (
                    "comment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="waiting",
                        serialize=False,
                        to="comments.comment",
                    ),
                ),
                ("section", models.PositiveBigIntegerField(default=0)),
                ("since", models.DateTimeField()),
                ("is_held", models.BooleanField(default=False)),
                ("flags", models.PositiveIntegerField(default=0)),
                ("notices", models.PositiveIntegerField(default=0)),
                ("check_name", models.CharField(blank=True, default="", max_length=60)),
                ("harm", models.FloatField()),
                ("reach", models.FloatField()),
                ("weight", models.FloatField()),
                ("reckoned_at", models.DateTimeField()),
                (
                    "author",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "thread",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="comments.thread",
                    ),
                ),
            ],
            options={"indexes": [models.Index(fields=["reckoned_at"], name="waiting_reckoned")]},
        ),
    ]
