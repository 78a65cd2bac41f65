"""With an embedding model passages are found by what they mean too; without one, or in its trouble, by their words."""

import asyncio
import datetime
import uuid

import pytest
from django.utils import timezone

from chatsite.threads import in_database
from conversations import embedding, lifecycle, storage, vectors, work
from conversations.models import Conversation, Job, PassageVector, Quota, StoredFile, Turn, UsageEntry
from llm.embeddings import Rests
from tests.support.files import attach

from .conftest import upload
from .test_send_files_to_a_model import FACT, manual, words

pytestmark = pytest.mark.django_db(transaction=True)

# No word of it stands in the manual.
QUESTION = "How frequently do we swap motors? tokens=5"
SYNONYMS = [["frequently", "every"], ["swap", "replaced"], ["motors", "pump"]]
MODEL = "ollama/embed"


@pytest.fixture(autouse=True)
def _model(settings, monkeypatch):
    settings.EMBEDDING = {"model": MODEL, "seconds": 20}
    monkeypatch.setattr("conversations.runner.meaning.rests", Rests())
    monkeypatch.setattr("conversations.embedding._rests", Rests())


@pytest.fixture
async def book(stage, alice):
    """A manual of Alice's that does not fit a window, not embedded yet."""
    stage.fake.synonyms = SYNONYMS
    return await in_database(attach, alice, text=await asyncio.to_thread(manual), name="manual.txt")


def do_jobs() -> list[Job]:
    """Do the jobs of embedding that are due, each once; return those that are left."""
    for job in list(Job.objects.due().filter(kind=embedding.KIND)):
        work.perform(job.pk)
    return list(Job.objects.filter(kind=embedding.KIND))


def embed_all() -> list[Job]:
    embedding.queue_waiting()
    return do_jobs()


def model_of(file: StoredFile) -> str:
    return StoredFile.objects.values_list("embedding_model", flat=True).get(pk=file.pk)


def known_to(model: str) -> int:
    return PassageVector.objects.filter(model=model).count()


async def ask(stage, alice, *files, text: str = QUESTION, **where) -> Turn:
    return await stage.answered(alice, "ollama/fast", text, attachments=[each.pk for each in files], **where)


def account(turn: Turn) -> tuple[str, str]:
    (told,) = turn.included
    assert told["passages"]
    return told["by"], told["by_words_because"]


# -- At the question --------------------------------------------------------------------------------------------------


async def test_a_question_in_other_words_finds_the_passage(stage, alice, book):
    assert await in_database(embed_all) == []
    turn = await ask(stage, alice, book)
    assert FACT in words(stage)
    assert account(turn) == ("words_and_meaning", "")


async def test_without_a_model_it_does_not_and_nobody_is_asked(stage, alice, book, settings):
    settings.EMBEDDING = {"model": "", "seconds": 20}
    assert await in_database(embed_all) == []
    turn = await ask(stage, alice, book)
    assert turn.status == "completed"
    assert FACT not in words(stage)
    assert account(turn) == ("words", "")
    assert stage.fake.embedded == []


async def test_words_still_find_what_they_found(stage, alice, book):
    await in_database(embed_all)
    await ask(stage, alice, book, text="How often is the coolant pump to be replaced? tokens=5")
    assert FACT in words(stage)


async def test_a_following_question_is_understood_anew(stage, alice, book, new_id):
    await in_database(embed_all)
    await ask(stage, alice, book, text="What is in figure 3 of the gasket? tokens=5", conversation_id=new_id)
    assert FACT not in words(stage)
    await ask(stage, alice, conversation_id=new_id)
    assert FACT in words(stage)


async def test_a_question_is_embedded_once_and_enters_the_ledger(stage, alice, book):
    await in_database(embed_all)
    before = len(stage.fake.embedded)
    turn = await ask(stage, alice, book)
    assert [seen.body["input"] for seen in stage.fake.embedded[before:]] == [[QUESTION]]
    (entry,) = [each for each in await stage.entries(turn) if each.purpose == "embedding"]
    assert (entry.model, entry.prompt_tokens, entry.counted, entry.outcome) == (MODEL, 7, "exact", "completed")
    assert (entry.user_id, entry.conversation_id) == (alice.pk, turn.conversation_id)


async def test_nobody_is_asked_about_a_file_that_fits(stage, alice):
    file = await in_database(attach, alice, text="The lease ends in March 2031.", name="lease.txt")
    await in_database(embed_all)
    before = len(stage.fake.embedded)
    turn = await ask(stage, alice, file)
    assert turn.included[0]["whole"]
    assert turn.included[0]["by"] == ""
    assert len(stage.fake.embedded) == before


