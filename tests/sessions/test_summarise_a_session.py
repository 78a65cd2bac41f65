"""Summaries: by a model, in parts where one window does not hold them; else from the conversation's own sentences."""

import json

import pytest

from chatsite.threads import in_database
from conversations import background, work
from conversations.models import Job, Summary, UsageEntry
from conversations.summaries import prompts
from conversations.summaries import write as writing
from conversations.summaries.values import Said
from llm.tokens import estimate

from .conftest import answered, do, ended, make_due

pytestmark = pytest.mark.django_db(transaction=True)

GOOD = {
    "summary": "Alice asked about the tide. It is two metres high.",
    "topics": ["Tide", "Noon", "Height"],
    "sentiment": "positive",
    "key_outcomes": ["Two metres at noon"],
}


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(background, "LOOK_SECONDS", 0.02)


async def left(author, model: str = "ollama/fast", **fields) -> Summary:
    """Return the summary, not written yet, of a session that has ended."""
    turn = await in_database(answered, author, model=model, **fields)
    return await in_database(ended, turn)


async def written(summary: Summary) -> tuple[Job, Summary]:
    job = await in_database(do, "summary")
    return job, await in_database(Summary.objects.get, pk=summary.pk)


def entries() -> list[tuple[str, str]]:
    return list(UsageEntry.objects.filter(purpose="summary").order_by("pk").values_list("model", "outcome"))


# -- By a model -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", ["ollama", "openai"])
async def test_a_model_writes_it(stage, alice, protocol):
    stage.fake.script(text=json.dumps(GOOD))
    job, summary = await written(await left(alice, f"{protocol}/fast"))
    assert job.state == "done"
    assert (summary.state, summary.by, summary.text) == ("ready", "model", GOOD["summary"])
    assert (summary.topics, summary.sentiment) == (GOOD["topics"], "positive")
    assert summary.outcomes == GOOD["key_outcomes"]
    assert summary.written_at
    assert await in_database(entries) == [(summary.model, "completed")]
    asked = stage.fake.chats[-1].body
    assert "How high is the tide at noon?" in asked["messages"][-1]["content"]
    assert "language of the conversation" in asked["messages"][0]["content"]


async def test_what_the_fake_model_makes_of_the_schema_will_do(stage, alice):
    _, summary = await written(await left(alice))
    assert summary.state == "ready"
    assert 3 <= len(summary.topics) <= 8


async def test_everybody_who_watches_is_told(stage, alice, monkeypatch):
    told = []
    summary = await left(alice)
    monkeypatch.setattr(writing.live, "publish", lambda pk, *news: told.extend(news))
    await written(summary)
    (news,) = told
    assert (news["type"], news["summary"], news["status"]) == ("conversation.updated", "ready", "completed")


async def test_only_the_branch_that_was_open_is_summarised(stage, alice):
    first = await in_database(answered, alice, "The old way", "The old answer")
    await in_database(answered, alice, "Later words", "Later answer", conversation_id=first.conversation_id)
    summary = await in_database(ended, first)
    await in_database(Summary.objects.filter(pk=summary.pk).update, leaf=first)
    await written(summary)
    asked = stage.fake.chats[-1].body["messages"][-1]["content"]
    assert "The old way" in asked
    assert "Later words" not in asked


async def test_words_of_the_model_are_bounded_and_each_is_said_once(stage, alice):
    stage.fake.script(
        text=json.dumps(
            {
                "summary": "Word\x00 " + "long " * 2000,
                "topics": ["Tide", "tide", "x" * 500, " ", "a\u2028b", "c"],
                "sentiment": "neutral",
                "key_outcomes": ["y" * 1000],
            }
        )
    )
    _, summary = await written(await left(alice))
    assert len(summary.text) <= prompts.TEXT_CHARACTERS
    assert summary.topics[0] == "Tide"
    assert len(summary.topics) == 4
    assert len(summary.topics[1]) <= prompts.TOPIC_CHARACTERS
    assert summary.topics[2] == "a b"
    assert len(summary.outcomes[0]) <= prompts.OUTCOME_CHARACTERS
    assert "\x00" not in summary.text


async def test_a_long_one_is_read_in_parts_that_fit_and_joined(stage, alice, monkeypatch):
    monkeypatch.setattr(prompts, "PART_TOKENS", 1500)
    turn = await in_database(answered, alice, "First question")
    for number in range(12):
        text = f"Number {number}: " + "the tide rises and falls. " * 40
        await in_database(answered, alice, f"Question {number}", text, conversation_id=turn.conversation_id)
    summary = await in_database(ended, turn)
    _, summary = await written(summary)
    asked = [seen.body["messages"] for seen in stage.fake.chats]
    assert summary.state == "ready"
    assert len(asked) > 3
    for messages in asked:
        assert estimate(messages[-1]["content"]) <= 1500
    for number in range(12):
        assert any(f"Number {number}:" in messages[-1]["content"] for messages in asked)
    assert "Part 1:" in asked[-1][-1]["content"]
    assert len(await in_database(entries)) == len(asked)


def test_a_text_of_any_size_is_cut_to_fit():
    texts = ["a" * 100_000, "文" * 5000, "😀" * 2000, "short"]
    pieces = prompts.parts(texts, 500)
    assert all(estimate(piece) <= 520 for piece in pieces)
    assert len(pieces) == prompts.PARTS_LIMIT
    assert pieces[-1].endswith("short")


