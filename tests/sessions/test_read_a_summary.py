"""Over the API: the summary of a session, having it written again, and the rating."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import keys
from conversations.models import Conversation, Job, Message, Quota, Summary
from tests.api.conftest import Program

from .conftest import answered, do, ended

pytestmark = pytest.mark.django_db


def address(turn, call: str) -> str:
    return f"conversations/{turn.conversation_id}/{call}/"


@pytest.fixture
def ready(talk) -> Summary:
    """The written summary of Alice's session."""
    summary = ended(talk)
    Summary.objects.filter(pk=summary.pk).update(
        state="ready",
        by="model",
        text="Alice asked about the tide.",
        topics=["Tide"],
        sentiment="positive",
        outcomes=["Two metres"],
        written_at=timezone.now(),
    )
    Job.objects.update(state="done")
    summary.refresh_from_db()
    return summary


def test_before_there_is_one_that_is_said(program, talk):
    answer = program.get(address(talk, "summary"))
    assert (answer.status_code, answer.json()["code"]) == (404, "no_summary")


def test_while_it_is_written_the_figures_are_there(program, talk):
    ended(talk)
    told = program.get(address(talk, "summary")).json()
    assert (told["status"], told["summary"], told["topics"], told["sentiment"]) == ("pending", "", [], None)
    assert told["metrics"]["messages"]["total"] == 2


def test_a_written_one_is_told_whole(program, talk, ready):
    told = program.get(address(talk, "summary")).json()
    assert told.pop("metrics") == ready.metrics
    assert told == {
        "session_id": str(talk.conversation_id),
        "status": "ready",
        "start_time": ready.start_time.isoformat().replace("+00:00", "Z"),
        "end_time": ready.end_time.isoformat().replace("+00:00", "Z"),
        "duration_seconds": round(ready.duration.total_seconds(), 3),
        "summary": "Alice asked about the tide.",
        "topics": ["Tide"],
        "sentiment": "positive",
        "key_outcomes": ["Two metres"],
        "user_rating": None,
    }


def test_one_from_its_own_sentences_says_so(program, alice):
    turn = answered(alice, model="demo/demo")
    ended(turn)
    do("summary")
    told = program.get(address(turn, "summary")).json()
    assert told["status"] == "partial"
    assert "tide" in told["summary"]


def test_of_several_endings_the_last_is_told(program, talk, ready, alice):
    answered(alice, conversation_id=talk.conversation_id)
    ended(talk)
    assert program.get(address(talk, "summary")).json()["status"] == "pending"


# -- Again ------------------------------------------------------------------------------------------------------------


def test_it_can_be_written_again_and_stays_until_then(program, talk, ready):
    answer = program.post(address(talk, "regenerate-summary"))
    assert answer.status_code == 202
    assert (answer.json()["status"], answer.json()["summary"]) == ("ready", ready.text)
    assert Job.objects.get().state == "queued"


def test_asking_twice_is_one_job(program, talk, ready):
    for _ in range(2):
        assert program.post(address(talk, "regenerate-summary"), {}).status_code == 202
    assert Job.objects.count() == 1


def test_one_whose_job_was_forgotten_gets_another(program, talk, ready):
    Job.objects.all().delete()
    assert program.post(address(talk, "regenerate-summary")).status_code == 202
    assert Job.objects.get().payload == {"summary": str(ready.pk)}


