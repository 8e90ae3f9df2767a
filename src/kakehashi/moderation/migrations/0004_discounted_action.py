from django.db import migrations, models

from kakehashi.lib.migrations import Lengthen


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("moderation", "0003_waiting")]

    operations = [
        Lengthen(
            model_name='decision',
            name='action',
            field=models.CharField(choices=[('visible', 'Published'), ('held', 'Held back'), ('removed', 'Removed'), ('edited', 'Changed by a moderator'), ('warned', 'Warning'), ('suspended', 'Suspended from writing'), ('banned', 'Banned from writing'), ('discounted', 'Votes no longer counted'), ('reinstated', 'Taken back'), ('open', 'Discussion opened'), ('held_first', 'Discussion read before publication'), ('closed', 'Discussion closed')], max_length=10),
        ),
    ]
