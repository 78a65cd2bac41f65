"""Lines out of chunks and values out of lines, whatever the bytes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm.errors import ModelError
from llm.wire import LARGEST_LINE_BYTES, LineReader, clean, decode

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    borders = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[start:end] for start, end in zip(borders, borders[1:], strict=False)]


@given(st.binary(max_size=400), st.lists(st.integers(0, 1000), max_size=30))
def test_any_chunking_gives_the_same_lines(data, places):
    reader = LineReader()
    lines = [line for chunk in cut(data, places) for line in reader.feed(chunk)]
    *expected, rest = data.split(b"\n")
    assert lines == expected
    assert reader.rest() == rest


@given(st.lists(json_values, max_size=6), st.lists(st.integers(0, 2000), max_size=30))
def test_any_chunking_of_json_lines_gives_the_same_values(values, places):
    data = b"".join(json.dumps(value, ensure_ascii=False).encode() + b"\n" for value in map(clean, values))
    reader = LineReader()
    read = [decode(line) for chunk in cut(data, places) for line in reader.feed(chunk)]
    assert read == [clean(value) for value in values]


@given(st.text(st.characters(codec=None), max_size=60))
def test_every_text_that_comes_out_can_be_stored(text):
    for line in (json.dumps({"text": text}), json.dumps({"text": [text, {text: text}]})):
        shown = json.dumps(decode(line.encode()), ensure_ascii=False)
        shown.encode()
        assert "\\u0000" not in shown


@given(st.binary(max_size=60))
def test_any_bytes_in_a_string_are_read_or_refused_as_a_value_error(data):
    try:
        value = decode(b'{"text": "' + data + b'"}')
    except ValueError:
        return
    json.dumps(value, ensure_ascii=False).encode()


def test_a_backslash_before_u0000_is_left_alone():
    assert decode(rb'{"text": "\\u0000"}') == {"text": r"\u0000"}


def test_json_nested_too_deeply_is_a_value_error():
    with pytest.raises(ValueError):
        decode(b"[" * 100_000)


def test_a_line_without_end_is_refused_at_eight_megabytes():
    reader = LineReader()
    piece = b"x" * 1024 * 1024
    for _ in range(LARGEST_LINE_BYTES // len(piece)):
        assert reader.feed(piece) == []
    with pytest.raises(ModelError) as caught:
        reader.feed(b"x")
    assert caught.value.code == "model_protocol"
