"""The archive of everything, brought in again: prompts that are not there yet, and settings where one wants them."""

import io
import zipfile

import orjson
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import AuditEntry
from conversations import exports, presets
from conversations.models import Conversation, Flag, Preset
from tests.pages.conftest import browser_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def alices(alice, rich) -> bytes:
    """The archive of Alice, who has chosen much."""
    presets.make(owner=alice, name="Minutes", text="Sum up: {{minutes}}")
    presets.make(owner=alice, name="Tone", text="Say it kindly: {{text}}")
    alice.instructions, alice.use_instructions = "Be brief.", False
    alice.default_model, alice.default_mode = "ollama/small", "code"
    alice.theme, alice.density, alice.language = "dark", "compact", "de"
    alice.save()
    return taken(alice)


def taken(person) -> bytes:
    with exports.make_everything(user=person).file as file:
        return file.read()


def changed(archive: bytes, **fields) -> bytes:
    """Return the archive with other things in its account, and no conversation."""
    with zipfile.ZipFile(io.BytesIO(archive)) as read:
        account = orjson.loads(read.read("account.json"))
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as written:
        written.writestr("account.json", orjson.dumps({**account, **fields}))
    return made.getvalue()


def bring(person, archive: bytes, **fields):
    sent = {"file": SimpleUploadedFile("everything.zip", archive), **fields}
    return browser_of(person).post("/api/conversations/import/", sent)


def test_prompts_come_back_and_settings_only_where_that_is_asked_for(bob, alices, rich):
    answer = bring(bob, alices)
    assert answer.status_code == 201, answer.content
    told = answer.json()
    assert told["prompts"] == {"brought": ["Minutes", "Tone"], "kept": []}
    assert told["preferences"] == {"brought": [], "left": []}
    assert len(told["conversations"]) == Conversation.objects.filter(owner=bob).count() == 1
    assert {(each.name, each.text) for each in Preset.objects.owned_by(bob)} == {
        ("Minutes", "Sum up: {{minutes}}"),
        ("Tone", "Say it kindly: {{text}}"),
    }
    bob.refresh_from_db()
    assert (bob.instructions, bob.theme, bob.language, bob.name) == ("", "", "", "Bob")


def test_settings_that_are_asked_for_are_those_of_the_archive(bob, alices):
    told = bring(bob, alices, preferences="true").json()
    assert told["preferences"] == {
        "brought": [
            "instructions",
            "use_instructions",
            "default_model",
            "default_mode",
            "theme",
            "density",
            "language",
        ],
        "left": [],
    }
    bob.refresh_from_db()
    assert (bob.instructions, bob.use_instructions) == ("Be brief.", False)
    assert (bob.default_model, bob.default_mode) == ("ollama/small", "code")
    assert (bob.theme, bob.density, bob.language) == ("dark", "compact", "de")
    # Who they are stays.
    assert (bob.name, bob.email) == ("Bob", "bob@example.org")
    entry = AuditEntry.objects.filter(action="conversations.imported").latest("number")
    assert entry.facts["prompts"] == 2 and entry.facts["preferences"] == told["preferences"]["brought"]


def test_a_prompt_of_the_same_name_stays_as_it_is_however_the_name_is_written(bob, alices):
    presets.make(owner=bob, name="MINUTES", text="My own")
    assert bring(bob, alices).json()["prompts"] == {"brought": ["Tone"], "kept": ["Minutes"]}
    assert Preset.objects.owned_by(bob).get(key="minutes").text == "My own"
    # Brought in twice, nothing is there twice.
    assert bring(bob, alices).json()["prompts"] == {"brought": [], "kept": ["Minutes", "Tone"]}
    assert Preset.objects.owned_by(bob).count() == 2


def test_settings_that_this_site_does_not_take_are_left_and_told(bob, alices):
    archive = changed(alices, language="tlh", default_mode="song", instructions="x" * 5000, theme="sepia")
    told = bring(bob, archive, preferences="true").json()
    assert told["conversations"] == []
    assert told["preferences"]["left"] == ["instructions", "default_mode", "theme", "language"]
    assert told["preferences"]["brought"] == ["use_instructions", "default_model", "density"]
    bob.refresh_from_db()
    assert (bob.instructions, bob.default_mode, bob.theme, bob.language) == ("", "", "", "")