def test_not_without_end(program, talk, ready):
    answers = [program.post(address(talk, "regenerate-summary")) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [202] * 5 + [429]
    assert 0 < int(answers[-1]["Retry-After"]) <= 60


def test_not_beyond_the_budget(program, talk, ready, alice):
    Quota.objects.create(user=alice, tokens_per_day=0)
    answer = program.post(address(talk, "regenerate-summary"))
    assert (answer.status_code, answer.json()["code"]) == (429, "budget_exceeded")


def test_what_has_not_ended_cannot_be_written_again(program, talk):
    answer = program.post(address(talk, "regenerate-summary"))
    assert (answer.status_code, answer.json()["code"]) == (404, "no_summary")


# -- Rating -----------------------------------------------------------------------------------------------------------


def test_a_rating_is_kept_with_its_time_and_a_later_one_takes_its_place(program, talk, ready):
    before = timezone.now()
    assert program.post(address(talk, "rate"), {"rating": 2}).json()["user_rating"] == 2
    first = Conversation.objects.get().rated_at
    assert program.post(address(talk, "rate"), {"rating": 5}).json()["user_rating"] == 5
    conversation = Conversation.objects.get()
    assert conversation.rating == 5
    assert before < first < conversation.rated_at
    assert program.get(address(talk, "summary")).json()["user_rating"] == 5


def test_a_session_that_goes_on_can_be_rated_too(program, talk):
    told = program.post(address(talk, "rate"), {"rating": 1}).json()
    assert (told["status"], told["summary"], told["metrics"]) == ("active", "", {})


@pytest.mark.parametrize("rating", [0, 6, -1, 10**30, 4.5, "4", True, None, [], {}])
def test_a_rating_is_one_to_five(program, talk, rating):
    assert program.post(address(talk, "rate"), {"rating": rating}).status_code == 400
    assert Conversation.objects.get().rating is None


@pytest.mark.parametrize("body", [{}, {"rating": 3, "user_rating": 5}, {"stars": 3}])
def test_fields_are_as_they_are(program, talk, body):
    assert program.post(address(talk, "rate"), body).status_code == 400


# -- The log ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def eventful(alice, talk) -> None:
    """A conversation in which everything has happened."""
    same = {"conversation_id": talk.conversation_id}
    tools = answered(alice, "What time is it?", "It is noon.", **same)
    tools.messages.filter(role="assistant").update(position=2)
    Message.objects.create(
        turn=tools,
        position=1,
        role="tool",
        text="12:00",
        tool_name="get_time",
        tool_call_id="call_1",
        tool_run={"arguments": {"zone": "Europe/Paris"}, "round": 1, "ok": True, "ms": 3},
    )
    answered(alice, "Go on", "And th", status="stopped", **same)
    failed = {"error_code": "model_error", "error_detail": "The model server failed."}
    answered(alice, "Go on", "", status="failed", **failed, **same)
    summary = ended(talk)
    Summary.objects.filter(pk=summary.pk).update(state="ready", text="It was noon.", written_at=timezone.now())
    Conversation.objects.update(rating=4, rated_at=timezone.now())


WHOLE = [
    "question",
    "answer",
    "question",
    "tool.called",
    "tool.returned",
    "answer",
    "question",
    "answer.stopped",
    "question",
    "answer.failed",
    "session.ended",
    "summary",
    "rating",
]


def test_everything_that_happened_is_told_in_order(program, talk, eventful):
    told = program.get(address(talk, "events")).json()
    assert told["next"] is None
    assert [event["type"] for event in told["events"]] == WHOLE
    by_type = {event["type"]: event["data"] for event in told["events"]}
    assert by_type["tool.called"] == {"id": "call_1", "name": "get_time", "arguments": {"zone": "Europe/Paris"}}
    assert by_type["tool.returned"] == {"id": "call_1", "name": "get_time", "result": "12:00", "ok": True, "ms": 3}
    assert by_type["answer.stopped"]["content"] == "And th"
    assert by_type["answer.failed"]["error"] == "model_error"
    assert by_type["session.ended"] == {"number": 1, "by": "person"}
    assert by_type["summary"]["content"] == "It was noon."
    assert by_type["rating"] == {"rating": 4}
    assert told["events"][0]["turn"] == str(talk.pk)
    assert sorted(event["at"] for event in told["events"][-3:]) == [event["at"] for event in told["events"][-3:]]


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_pages_follow_each_other_without_a_gap(program, talk, eventful, size):
    path, found = f"{address(talk, 'events')}?page_size={size}", []
    while path:
        told = program.get(path).json()
        found += told["events"]
        path = told["next"] and told["next"].partition("/api/")[2]
    assert [event["type"] for event in found] == WHOLE
    assert found == program.get(address(talk, "events")).json()["events"]


def test_an_answer_that_is_being_written_has_not_happened_yet(program, alice):
    turn = answered(alice, status="running", finished_at=None)
    assert [event["type"] for event in program.get(address(turn, "events")).json()["events"]] == ["question"]


def test_a_long_log_takes_as_many_queries_as_a_short_one(program, alice, talk):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert program.get(address(talk, "events")).status_code == 200
        return len(captured)

    ended(talk)
    Summary.objects.update(written_at=timezone.now())
    before = queries()
    for _ in range(20):
        answered(alice, conversation_id=talk.conversation_id)
    assert queries() == before


@pytest.mark.parametrize("query", ["?cursor=x", "?page_size=0", "?page_size=101", "?cursor=4pyT", "?cursor=MX4y"])
def test_a_cursor_that_is_not_ours_is_refused(program, talk, query):
    answer = program.get(address(talk, "events") + query)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_pagination")


# -- Everybody else ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "method"), [("summary", "get"), ("events", "get"), ("regenerate-summary", "post"), ("rate", "post")]
)
def test_nobody_else_sees_or_changes_it(stranger, anonymous, talk, ready, call, method):
    body = {"rating": 3} if call == "rate" else {}
    for visitor, status in ((stranger, 404), (anonymous, 401)):
        send = getattr(visitor, method)
        answer = send(address(talk, call)) if method == "get" else send(address(talk, call), body)
        assert answer.status_code == status
        assert "tide" not in answer.content.decode()
    assert Conversation.objects.get().rating is None
    assert Job.objects.get().state == "done"


@pytest.mark.parametrize("call", ["regenerate-summary", "rate", "end"])
def test_a_key_that_only_reads_changes_nothing(alice, talk, ready, call):
    _, secret = keys.make(user=alice, name="A reader", scopes=["read"])
    reader = Program()
    reader.headers = {"authorization": f"Bearer {secret}"}
    assert reader.get(address(talk, "summary")).status_code == 200
    assert reader.post(address(talk, call), {"rating": 3} if call == "rate" else {}).status_code == 403
