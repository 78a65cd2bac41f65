"""Answers read over HTTP: cut, resumed, from another process, after a crash; the same text to the letter."""

import asyncio
import time
import uuid

import httpx
import psutil
import pytest

from tests.durability.site import Site, expected, new_conversation
from tests.support.client import sign_up, wait_for
from tests.support.promises import within
from tests.support.server import Server
from tests.support.streams import Event, Listener, opened

pytestmark = pytest.mark.process

MODEL = "ollama/paced-50"
# A stream that may not go on ends within this time.
TURNED_OUT_SECONDS = 5
GOING_DOWN_SECONDS = 3
READERS = 8
CUTS = 8


class Program:
    """A program of one person, at one of the processes or, by chance, at any of them."""

    def __init__(self, site: Site, token: str = "", server: Server | None = None):
        self.site = site
        self.server = server
        headers = {"Authorization": f"Bearer {token or site.token}"}
        self.http = httpx.AsyncClient(headers=headers, timeout=30)

    def address(self, path: str) -> str:
        server = self.server or self.site.dice.choice(self.site.servers)
        return f"{server.url}/api/{path}"

    def ask(self, conversation: str, text: str, **headers: str):
        body = {"text": text, "model": MODEL}
        wanted = {"Accept": "text/event-stream", **headers}
        return opened(
            self.http, "POST", self.address(f"conversations/{conversation}/turns/"), json=body, headers=wanted
        )

    def follow(self, conversation: str, last_id: str = ""):
        headers = {"Last-Event-ID": last_id} if last_id else {}
        return opened(self.http, "GET", self.address(f"conversations/{conversation}/stream/"), headers=headers)

    def chat(self, **options):
        return opened(self.http, "POST", self.address("chat/stream/"), **options)


def begun(listener: Listener) -> bool:
    return any(listener.texts.values())


def ended(listener: Listener) -> bool:
    return bool(listener.finished)


def said(listener: Listener) -> str:
    (text,) = listener.texts.values()
    return text


async def pieces(stream) -> tuple[str, list[Event]]:
    """Return the text of a chat's stream, and its events."""
    came = [event async for event in stream]
    return "".join(event.data.get("content", "") for event in came), came


async def test_a_question_is_answered_with_its_stream(site: Site):
    program, question = Program(site), f"A stream, {site.name}. tokens=60"
    async with program.ask(new_conversation(), question) as stream:
        listener = await Listener().read(stream)
    assert listener.exact
    assert said(listener) == expected(MODEL, question)
    assert listener.kinds[0] == "conversation.snapshot"
    assert listener.kinds[-2:] == ["message.completed", "turn.finished"]


async def test_the_same_key_again_gives_the_whole_answer_again(site: Site):
    program, conversation, key = Program(site), new_conversation(), str(uuid.uuid4())
    question = f"Twice, {site.name}. tokens=40"
    listeners = []
    for _ in range(2):
        async with program.ask(conversation, question, **{"Idempotency-Key": key}) as stream:
            listeners.append(await Listener().read(stream))
    first, second = listeners
    assert first.texts == second.texts
    assert first.finished.keys() == second.finished.keys()
    assert second.exact
    assert second.kinds == ["conversation.snapshot", "message.snapshot", "message.completed", "turn.finished"]


async def test_thinking_is_told_too(embedded: Site):
    program = Program(embedded)
    async with opened(
        program.http,
        "POST",
        program.address(f"conversations/{new_conversation()}/turns/"),
        json={"text": "Think. tokens=30", "model": "ollama/thinking-paced-50"},
        headers={"Accept": "text/event-stream"},
    ) as stream:
        listener = await Listener().read(stream)
    assert listener.exact
    (thinking,) = listener.thinking.values()
    assert thinking


async def cut_often(site: Site, number: int) -> None:
    """Read an answer over many connections, at whichever process, each from where the one before it was cut."""
    program, conversation = Program(site), new_conversation()
    question = f"Cut reader {number}, {site.name}. tokens=150"
    async with program.ask(conversation, question) as stream:
        listener = await Listener().read(stream, until=begun)
    for _ in range(CUTS):
        count = len(listener.kinds) + site.dice.randrange(1, 8)
        async with program.follow(conversation, listener.last_id) as stream:
            await listener.read(
                stream, until=lambda listener, count=count: ended(listener) or len(listener.kinds) >= count
            )
        await asyncio.sleep(site.dice.choice([0, 0, 0.2]))
    if not listener.finished:
        async with program.follow(conversation, listener.last_id) as stream:
            await listener.read(stream, until=ended)
    assert listener.exact
    assert said(listener) == expected(MODEL, question)


async def test_answers_read_over_many_connections_are_the_same_to_the_letter(site: Site):
    await asyncio.gather(*(cut_often(site, number) for number in range(READERS)))