@pytest.mark.parametrize(
    "fields",
    [
        {"prompts": [{"name": "Fine", "text": "x"}, {"name": "\u200b", "text": "x"}]},
        {"prompts": [{"name": "Fine", "text": "x"}, {"name": "Empty", "text": " "}]},
        {"prompts": [{"name": "Fine", "text": "x"}, {"name": "Long", "text": "x" * 8001}]},
        {"prompts": [{"name": f"Number {number}", "text": "x"} for number in range(201)]},
        {"prompts": [{"name": "Fine", "text": "x", "owner": "me"}]},
        {"prompts": "all of them"},
        {"theme": 7},
        {"use_instructions": "yes"},
        {"instructions": "a\x00b"},
    ],
)
def test_an_account_that_is_not_right_is_refused_and_nothing_is_kept(bob, alices, fields):
    answer = bring(bob, changed(alices, **fields), preferences="true")
    assert answer.status_code in {400, 413}
    assert answer.json()["detail"]
    assert not Preset.objects.owned_by(bob).exists()
    bob.refresh_from_db()
    assert (bob.instructions, bob.theme, bob.density) == ("", "", "")


def test_instructions_that_a_rule_stands_against_are_left_and_flagged_when_all_else_is_written(bob, alices, live):
    live("be brief", action="block")
    with CaptureQueriesContext(connection) as asked:
        told = bring(bob, alices, preferences="true").json()
    assert told["preferences"]["left"] == ["instructions"] and len(told["conversations"]) == 1
    assert Flag.objects.get().user == bob
    bob.refresh_from_db()
    assert (bob.instructions, bob.theme) == ("", "dark")
    # The ledger is one for all: whoever writes in it keeps everybody waiting until the end.
    # Each conversation gets its leaf when all of it is there.
    written = [each["sql"].partition("=")[0] for each in asked]
    flagged = next(number for number, sql in enumerate(written) if 'INTO "conversations_flag"' in sql)
    ready = 'UPDATE "conversations_conversation" SET "leaf_id" '
    assert ready in written[:flagged] and ready not in written[flagged:]


def test_nothing_is_flagged_of_an_archive_that_is_refused(bob, alices, live):
    live("be brief", action="block")
    archive = changed(alices, prompts=[{"name": "Empty", "text": " "}])
    assert bring(bob, archive, preferences="true").status_code == 400
    assert not Flag.objects.exists()
    assert not AuditEntry.objects.filter(action="flag.raised").exists()


def test_prompts_that_were_shared_with_everybody_are_nobody_elses_after_an_import(alice, bob, alices):
    Preset.objects.update(everybody=True)
    bring(bob, taken(alice))
    assert not Preset.objects.owned_by(bob).filter(everybody=True).exists()


@pytest.mark.parametrize("fields", [{"preferences": "perhaps"}, {"prefer": "true"}])
def test_what_is_asked_for_in_another_way_is_refused(bob, alices, fields):
    assert bring(bob, alices, **fields).status_code == 400
    assert not Conversation.objects.filter(owner=bob).exists()


def test_the_page_says_what_came_and_what_did_not(bob, alices):
    presets.make(owner=bob, name="Tone", text="My own")
    browser = browser_of(bob)
    page = browser.get("/data/").content.decode()
    assert 'type="checkbox" name="preferences"' in page and "checked" not in page.partition("preferences")[2][:40]
    sent = {"file": SimpleUploadedFile("all.zip", changed(alices, language="tlh")), "preferences": "on"}
    told = browser.post("/data/import/", sent, follow=True).content.decode()
    assert "Prompts that came along: Minutes." in told
    assert "yours stay as they are: Tone." in told
    assert "Settings that were taken over: Instructions for the assistant" in told
    assert "Settings that this site does not take: Language." in told
