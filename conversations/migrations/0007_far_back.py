"""Shorter ways through long branches, and a person's open turns without a look at all others."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

MILESTONE_TURNS = 100
# Down from the milestones: each turn is told the last one above it.
FILL_IN = f"""
    WITH RECURSIVE way(id, milestone_id) AS (
        SELECT turn.id, above.id FROM conversations_turn AS turn
        JOIN conversations_turn AS above ON above.id = turn.parent_id
        WHERE above.depth > 0 AND above.depth % {MILESTONE_TURNS} = 0
        UNION ALL
        SELECT turn.id, way.milestone_id FROM way
        JOIN conversations_turn AS turn ON turn.parent_id = way.id
        WHERE (turn.depth - 1) % {MILESTONE_TURNS} <> 0
    ) UPDATE conversations_turn SET milestone_id = way.milestone_id FROM way WHERE conversations_turn.id = way.id"""


def fill_in(apps, schema_editor):
    schema_editor.execute(FILL_IN, params=None)


class Migration(migrations.Migration):
    dependencies = [
        ("conversations", "0006_attachments"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="turn",
            name="milestone",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="conversations.turn",
            ),
        ),
        migrations.AddIndex(
            model_name="turn",
            index=models.Index(fields=["author", "status"], name="turns_of_author"),
        ),
        migrations.AlterField(
            model_name="turn",
            name="author",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="turns",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.RunPython(fill_in, migrations.RunPython.noop),
    ]
