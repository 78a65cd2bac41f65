"""Jobs: queued once, done by one worker, ended together with their result, and tried again."""

import datetime
import threading

import pytest
from django.db import connection, transaction
from django.utils import timezone

from chatsite import processes
from conversations import work
from conversations.models import Conversation, Job
from conversations.work import kinds, rows

pytestmark = pytest.mark.django_db

KIND = "title it"


@pytest.fixture
def conversation(alice) -> Conversation:
    return Conversation.objects.create(owner=alice, title="Before")


@pytest.fixture
def handler(monkeypatch):
    """Sets what is done for the jobs of these tests."""

    def set_to(handle) -> None:
        monkeypatch.setitem(kinds._handlers, KIND, handle)

    return set_to


def queued(conversation=None, key: str = "this") -> Job:
    work.queue(kind=KIND, key=key, conversation=conversation, wanted="After")
    return Job.objects.get(key=key)


def retitle(job: work.Claim) -> work.Result:
    """Do the job of these tests: give the conversation the title that is wanted."""
    wanted = job.payload["wanted"]
    return work.Result(keep=lambda: Conversation.objects.filter(jobs=job.id).update(title=wanted))


def test_the_same_thing_is_queued_once(conversation):
    assert queued(conversation).pk == queued(conversation).pk
    assert Job.objects.count() == 1


def test_a_job_is_done_and_its_result_kept(conversation, handler):
    handler(retitle)
    job = queued(conversation)
    assert work.perform(job.pk)
    job.refresh_from_db()
    conversation.refresh_from_db()
    assert (job.state, job.attempts, job.worker, job.error) == ("done", 1, "", "")
    assert job.finished_at
    assert conversation.title == "After"


def test_what_is_done_is_not_done_again(conversation, handler):
    handler(retitle)
    job = queued(conversation)
    work.perform(job.pk)
    Conversation.objects.update(title="Since then")
    assert not work.perform(job.pk)
    assert Conversation.objects.get().title == "Since then"


def test_a_job_whose_conversation_was_deleted_is_gone(conversation, handler):
    job = queued(conversation)

    def delete_meanwhile(claim):
        conversation.delete()
        return retitle(claim)

    handler(delete_meanwhile)
    assert not work.perform(job.pk)
    assert not Job.objects.exists()


def test_a_claim_that_was_lost_writes_nothing(conversation, handler):
    job = queued(conversation)

    def lose(claim):
        Job.objects.filter(pk=job.pk).update(worker="somebody else")
        return retitle(claim)

    handler(lose)
    assert not work.perform(job.pk)
    assert Conversation.objects.get().title == "Before"
    assert Job.objects.get().state == "running"


def test_a_worker_that_has_lost_its_claim_hears_so_at_its_next_sign_of_life(conversation, handler):
    job = queued(conversation)
    heard = []

    def beat_late(claim):
        claim.beat()
        Job.objects.filter(pk=job.pk).update(worker="somebody else")
        try:
            claim.beat()
        except work.ClaimLost:
            heard.append(True)
            raise
        return retitle(claim)

    handler(beat_late)
    assert not work.perform(job.pk)
    assert heard == [True]


def test_nothing_of_a_result_is_kept_when_the_end_cannot_be(conversation, handler):
    job = queued(conversation)

    def keep() -> None:
        Conversation.objects.update(title="Half")
        raise RuntimeError("The power went out")

    handler(lambda claim: work.Result(keep=keep))
    with pytest.raises(RuntimeError), transaction.atomic():
        work.perform(job.pk)
    assert Conversation.objects.get().title == "Before"


def test_a_failure_is_tried_again_later_and_later_and_then_given_up(conversation, handler):
    def fail(claim):
        raise ValueError("nothing works")

    handler(fail)
    job = queued(conversation)
    for attempt, wait in enumerate((30, 120, 600, 3600), 1):
        before = timezone.now()
        work.perform(job.pk)
        job.refresh_from_db()
        assert (job.state, job.attempts, job.error) == ("queued", attempt, "ValueError: nothing works")
        assert job.due_at - before == pytest.approx(datetime.timedelta(seconds=wait), abs=datetime.timedelta(seconds=5))
        assert not work.perform(job.pk)
        Job.objects.update(due_at=before)
    work.perform(job.pk)
    job.refresh_from_db()
    assert (job.state, job.attempts) == ("failed", 5)
    assert not work.perform(job.pk)