async def test_a_file_that_is_not_ready_is_searched_by_words(stage, alice, book):
    turn = await ask(stage, alice, book, text="How often is the coolant pump to be replaced? tokens=5")
    assert FACT in words(stage)
    assert account(turn) == ("words", "not_embedded")
    assert stage.fake.embedded == []


@pytest.mark.parametrize(
    ("model", "code"),
    [
        ("ollama/hang", "model_timeout_total"),
        ("ollama/crash-500", "model_error"),
        ("ollama/drop", "model_interrupted"),
        ("ollama/missing-404", "model_not_found"),
        ("nowhere/embed", "model_not_found"),
    ],
)
async def test_a_model_in_trouble_fails_no_answer(model, code, stage, alice, book, settings):
    settings.EMBEDDING = {"model": model, "seconds": 0.3}
    await in_database(StoredFile.objects.update, embedding_model=model)
    turn = await ask(stage, alice, book, text="How often is the coolant pump to be replaced? tokens=5")
    assert turn.status == "completed"
    assert FACT in words(stage)
    assert account(turn) == ("words", code)


async def test_a_server_that_hangs_is_not_waited_for_again_at_once(stage, alice, book, settings, new_id):
    settings.EMBEDDING = {"model": "ollama/hang", "seconds": 0.3}
    await in_database(StoredFile.objects.update, embedding_model="ollama/hang")
    first = await ask(stage, alice, book, conversation_id=new_id)
    second = await ask(stage, alice, conversation_id=new_id)
    assert account(first) == account(second) == ("words", "model_timeout_total")
    assert len(stage.fake.embedded) == 1


async def test_an_answer_can_be_stopped_while_its_question_is_embedded(stage, alice, book, settings):
    settings.EMBEDDING = {"model": "ollama/hang", "seconds": 60}
    await in_database(StoredFile.objects.update, embedding_model="ollama/hang")
    turn = await stage.ask(alice, "ollama/fast", QUESTION, attachments=[book.pk])
    await stage.until(lambda: stage.fake.embedded)
    await stage.stop(turn)
    assert (await stage.ended(turn)).status == "stopped"
    await stage.until(lambda: stage.fake.embedded[0].ended == "client gone")


async def test_what_others_have_is_not_found(stage, alice, bob, book):
    mine = await in_database(attach, alice, text=(await asyncio.to_thread(manual)).replace(FACT, ""), name="mine.txt")
    theirs = await in_database(attach, bob, text=FACT, name="theirs.txt")
    await in_database(embed_all)
    assert await in_database(model_of, theirs.file) == MODEL
    turn = await ask(stage, alice, mine)
    assert account(turn) == ("words_and_meaning", "")
    assert FACT not in words(stage)


async def test_vectors_that_a_model_of_the_same_name_made_otherwise_are_not_told_as_used(stage, alice, book):
    await in_database(embed_all)
    signs, numbers = vectors.packed([1.0, -1.0])
    await in_database(PassageVector.objects.update, signs=signs, numbers=numbers)
    turn = await ask(stage, alice, book, text="How often is the coolant pump to be replaced? tokens=5")
    assert FACT in words(stage)
    assert account(turn) == ("words", "not_embedded")


# -- In the background ------------------------------------------------------------------------------------------------


async def test_a_file_is_embedded_once_soon_after_it_was_read(stage, alice, book):
    await in_database(embed_all)
    texts = [text for seen in stage.fake.embedded for text in seen.body["input"]]
    count = await in_database(book.file.passages.count)
    assert len(texts) == count == await in_database(known_to, MODEL)
    assert max(len(seen.body["input"]) for seen in stage.fake.embedded) == embedding.BATCH_PASSAGES
    assert await in_database(model_of, book.file) == MODEL
    assert await in_database(embed_all) == []
    assert len([text for seen in stage.fake.embedded for text in seen.body["input"]]) == count


async def test_an_upload_is_queued_with_it(stage, program):
    answer = await in_database(upload, program, b"The lease ends in March 2031.", "lease.txt")
    assert answer.status_code == 201
    assert await in_database(do_jobs) == []
    assert await in_database(known_to, MODEL) == 1


async def test_the_calls_enter_the_ledger_of_the_owner(stage, alice, book):
    await in_database(embed_all)
    entries = await in_database(list, UsageEntry.objects.filter(purpose="embedding"))
    assert len(entries) == len(stage.fake.embedded)
    assert {(entry.user_id, entry.model, entry.outcome) for entry in entries} == {(alice.pk, MODEL, "completed")}


