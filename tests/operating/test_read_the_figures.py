"""`/metrics`: what a process has counted, for whoever may see it."""

import uuid

import pytest
from django.db import OperationalError
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from chatsite import metrics
from chatsite.threads import in_database
from conversations import turns, work
from conversations.live import feeds
from conversations.live.relay import Relay
from conversations.runner import answer as answers
from conversations.runner.line import Line
from llm.catalog import Catalog
from llm.config import Config

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _on(settings):
    settings.METRICS = True


def figures(**headers) -> dict[str, float]:
    """Return every sample by its name and its one label."""
    answer = Client().get("/metrics", **headers)
    assert answer.status_code == 200
    found = {}
    for family in text_string_to_metric_families(answer.content.decode()):
        for sample in family.samples:
            found[" ".join([sample.name, *sample.labels.values()])] = sample.value
    return found


def test_there_is_nothing_at_the_address_unless_it_is_wanted(settings):
    settings.METRICS = False
    assert Client().get("/metrics").status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"REMOTE_ADDR": "10.0.0.7"},
        {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"HTTP_X_REAL_IP": "127.0.0.1"},
        {"HTTP_HOST": "rebound.example.org"},
    ],
)
def test_without_a_token_only_this_machine_may_see_them(headers):
    assert Client().get("/metrics", **headers).status_code == 404
    assert Client().get("/metrics").status_code == 200


def test_a_token_opens_them_from_anywhere_and_nothing_else_does(settings):
    settings.METRICS_TOKEN = "a token"
    for wrong in (
        "",
        "Bearer ",
        "Bearer a tokem",
        "Basic a token",
        "Bearer \udce9".encode("utf-8", "replace").decode(),
    ):
        assert Client().get("/metrics", HTTP_AUTHORIZATION=wrong).status_code == 404
    from_afar = {"HTTP_AUTHORIZATION": "Bearer a token", "REMOTE_ADDR": "10.0.0.7", "HTTP_HOST": "10.0.0.3:8000"}
    assert figures(**from_afar)["chatsite_database_up"] == 1


async def test_a_turn_is_counted_from_its_start_to_its_end(alice):
    def seen() -> dict[str, float]:
        return {
            "finished": metrics.turns_finished.values["completed"],
            "first": sum(metrics.first_token.counts),
            "all": sum(metrics.turn_time.counts),
            "tokens": metrics.tokens.values["completion"],
        }

    before = seen()
    catalog = Catalog(Config(scripted=True))
    catalog.providers["scripted"].reply("The sea ", "rises.")
    asked = await in_database(
        turns.start, conversation_id=uuid.uuid4(), author=alice, text="A tide?", model="scripted/scripted"
    )
    line = Line(1)
    await answers.Answer(turn_id=asked.turn.pk, worker="here", catalog=catalog, line_of=lambda name: line).run()
    grown = {name: value - before[name] for name, value in seen().items()}
    assert grown["tokens"] > 0
    assert grown | {"tokens": 1} == {"finished": 1, "first": 1, "all": 1, "tokens": 1}


async def test_a_gap_in_what_another_process_tells_is_counted():
    feed = feeds.Feed("conversation")
    relay = Relay(layer=None, worker="here", on_command=None)
    gaps, heard = metrics.news_gaps.values[""], metrics.news_heard.values[""]
    told = {"type": "message.deltas", "message": "m", "turn": "t"}
    await relay._hear(feed, {**told, "deltas": [[1, "a", ""], [2, "b", ""]]})
    await relay._hear(feed, {**told, "deltas": [[4, "d", ""]]})
    assert metrics.news_heard.values[""] - heard == 2
    assert metrics.news_gaps.values[""] - gaps == 1


def test_the_figures_are_told_in_prometheus_own_format(alice):
    work.queue(kind="nothing", key="nothing 1")
    metrics.first_token.add(0.2)
    metrics.turns_finished.add("failed")
    Client().get("/api/nowhere/")
    found = figures()
    assert found["chatsite_jobs_waiting"] == 1
    assert 0 <= found["chatsite_jobs_oldest_seconds"] < 60
    assert found["chatsite_turns_finished_total failed"] >= 1
    assert found["chatsite_first_token_seconds_bucket 0.1"] <= found["chatsite_first_token_seconds_bucket 0.25"]
    assert found["chatsite_first_token_seconds_bucket +Inf"] == found["chatsite_first_token_seconds_count"]
    assert found["chatsite_requests_total 4xx"] >= 1
    assert found["chatsite_sockets_open"] == 0
    assert found["process_resident_memory_bytes"] > 1_000_000
    # Nobody may make up labels: each has one of a few words.
    assert len(found) < 200


def test_an_error_of_the_database_is_counted_and_the_other_figures_are_told(monkeypatch):
    def break_down():
        raise OperationalError("gone")

    before = metrics.database_errors.values.get("OperationalError", 0)
    monkeypatch.setattr("conversations.work.standing", break_down)
    found = figures()
    assert found["chatsite_database_up"] == 0
    assert "chatsite_jobs_waiting" not in found
    assert found["chatsite_sockets_open"] == 0
    assert metrics.database_errors.values["OperationalError"] == before + 1
