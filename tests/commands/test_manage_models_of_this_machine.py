"""Models of this machine by command and in the admin: got, used, removed, told of while they come, and on record."""

import threading

import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import AuditEntry, User
from conversations import local_models, work
from conversations.models import Job, ModelProfile
from llm import standing
from llm.catalog import Catalog, Listing
from llm.config import Config
from llm.errors import ModelError
from llm.local import fetching
from llm.local.shelf import Shelf
from llm.values import Model
from tests.engine import tiny
from tests.pages.conftest import browser_of, plain_static_files  # noqa: F401

pytestmark = pytest.mark.django_db
PAGE = "/admin/conversations/modelprofile/local/"


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("file") / "Tiny Model.gguf"
    tiny.write(path=path, end_leaning=tiny.SOMETIMES)
    return path


@pytest.fixture
def shelf(settings, tmp_path) -> Shelf:
    settings.LOCAL_MODELS = settings.LOCAL_MODELS | {"folder": str(tmp_path / "models")}
    return Shelf(tmp_path / "models")


@pytest.fixture
def root(db) -> User:
    return User.objects.create_user("root@example.org", is_staff=True, is_superuser=True)


@pytest.fixture
def fetched(monkeypatch, file):
    """Let addresses lead to a file of this machine: what the network does is tested where it is fetched."""

    async def fetch(*, shelf, wish, tell, trusted):
        assert not trusted, "staff have no shell"
        fetched.begun.set()
        while not fetched.go_on.wait(0.02):
            tell(1, 2)
        tell(2, 2)
        local = fetching.wanted(str(file), name=wish.name)
        return await real(shelf=shelf, wish=local, tell=lambda *_: None, trusted=True)

    real, fetched = fetching.fetch, type("Fetched", (), {"begun": threading.Event(), "go_on": threading.Event()})
    monkeypatch.setattr(fetching, "fetch", fetch)
    monkeypatch.setattr(local_models, "LOOK_SECONDS", 0.05)
    fetched.go_on.set()
    return fetched


def run(capsys, *arguments: str) -> str:
    call_command("model", *arguments)
    return capsys.readouterr().out


def test_a_file_is_taken_in_listed_used_and_removed_by_command(shelf, file, capsys):
    assert "none yet" in run(capsys, "list")
    told = run(capsys, "get", str(file))
    assert "tiny-model is here: 1 MB, text only, a window of" in told and "Its SHA-256 is" in told
    assert "begin with tiny-model" in run(capsys, "use", "tiny-model")
    listed = run(capsys, "list")
    assert "tiny-model  (used): 1 MB" in listed and "qwen3-4b: Qwen3 4B, 2.5 GB" in listed and "Apache 2.0" in listed
    with pytest.raises(CommandError, match="already"):
        call_command("model", "get", str(file))
    assert "is gone" in run(capsys, "remove", "tiny-model")
    for arguments in (
        ("remove", "tiny-model"),
        ("use", "x"),
        ("get", "no-such-model"),
        ("get", str(file), "--sha256", "1"),
    ):
        with pytest.raises(CommandError):
            call_command("model", *arguments)


def test_without_a_name_the_command_says_what_suits_the_machine(shelf, monkeypatch, capsys):
    async def nothing(**given):
        raise fetching.FetchError("No network.")

    monkeypatch.setattr(fetching, "fetch", nothing)
    with pytest.raises(CommandError, match="No network"):
        call_command("model", "get")
    assert "suits the memory of this machine" in capsys.readouterr().out


def test_staff_get_a_model_of_the_list_and_use_and_remove_it(shelf, root, fetched):
    browser = browser_of(root)
    page = browser.get(PAGE).content.decode()
    assert "Qwen3 0.6B" in page and "There is none yet" in page
    assert browser.post(PAGE, {"do": "get", "source": "qwen3-0.6b"}).status_code == 302
    job = Job.objects.get(kind=local_models.KIND)
    assert local_models.on_their_way() == [
        {"name": "qwen3-0.6b", "open": True, "done": 0, "total": None, "words": "Waits for its turn"}
    ]
    assert '<progress aria-label="qwen3-0.6b"' in browser.get(f"{PAGE}live/").content.decode()
    assert work.perform(job.pk)
    assert "<progress" not in browser.get(f"{PAGE}live/").content.decode()
    assert [entry.name for entry in shelf.entries()] == ["qwen3-0.6b"]
    browser.post(PAGE, {"do": "use", "name": "qwen3-0.6b"})
    assert shelf.used() == "qwen3-0.6b"
    profile = ModelProfile.objects.create(model="local/qwen3-0.6b", is_default=True)
    User.objects.create_user("maya@example.org", default_model="local/qwen3-0.6b")
    assert f"/modelprofile/{profile.pk}/change/" in browser.get(PAGE).content.decode()
    assert "already" in browser.post(PAGE, {"do": "get", "source": "qwen3-0.6b"}, follow=True).content.decode()
    asked = browser.get(f"{PAGE}remove/?name=qwen3-0.6b").content.decode()
    assert "New chats begin with it." in asked and "Its profile marks it" in asked and "1 person begins" in asked
    browser.post(PAGE, {"do": "delete", "name": "qwen3-0.6b"})
    assert shelf.entries() == []
    entered = AuditEntry.objects.filter(action__startswith="model.").order_by("number")
    assert [(each.action, each.actor_id, each.facts["model"]) for each in entered] == [
        (action, root.pk, "local/qwen3-0.6b") for action in ("model.pulled", "model.chosen", "model.deleted")
    ]


