"""The day of each entry with an index for reports; the database itself refuses to change what was used (deleting
stays possible, for retention)."""

import datetime

import django.core.validators
from django.db import migrations, models

import conversations.models.usage

SQLITE = """
CREATE TRIGGER usage_is_append_only BEFORE UPDATE ON conversations_usageentry
BEGIN SELECT RAISE(ABORT, 'Entries of the ledger are never changed.'); END
"""
POSTGRESQL = """
CREATE FUNCTION refuse_to_change_usage() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'Entries of the ledger are never changed.' USING ERRCODE = 'integrity_constraint_violation'; END
$$;
CREATE TRIGGER usage_is_append_only BEFORE UPDATE ON conversations_usageentry
FOR EACH ROW EXECUTE FUNCTION refuse_to_change_usage();
"""


def fill_in_days(apps, schema_editor):
    postgresql = schema_editor.connection.vendor == "postgresql"
    day = "(created_at AT TIME ZONE 'UTC')::date" if postgresql else "substr(created_at, 1, 10)"
    schema_editor.execute(f"UPDATE conversations_usageentry SET day = {day}", params=None)


def guard(apps, schema_editor):
    schema_editor.execute(POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE, params=None)


def unguard(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP TRIGGER usage_is_append_only ON conversations_usageentry")
        schema_editor.execute("DROP FUNCTION refuse_to_change_usage()")
    else:
        schema_editor.execute("DROP TRIGGER usage_is_append_only")


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0003_search"),
    ]

    operations = [
        migrations.AlterField(
            model_name="quota",
            name="concurrent_turns",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="Answers at the same time; a few more may wait in line.",
                null=True,
                validators=[django.core.validators.MinValueValidator(1)],
            ),
        ),
        migrations.RemoveIndex(model_name="usageentry", name="usage_of_user"),
        migrations.AddField(
            model_name="usageentry",
            name="day",
            field=conversations.models.usage.UtcDayField(default=datetime.date.today, editable=False),
            preserve_default=False,
        ),
        migrations.RunPython(fill_in_days, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="usageentry",
            index=models.Index(
                fields=[
                    "user",
                    "day",
                    "model",
                    "purpose",
                    "counted",
                    "currency",
                    "prompt_tokens",
                    "completion_tokens",
                    "cached_tokens",
                    "total_ms",
                    "cost",
                ],
                name="usage_of_user",
            ),
        ),
        migrations.RunPython(guard, unguard),
    ]
