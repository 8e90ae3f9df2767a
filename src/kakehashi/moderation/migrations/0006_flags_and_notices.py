import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from kakehashi.lib.migrations import AddColumn, Lengthen


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ('comments', '0010_held'),
        ('moderation', '0005_alarms'),
        ('readers', '0008_data_export'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    # Nothing has ever written a notice before this version.
    operations = [
        migrations.DeleteModel(name='LegalNotice'),
        migrations.CreateModel(
            name='FlagDiscount',
            fields=[
                ('decision', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='discount', serialize=False, to='moderation.decision')),
                ('until', models.DateTimeField()),
            ],
        ),
        AddColumn(
            model_name='flag',
            name='is_again',
            field=models.BooleanField(default=False),
        ),
        AddColumn(
            model_name='flag',
            name='weight',
            field=models.FloatField(default=0.5),
        ),
        Lengthen(
            model_name='decision',
            name='action',
            field=models.CharField(choices=[('visible', 'Published'), ('held', 'Held back'), ('removed', 'Removed'), ('edited', 'Changed by a moderator'), ('warned', 'Warning'), ('suspended', 'Suspended from writing'), ('banned', 'Banned from writing'), ('discounted', 'Votes no longer counted'), ('unheard', 'Reports not counted for some time'), ('reinstated', 'Taken back'), ('open', 'Discussion opened'), ('held_first', 'Discussion read before publication'), ('closed', 'Discussion closed')], max_length=10),
        ),
        migrations.CreateModel(
            name='TrustedFlagger',
            fields=[
                ('reader', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='trusted_flagger', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('since', models.DateTimeField(default=django.utils.timezone.now)),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='LegalNotice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(max_length=20, unique=True)),
                ('place', models.CharField(max_length=500)),
                ('category', models.CharField(blank=True, choices=[('animal_welfare', 'Animal welfare'), ('consumers', 'Consumer information'), ('cyber_violence', 'Cyber violence'), ('cyber_violence_women', 'Cyber violence against women'), ('data_protection', 'Data protection and privacy'), ('illegal_speech', 'Illegal or harmful speech'), ('intellectual_property', 'Intellectual property'), ('elections', 'Civic discourse or elections'), ('minors', 'Protection of minors'), ('public_security', 'Public security'), ('scams', 'Scams and fraud'), ('self_harm', 'Self-harm'), ('products', 'Unsafe or prohibited products'), ('violence', 'Violence'), ('other_terms', 'Other rules of this site')], default='', max_length=24)),
                ('law', models.CharField(blank=True, default='', max_length=200)),
                ('explanation', models.TextField(max_length=5000)),
                ('name', models.CharField(blank=True, default='', max_length=120)),
                ('email', models.EmailField(blank=True, default='', max_length=254)),
                ('is_name_excused', models.BooleanField(default=False)),
                ('is_in_good_faith', models.BooleanField(default=False)),
                ('is_trusted', models.BooleanField(default=False)),
                ('language', models.CharField(blank=True, default='', max_length=12)),
                ('address_key', models.CharField(blank=True, default='', max_length=32)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('outcome', models.CharField(choices=[('waiting', 'Waiting'), ('upheld', 'Followed'), ('declined', 'Not followed'), ('moot', 'No longer of use')], default='waiting', max_length=8)),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
                ('answer', models.TextField(blank=True, default='', max_length=2000)),
                ('complaint', models.TextField(blank=True, default='', max_length=2000)),
                ('complained_at', models.DateTimeField(blank=True, null=True)),
                ('erased_at', models.DateTimeField(blank=True, null=True)),
                ('comment', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='notices', to='comments.comment')),
                ('decision', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='notices', to='moderation.decision')),
                ('judge', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('reader', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='notices', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['comment', 'created_at'], name='notice_by_comment'), models.Index(condition=models.Q(('outcome', 'waiting')), fields=['created_at'], name='notice_waiting'), models.Index(fields=['created_at', 'id'], name='notice_by_time'), models.Index(condition=models.Q(('settled_at__isnull', False)), fields=['settled_at'], name='notice_settled'), models.Index(condition=models.Q(('address_key', ''), _negated=True), fields=['address_key', 'created_at'], name='notice_by_place'), models.Index(condition=models.Q(('email', ''), _negated=True), fields=['email', '-id'], name='notice_by_email'), models.Index(condition=models.Q(('erased_at__isnull', True), ('settled_at__isnull', False)), fields=['settled_at'], name='notice_with_a_name')],
                'constraints': [models.CheckConstraint(condition=models.Q(('is_in_good_faith', True)), name='notice_in_good_faith'), models.CheckConstraint(condition=models.Q(('is_name_excused', True), ('erased_at__isnull', False), models.Q(models.Q(('name', ''), _negated=True), models.Q(('email', ''), _negated=True)), _connector='OR'), name='notice_says_who_sends_it'), models.CheckConstraint(condition=models.Q(models.Q(('outcome', 'waiting'), ('settled_at__isnull', True)), models.Q(models.Q(('outcome', 'waiting'), _negated=True), ('settled_at__isnull', False)), _connector='OR'), name='notice_is_settled_at')],
            },
        ),
        migrations.CreateModel(
            name='NoticeBar',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('email', models.EmailField(max_length=254)),
                ('until', models.DateTimeField(blank=True, null=True)),
                ('reason', models.TextField(max_length=2000)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('lifted_at', models.DateTimeField(blank=True, null=True)),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['email', '-id'], name='notice_bar_by_email'), models.Index(fields=['created_at'], name='notice_bar_by_time')],
            },
        ),
    ]