async def test_a_file_goes_with_its_vectors(stage, alice, book):
    await in_database(embed_all)
    assert await in_database(storage.drop_waiting, book.pk)
    await in_database(storage.drop_unused, book.file_id)
    assert await in_database(PassageVector.objects.count) == 0


async def test_a_file_that_goes_meanwhile_leaves_nothing(stage, book):
    await in_database(embedding.queue_waiting)
    await in_database(book.file.delete)
    assert await in_database(do_jobs) == []
    assert stage.fake.embedded == []


async def test_a_file_of_a_deleted_chat_is_sent_nowhere_until_that_is_undone(stage, alice, settings, new_id):
    settings.UNDO_DELETE_SECONDS = 60
    settings.EMBEDDING = {"model": "", "seconds": 20}
    file = await in_database(attach, alice, text="The lease ends in March 2031.", name="lease.txt")
    await ask(stage, alice, file, conversation_id=new_id)
    settings.EMBEDDING = {"model": MODEL, "seconds": 20}
    chat = await in_database(Conversation.objects.get, pk=new_id)
    await in_database(embedding.queue_waiting)
    await in_database(lambda: lifecycle.delete(conversation=chat))
    # Neither what was queued before it nor what waits.
    assert await in_database(do_jobs) == []
    assert await in_database(embed_all) == []
    assert stage.fake.embedded == []
    await in_database(lambda: lifecycle.restore(conversation_id=new_id, user=alice))
    assert await in_database(embed_all) == []
    assert await in_database(model_of, file.file) == MODEL


async def test_a_file_that_goes_between_two_batches_is_no_trouble_of_the_model(stage, book, monkeypatch):
    def look() -> bool:
        StoredFile.objects.filter(pk=book.file_id).delete()
        return False

    monkeypatch.setattr("conversations.background.people_wait", look)
    assert await in_database(embed_all) == []
    assert len(stage.fake.embedded) == 1
    assert embedding._rests.trouble(MODEL) is None
    assert await in_database(PassageVector.objects.count) == 0


async def test_another_model_embeds_everything_anew(stage, alice, book, settings, new_id):
    await in_database(embed_all)
    settings.EMBEDDING = {"model": "openai/embed-other", "seconds": 20}
    turn = await ask(stage, alice, book, conversation_id=new_id)
    assert account(turn) == ("words", "not_embedded")
    await in_database(embed_all)
    assert await in_database(known_to, MODEL) == 0
    assert await in_database(known_to, "openai/embed-other") == await in_database(book.file.passages.count)
    turn = await ask(stage, alice, conversation_id=new_id)
    assert FACT in words(stage)
    assert account(turn) == ("words_and_meaning", "")


async def test_what_failed_is_tried_again_later_and_goes_on_where_it_was(stage, book, settings):
    settings.EMBEDDING = {"model": "ollama/crash-500", "seconds": 20}
    (job,) = await in_database(embed_all)
    assert (job.state, job.attempts) == ("queued", 1)
    assert "model_error" in job.error
    settings.EMBEDDING = {"model": MODEL, "seconds": 20}
    await in_database(Job.objects.update, due_at=timezone.now() - datetime.timedelta(seconds=1))
    assert await in_database(do_jobs) == []
    assert await in_database(model_of, book.file) == MODEL


async def test_a_file_that_the_model_does_not_take_keeps_no_other_waiting(stage, alice, settings):
    settings.EMBEDDING = {"model": "ollama/embed-short-80", "seconds": 20}
    # So many words in so few characters that no beginning of it is short enough.
    strange = await in_database(attach, alice, text="a b " * 300, name="letters.txt")
    (job,) = await in_database(embed_all)
    assert "model_error" in job.error
    lease = await in_database(attach, alice, text="The lease ends in March 2031.", name="lease.txt")
    assert [each.pk for each in await in_database(embed_all)] == [job.pk]
    assert await in_database(model_of, lease.file) == "ollama/embed-short-80"
    assert await in_database(model_of, strange.file) == ""


async def test_no_more_are_begun_while_several_fail(stage, alice, settings):
    settings.EMBEDDING = {"model": "ollama/crash-500", "seconds": 20}
    for number in range(embedding.TROUBLE_FILES):
        await in_database(attach, alice, text=f"Note {number}.", name=f"{number}.txt")
    failed = await in_database(embed_all)
    assert len(failed) == embedding.TROUBLE_FILES and all("model_error" in job.error for job in failed)
    await in_database(attach, alice, text="Another.", name="other.txt")
    assert len(await in_database(embed_all)) == embedding.TROUBLE_FILES