def test_a_part_of_a_result_can_be_kept_and_the_job_tried_again(conversation, handler):
    handler(lambda claim: work.Result(keep=retitle(claim).keep, error="not the best title"))
    job = queued(conversation)
    assert work.perform(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error) == ("queued", "not the best title")
    assert Conversation.objects.get().title == "After"


def test_waiting_for_its_turn_is_no_attempt(conversation, handler):
    handler(lambda claim: work.Result(postponed=True))
    job = queued(conversation)
    assert not work.perform(job.pk)
    job.refresh_from_db()
    assert (job.state, job.attempts, job.worker) == ("queued", 0, "")
    assert job.due_at > timezone.now()


def test_a_kind_that_nobody_knows_waits_for_somebody_who_does(conversation):
    job = queued(conversation)
    work.perform(job.pk)
    job.refresh_from_db()
    assert job.state == "queued"
    assert KIND in job.error


def test_once_more_is_begun_anew_however_it_ended(conversation, handler):
    handler(retitle)
    job = queued(conversation)
    for state in ("done", "failed", "queued"):
        Job.objects.update(state=state, attempts=5, due_at=timezone.now() + datetime.timedelta(hours=1))
        assert work.again(key="this")
        job.refresh_from_db()
        assert (job.state, job.attempts) == ("queued", 0)
        assert work.perform(job.pk)
    assert not work.again(key="that")


def test_once_more_leaves_alone_what_is_being_done(conversation):
    queued(conversation)
    Job.objects.update(state="running", worker="somebody", attempts=2)
    assert work.again(key="this")
    assert (Job.objects.get().state, Job.objects.get().attempts) == ("running", 2)


# -- Workers that went away -------------------------------------------------------------------------------------------


def claimed(worker: str, key: str = "this", **fields) -> Job:
    job = queued(key=key)
    seen = {"heartbeat_at": timezone.now(), "attempts": 1} | fields
    Job.objects.filter(pk=job.pk).update(state="running", worker=worker, **seen)
    return job


def gone() -> str:
    """Return the name of a worker of this machine whose process is gone."""
    return f"{processes.machine()}/999999999/00000000"


def test_a_worker_of_this_machine_that_is_gone_is_noticed_at_once():
    job = claimed(gone())
    assert rows.give_up_dead() == [job.pk]
    job.refresh_from_db()
    assert (job.state, job.worker) == ("queued", "")
    assert job.due_at <= timezone.now()


def test_a_worker_that_lives_keeps_its_job():
    claimed(processes.new_name())
    claimed("another machine/1/77/00000000", key="that")
    assert rows.give_up_dead() == []
    assert set(Job.objects.values_list("state", flat=True)) == {"running"}


def test_a_worker_elsewhere_is_given_up_after_a_minute_without_a_word():
    silent = timezone.now() - datetime.timedelta(seconds=rows.DEAD_SECONDS + 1)
    job = claimed("another machine/1/77/00000000", heartbeat_at=silent)
    assert rows.give_up_dead() == [job.pk]


def test_a_job_that_kills_every_worker_is_given_up():
    job = claimed(gone(), attempts=5)
    rows.give_up_dead()
    job.refresh_from_db()
    assert job.state == "failed"


# -- Two workers at once ----------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_make_one_result(conversation, handler):
    made = []
    handler(lambda claim: work.Result(keep=lambda: made.append(claim.worker)))
    job = queued(conversation)
    together = threading.Barrier(4)
    ended = []

    def worker() -> None:
        try:
            together.wait(10)
            ended.append(work.perform(job.pk))
        finally:
            connection.close()

    threads = [threading.Thread(target=worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(ended) == [False, False, False, True]
    assert len(made) == 1
    assert Job.objects.get().attempts == 1


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_was_given_up_and_comes_back_writes_nothing(conversation, handler):
    """As when a machine stands still for a while: both have done the work, one result is kept."""
    job = queued(conversation)
    made = []

    def slow(claim):
        Job.objects.filter(pk=job.pk).update(worker=gone())
        rows.give_up_dead()
        handler(lambda claim: work.Result(keep=lambda: made.append("second")))
        assert work.perform(job.pk)
        return work.Result(keep=lambda: made.append("first"))

    handler(slow)
    assert not work.perform(job.pk)
    assert made == ["second"]
