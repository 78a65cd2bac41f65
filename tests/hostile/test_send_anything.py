"""Whatever a client sends: an answer or a close code it can understand, and never a fault of the server."""

import asyncio
import json
import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.hostile.conftest import House
from tests.hostile.wire import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Wire, frame, text

pytestmark = pytest.mark.process

# Not this protocol, not UTF-8, broken framing, too large, too many.
UNDERSTOOD = {1000, 1002, 1005, 1007, 1009, 4400, 4429}
TYPES = ["turn.start", "turn.stop", "turn.retry", "turn.edit", "sync", "conversation.end", "ping"]
NAMES = ["text", "client_id", "model", "parent", "turn", "message", "seq", "mode", "attachments"]
IDS = st.uuids().map(str)

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40) | IDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)
likely = st.fixed_dictionaries(
    {"type": st.sampled_from(TYPES)},
    optional={
        "text": st.text(max_size=60) | values,
        "client_id": IDS | values,
        "model": st.just("ollama/fast") | values,
        "parent": IDS | values,
        "turn": IDS | values,
        "message": IDS | values,
        "seq": values,
    },
)
unlikely = st.dictionaries(st.sampled_from(["type", *NAMES]) | st.text(max_size=10), values, max_size=6)
json_frames = (likely | unlikely | values).map(lambda value: frame(TEXT, json.dumps(value).encode()))
words = st.text(max_size=200).map(lambda word: frame(TEXT, word.encode()))
noise = st.binary(max_size=200).flatmap(
    lambda payload: st.sampled_from([TEXT, BINARY]).map(lambda opcode: frame(opcode, payload))
)
frames = json_frames | words | noise
broken_frames = st.builds(
    frame,
    st.sampled_from([CONTINUATION, TEXT, BINARY, 3, 7, CLOSE, PING, PONG, 11, 15]),
    st.binary(max_size=140),
    fin=st.booleans(),
    masked=st.booleans(),
    reserved=st.integers(0, 7),
)

CALM = settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


async def outcome(wire: Wire) -> int | None:
    """Return the code that the server closed with, or 1000 if the socket is still as good as new."""
    await wire.send(text(type="ping"))
    while True:
        try:
            opcode, payload = await wire.receive()
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        if opcode == CLOSE:
            return int.from_bytes(payload[:2], "big") if payload else 1005
        if opcode == TEXT and json.loads(payload).get("type") == "pong":
            await wire.close()
            return 1000


async def send_all(house: House, sent: list[bytes], query: str = "") -> int | None:
    wire = await house.knock(str(uuid.uuid4()), query=query, **house.administrator.bearer)
    assert wire.status == 101
    try:
        await wire.send(b"".join(sent))
        return await outcome(wire)
    except ConnectionError:
        return None
    finally:
        wire.vanish()


@given(sent=st.lists(frames, max_size=8), form=st.sampled_from(["text", "html"]))
@CALM
def test_any_frames_are_answered_or_closed_with_a_reason(house: House, sent: list[bytes], form: str):
    assert asyncio.run(send_all(house, sent, f"?format={form}")) in UNDERSTOOD


@given(sent=st.lists(broken_frames, min_size=1, max_size=4))
@CALM
def test_any_broken_framing_is_closed_with_a_reason(house, sent):
    assert asyncio.run(send_all(house, sent)) in UNDERSTOOD


async def knock_and_look(house: House, path: str, headers: dict[str, str]) -> int:
    wire = await Wire.open(house.host, path, headers)
    wire.vanish()
    return wire.status


header_texts = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=60)


@given(
    path=st.binary(max_size=40).map(lambda raw: "/ws/conversations/" + "".join(f"%{byte:02x}" for byte in raw) + "/"),
    query=st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="#"), max_size=40),
    headers=st.dictionaries(
        st.sampled_from(["Origin", "Host", "Cookie", "Authorization", "Sec-WebSocket-Protocol", "X-Forwarded-For"]),
        header_texts | header_texts.map("Bearer {}".format) | header_texts.map("sessionid={}".format),
    ),
)
@CALM
def test_any_handshake_is_answered_and_never_with_a_fault(house, path, query, headers):
    status = asyncio.run(knock_and_look(house, f"{path}?{query}", headers))
    assert status in {101, 400, 403}
