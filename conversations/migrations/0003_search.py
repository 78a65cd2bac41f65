import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import conversations.models.search


def index(apps, schema_editor):
    from conversations.search import tables

    # What there is already is indexed by 0024, once the table is as today's code knows it.
    tables.create()


def drop_index(apps, schema_editor):
    from conversations.search import tables

    tables.drop()


class Migration(migrations.Migration):

    dependencies = [
        ('conversations', '0002_usage_and_quotas'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SearchEntry',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('terms', conversations.models.search.TermsField()),
                ('conversation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='conversations.conversation')),
                ('message', models.OneToOneField(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='conversations.message')),
                ('owner', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'search entries',
                'indexes': [models.Index(fields=['owner', '-id'], name='search_of_owner')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('message', None)), fields=('conversation',), name='one_search_entry_per_title')],
            },
        ),
        migrations.RunPython(index, drop_index),
    ]
