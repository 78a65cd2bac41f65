"""What is due is done by a few, one job after another, and people's answers come first."""

import datetime
import threading

import pytest
from django.db import connection
from django.utils import timezone

from conversations import background, doing, jobs, work
from conversations.models import Job
from conversations.work import kinds, rows

pytestmark = pytest.mark.django_db(transaction=True)

KIND = "count it"


@pytest.fixture(autouse=True)
def said(monkeypatch) -> list[dict]:
    """The messages that were sent to workers; nobody hears them."""
    heard: list[dict] = []
    send = lambda **how: heard.append(how)  # noqa: E731
    monkeypatch.setattr(work.messages, "send", send)
    monkeypatch.setattr(work, "send", send)
    monkeypatch.setattr(doing, "_later_at", 0.0)
    return heard


@pytest.fixture
def done(monkeypatch) -> list[str]:
    """The jobs that were done, by what they were queued for."""
    keys: list[str] = []

    def handle(claim: work.Claim) -> work.Result:
        keys.append(claim.payload["key"])
        return work.Result()

    monkeypatch.setitem(kinds._handlers, KIND, handle)
    return keys


@pytest.fixture
def answering(monkeypatch) -> None:
    """Somebody's answer is being written all the time."""
    monkeypatch.setattr(background, "people_wait", lambda: True)


def queued(key: str, *, seconds_ago: float = 0) -> Job:
    work.queue(kind=KIND, key=key)
    due_at = timezone.now() - datetime.timedelta(seconds=seconds_ago)
    Job.objects.filter(key=key).update(due_at=due_at, payload={"key": key})
    return Job.objects.get(key=key)


def states() -> dict[str, str]:
    return dict(Job.objects.values_list("key", "state"))


def test_all_that_is_due_is_done_in_its_order(done):
    queued("second", seconds_ago=1)
    queued("first", seconds_ago=2)
    queued("later", seconds_ago=-60)
    doing.do_due()
    assert done == ["first", "second"]
    assert states() == {"first": "done", "second": "done", "later": "queued"}


def test_what_a_worker_left_behind_is_found_within_the_minute(done):
    job = queued("lost", seconds_ago=1)
    assert rows.claim(job.pk)
    long_ago = timezone.now() - datetime.timedelta(hours=1)
    Job.objects.update(heartbeat_at=long_ago)
    jobs.look_after_jobs.call_local()
    assert done == ["lost"]


def test_while_an_answer_is_written_nothing_is_begun_and_one_look_is_asked_for(done, said, answering):
    queued("title")
    said.clear()
    for _ in range(20):
        doing.do_due()
    assert done == []
    assert said == [{"delay": doing.LATER_SECONDS}]
    assert states() == {"title": "queued"}


def test_nothing_waits_for_people_without_end(done, answering):
    queued("old", seconds_ago=background.PATIENCE_SECONDS + 1)
    queued("new", seconds_ago=1)
    doing.do_due()
    assert done == ["old"]


def test_a_server_that_goes_down_begins_nothing(done, monkeypatch):
    monkeypatch.setattr(background, "going_down", lambda: True)
    queued("title")
    doing.do_due()
    assert done == []


def test_so_many_are_done_at_once_and_what_comes_meanwhile_is_done_by_them(monkeypatch):
    """Workers who find no place go away at once; whoever has one looks again before leaving."""
    at_once, most, begun, go_on = [], [], threading.Semaphore(0), threading.Event()

    def handle(claim: work.Claim) -> work.Result:
        at_once.append(claim)
        most.append(len(at_once))
        begun.release()
        go_on.wait(20)
        at_once.remove(claim)
        return work.Result()

    monkeypatch.setitem(kinds._handlers, KIND, handle)

    def worker() -> None:
        try:
            doing.do_due()
        finally:
            connection.close()

    for number in range(6):
        queued(f"job {number}", seconds_ago=1)
    threads = [threading.Thread(target=worker) for _ in range(doing.PLACES)]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert begun.acquire(timeout=20)
    queued("meanwhile")
    # There is no place: this returns while the others are still busy.
    doing.do_due()
    assert len(at_once) == doing.PLACES
    go_on.set()
    for thread in threads:
        thread.join(20)
    assert set(states().values()) == {"done"}
    assert max(most) == doing.PLACES
