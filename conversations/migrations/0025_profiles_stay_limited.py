from django.db import migrations, models


def limit(apps, schema_editor):
    found = apps.get_model("conversations", "ModelProfile").objects
    found.filter(groups__isnull=False).update(limited=True)


class Migration(migrations.Migration):
    dependencies = [("conversations", "0024_search_in_files")]

    operations = [
        migrations.AddField("modelprofile", "limited", models.BooleanField(default=False, editable=False)),
        migrations.RunPython(limit, migrations.RunPython.noop),
    ]
