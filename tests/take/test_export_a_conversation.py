"""Taking a conversation along: every format, from one place, the same each time."""

import hashlib
import io
import zipfile

import orjson
import pytest

from conversations import exports, lifecycle
from conversations.errors import NotFound
from conversations.exports import record
from conversations.exports.markdown import closed, fenced
from conversations.exports.names import file_name
from conversations.models import Conversation, Message, Turn
from conversations.rendering import blocks
from tests.take.conftest import browser_of

pytestmark = pytest.mark.django_db


def take(browser, conversation, kind, **query) -> bytes:
    answer = browser.get(f"/api/conversations/{conversation.pk}/export/", {"format": kind, **query})
    assert answer.status_code == 200, answer.content
    assert answer["Content-Disposition"].startswith("attachment; filename")
    assert "no-store" in answer["Cache-Control"]
    return b"".join(answer.streaming_content)


def test_every_format_is_the_same_each_time_and_says_what_was_said(alice, rich):
    browser = browser_of(alice)
    for kind in exports.KINDS:
        first = take(browser, rich, kind)
        assert first == take(browser, rich, kind)
        if kind in {"md", "txt", "html", "json"}:
            assert b"And then?" in first
            assert "漢字".encode() in first


def test_json_holds_everything_with_a_manifest_that_adds_up(alice, rich):
    told = orjson.loads(take(browser_of(alice), rich, "json"))
    assert (told["format"], told["version"], told["scope"]) == ("chatsite.conversation", 1, "conversation")
    assert told["conversation"]["title"] == rich.title
    first, second, again = told["turns"]
    assert second["parent"] == again["parent"] == first["id"]
    assert told["conversation"]["leaf"] == again["id"]
    assert [each["role"] for each in first["messages"]] == ["user", "tool", "assistant"]
    assert first["messages"][2]["thinking"] == "Let me think."
    assert first["messages"][1]["tool_run"]["arguments"] == {"query": "lease ``` end"}
    assert first["messages"][0]["attachments"][0]["sha256"] == told["files"][0]["sha256"]
    assert again["digest"] == told["digests"][0]["id"]
    assert told["summaries"][0]["text"] == "They spoke."
    assert "alice@example.org" not in str(told)
    digest = hashlib.sha256()
    for part in ("turns", "digests", "summaries", "files"):
        assert told["manifest"][part] == len(told[part])
    for thing in [told["conversation"], *told["turns"], *told["digests"], *told["summaries"], *told["files"]]:
        digest.update(record.dumps(thing) + b"\n")
    assert told["manifest"]["sha256"] == digest.hexdigest()


def test_a_branch_or_a_message_alone(alice, bob, rich):
    browser = browser_of(alice)
    first, second, again = Turn.objects.filter(conversation=rich).order_by("created_at")
    branch = orjson.loads(take(browser, rich, "json", branch=str(second.pk)))
    assert [turn["id"] for turn in branch["turns"]] == [str(first.pk), str(second.pk)]
    assert branch["conversation"]["leaf"] == str(second.pk)
    read = take(browser, rich, "txt", branch=str(second.pk)).decode()
    assert "Then <script>" in read and "Or it does not." not in read
    message = Message.objects.get(turn=first, role="assistant")
    read = take(browser, rich, "md", message=str(message.pk)).decode()
    assert "# A heading" in read and "Can we" not in read
    assert len(orjson.loads(take(browser, rich, "json", message=str(message.pk)))["turns"]) == 1
    # What is not of this conversation does not exist, and neither does what is somebody else's.
    address = f"/api/conversations/{rich.pk}/export/"
    for query, status in (
        ({"format": "json", "branch": str(rich.pk)}, 404),
        ({"format": "json", "message": str(first.pk)}, 404),
        ({"format": "json", "branch": "1"}, 400),
        ({"format": "json", "branch": str(first.pk), "message": str(message.pk)}, 400),
        ({"format": "exe"}, 400),
        ({}, 400),
        ({"format": "json", "as": "owner"}, 400),
    ):
        assert browser.get(address, query).status_code == status, query
    assert browser_of(bob).get(address, {"format": "json"}).status_code == 404


