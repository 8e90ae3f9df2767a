from django.db import migrations, models

from kakehashi.lib.migrations import AddColumn, Lengthen


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("readers", "0002_session")]

    operations = [
        AddColumn(
            model_name="reader", name="is_modelled", field=models.BooleanField(default=True, editable=False)
        ),
        Lengthen(
            model_name="reader",
            name="comment_order",
            field=models.CharField(
                blank=True,
                choices=[
                    ("oldest", "Oldest"),
                    ("newest", "Newest"),
                    ("popular", "Popular"),
                    ("common-ground", "Common ground"),
                ],
                default="",
                max_length=16,
                verbose_name="order of comments",
            ),
        ),
    ]