async def test_an_answer_that_ended_while_nobody_listened_is_resumed_with_what_is_missing(site: Site):
    program, conversation = Program(site), new_conversation()
    question = f"Alone, {site.name}. tokens=40"
    async with program.ask(conversation, question) as stream:
        listener = await Listener().read(stream, until=begun)
    had = said(listener)
    await wait_for(lambda: site.ledger.of(conversation)[0].status == "completed")
    async with program.follow(conversation, listener.last_id) as stream:
        resumed = await Listener(texts=dict(listener.texts)).read(stream, until=ended)
    assert "message.snapshot" not in resumed.kinds
    assert said(resumed) == expected(MODEL, question)
    assert said(resumed).startswith(had)
    assert resumed.exact


async def test_an_id_of_another_conversation_or_none_of_ours_starts_from_a_snapshot(embedded: Site):
    program, first, second = Program(embedded), new_conversation(), new_conversation()
    async with program.ask(first, "First. tokens=10") as stream:
        elsewhere = (await Listener().read(stream)).last_id
    async with program.ask(second, "Second. tokens=200") as stream:
        await Listener().read(stream, until=begun)
    for last_id in (elsewhere, "7" * 10_000, f"{uuid.uuid4()}:1:2:3", "a:b:c:d"):
        async with program.follow(second, last_id) as stream:
            listener = await Listener().read(stream, until=begun)
        assert listener.kinds[:2] == ["conversation.snapshot", "message.snapshot"]
        assert listener.last_id.partition(":")[0] != elsewhere.partition(":")[0]


async def test_whoever_goes_away_leaves_nothing_behind_and_the_answer_goes_on(embedded: Site):
    program, port = Program(embedded), embedded.servers[0].port
    server = psutil.Process(embedded.servers[0].process.pid)

    def clients() -> int:
        return sum(one.laddr.port == port and one.status == "ESTABLISHED" for one in server.net_connections("tcp"))

    before, threads = clients(), server.num_threads()
    asked = []
    for number in range(10):
        conversation = new_conversation()
        async with program.ask(conversation, f"Gone {number}. tokens=60") as stream:
            await Listener().read(stream, until=begun)
        asked.append(conversation)
    for conversation in asked:
        await wait_for(lambda conversation=conversation: embedded.ledger.of(conversation)[0].status == "completed")
        assert embedded.ledger.of(conversation)[0].text == expected(MODEL, embedded.ledger.of(conversation)[0].question)
    await wait_for(lambda: clients() <= before)
    assert server.num_threads() <= threads + 8


async def test_a_client_that_says_no_more_and_one_that_reads_byte_by_byte(embedded: Site):
    conversation, port = new_conversation(), embedded.servers[0].port
    question = "Slowly, please. tokens=40"
    body = f'{{"text": "{question}", "model": "{MODEL}"}}'
    head = [
        f"POST /api/conversations/{conversation}/turns/ HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        f"Authorization: Bearer {embedded.token}",
        "Accept: text/event-stream",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Connection: close",
    ]
    request = ("\r\n".join([*head, "", ""]) + body).encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    whole = b""
    while byte := await reader.read(1):
        whole += byte
    assert b"event: turn.finished" in whole
    writer.close()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    await reader.readuntil(b"event: conversation.snapshot")
    writer.write_eof()
    async with asyncio.timeout(within(20)):
        await reader.read()
    writer.close()
    await wait_for(lambda: [kept.status for kept in embedded.ledger.of(conversation)] == ["completed"] * 2)


async def test_a_deleted_conversation_ends_its_streams(site: Site):
    program, conversation = Program(site), new_conversation()
    async with program.ask(conversation, "Delete me. tokens=400") as stream:
        await Listener().read(stream, until=begun)
    async with program.follow(conversation) as stream:
        listener = await Listener().read(stream, until=begun)
        deleted = await program.http.delete(program.address(f"conversations/{conversation}/"))
        assert deleted.status_code == 204
        async with asyncio.timeout(within(TURNED_OUT_SECONDS)):
            await listener.read(stream)
    assert listener.kinds[-2:] == ["conversation.deleted", "error"]
    assert listener.errors[-1]["code"] == "not_found"


async def test_whoever_signs_out_hears_no_more(site: Site):
    token = await asyncio.to_thread(sign_up, site.servers[0].url)
    program, conversation = Program(site, token), new_conversation()
    async with program.ask(conversation, "Sign out. tokens=600") as stream:
        listener = await Listener().read(stream, until=begun)
        await program.http.post(program.address("auth/logout/"), json={})
        async with asyncio.timeout(within(TURNED_OUT_SECONDS)):
            await listener.read(stream)
    assert listener.errors[-1]["code"] == "token_not_valid"