async def test_a_server_that_is_away_is_not_asked_for_each_file(stage, alice, settings):
    settings.EMBEDDING = {"model": "ollama/drop", "seconds": 20}
    for number in range(embedding.TROUBLE_FILES):
        await in_database(attach, alice, text=f"Note {number}.", name=f"{number}.txt")
    assert all("model_interrupted" in job.error for job in await in_database(embed_all))
    assert len(stage.fake.embedded) == 1


async def test_what_was_given_up_is_tried_again_after_an_hour(stage, book):
    await in_database(embedding.queue_waiting)
    ended = {"state": "failed", "error": "model_unreachable", "finished_at": timezone.now()}
    await in_database(Job.objects.update, **ended)
    assert len(await in_database(embed_all)) == 1
    await in_database(Job.objects.update, finished_at=timezone.now() - datetime.timedelta(hours=2))
    assert await in_database(embed_all) == []
    assert await in_database(model_of, book.file) == MODEL


async def test_what_was_given_up_lets_what_was_never_tried_go_first(stage, alice, book, monkeypatch):
    monkeypatch.setattr("conversations.embedding.MOST_QUEUED", 1)
    await in_database(embedding.queue_waiting)
    long_ago = timezone.now() - datetime.timedelta(hours=2)
    await in_database(lambda: Job.objects.update(state="done", finished_at=long_ago))
    lease = await in_database(attach, alice, text="The lease ends in March 2031.", name="lease.txt")
    await in_database(embed_all)
    assert (await in_database(model_of, lease.file), await in_database(model_of, book.file)) == (MODEL, "")
    assert await in_database(embed_all) == []
    assert await in_database(model_of, book.file) == MODEL


async def test_who_has_used_up_the_budget_causes_no_calls(stage, alice, book):
    await in_database(Quota.objects.create, user=alice, tokens_per_day=1)
    await in_database(spend, alice)
    (job,) = await in_database(embed_all)
    assert job.state == "done"
    assert stage.fake.embedded == []


def spend(user) -> None:
    UsageEntry.objects.create(user=user, prompt_tokens=10)


async def test_peoples_answers_come_first(stage, alice, book):
    await in_database(embedding.queue_waiting)
    running = await stage.ask(alice, "ollama/paced-10", "What is a tide? tokens=200")
    await stage.said(running, 1)
    (job,) = await in_database(do_jobs)
    assert job.state == "queued"
    assert await in_database(known_to, MODEL) == embedding.BATCH_PASSAGES
    await stage.stop(running)
    await stage.ended(running)
    await in_database(Job.objects.update, due_at=timezone.now() - datetime.timedelta(seconds=1))
    assert await in_database(do_jobs) == []
    texts = [text for seen in stage.fake.embedded for text in seen.body["input"]]
    assert len(texts) == await in_database(known_to, MODEL)


# -- The vectors ------------------------------------------------------------------------------------------------------


def test_the_nearest_are_told_whatever_their_length(alice):
    file = attach(alice).file
    rows = [
        vectors.row(file.pk, position, vector, model=MODEL)
        for position, vector in enumerate([[0.0, 1.0, 0.2], [9.0, 0.5, -0.3], [0.4, 0.3, 0.0], [-1.0, -0.1, 0.0]])
    ]
    PassageVector.objects.bulk_create(rows)
    found = vectors.nearest([3.0, 0.2, 0.0], model=MODEL, files=[file.pk], most=3)
    assert found == [(file.pk, 1), (file.pk, 2), (file.pk, 0)]


@pytest.mark.parametrize("unit", [1e308, 1.0, 5e-324])
def test_only_the_direction_counts_however_large_or_small_the_numbers_are(alice, unit):
    file = attach(alice).file
    vectors.row(file.pk, 0, [unit, -unit, 0.0], model=MODEL).save()
    vectors.row(file.pk, 1, [-unit, unit, 0.0], model=MODEL).save()
    found = vectors.nearest([-unit, unit, 0.0], model=MODEL, files=[file.pk], most=2)
    assert found == [(file.pk, 1), (file.pk, 0)]


def test_vectors_of_another_length_are_no_neighbours(alice):
    file = attach(alice).file
    vectors.row(file.pk, 0, [1.0, 0.0, 0.0], model=MODEL).save()
    assert vectors.nearest([1.0, 0.0], model=MODEL, files=[file.pk], most=3) == []
    assert vectors.nearest([1.0, 0.0, 0.0], model=MODEL, files=[uuid.uuid4()], most=3) == []
    assert vectors.nearest([1.0, 0.0, 0.0], model="ollama/other", files=[file.pk], most=3) == []
