import django.db.models.deletion
from django.db import migrations, models


def index_files(apps, schema_editor):
    from conversations import search

    # SQLite has made the table anew, and dropped the triggers with the old one.
    search.connect()
    if apps.get_model("conversations", "SearchEntry").objects.exists():
        search.add_files()
    elif apps.get_model("conversations", "Conversation").objects.exists():
        # It comes from before there was a search.
        search.rebuild()


def connect(apps, schema_editor):
    from conversations import search

    # Backwards too, SQLite makes the table anew.
    search.connect()


def forget_files(apps, schema_editor):
    apps.get_model("conversations", "SearchEntry").objects.exclude(file=None).delete()


class Migration(migrations.Migration):

    dependencies = [
        ('conversations', '0023_model_downloads'),
    ]

    operations = [
        migrations.RunPython(migrations.RunPython.noop, connect),
        migrations.AlterField(
            model_name='searchentry',
            name='conversation',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='conversations.conversation'),
        ),
        migrations.AddField(
            model_name='searchentry',
            name='file',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='conversations.storedfile'),
        ),
        migrations.AddField(
            model_name='searchentry',
            name='first',
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name='searchentry',
            name='last',
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddIndex(
            model_name='searchentry',
            index=models.Index(condition=models.Q(('file', None), _negated=True), fields=['file'], name='search_of_file'),
        ),
        migrations.RunPython(index_files, forget_files),
    ]
