import django.db.models.deletion
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.db import migrations, models
from django.utils import timezone

BATCH = 1000


def keep_sessions(apps, schema_editor):
    """Nobody is logged out by this change: Django's sessions are taken over, with whom they belong to."""
    from kakehashi.readers.sessions import SessionStore

    decode = SessionStore().decode
    readers = set(apps.get_model("readers", "Reader").objects.values_list("pk", flat=True))
    session = apps.get_model("readers", "Session")
    batch = []
    valid = apps.get_model("sessions", "Session").objects.filter(expire_date__gt=timezone.now())
    for old in valid.iterator(chunk_size=BATCH):
        named = decode(old.session_data).get(SESSION_KEY)
        reader = int(named) if named else None
        if reader is None or reader in readers:
            batch.append(
                session(
                    session_key=old.session_key,
                    session_data=old.session_data,
                    expire_date=old.expire_date,
                    reader_id=reader,
                )
            )
        if len(batch) == BATCH:
            session.objects.bulk_create(batch)
            batch.clear()
    session.objects.bulk_create(batch)


class Migration(migrations.Migration):
    dependencies = [
        ("readers", "0001_initial"),
        ("sessions", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Session",
            fields=[
                (
                    "session_key",
                    models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name="session key"),
                ),
                ("session_data", models.TextField(verbose_name="session data")),
                ("expire_date", models.DateTimeField(db_index=True, verbose_name="expire date")),
                (
                    "reader",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sessions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"verbose_name": "session", "verbose_name_plural": "sessions", "abstract": False},
        ),
        migrations.RunPython(keep_sessions, migrations.RunPython.noop),
    ]
