"""The audit ledger; the database itself refuses to change it, to take from it, or to put anything in a place that is
taken."""

from django.db import migrations, models

TABLE = "accounts_auditentry"
SENTENCE = "Entries of the audit ledger are never changed or deleted."
SQLITE = [
    f"CREATE TRIGGER audit_no_update BEFORE UPDATE ON {TABLE} BEGIN SELECT RAISE(ABORT, '{SENTENCE}'); END",
    f"CREATE TRIGGER audit_no_delete BEFORE DELETE ON {TABLE} BEGIN SELECT RAISE(ABORT, '{SENTENCE}'); END",
    # INSERT OR REPLACE would delete without asking the trigger above.
    f"""CREATE TRIGGER audit_no_replace BEFORE INSERT ON {TABLE}
    WHEN EXISTS (SELECT 1 FROM {TABLE} WHERE number = NEW.number)
    BEGIN SELECT RAISE(ABORT, '{SENTENCE}'); END""",
]
SQLITE_UNDO = [f"DROP TRIGGER {name}" for name in ("audit_no_update", "audit_no_delete", "audit_no_replace")]
POSTGRESQL = [
    f"""CREATE FUNCTION refuse_to_change_audit() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION '{SENTENCE}' USING ERRCODE = 'integrity_constraint_violation'; END $$""",
    f"""CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE ON {TABLE}
    FOR EACH ROW EXECUTE FUNCTION refuse_to_change_audit()""",
    f"""CREATE TRIGGER audit_is_not_truncated BEFORE TRUNCATE ON {TABLE}
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_audit()""",
]
# Locks the end of the chain, reads it and appends, all within one question; so that nobody waits for a round trip. The
# hash covers what stands before the number, the number, what stands between, and the hash before it.
APPEND = f"""
CREATE FUNCTION append_to_audit(
    key bigint, wait text, before text, between_ text, at_ timestamptz, action_ text, actor uuid, whom uuid,
    email text, kind text, target text, address_ text, request text, details_ text
) RETURNS TABLE (number_ bigint, previous_ text, hash_ text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('lock_timeout', wait, true);
    PERFORM pg_advisory_xact_lock(key);
    -- A statement of its own sees what others have committed meanwhile.
    SELECT number + 1, hash INTO number_, previous_ FROM {TABLE} ORDER BY number DESC LIMIT 1;
    IF number_ IS NULL THEN
        number_ := 1;
        previous_ := repeat('0', 64);
    END IF;
    hash_ := encode(
        sha256(convert_to(before || number_ || ',' || between_ || ',"' || previous_ || '"]', 'UTF8')), 'hex'
    );
    INSERT INTO {TABLE} (number, at, action, actor_id, whom_id, email_digest, target_kind, target_id, address,
        request_id, details, previous, hash)
    VALUES (number_, at_, action_, actor, whom, email, kind, target, address_, request, details_, previous_, hash_);
    RETURN NEXT;
END $$"""
POSTGRESQL_UNDO = [
    f"DROP TRIGGER audit_is_append_only ON {TABLE}",
    f"DROP TRIGGER audit_is_not_truncated ON {TABLE}",
    "DROP FUNCTION refuse_to_change_audit()",
]


def guard(vendor):
    """Return the statements that close the ledger."""
    return POSTGRESQL if vendor == "postgresql" else SQLITE


def unguard(vendor):
    """Return the statements that open it."""
    return POSTGRESQL_UNDO if vendor == "postgresql" else SQLITE_UNDO


def close(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(APPEND, params=None)
    for statement in guard(schema_editor.connection.vendor):
        schema_editor.execute(statement, params=None)


def open_again(apps, schema_editor):
    for statement in unguard(schema_editor.connection.vendor):
        schema_editor.execute(statement, params=None)
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION append_to_audit", params=None)


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_api_keys"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("action", models.CharField(max_length=40)),
                (
                    "actor_id",
                    models.UUIDField(help_text="Who did it; empty: a program of this site, or a stranger.", null=True),
                ),
                ("whom_id", models.UUIDField(help_text="Whose thing it was.", null=True)),
                ("email_digest", models.CharField(blank=True, max_length=32)),
                ("target_kind", models.CharField(blank=True, max_length=40)),
                ("target_id", models.CharField(blank=True, max_length=64)),
                ("address", models.CharField(blank=True, max_length=45)),
                ("request_id", models.CharField(blank=True, max_length=64)),
                ("details", models.TextField(default="{}")),
                ("previous", models.CharField(max_length=64)),
                ("hash", models.CharField(max_length=64)),
            ],
            options={
                "verbose_name": "audit entry",
                "verbose_name_plural": "audit entries",
                "ordering": ["-number"],
                "indexes": [
                    models.Index(fields=["at"], name="audit_by_time"),
                    models.Index(fields=["action", "-number"], name="audit_by_action"),
                    models.Index(fields=["actor_id", "-number"], name="audit_by_actor"),
                    models.Index(fields=["whom_id", "-number"], name="audit_by_whom"),
                    models.Index(fields=["target_id"], name="audit_by_target"),
                    models.Index(
                        condition=models.Q(("email_digest", ""), _negated=True),
                        fields=["email_digest"],
                        name="audit_by_email_digest",
                    ),
                ],
            },
        ),
        migrations.RunPython(close, open_again),
    ]