async def test_whoever_is_disabled_hears_no_more(embedded: Site):
    server, email = embedded.servers[0], f"{uuid.uuid4().hex}@example.org"
    token = await asyncio.to_thread(sign_up, server.url, email)
    program, conversation = Program(embedded, token), new_conversation()
    async with program.ask(conversation, "Disable me. tokens=600") as stream:
        listener = await Listener().read(stream, until=begun)
        await asyncio.to_thread(
            server.manage,
            "shell",
            "-c",
            "from accounts import people; from accounts.models import User; "
            f"people.deactivate(user=User.objects.get(email='{email}'))",
        )
        async with asyncio.timeout(within(TURNED_OUT_SECONDS)):
            await listener.read(stream)
    assert listener.errors[-1]["code"] == "user_inactive"


async def test_a_server_that_goes_down_ends_its_streams_and_the_reader_resumes(site: Site):
    server, conversation = site.servers[0], new_conversation()
    program, question = Program(site, server=server), f"Going down, {site.name}. tokens=1000"
    earlier = len(server.log.read_text())
    async with program.ask(conversation, question) as answer, program.follow(conversation) as stream:
        asking = await Listener().read(answer, until=begun)
        watching = await Listener().read(stream, until=begun)
        stopping = asyncio.create_task(asyncio.to_thread(server.terminate))
        began = time.monotonic()
        await asyncio.gather(asking.read(answer), watching.read(stream))
        took = time.monotonic() - began
        await stopping
    said_last = server.log.read_text()[earlier:]
    await site.restart(server)
    assert took < within(GOING_DOWN_SECONDS)
    assert [listener.errors[-1]["code"] for listener in (asking, watching)] == ["restarting"] * 2
    assert "Traceback" not in said_last
    (kept,) = site.ledger.of(conversation)
    assert kept.status == "interrupted"
    async with program.follow(conversation, asking.last_id) as stream:
        await asking.read(stream, until=ended)
    assert said(asking) == kept.text
    assert asking.exact


async def test_a_reader_whose_process_was_killed_resumes_where_the_text_ends(site: Site):
    server, conversation = site.servers[0], new_conversation()
    program = Program(site, server=server)
    async with program.ask(conversation, f"Killed, {site.name}. tokens=1000") as stream:
        listener = await Listener().read(stream, until=lambda listener: len(listener.kinds) > 40)
        await asyncio.to_thread(server.kill)
        with pytest.raises(httpx.RemoteProtocolError):
            await listener.read(stream)
    await site.restart(server)
    async with program.follow(conversation, listener.last_id) as stream:
        await listener.read(stream, until=ended)
    (kept,) = site.ledger.of(conversation)
    assert kept.status == "interrupted"
    assert said(listener) == kept.text
    assert listener.exact


async def test_a_chat_in_pieces_as_json_and_as_a_form(site: Site):
    program, question = Program(site), f"In pieces, {site.name}. tokens=40"
    async with program.chat(json={"message": question, "model": MODEL}) as stream:
        text, events = await pieces(stream)
    first, last = events[0].data, events[-1].data
    assert set(first) == {"conversation_id", "turn", "message"}
    assert text == expected(MODEL, question)
    assert last["done"] is True
    assert {name: last[name] for name in first} == first
    assert (last["status"], last["finish_reason"]) == ("completed", "stop")
    assert Listener(texts={"": text}, digests={"": last["sha256"]}).exact
    assert last["usage"]["exact"] is True
    again = {"message": (None, question), "model": (None, MODEL), "conversation_id": (None, first["conversation_id"])}
    async with program.chat(files=again) as stream:
        text, events = await pieces(stream)
    assert events[0].data["conversation_id"] == first["conversation_id"]
    assert events[0].data["turn"] != first["turn"]
    assert text == expected(MODEL, question)


async def test_a_chat_with_a_key_seen_before_begins_from_the_beginning(embedded: Site):
    program, key = Program(embedded), {"Idempotency-Key": str(uuid.uuid4())}
    body = {"message": "Once. tokens=100", "model": MODEL}
    async with program.chat(json=body, headers=key) as stream:
        first = (await anext(stream)).data
        await anext(stream)
    async with program.chat(json=body, headers=key) as stream:
        text, events = await pieces(stream)
    assert events[0].data == first
    assert text == expected(MODEL, "Once. tokens=100")


async def test_a_chat_that_fails_says_why_at_its_end(embedded: Site):
    program = Program(embedded)
    async with program.chat(json={"message": "Hi", "model": "ollama/crash-500"}) as stream:
        text, events = await pieces(stream)
    last = events[-1].data
    assert text == ""
    assert (last["done"], last["status"]) == (True, "failed")
    assert last["error"]["code"].startswith("model_")
    assert last["error"]["detail"]
