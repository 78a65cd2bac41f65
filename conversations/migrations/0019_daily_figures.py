"""Figures of days: sums of the ledger that the database itself keeps as entries are made, and what a job counts."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

KEY = "user_id, day, model, purpose, counted, currency"
ADDED = "calls, priced_calls, prompt_tokens, completion_tokens, cached_tokens, total_ms"
FILL = f"""
INSERT INTO conversations_dailyusage ({KEY}, {ADDED}, cost)
SELECT {KEY}, COUNT(*), COUNT(cost), SUM(prompt_tokens), SUM(completion_tokens), SUM(cached_tokens), SUM(total_ms),
       {{cost}}
FROM {{entries}} GROUP BY {KEY} ORDER BY {KEY}"""
ADD_UP = ", ".join(f"{name} = conversations_dailyusage.{name} + excluded.{name}" for name in ADDED.split(", "))
# The sums of a statement's entries in the order of their keys, so that no two statements wait for each other.
POSTGRESQL = f"""
CREATE FUNCTION add_up_usage() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
{FILL.format(cost="COALESCE(SUM(cost), 0)", entries="entered")}
ON CONFLICT ({KEY}) DO UPDATE SET {ADD_UP}, cost = conversations_dailyusage.cost + excluded.cost;
RETURN NULL;
END $$;
CREATE TRIGGER usage_is_added_up AFTER INSERT ON conversations_usageentry
REFERENCING NEW TABLE AS entered FOR EACH STATEMENT EXECUTE FUNCTION add_up_usage();
"""
NEW = ", ".join(f"NEW.{name}" for name in KEY.split(", "))
# SQLite calculates costs in binary: rounded each time, a sum is exact to its last digit.
SQLITE = f"""
CREATE TRIGGER usage_is_added_up AFTER INSERT ON conversations_usageentry BEGIN
INSERT INTO conversations_dailyusage ({KEY}, {ADDED}, cost)
VALUES ({NEW}, 1, NEW.cost IS NOT NULL, NEW.prompt_tokens, NEW.completion_tokens, NEW.cached_tokens, NEW.total_ms,
        COALESCE(NEW.cost, 0))
ON CONFLICT ({KEY}) DO UPDATE SET {ADD_UP}, cost = ROUND(conversations_dailyusage.cost + excluded.cost, 10);
END
"""


def add_up(apps, schema_editor):
    postgresql = schema_editor.connection.vendor == "postgresql"
    # The trigger first: from here on nobody enters anything before this is committed.
    schema_editor.execute(POSTGRESQL if postgresql else SQLITE, params=None)
    cost = "COALESCE(SUM(cost), 0)" if postgresql else "ROUND(COALESCE(SUM(cost), 0), 10)"
    schema_editor.execute(FILL.format(cost=cost, entries="conversations_usageentry"), params=None)


def do_not_add_up(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP TRIGGER usage_is_added_up ON conversations_usageentry")
        schema_editor.execute("DROP FUNCTION add_up_usage()")
    else:
        schema_editor.execute("DROP TRIGGER usage_is_added_up")


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0018_dictation"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="retentionpolicy",
            name="usage_days",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="The details of each call of a model are deleted after so many days; the sums of each day stay. Empty: they are kept.",
                null=True,
                validators=[django.core.validators.MinValueValidator(2)],
            ),
        ),
        migrations.CreateModel(
            name="DailyFigure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(help_text="In UTC.")),
                ("kind", models.CharField(max_length=20)),
                ("label", models.CharField(blank=True, max_length=200)),
                ("bucket", models.PositiveSmallIntegerField(default=0)),
                ("value", models.PositiveBigIntegerField()),
            ],
            options={
                "verbose_name_plural": "dashboard",
                "default_permissions": ("view",),
                "constraints": [
                    models.UniqueConstraint(fields=("day", "kind", "label", "bucket"), name="one_figure_of_a_day")
                ],
            },
        ),
        migrations.CreateModel(
            name="DailyUsage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(help_text="In UTC.")),
                ("model", models.CharField(blank=True, max_length=200)),
                ("purpose", models.CharField(max_length=10)),
                ("counted", models.CharField(max_length=9)),
                ("currency", models.CharField(max_length=3)),
                ("calls", models.PositiveBigIntegerField()),
                ("priced_calls", models.PositiveBigIntegerField(help_text="Calls whose price is known.")),
                ("prompt_tokens", models.PositiveBigIntegerField()),
                ("completion_tokens", models.PositiveBigIntegerField()),
                ("cached_tokens", models.PositiveBigIntegerField()),
                ("total_ms", models.PositiveBigIntegerField()),
                ("cost", models.DecimalField(decimal_places=10, help_text="Of the priced calls.", max_digits=30)),
                (
                    "user",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "indexes": [models.Index(fields=["day"], name="sums_of_day")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "day", "model", "purpose", "counted", "currency"), name="one_sum_of_a_kind"
                    )
                ],
            },
        ),
        # Reports read the sums: what they needed of each entry, in order, was the ledger's largest index.
        migrations.RemoveIndex(model_name="usageentry", name="usage_of_user"),
        migrations.AddIndex(
            model_name="usageentry", index=models.Index(fields=["user", "created_at"], name="usage_of_user")
        ),
        migrations.AddIndex(
            model_name="turn",
            index=models.Index(fields=["author", "created_at", "mode", "conversation"], name="turns_asked"),
        ),
        migrations.RunPython(add_up, do_not_add_up),
    ]
