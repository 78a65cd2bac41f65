"""A conversation with every kind of content, and the people who may and may not take it along."""

import uuid

import pytest
from django.utils import timezone

from accounts.models import User
from conversations import feedback, tags, turns
from conversations.models import ContextDigest, Conversation, Message, Summary, Turn
from conversations.summaries import measure
from tests.moderation.conftest import live  # noqa: F401
from tests.pages.conftest import browser_of, plain_static_files  # noqa: F401
from tests.support.files import attach

ANSWER = """# A heading

Some *words* with **weight**, `code`, ~~waste~~ and [a link](https://example.org/) — 漢字, עברית, 🙂.

1. one
2. two
   - within

> said

| a | b |
|---|--:|
| 1 | $x^2$ |

$$\\frac{1}{2}+\\sqrt{\\alpha_1}$$

```python
print("hello")
```
"""


ALLOWED = {"asks": True, "allowed": True, "by": "person", "decided_at": "2026-01-01T10:00:00+00:00"}


def answer(turn: Turn, text: str, **fields) -> Turn:
    """Return the turn, answered."""
    turn.messages.filter(role="assistant").update(text=text, status="complete", model="demo/small", **fields)
    Turn.objects.filter(pk=turn.pk).update(
        status="completed", model="demo/small", finished_at=timezone.now(), total_ms=1200, first_token_ms=80
    )
    turn.refresh_from_db()
    return turn


def ask(owner: User, conversation_id, text: str, **more) -> Turn:
    """Return a turn of this question, still unanswered."""
    return turns.start(conversation_id=conversation_id, author=owner, text=text, **more).turn


@pytest.fixture
def rich(alice: User, kept_files) -> Conversation:
    """A conversation of Alice's with two branches, thoughts, a tool, a file, a digest and a summary."""
    conversation_id = uuid.uuid4()
    file = attach(alice, text="The lease says so.", name="lease.txt")
    first = answer(
        ask(alice, conversation_id, "Can we <b>end</b> it?\n```\nopen", attachments=[str(file.pk)]),
        ANSWER,
        thinking="Let me think.",
        thinking_ms=900,
    )
    Message.objects.filter(turn=first, role="assistant").update(position=2)
    Message.objects.create(
        turn=first,
        position=1,
        role="tool",
        text='{"found": 3}',
        tool_name="search_documents",
        tool_call_id="call-1",
        tool_run={"arguments": {"query": "lease ``` end"}, "round": 1, "ok": True, "ms": 120} | ALLOWED,
    )
    Turn.objects.filter(pk=first.pk).update(
        included=[
            {
                "attachment": str(file.pk),
                "name": "lease.txt",
                "whole": False,
                "passages": [{"position": 0, "page": 2}],
                "left_out": 1,
                "image": False,
                "why": "no_room",
                "by": "words_and_meaning",
                "by_words_because": "",
            }
        ]
    )
    second = answer(
        ask(alice, conversation_id, "And then?"), "Then <script>alert(1)</script> it ends.\n\n```sh\nrm -rf"
    )
    again = turns.retry(turn=second, author=alice).turn
    answer(again, "Or it does not.")
    Turn.objects.filter(pk=again.pk).update(status="stopped", continues=second, carried=4)
    feedback.give(message=feedback.answer_of(second), user=alice, value="down", reason="It does not end.")
    conversation = Conversation.objects.get(pk=conversation_id)
    tags.put(conversation=conversation, tags=tags.named(owner=alice, names=["Leases", "漢字"]))
    digest = ContextDigest.objects.create(
        conversation=conversation,
        through=first,
        text="They spoke of a lease.",
        facts=[[4, "user", "The lease ends."]],
        turns=1,
        messages=3,
        tokens=9,
    )
    Turn.objects.filter(pk=again.pk).update(digest=digest, condensed=3)
    Summary.objects.create(
        conversation=conversation,
        number=1,
        leaf=again,
        text="They spoke.",
        metrics=measure(conversation).figures,
        state="ready",
        topics=["lease"],
        sentiment="neutral",
        outcomes=["none"],
        start_time=conversation.created_at,
        end_time=conversation.active_at,
        written_at=timezone.now(),
    )
    conversation.title, conversation.rating, conversation.rated_at = "The <lease>: 漢字/part", 4, timezone.now()
    conversation.message_count = Message.objects.filter(turn__conversation=conversation).count()
    conversation.save()
    return conversation
