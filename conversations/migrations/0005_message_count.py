from django.db import migrations, models
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce


def count(apps, schema_editor):
    """Count what was said before anybody did."""
    Conversation, Message = apps.get_model("conversations", "Conversation"), apps.get_model("conversations", "Message")
    said = Message.objects.filter(turn__conversation=OuterRef("pk")).order_by().values("turn__conversation")
    counted = said.annotate(count=Count("pk")).values("count")
    Conversation.objects.update(message_count=Coalesce(Subquery(counted), 0))


class Migration(migrations.Migration):
    dependencies = [("conversations", "0004_usage_is_append_only")]

    operations = [
        migrations.AddField(
            model_name="conversation",
            name="message_count",
            field=models.PositiveIntegerField(default=0, help_text="Messages, of all branches."),
        ),
        migrations.RunPython(count, migrations.RunPython.noop),
    ]
