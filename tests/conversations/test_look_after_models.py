"""Staff fetch, delete and try out the models of the server, and see what it is doing."""

import asyncio
import threading
import time

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client

from accounts.models import AuditEntry, User
from conversations import library, models_page, profiles, runner
from conversations.models import Conversation, ModelProfile, ModelPull, Turn, UsageEntry
from conversations.runner import engine as engines
from conversations.runner.line import Line
from llm.catalog import Catalog
from llm.config import Config
from tests.fake_model import FakeModel
from tests.pages.conftest import plain_static_files  # noqa: F401

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("plain_static_files")]

PAGE = "/admin/conversations/modelprofile/models/"
PATIENCE_SECONDS = 20


@pytest.fixture
def fake(db):
    """A model server, and an engine that asks it, on a loop of their own as in a server."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def do(work):
        return asyncio.run_coroutine_threadsafe(work, loop).result(PATIENCE_SECONDS)

    server = FakeModel()
    do(server.start())
    engine = do(runner.start(Catalog(Config(ollama_base_url=server.url))))
    do(engine.catalog.refresh())
    try:
        yield server
    finally:
        do(engine.drain())
        engines._engine = None
        do(server.stop())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture
def root(db) -> User:
    return User.objects.create_user("root@example.org", is_staff=True, is_superuser=True)


@pytest.fixture
def browser(root) -> Client:
    client = Client()
    client.force_login(root)
    return client


def wait_for(pull: ModelPull, *states: str) -> ModelPull:
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        pull.refresh_from_db()
        if pull.state in states:
            return pull
        time.sleep(0.02)
    raise AssertionError(f"It is {pull.state}: {pull.error}")


def act(browser: Client, **given) -> str:
    return browser.post(f"{PAGE}act/", given, follow=True).content.decode()


def test_a_model_is_fetched_shown_and_deleted(fake, browser, root):
    assert "Fetching new-model." in act(browser, do="pull", model="ollama/new-model")
    pull = wait_for(ModelPull.objects.get(), "done")
    assert (pull.completed, pull.total, pull.error) == (4_001_000, 4_001_000, "")
    page = browser.get(PAGE).content.decode()
    assert "new-model:latest" in page and "3.8\xa0MB of 3.8\xa0MB" in page
    User.objects.filter(pk=root.pk).update(default_model="ollama/new-model:latest")
    ModelProfile.objects.create(model="ollama/new-model:latest", is_default=True)
    asked = browser.get(f"{PAGE}delete/?model=ollama/new-model:latest").content.decode()
    assert "1 person begins" in asked and "marks it for new chats" in asked
    assert "Deleted ollama/new-model" in act(browser, do="delete", model="ollama/new-model:latest")
    assert "new-model" not in fake.names
    assert "not found" in act(browser, do="delete", model="ollama/new-model:latest")
    entered = AuditEntry.objects.filter(action__startswith="model.").order_by("number")
    assert [entry.action for entry in entered] == ["model.pulled", "model.deleted"]


def test_one_that_goes_on_is_seen_by_everybody_and_can_be_cancelled(fake, browser):
    act(browser, do="pull", model="slow-model")
    pull = ModelPull.objects.get()
    assert "being fetched already" in act(browser, do="pull", model="slow-model")
    until = time.monotonic() + PATIENCE_SECONDS
    while not pull.total and time.monotonic() < until:
        pull.refresh_from_db()
    live = browser.get(f"{PAGE}live/").content.decode()
    assert '<progress aria-label="slow-model" max="4001000"' in live and f'value="{pull.pk}"' in live
    assert "being cancelled" in act(browser, do="cancel", pull=pull.pk)
    assert wait_for(pull, "cancelled").completed < pull.total
    assert "slow-model" not in live.partition("In memory")[2]
    until = time.monotonic() + PATIENCE_SECONDS
    request = next(seen for seen in fake.seen if seen.path == "/api/pull")
    while not request.ended and time.monotonic() < until:
        time.sleep(0.01)
    assert request.ended == "client gone"
    assert AuditEntry.objects.filter(action="model.pull_cancelled").count() == 1


@pytest.mark.parametrize(("model", "said"), [("missing-model", "file does not exist"), ("cut-model", "in the middle")])
def test_one_that_fails_says_why(fake, browser, model, said):
    act(browser, do="pull", model=model)
    assert said in wait_for(ModelPull.objects.get(), "failed").error
    assert said in browser.get(PAGE).content.decode()


def test_one_whose_server_is_gone_is_interrupted_and_can_be_fetched_again(fake, browser):
    left = ModelPull.objects.create(model="left", heartbeat_at="2026-01-01T00:00:00Z")
    assert "interrupted" in browser.get(f"{PAGE}live/").content.decode()
    act(browser, do="pull", model="left")
    left.refresh_from_db()
    assert left.state == "interrupted"
    wait_for(ModelPull.objects.exclude(pk=left.pk).get(), "done")
    for name in ("../etc/passwd", "a/../../b", "http://10.0.0.1/x", "a//b", "a/b/c/d/e"):
        assert "That is no name" in act(browser, do="pull", model=name), name


def test_a_profile_is_kept_by_the_id_that_its_server_gives(fake, browser):
    form = {"model": "fast", **dict.fromkeys(("vision", "tools", "thinking"), "")}
    assert browser.post("/admin/conversations/modelprofile/add/", form).status_code == 302
    assert ModelProfile.objects.get().model == "ollama/fast:latest"


def test_a_model_whose_last_group_is_deleted_is_not_everybodys(fake, browser, root):
    group = Group.objects.create(name="Teachers")
    form = {"model": "fast", "groups": [group.pk], **dict.fromkeys(("vision", "tools", "thinking"), "")}
    browser.post("/admin/conversations/modelprofile/add/", form)
    group.delete()
    assert profiles.seen_by(root).refused == {"ollama/fast:latest"}
    assert "nobody" in browser.get("/admin/conversations/modelprofile/").content.decode()
    # Who wants everybody to have it says so.
    change = f"/admin/conversations/modelprofile/{ModelProfile.objects.get().pk}/change/"
    assert browser.post(change, {**form, "groups": []}).status_code == 302
    assert profiles.seen_by(root).refused == frozenset()


def test_a_test_prompt_is_answered_with_its_times_and_only_the_ledger_knows_of_it(fake, browser, root):
    page = act(browser, do="test", model="ollama/fast:latest", prompt="Say something tokens=5")
    assert "ollama/fast:latest says" in page and "Tokens a second" in page
    entry = UsageEntry.objects.get()
    assert (entry.purpose, entry.user_id, entry.outcome) == ("test", root.pk, "completed")
    assert not Conversation.objects.exists() and not Turn.objects.exists()
    assert "something" not in AuditEntry.objects.get(action="model.tested").details
    assert "no model named" in act(browser, do="test", model="ollama/none", prompt="Hm")


def test_what_is_in_memory_and_who_waits_is_seen_without_names(fake, browser, monkeypatch):
    live = browser.get(f"{PAGE}live/").content.decode()
    assert "paced-10:latest" in live and "Nobody has asked a model" in live

    async def crowd() -> Line:
        line = Line(1)
        for owner, background in (("a", False), ("b", False), ("c", False), ("b", False), ("job", True)):
            entering = asyncio.ensure_future(line.enter(owner, lambda ahead: None, background=background))
            await asyncio.sleep(0)
            waiting.append(entering)
        return line

    waiting: list = []
    line = runner.ask(crowd(), seconds=5)
    monkeypatch.setattr(engines._engine, "lines", {"ollama": line})
    (queue,) = models_page.queues()
    assert (queue.running, queue.places, queue.waiting) == (1, 1, [1, 2, 1, 0])
    assert "person 1, person 2, person 1, background" in browser.get(f"{PAGE}live/").content.decode()
    engines._engine.loop.call_soon_threadsafe(lambda: [each.cancel() for each in waiting])


def test_whoever_may_only_look_changes_nothing(fake, db):
    looker = User.objects.create_user("looker@example.org", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_modelprofile"))
    browser = Client()
    browser.force_login(looker)
    page = browser.get(PAGE).content.decode()
    assert "Every model" in page and "Fetch it" not in page and "Delete…" not in page
    for given in ({"do": "pull", "model": "x"}, {"do": "delete", "model": "ollama/fast"}, {"do": "test"}):
        assert browser.post(f"{PAGE}act/", given).status_code == 403
    assert not ModelPull.objects.exists() and not library.uses("ollama/fast")