def test_what_does_not_come_says_why_and_can_be_forgotten(shelf, root, monkeypatch):
    async def refuse(**given):
        raise fetching.FetchError("It is not what was expected.")

    monkeypatch.setattr(fetching, "fetch", refuse)
    browser = browser_of(root)
    browser.post(PAGE, {"do": "get", "source": "qwen3-0.6b"})
    assert work.perform(Job.objects.get().pk)
    (told,) = local_models.on_their_way()
    assert (told["open"], told["words"]) == (False, "It is not what was expected.")
    assert told["words"] in browser.get(PAGE).content.decode()
    browser.post(PAGE, {"do": "get", "source": "qwen3-0.6b"})
    assert Job.objects.get().state == Job.State.QUEUED, "it can be asked for again"
    browser.post(PAGE, {"do": "stop", "name": "qwen3-0.6b"})
    assert not Job.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_stop_in_the_middle_leaves_nothing(shelf, root, fetched):
    local_models.get(source="qwen3-0.6b", actor=root)
    fetched.go_on.clear()
    working = threading.Thread(target=lambda: (work.perform(Job.objects.get().pk), connection.close()))
    working.start()
    assert fetched.begun.wait(10)
    part = shelf.folder / "qwen3-0.6b.gguf.part"
    shelf.folder.mkdir(exist_ok=True)
    part.write_bytes(b"GGUF")
    browser_of(root).post(PAGE, {"do": "stop", "name": "qwen3-0.6b"})
    working.join(10)
    assert not part.exists() and shelf.entries() == [] and not Job.objects.exists()


def test_a_network_that_is_away_is_tried_again(shelf, root, monkeypatch):
    async def away(**given):
        raise fetching.FetchError("huggingface.co cannot be reached.", retryable=True)

    monkeypatch.setattr(fetching, "fetch", away)
    local_models.get(source="qwen3-0.6b", actor=root)
    work.perform(Job.objects.get().pk)
    (told,) = local_models.on_their_way()
    assert (told["open"], told["words"]) == (True, "huggingface.co cannot be reached. It is tried again.")


@pytest.mark.parametrize(
    "source",
    [
        "/etc/passwd",
        "file:///etc/passwd",
        "no-such",
        "https://a.example/%2e%2e.gguf",
        "https://me:secret@a.example/x.gguf",
        "https://a.example:8443/x.gguf",
        "https://a.example/x.mmproj.gguf",
        "",
    ],
)
def test_staff_name_addresses_and_nothing_else(shelf, root, source):
    browser = browser_of(root)
    answer = browser.post(PAGE, {"do": "get", "source": source}, follow=True)
    assert answer.status_code == 200
    assert not Job.objects.exists() and not AuditEntry.objects.filter(action="model.pulled").exists()
    assert shelf.entries() == []


def test_who_may_see_profiles_sees_and_only_who_may_manage_models_acts(shelf, root, file):
    clerk = User.objects.create_user("clerk@example.org", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename="view_modelprofile"))
    browser = browser_of(clerk)
    page = browser.get(PAGE)
    assert page.status_code == 200 and b"Get it" not in page.content
    assert browser.post(PAGE, {"do": "get", "source": "qwen3-0.6b"}).status_code == 403
    assert browser.get(f"{PAGE}remove/?name=x").status_code == 403
    for beside in ("", "models/"):
        assert f'href="{PAGE}"' in browser.get(f"/admin/conversations/modelprofile/{beside}").content.decode()
    clerk.user_permissions.clear()
    assert browser_of(clerk).get(f"{PAGE}live/").status_code == 403


def test_what_is_there_is_said_with_the_next_best_step():
    def listing(*models: str, demo: bool = False, **states: str) -> Listing:
        found = tuple(Model(id=name, name=name, provider=name.partition("/")[0]) for name in models)
        return Listing(models=found, states=states, demo=demo)

    both = listing("ollama/a", "ollama/b", "local/c", ollama="ok", local="ok")
    assert standing.summary(both) == "This machine has 1 model. Ollama has 2 models."
    nothing = listing("demo/demo", demo=True, ollama="unreachable", local="ok")
    assert "demo" in standing.summary(nothing) and "make model" in standing.summary(nothing)
    empty = listing("demo/demo", demo=True, ollama="ok", local="ok")
    assert "Ollama answers, and has no model yet. Run `ollama pull llama3.2`" in standing.summary(empty)
    lacking = listing("demo/demo", demo=True, ollama="unreachable", local="refused")
    assert "requirements-local.txt" in standing.summary(lacking)
    assert "OpenAI-compatible server cannot be reached" in standing.summary(listing(openai="unreachable"))


async def test_who_has_no_models_does_not_pay_for_them_and_one_that_comes_is_found(shelf, file):
    catalog = Catalog(Config(local_folder=str(shelf.folder)))
    assert (await catalog.refresh()).demo and not catalog.providers
    await fetching.fetch(shelf=shelf, wish=fetching.wanted(str(file)), tell=lambda *_: None, trusted=True)
    catalog.refreshed_at = None
    listing = await catalog.refresh()
    assert (listing.default, listing.demo, dict(listing.states)) == ("local/tiny-model", False, {"local": "ok"})
    await catalog.close()


async def test_without_llama_cpp_its_models_say_what_is_missing(shelf, file, monkeypatch):
    await fetching.fetch(shelf=shelf, wish=fetching.wanted(str(file)), tell=lambda *_: None, trusted=True)
    monkeypatch.setattr("llm.providers.local.installed", lambda: False)
    catalog = Catalog(Config(local_folder=str(shelf.folder)))
    listing = await catalog.refresh()
    assert listing.demo and "no llama.cpp to run them" in standing.summary(listing)
    with pytest.raises(ModelError, match="requirements-local.txt"):
        await catalog.get("local/tiny-model")
    await catalog.close()
