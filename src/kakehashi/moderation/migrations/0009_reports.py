import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from kakehashi.lib.migrations import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("moderation", "0008_abuse_look"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Report",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("first_day", models.DateField()),
                ("last_day", models.DateField()),
                ("figures", models.JSONField()),
                ("words", models.TextField(blank=True, default="", max_length=10_000)),
                ("published_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "published_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("first_day", "last_day"), name="one_report_a_period"),
                    models.CheckConstraint(
                        condition=models.Q(("first_day__lte", models.F("last_day"))), name="report_begins_before_it_ends"
                    ),
                ],
            },
        ),
        AddIndexConcurrently(
            model_name="checkresult",
            index=models.Index(
                condition=models.Q(("verdict__in", ("held", "broken"))),
                fields=["checked_at"],
                name="check_held_by_time",
            ),
        ),
    ]
