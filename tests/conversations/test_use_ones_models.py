"""What an administrator says of a model holds by every way in; one that is not somebody's is not there for them."""

import uuid
from dataclasses import replace

import pytest
from django.contrib.auth.models import Group
from django.test import AsyncClient, Client

from accounts import tokens
from accounts.models import AuditEntry, User
from chatsite.threads import in_database
from conversations import models_offered, profiles, turns
from conversations.models import Message, ModelPrice, ModelProfile, Turn
from conversations.runner import answer as answers
from conversations.runner import engine as engines
from conversations.runner.line import Line
from llm.catalog import Catalog, Listing
from llm.config import Config
from llm.errors import ModelError
from llm.providers.scripted import MODEL, ScriptedProvider
from tests.pages.conftest import plain_static_files  # noqa: F401

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("plain_static_files")]

SECOND = replace(MODEL, id="scripted/second", name="second", capabilities=frozenset({"completion"}))
LISTING = Listing(models=(MODEL, SECOND), default=MODEL.id)


class Two(ScriptedProvider):
    """Two models that say what they are told."""

    async def models(self):
        return [MODEL, SECOND]


@pytest.fixture
def catalog() -> Catalog:
    made = Catalog(Config(scripted=True))
    made.providers["scripted"] = Two()
    return made


@pytest.fixture
def server(catalog, monkeypatch):
    """An engine that the protocols find, though no server runs."""
    monkeypatch.setattr(engines, "_engine", engines.Engine(catalog))
    return catalog


def profile(model: str = MODEL.id, *groups: Group, **fields) -> ModelProfile:
    made = ModelProfile.objects.create(model=model, **fields)
    made.groups.set(groups)
    return made


async def answer(author: User, catalog: Catalog, *, model: str = "") -> tuple[Turn, Message]:
    """Return a turn and its answer, asked as pages and sockets do."""
    catalog.providers["scripted"].reply("Yes.")
    with pytest.MonkeyPatch.context() as patch:
        # Else it would be the engine's to work on.
        patch.setattr(engines, "_engine", None)
        asked = await in_database(turns.start, conversation_id=uuid.uuid4(), author=author, text="Well?", model=model)
        line = Line(1)
        await answers.Answer(turn_id=asked.turn.pk, worker="here", catalog=catalog, line_of=lambda provider: line).run()
    turn = await in_database(Turn.objects.get, pk=asked.turn.pk)
    return turn, await in_database(Message.objects.get, pk=asked.answer.pk)


def bearer(person: User) -> dict[str, str]:
    return {"authorization": f"Bearer {tokens.issue(user=person).access}"}


async def test_a_model_of_others_is_as_if_it_were_not_there(alice, bob, server):
    group = await in_database(Group.objects.create, name="Teachers")
    await in_database(bob.groups.add, group)
    await in_database(profile, MODEL.id, group)
    found = await profiles.resolve(server, user=bob, wanted="scripted")
    assert found.model.id == MODEL.id
    told = {}
    for wanted in (MODEL.id, "scripted", "nonexistent"):
        with pytest.raises(ModelError) as refused:
            await profiles.resolve(server, user=alice, wanted=wanted)
        told[wanted] = (refused.value.code, refused.value.detail.replace(wanted, "…"))
    assert len(set(told.values())) == 1

    turn, _ = await answer(alice, server, model=MODEL.id)
    assert (turn.status, turn.error_code) == ("failed", "model_not_found")
    turn, _ = await answer(bob, server, model=MODEL.id)
    assert turn.status == "completed"
    client, headers = AsyncClient(), await in_database(bearer, alice)
    listed = (await client.get("/v1/models", headers=headers)).json()["data"]
    assert [model["id"] for model in listed] == [SECOND.id]
    one = await client.get(f"/v1/models/{MODEL.id}", headers=headers)
    body = {"model": MODEL.id, "messages": [{"role": "user", "content": "Well?"}], "max_tokens": 5}
    refused = [one.status_code]
    for path in ("/v1/chat/completions", "/v1/messages", "/v1/messages/count_tokens", "/api/chat/temporary/"):
        sent = {k: v for k, v in body.items() if k != "max_tokens"} if "temp" in path or "count" in path else body
        refused.append((await client.post(path, sent, content_type="application/json", headers=headers)).status_code)
    kept = {**body, "metadata": {"conversation_id": str(uuid.uuid4())}}
    del kept["max_tokens"]
    sent = await client.post("/v1/chat/completions", kept, content_type="application/json", headers=headers)
    assert {*refused, sent.status_code} == {404}, refused
    assert server.providers["scripted"].requests[0].model == MODEL.name
    assert len(server.providers["scripted"].requests) == 1


