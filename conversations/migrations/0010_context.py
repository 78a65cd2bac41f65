"""What a model was sent of a branch: digests of what no longer fits, and how its tokens compare to our estimate."""

import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('conversations', '0009_sessions'),
    ]

    operations = [
        migrations.CreateModel(
            name='Calibration',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('model', models.CharField(max_length=200, unique=True)),
                ('ratio', models.FloatField(default=1.0, help_text='Tokens that the server counts for each one that we estimate.')),
                ('samples', models.PositiveIntegerField(default=0)),
                ('changed_at', models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.AddField(
            model_name='turn',
            name='condensed',
            field=models.PositiveIntegerField(default=0, help_text='Earlier messages that it was sent in short.'),
        ),
        migrations.AddField(
            model_name='turn',
            name='truncated',
            field=models.CharField(blank=True, choices=[('prompt', 'Prompt'), ('answer', 'Answer')], max_length=8),
        ),
        migrations.AddField(
            model_name='turn',
            name='verbatim',
            field=models.PositiveIntegerField(default=0, help_text='Earlier messages that the model was sent.'),
        ),
        migrations.AddField(
            model_name='turn',
            name='window',
            field=models.PositiveIntegerField(blank=True, help_text="The model's window in tokens, if known.", null=True),
        ),
        migrations.AddField(
            model_name='turn',
            name='window_used',
            field=models.PositiveIntegerField(blank=True, help_text='Tokens of the last call and its answer, if the server counted them.', null=True),
        ),
        migrations.AlterField(
            model_name='turn',
            name='left_out',
            field=models.PositiveIntegerField(default=0, help_text='Earlier messages that it was sent nothing of.'),
        ),
        migrations.CreateModel(
            name='ContextDigest',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('version', models.PositiveSmallIntegerField(default=1)),
                ('text', models.TextField()),
                ('facts', models.JSONField(default=list)),
                ('turns', models.PositiveIntegerField(help_text='How many turns it covers.')),
                ('messages', models.PositiveIntegerField(help_text='How many messages it covers.')),
                ('tokens', models.PositiveIntegerField(help_text='What the text takes, by our estimate.')),
                ('by', models.CharField(choices=[('extract', 'Extract'), ('model', 'Model')], default='extract', max_length=7)),
                ('model', models.CharField(blank=True, max_length=200)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('conversation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='digests', to='conversations.conversation')),
                ('through', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='digests', to='conversations.turn')),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.AddField(
            model_name='turn',
            name='digest',
            field=models.ForeignKey(blank=True, help_text='What it was sent in short.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='conversations.contextdigest'),
        ),
        migrations.AddConstraint(
            model_name='contextdigest',
            constraint=models.UniqueConstraint(fields=('through', 'version'), name='one_digest_per_version'),
        ),
    ]
