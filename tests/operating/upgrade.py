"""A program that migrates a database to an old state, puts rows there, migrates to now, and prints what the doctor
says; for test_upgrade.py, which gives it a database of its own."""

import json

import django

# The first state in which there was everything that later migrations have to carry along.
OLD = [("accounts", "0001_initial"), ("conversations", "0002_usage_and_quotas")]
TURNS = 250


def main() -> None:
    """Do so."""
    django.setup()
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    executor.migrate([node for node in executor.loader.graph.leaf_nodes() if node[0] not in dict(OLD)] + OLD)
    fill(MigrationExecutor(connection).loader.project_state(OLD).apps)
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())
    print(json.dumps(found()))


def fill(apps) -> None:
    """Write a long conversation with what it cost, as that version did."""
    user = apps.get_model("accounts", "User").objects.create(email="alice@example.org", password="!")
    Conversation, Turn, Message, UsageEntry = (
        apps.get_model("conversations", name) for name in ("Conversation", "Turn", "Message", "UsageEntry")
    )
    conversation = Conversation.objects.create(owner=user, title="Harbour")
    last = None
    for number in range(TURNS):
        last = Turn.objects.create(
            conversation=conversation, author=user, parent=last, depth=number, status="completed", model="m"
        )
        for position, role in enumerate(("user", "assistant")):
            Message.objects.create(turn=last, position=position, role=role, text=f"{role} {number}", status="complete")
        UsageEntry.objects.create(user_id=user.pk, turn_id=last.pk, model="m", prompt_tokens=3, completion_tokens=4)
    conversation.leaf = last
    conversation.save()


def found() -> dict:
    """Return what is there now, by today's code."""
    from chatsite import doctor
    from conversations import search
    from conversations.models import Conversation, DailyUsage, Message, Turn

    conversation = Conversation.objects.get()
    return {
        "findings": [each.code for _, each in doctor.examine(["migrations", "conversations", "usage", "audit"])],
        "texts": list(Message.objects.order_by("turn__depth", "position").values_list("text", flat=True)),
        "message_count": conversation.message_count,
        "calls": sum(DailyUsage.objects.values_list("calls", flat=True)),
        "milestones": Turn.objects.exclude(milestone=None).count(),
        "hits": len(search.messages(user=conversation.owner, typed="harbour").hits),
    }


if __name__ == "__main__":
    main()