def test_a_message_without_end_is_read_at_both_its_ends():
    shown = prompts._shown(Said("user", "begin " + "x" * 100_000 + " end"))
    assert len(shown) < 9000
    assert shown.startswith("Person: begin")
    assert shown.endswith(" end")


# -- Without one ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["ollama/crash-500", "ollama/hang", "ollama/stall-mid", "ollama/garbage"])
async def test_a_model_that_fails_leaves_its_own_sentences_and_is_asked_again_later(stage, alice, model):
    job, summary = await written(await left(alice, model))
    assert (summary.state, summary.by) == ("partial", "extract")
    assert "tide" in summary.text
    assert (job.state, job.attempts) == ("queued", 1)
    assert job.error


@pytest.mark.parametrize("said", ["I am sorry.", "[]", '{"summary": ""}', '{"summary": " ", "topics": ["a"]}'])
async def test_nonsense_is_no_summary(stage, alice, said):
    for _ in range(2):
        stage.fake.script(text=said)
    job, summary = await written(await left(alice))
    assert (summary.state, job.state) == ("partial", "queued")
    assert await in_database(entries) == [("ollama/fast:latest", "completed")] * 2


async def test_a_later_good_one_takes_its_place(stage, alice):
    summary = await left(alice)
    stage.fake.script(status=500, error="gone")
    job, partial = await written(summary)
    assert partial.state == "partial"
    stage.fake.script(text=json.dumps(GOOD))
    await in_database(make_due, job)
    job, summary = await written(summary)
    assert (job.state, summary.state, summary.text) == ("done", "ready", GOOD["summary"])


async def test_a_failure_afterwards_takes_nothing_away(stage, alice):
    summary = await left(alice)
    stage.fake.script(text=json.dumps(GOOD))
    await written(summary)
    await in_database(work.again, key=writing.key_of(summary.pk))
    stage.fake.script(status=500, error="gone")
    _, summary = await written(summary)
    assert (summary.state, summary.text) == ("ready", GOOD["summary"])


async def test_the_demo_is_not_asked_and_that_is_all_there_is(stage, alice):
    job, summary = await written(await left(alice, "demo/demo"))
    assert (job.state, summary.state, summary.by) == ("done", "partial", "extract")
    assert stage.fake.chats == []
    assert await in_database(entries) == []


async def test_a_busy_process_puts_it_off_and_says_nothing_yet(stage, alice):
    summary = await left(alice)
    stage.engine.draining = True
    job, summary = await written(summary)
    assert (job.state, job.attempts, summary.state) == ("queued", 0, "pending")


async def test_a_worker_that_lost_the_job_keeps_nothing(stage, alice, monkeypatch):
    summary = await left(alice)
    summarise = prompts.summarise

    def lose(model, said):
        words = summarise(model, said)
        Job.objects.update(worker="somebody else")
        return words

    monkeypatch.setattr(prompts, "summarise", lose)
    job, summary = await written(summary)
    assert (job.state, summary.state, summary.text) == ("running", "pending", "")


# -- From its own sentences -------------------------------------------------------------------------------------------


def extracted(*said: tuple[str, str]):
    from conversations.summaries import extract

    return extract.summarise([Said(role, text) for role, text in said])


LEASE = (
    ("user", "Can we end the lease of the office early? The landlord wants a fee."),
    (
        "assistant",
        "Yes. The lease can be ended after twelve months with three months of notice. The fee for ending the lease "
        "early is one month of rent.\n\n```python\nlease = end(lease)\n```\n\nThe landlord must be told in writing.",
    ),
    ("user", "Thanks, that is great and very helpful!"),
)


def test_the_best_sentences_are_told_in_their_order():
    words = extracted(*LEASE)
    sentences = words.text
    assert "Can we end the lease of the office early?" in sentences
    assert sentences.index("Can we end") < sentences.index("The lease can be ended")
    assert "python" not in sentences
    assert words.topics[0].lower() == "lease"
    assert words.sentiment == "positive"
    assert words.outcomes == []
    assert extracted(*LEASE) == words


@pytest.mark.parametrize(
    ("question", "answer", "topic", "mood"),
    [
        (
            "Das ist falsch und der Vertrag ist kaputt. Wann endet der Vertrag?",
            "Der Vertrag endet im Mai. Für den Vertrag gilt eine Frist.",
            "vertrag",
            "negative",
        ),
        (
            "Merci, c'est parfait. Quand finit le contrat de bail ?",
            "Le contrat finit en mai. Le contrat prévoit un préavis.",
            "contrat",
            "positive",
        ),
        (
            "¿Cuándo termina el contrato de la oficina?",
            "El contrato termina en mayo. El contrato tiene un plazo.",
            "contrato",
            "neutral",
        ),
        ("租约什么时候结束？", "租约五月结束。租约需要书面通知。", "租约", "neutral"),
    ],
)
def test_in_other_languages_too(question, answer, topic, mood):
    words = extracted(("user", question), ("assistant", answer))
    assert any(topic in found.lower() for found in words.topics)
    assert words.sentiment == mood
    assert words.text


@pytest.mark.parametrize("text", ["?", "😀😀", "a", "```\ncode\n```", "x" * 50_000, "\n\n", "1. 2. 3. 4."])
def test_hardly_any_words_are_no_trouble(text):
    words = extracted(("user", text), ("assistant", text))
    assert len(words.text) < 5000
    assert words.sentiment == "neutral"


def test_nothing_said_says_nothing():
    assert extracted().text == ""
