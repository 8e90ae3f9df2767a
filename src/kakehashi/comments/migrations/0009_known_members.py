from django.db import migrations
from django.db.models import Exists, Max, OuterRef

BATCH = 5000


def establish(apps, schema_editor):
    """Members whose comments everybody reads already are known to the moderators."""
    Reader, Comment = apps.get_model("readers", "Reader"), apps.get_model("comments", "Comment")
    published = Exists(Comment.objects.filter(author=OuterRef("pk"), state="visible"))
    last = Reader.objects.aggregate(last=Max("pk"))["last"] or 0
    for first in range(1, last + 1, BATCH):
        some = Reader.objects.filter(pk__gte=first, pk__lt=first + BATCH, standing="new")
        some.filter(published).update(standing="established")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("comments", "0008_before_publication"), ("readers", "0009_before_publication")]

    operations = [migrations.RunPython(establish, migrations.RunPython.noop, elidable=True)]
