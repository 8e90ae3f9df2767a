from django.db import migrations, models

from kakehashi.lib.migrations import AddColumn, AddIndexConcurrently, Lengthen


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('moderation', '0011_rule_of_a_check'),
    ]

    operations = [
        Lengthen(
            model_name='alarm',
            name='state',
            field=models.CharField(choices=[('open', 'Open'), ('working', 'Votes are being discounted'), ('discounted', 'Votes discounted'), ('restoring', 'Votes are being counted again'), ('linked', 'Held to be one person’s accounts'), ('settled', 'Settled otherwise'), ('dismissed', 'Dismissed')], default='open', max_length=10),
        ),
        AddIndexConcurrently(
            model_name='alarm',
            index=models.Index(condition=models.Q(('state__in', ('working', 'restoring'))), fields=['id'], name='alarm_under_way'),
        ),
        AddColumn(
            model_name='alarmvote',
            name='is_waiting',
            field=models.BooleanField(default=False),
        ),
        AddIndexConcurrently(
            model_name='alarmvote',
            index=models.Index(condition=models.Q(('is_waiting', True)), fields=['alarm', 'vote'], name='alarm_vote_waiting'),
        ),
    ]
