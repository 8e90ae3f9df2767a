import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from kakehashi.lib.migrations import AddColumn

ROLES = [
    ("reader", "Reader"),
    ("moderator", "Moderator"),
    ("editor", "Editor"),
    ("administrator", "Administrator"),
]


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("readers", "0009_before_publication")]

    operations = [
        AddColumn(
            model_name="reader",
            name="sections",
            field=models.CharField(blank=True, default="", editable=False, max_length=400),
        ),
        migrations.CreateModel(
            name="RoleChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("role_before", models.CharField(choices=ROLES, max_length=16)),
                ("role", models.CharField(choices=ROLES, max_length=16)),
                ("sections", models.CharField(blank=True, default="", max_length=400)),
                ("changed_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "reader",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="role_changes",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
    ]
