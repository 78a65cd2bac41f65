"""Titles by a model: after the first whole answer, in one clean line, and never over a person's own."""

import pytest
from django.contrib.auth.models import Group

from chatsite.threads import in_database
from conversations import background, lifecycle, titles, turns, work
from conversations.models import Conversation, Job, ModelProfile, SearchEntry, UsageEntry

from .conftest import answered, do

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(background, "LOOK_SECONDS", 0.02)


async def asked(stage, author, model: str = "ollama/fast", **fields):
    """Return the conversation of a question that was answered by the engine."""
    turn = await stage.answered(author, model, **fields)
    return await in_database(Conversation.objects.get, pk=turn.conversation_id)


async def title_of(conversation) -> tuple[str, str]:
    found = await in_database(Conversation.objects.get, pk=conversation.pk)
    return found.title, found.title_by


async def test_the_first_whole_answer_has_a_title_asked_for(stage, alice):
    conversation = await asked(stage, alice)
    stage.fake.script(text="The tide at noon")
    job = await in_database(do, "title")
    assert (job.state, job.conversation_id) == ("done", conversation.pk)
    assert await title_of(conversation) == ("The tide at noon", "model")
    assert [purpose async for purpose in UsageEntry.objects.values_list("purpose", flat=True)].count("title") == 1


async def test_a_model_that_its_person_may_not_ask_does_no_tasks_for_them(stage, alice):
    await asked(stage, alice)

    def forbid():
        profile = ModelProfile.objects.create(model="ollama/fast:latest")
        profile.groups.add(Group.objects.create(name="Teachers"))

    await in_database(forbid)
    stage.fake.script(text="The tide at noon")
    assert (await in_database(do, "title")).state == "done"
    entry = await UsageEntry.objects.aget(purpose="title")
    assert entry.model and entry.model != "ollama/fast:latest"


async def test_an_answer_that_failed_has_none_and_the_next_whole_one_has(stage, alice):
    conversation = await asked(stage, alice, "ollama/crash-500")
    assert not await in_database(Job.objects.exists)
    await asked(stage, alice, conversation_id=conversation.pk)
    await asked(stage, alice, conversation_id=conversation.pk)
    assert await in_database(Job.objects.count) == 1


async def test_it_can_be_found_by_its_new_title(stage, alice):
    await asked(stage, alice)
    stage.fake.script(text="Ebbe und Flut")
    await in_database(do, "title")
    entry = await in_database(SearchEntry.objects.get, message=None)
    assert "flut" in str(entry.terms)


async def test_switched_off_nobody_is_asked(stage, alice, settings):
    settings.AUTO_TITLES = False
    await asked(stage, alice)
    assert not await in_database(Job.objects.exists)


async def test_a_rename_while_the_model_thinks_stays(stage, alice, monkeypatch):
    conversation = await asked(stage, alice)
    ask = background.Assistant.ask

    def rename_meanwhile(self, *arguments, **options):
        lifecycle.rename(conversation=conversation, title="Mine")
        return ask(self, *arguments, **options)

    monkeypatch.setattr(background.Assistant, "ask", rename_meanwhile)
    stage.fake.script(text="The model's own")
    job = await in_database(do, "title")
    assert job.state == "done"
    assert await title_of(conversation) == ("Mine", "person")


async def test_a_title_that_a_person_gave_is_left_alone(stage, alice):
    conversation = await in_database(lifecycle.create, owner=alice, title="Mine")
    await asked(stage, alice, conversation_id=conversation.pk)
    assert await title_of(conversation) == ("Mine", "person")
    assert not await in_database(Job.objects.exists)


async def test_one_that_was_renamed_before_the_job_began_is_asked_nothing_for(stage, alice):
    conversation = await asked(stage, alice)
    await in_database(lifecycle.rename, conversation=conversation, title="Mine")
    chats = len(stage.fake.chats)
    job = await in_database(do, "title")
    assert (job.state, len(stage.fake.chats)) == ("done", chats)


@pytest.mark.parametrize("said", ["", "{}", "x" * 61, "…", "<think>Hm", '{"title": "A tide"}'])
async def test_what_cannot_be_a_title_leaves_that_of_the_question(stage, alice, said):
    conversation = await asked(stage, alice)
    stage.fake.script(text=said)
    job = await in_database(do, "title")
    assert job.state == "done"
    assert await title_of(conversation) == (conversation.title, "question")


async def test_a_model_that_fails_is_asked_again_later(stage, alice):
    conversation = await asked(stage, alice)
    stage.fake.script(status=500, error="gone")
    job = await in_database(do, "title")
    assert (job.state, job.attempts) == ("queued", 1)
    assert "model_error" in job.error
    assert await title_of(conversation) == (conversation.title, "question")


async def test_everybody_who_watches_is_told(stage, alice, monkeypatch):
    told = []
    conversation = await asked(stage, alice)
    monkeypatch.setattr(titles.live, "publish", lambda pk, *news, owner: told.extend(news))
    stage.fake.script(text="The tide at noon")
    await in_database(do, "title")
    (news,) = told
    assert (news["type"], news["title"]) == ("conversation.updated", "The tide at noon")
    assert news["conversation"] == str(conversation.pk)


def test_without_a_model_nothing_happens(alice):
    conversation = answered(alice, model="demo/demo").conversation
    work.queue(kind=titles.KIND, key="this", conversation=conversation)
    assert do("title").state == "done"
    assert Conversation.objects.get().title == conversation.title


def test_the_title_of_a_question_is_the_questions(alice):
    turns.start(conversation_id=(conversation := Conversation(owner=alice)).pk, author=alice, text="What is a tide?")
    found = Conversation.objects.get(pk=conversation.pk)
    assert (found.title, found.title_by) == ("What is a tide?", "question")


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ("The tide at noon", "The tide at noon"),
        ('"The tide at noon."', "The tide at noon"),
        ("**The tide at noon**", "The tide at noon"),
        ("# The tide at noon\n\nHere is why.", "The tide at noon"),
        ("Title: The tide at noon", "The tide at noon"),
        ('**Title:** "The tide at noon"', "The tide at noon"),
        ("„Ebbe und Flut“", "Ebbe und Flut"),
        ("« La marée de midi »", "La marée de midi"),
        ("标题：正午的潮汐。", "正午的潮汐"),
        ("<think>\nWhat now?\n</think>\n\nThe tide", "The tide"),
        ("Why is it so?", "Why is it so?"),
        ("C++ and tides\x00", "C++ and tides"),
        ("[The tide](https://evil.example)", "The tide"),
        ("![x](https://evil.example/x.png) Tide", "x Tide"),
        ("half \ud83d a pair", "half a pair"),
        ("\n\n", ""),
        ("?!", ""),
        ("word " * 40, ""),
    ],
)
def test_a_title_is_one_clean_line(said, title):
    assert titles.cleaned(said) == title
