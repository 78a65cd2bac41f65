"""Temporary chats hold to quotas and to the window, and an administrator can turn them off."""

from unittest import mock

import pytest

from chatsite.threads import in_database
from conversations import quotas, temporary
from conversations.api.temporary import Frames
from conversations.errors import Invalid, OverQuota, TooLarge
from conversations.models import Quota
from llm.events import Finished
from llm.values import Message
from tests.pages.conftest import plain_static_files  # noqa: F401
from tests.usage.conftest import spend, stage  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)

QUESTION = [{"role": "user", "content": "What is a tide?"}]


async def test_whoever_has_used_up_their_tokens_is_told_before_a_model_is_asked(stage, alice):  # noqa: F811
    await Quota.objects.acreate(user=alice, tokens_per_day=10)
    await in_database(spend, alice)
    with pytest.raises(OverQuota) as refused:
        await temporary.begin(user=alice, model="ollama/fast", messages=QUESTION)
    assert refused.value.code == quotas.USED_UP
    assert stage.fake.chats == []


async def test_what_does_not_fit_the_window_is_left_out_from_the_beginning(stage, alice):  # noqa: F811
    turns = ["What is a tide? " * 400, "Water. " * 400] * 8 + ["And now?"]
    messages = [{"role": ("user", "assistant")[n % 2], "content": words} for n, words in enumerate(turns)]
    call, left_out = await temporary.begin(user=alice, model="ollama/fast", messages=messages)
    while (event := await call.next(within=5)) is not None:
        if type(event).__name__ == "Finished":
            break
    sent = stage.fake.chats[-1].body["messages"]
    assert 0 < left_out < len(turns) - 1
    assert len(sent) == len(turns) - left_out
    assert (sent[0]["role"], sent[-1]["content"]) == ("user", "And now?")


def test_the_question_is_always_sent_and_a_question_comes_first():
    said = [Message("user", "a " * 50), Message("assistant", "b"), Message("user", "c " * 500)]
    assert temporary.fitting(said, budget=10) == ((said[2],), 2)
    assert temporary.fitting(said, budget=10_000) == (tuple(said), 0)


@pytest.mark.parametrize(
    ("messages", "error"),
    [([], Invalid), ([{"role": "assistant", "content": "x"}], Invalid), (QUESTION * 201, TooLarge)],
)
def test_what_is_no_chat_is_refused(messages, error):
    with pytest.raises(error):
        temporary.read(messages)


def test_an_administrator_can_turn_them_off(client, alice, settings):
    client.force_login(alice)
    page = client.get("/chat/temporary/")
    assert page.status_code == 200
    assert "Nothing of this chat is kept" in page.content.decode()
    assert 'href="/chat/temporary/"' in client.get("/chat/").content.decode()
    settings.TEMPORARY_CHATS = False
    page = client.get("/chat/temporary/")
    assert page.status_code == 403
    assert "turned off on this server" in page.content.decode()
    assert "chat-temporary" not in page.content.decode()
    assert 'href="/chat/temporary/"' not in client.get("/chat/").content.decode()
    answer = client.post("/api/chat/temporary/", {"messages": QUESTION}, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "not_offered")


def test_an_answer_that_a_rule_cuts_off_says_so():
    frames = Frames(mock.Mock(), left_out=0)
    ended = frames.finish(Finished(reason="content_filter", usage=None)).decode()
    assert '"status":"blocked"' in ended.replace(" ", "") and "a rule of this installation" in ended
    assert "a rule" not in frames.finish(Finished(reason="stop", usage=None)).decode()