async def test_what_it_is_told_first_and_how_it_is_asked_holds_everywhere(alice, server):
    await in_database(
        profile, instructions="Speak like a sailor.", max_tokens=50, temperature=0.3, vision=False, window=2048
    )
    await in_database(User.objects.filter(pk=alice.pk).update, instructions="Be brief.")
    await in_database(alice.refresh_from_db)
    await answer(alice, server, model=MODEL.id)
    server.providers["scripted"].reply("Aye.")
    body = {
        "model": MODEL.id,
        "messages": [{"role": "system", "content": "Rhyme."}, {"role": "user", "content": "Well?"}],
        "max_tokens": 500,
    }
    headers = await in_database(bearer, alice)
    client = AsyncClient()
    done = await client.post("/v1/chat/completions", body, content_type="application/json", headers=headers)
    assert done.status_code == 200
    page, program = server.providers["scripted"].requests[-2:]
    for request, own in ((page, "Be brief."), (program, "Rhyme.")):
        first = request.messages[0]
        assert first.role == "system" and first.text.startswith("Speak like a sailor.") and own in first.text
        assert (request.options.max_tokens, request.options.temperature) == (50, 0.3)
        assert request.options.capabilities == MODEL.capabilities - {"vision"}
    turn = await in_database(Turn.objects.get)
    assert turn.window == 2048
    picture = [{"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}]
    sight = {"model": MODEL.id, "messages": [{"role": "user", "content": picture}]}
    refused = await client.post("/v1/chat/completions", sight, content_type="application/json", headers=headers)
    assert refused.status_code == 400


async def test_the_marked_model_begins_new_chats_of_those_who_may_use_it(alice, bob, catalog):
    group = await in_database(Group.objects.create, name="Teachers")
    await in_database(bob.groups.add, group)
    await in_database(profile, SECOND.id, group, is_default=True)
    for person, model in ((bob, SECOND), (alice, MODEL)):
        turn, _ = await answer(person, catalog)
        assert turn.model == model.id
    await in_database(profile, MODEL.id, group)
    with pytest.raises(ModelError):
        await profiles.resolve(catalog, user=alice, wanted=None)


def test_lists_show_names_and_leave_out_what_is_hidden_or_of_others(alice, bob, monkeypatch):
    monkeypatch.setattr(models_offered, "listing", lambda: LISTING)
    profile(MODEL.id, name="The careful one", description="For letters", tools=False)
    profile(SECOND.id, hidden=True)
    listed = Client().get("/api/chat/models/", headers=bearer(alice)).json()
    assert [model["id"] for model in listed["models"]] == [MODEL.id]
    assert listed["models"][0]["title"] == "The careful one" and "tools" not in listed["models"][0]["capabilities"]
    browser = Client()
    browser.force_login(alice)
    for page in ("/chat/", "/chat/temporary/", "/settings/chat/"):
        html = browser.get(page).content.decode()
        assert "The careful one" in html and SECOND.id not in html
    ModelProfile.objects.get(model=MODEL.id).groups.add(Group.objects.create(name="Nobody"))
    assert Client().get("/api/chat/models/", headers=bearer(bob)).json() == {"models": [], "default": None}


def test_staff_say_so_beside_what_was_found_and_beside_the_price(monkeypatch):
    monkeypatch.setattr(models_offered, "listing", lambda: LISTING)
    root = User.objects.create_user("root@example.org", is_staff=True, is_superuser=True)
    browser = Client()
    browser.force_login(root)
    empty = browser.get(f"/admin/conversations/modelprofile/add/?model={MODEL.id}").content.decode()
    assert f'value="{MODEL.id}"' in empty and "Found automatically: vision, tools, thinking; 8,192 tokens." in empty
    form = {"model": MODEL.id, "name": "Careful", "vision": "False", "window": "2048"}
    added = browser.post("/admin/conversations/modelprofile/add/", form)
    assert added.status_code == 302, added.context["errors"]
    made = ModelProfile.objects.get()
    assert (made.vision, made.tools, made.window) == (False, None, 2048)
    assert AuditEntry.objects.get(action="admin.added").facts["changes"]["vision"] == [None, False]
    page = browser.get(f"/admin/conversations/modelprofile/{made.pk}/change/").content.decode()
    assert "vision, tools, thinking; 8,192 tokens" in page and "Set a price" in page
    ModelPrice.objects.create(model=MODEL.id, prompt=2, completion=4)
    assert "2 / 4 USD" in browser.get("/admin/conversations/modelprofile/").content.decode()
