import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('comments', '0011_discounted'),
        ("moderation", "0004_discounted_action"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Alarm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('comment', 'A burst of votes on one comment'), ('member', 'A burst of votes on one member'), ('alike', 'Accounts that vote as one'), ('joining', 'Many registrations at once'), ('evasion', 'Perhaps somebody who is banned')], max_length=8)),
                ('key', models.CharField(max_length=120)),
                ('value', models.SmallIntegerField(default=0)),
                ('first_at', models.DateTimeField()),
                ('last_at', models.DateTimeField()),
                ('found_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('strength', models.FloatField()),
                ('accounts', models.PositiveIntegerField()),
                ('votes', models.PositiveIntegerField(default=0)),
                ('figures', models.JSONField(default=dict)),
                ('state', models.CharField(choices=[('open', 'Open'), ('discounted', 'Votes discounted'), ("linked", "Held to be one person’s accounts"), ('settled', 'Settled otherwise'), ('dismissed', 'Dismissed')], default='open', max_length=10)),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
                ('reason', models.TextField(blank=True, default='', max_length=2000)),
                ('batch', models.UUIDField(blank=True, null=True)),
                ('comment', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='comments.comment')),
                ('member', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('settled_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='AlarmAccount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('network', models.CharField(blank=True, default='', max_length=3)),
                ('device', models.CharField(blank=True, default='', max_length=3)),
                ('earlier_votes', models.PositiveIntegerField(default=0)),
                ('is_young', models.BooleanField(default=False)),
                ('likeness', models.FloatField(blank=True, null=True)),
                ('alarm', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='members', to='moderation.alarm')),
                ('reader', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='AlarmVote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('value', models.SmallIntegerField()),
                ('at', models.DateTimeField()),
                ('alarm', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='evidence', to='moderation.alarm')),
                ('vote', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='comments.vote')),
            ],
        ),
        migrations.CreateModel(
            name='DiscountedVote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('decision', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='discounted_votes', to='moderation.decision')),
                ('vote', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='discounted_by', to='comments.vote')),
            ],
        ),
        migrations.AddIndex(
            model_name='alarm',
            index=models.Index(condition=models.Q(('state', 'open')), fields=['-strength', '-id'], name='alarm_open'),
        ),
        migrations.AddIndex(
            model_name='alarm',
            index=models.Index(fields=['key', '-id'], name='alarm_by_key'),
        ),
        migrations.AddIndex(
            model_name='alarm',
            index=models.Index(condition=models.Q(('settled_at__isnull', False)), fields=['settled_at'], name='alarm_settled'),
        ),
        migrations.AddConstraint(
            model_name='alarm',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'open')), fields=('key',), name='one_open_alarm_a_key'),
        ),
        migrations.AddConstraint(
            model_name='alarm',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('settled_at__isnull', True), ('state', 'open')), models.Q(models.Q(('state', 'open'), _negated=True), ('settled_at__isnull', False)), _connector='OR'), name='alarm_is_settled_at'),
        ),
        migrations.AddConstraint(
            model_name='alarmaccount',
            constraint=models.UniqueConstraint(fields=('alarm', 'reader'), name='one_place_in_an_alarm'),
        ),
        migrations.AddConstraint(
            model_name='alarmvote',
            constraint=models.UniqueConstraint(fields=('alarm', 'vote'), name='one_vote_in_an_alarm'),
        ),
        migrations.AddConstraint(
            model_name='discountedvote',
            constraint=models.UniqueConstraint(fields=('decision', 'vote'), name='one_discount_a_decision'),
        ),
    ]