def test_the_page_runs_nothing_and_loads_nothing(alice, rich):
    browser = browser_of(alice)
    hostile = take(browser, rich, "html", branch=str(Turn.objects.order_by("created_at")[1].pk)).decode()
    assert "<script" not in hostile and "&lt;script&gt;" in hostile
    page = take(browser, rich, "html").decode()
    assert page.startswith("<!doctype html>")
    assert "&lt;b&gt;end" in page
    assert "default-src 'none'; style-src 'sha256-" in page
    for outside in ('src="/', 'href="/', "url(", "<form", "<button", 'href="http://testserver'):
        assert outside not in page, outside
    assert page.count("<chat-message") == 5
    assert "<math" in page and "lease.txt" in page and "Stopped before the end." in page
    assert "<title>The &lt;lease&gt;" in page


def test_markdown_stays_whole_whatever_is_in_a_message(alice, rich):
    read = take(browser_of(alice), rich, "md", branch=str(Turn.objects.order_by("created_at")[1].pk)).decode()
    # The question left a fence open, and so did the last answer: all headings after them are headings.
    html = blocks(read)
    headings = [block for block in html if block.startswith("<h3") and ("You" in block or "small" in block)]
    assert len(headings) == 4
    for text in ("````\n```", "`" * 12, "a\n```\nb", "~~~\n```"):
        assert blocks(fenced(text))[0].startswith("<figure")
        assert len(blocks(fenced(text) + "\n# after")) == 2
    for text in ("```\nopen", "~~~~ x\nopen\n~~~", "<!-- open", "  <script>\n\nopen", "<pre>"):
        assert blocks(closed(text) + "\n\n# after")[-1] == "<h3>after</h3>", text
    # Where a list or a quotation ends, Markdown goes on, but a browser that reads what was made of it would not.
    for text in ("- <!-- x", "> <script>", "> 1. <style>", "<plaintext>", "* <xmp>"):
        assert "\\<" in closed(text), text


def test_what_is_deleted_while_it_is_written_is_no_export(alice, rich):
    conversation = Conversation.objects.get(pk=rich.pk)
    lifecycle.delete(conversation=rich)
    with pytest.raises(NotFound):
        exports.make(conversation=conversation, user=alice, kind="json")


def test_the_archive_holds_the_files_and_its_manifest_adds_up(alice, rich):
    packed = zipfile.ZipFile(io.BytesIO(take(browser_of(alice), rich, "zip")))
    assert packed.testzip() is None
    manifest = orjson.loads(packed.read("manifest.json"))
    assert {each["name"] for each in manifest["entries"]} == set(packed.namelist()) - {"manifest.json"}
    for each in manifest["entries"]:
        content = packed.read(each["name"])
        assert (len(content), hashlib.sha256(content).hexdigest()) == (each["size"], each["sha256"])
    (file,) = (name for name in packed.namelist() if name.startswith("files/"))
    assert packed.read(file) == b"The lease says so."


def test_everything_of_a_person_and_of_nobody_else(alice, bob, rich):
    def everything(person):
        return zipfile.ZipFile(io.BytesIO(b"".join(browser_of(person).get("/api/me/export/").streaming_content)))

    mine, theirs = everything(alice), everything(bob)
    assert f"conversations/{rich.pk}.json" in mine.namelist()
    assert orjson.loads(mine.read("account.json"))["email"] == "alice@example.org"
    assert set(theirs.namelist()) == {"account.json", "usage.jsonl", "manifest.json"}


def test_an_answer_that_is_being_written_is_marked_so(alice, rich):
    Message.objects.filter(text="Or it does not.").update(status="streaming", text="Or it")
    Turn.objects.filter(status="stopped").update(status="running")
    browser = browser_of(alice)
    assert orjson.loads(take(browser, rich, "json"))["turns"][-1]["messages"][-1]["status"] == "streaming"
    assert "still being written" in take(browser, rich, "txt").decode()


def test_only_so_many_in_a_minute(alice, rich, settings):
    settings.EXPORTS_PER_MINUTE = 1
    browser = browser_of(alice)
    take(browser, rich, "json")
    refused = browser.get(f"/api/conversations/{rich.pk}/export/", {"format": "json"})
    assert refused.status_code == 429 and int(refused["Retry-After"]) > 0


def test_a_file_is_called_what_every_system_takes():
    names = {
        "Plain words": "Plain words.md",
        "../../etc/passwd": "etc passwd.md",
        'a\\b:c*?"<>|d': "a b c d.md",
        "evil\u202egpj.exe\r\nX: y": "evilgpj.exeX y.md",
        "CON": "chat CON.md",
        "...": "chat.md",
        "": "chat.md",
        "-rf": "rf.md",
        "漢字 🙂": "漢字 🙂.md",
        "x" * 500: "x" * 80 + ".md",
    }
    assert {title: file_name(title, "md") for title in names} == names
