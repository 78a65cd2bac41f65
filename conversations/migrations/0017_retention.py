"""How long things are kept, by policies for groups, and legal holds."""

import django.core.validators
import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("conversations", "0016_moderation"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="LegalHold",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("owner_id", models.UUIDField(blank=True, db_index=True, help_text="Whose chats.", null=True)),
                ("conversation_id", models.UUIDField(blank=True, db_index=True, help_text="Which chat.", null=True)),
                ("words", models.CharField(blank=True, help_text="What a title or a message holds.", max_length=500)),
                ("reason", models.TextField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("ends_at", models.DateTimeField(blank=True, help_text="Empty: until somebody ends it.", null=True)),
                ("ended_at", models.DateTimeField(blank=True, editable=False, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="RetentionPolicy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "chats_days",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="A chat is deleted so many days after something was last said in it. Empty: it is kept.",
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                    ),
                ),
                (
                    "files_days",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="The files of a chat are deleted so many days after something was last said in it. Empty: as long as the chat.",
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                    ),
                ),
                (
                    "grace_days",
                    models.PositiveIntegerField(
                        default=14,
                        help_text="So many days before, at the least, the owner is told.",
                        validators=[django.core.validators.MinValueValidator(1)],
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "retention policies",
                "permissions": [("keep_pinned", "Keeps pinned chats from being deleted by a retention policy")],
            },
        ),
        migrations.AddField(
            model_name="conversation",
            name="expires_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="conversation",
            name="files_expire_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(
                condition=models.Q(("expires_at__isnull", False)), fields=["expires_at"], name="conversations_expiring"
            ),
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(
                condition=models.Q(("files_expire_at__isnull", False)),
                fields=["files_expire_at"],
                name="conversations_losing_files",
            ),
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(fields=["active_at"], name="conversations_by_activity"),
        ),
        migrations.AddField(
            model_name="legalhold",
            name="placed_by",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="retentionpolicy",
            name="group",
            field=models.OneToOneField(
                blank=True,
                help_text="Empty: for everybody who is in no group with a policy.",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="retention",
                to="auth.group",
            ),
        ),
        migrations.AddConstraint(
            model_name="legalhold",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("conversation_id", None),
                        models.Q(("owner_id__isnull", False), models.Q(("words", ""), _negated=True), _connector="OR"),
                    ),
                    models.Q(("conversation_id__isnull", False), ("owner_id", None), ("words", "")),
                    _connector="OR",
                ),
                name="hold_of_one_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="retentionpolicy",
            constraint=models.UniqueConstraint(
                models.Value(1), condition=models.Q(("group", None)), name="one_retention_policy_for_everybody"
            ),
        ),
        migrations.AddConstraint(
            model_name="retentionpolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("grace_days__gte", 1),
                    models.Q(("chats_days", None), ("chats_days__gte", models.F("grace_days")), _connector="OR"),
                    models.Q(("files_days", None), ("files_days__gte", models.F("grace_days")), _connector="OR"),
                ),
                name="told_before_it_is_deleted",
            ),
        ),
    ]
