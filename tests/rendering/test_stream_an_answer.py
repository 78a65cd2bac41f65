"""While an answer is written its blocks are kept up to date, and end as the whole text renders."""

from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversations.rendering import LiveBlocks, blocks, guard, live, markdown, polish

from .checks import faults

ANSWER = """\
## What to buy

A battery of **10 kWh** fits most evenings, see [the report](https://x.org/report):

1. Measure the evening peak
2. Ask the installer

   ```sh
   ls -l
   ```

Then run this:
```python
def f(x):
    return x[1:]: # not a definition

print(f("a"))
```

| Season | Use |
|---|--:|
| Spring | 7.1 kWh |

- [x] done
- [ ] to do

> It pays for itself when $x^2 > 9$.

The end.
"""

MARKDOWN = st.lists(
    st.one_of(
        st.sampled_from(
            [
                *("\n", "\n\n", "\n\n\n", " ", "  ", "    ", "\t", "\r", "\r\n", "  \n", "\\\n", "word ", "é", "漢"),
                *(
                    "- ",
                    "* ",
                    "1. ",
                    "10) ",
                    "+ ",
                    "> ",
                    "# ",
                    "## ",
                    "- [ ] ",
                    "- [x] ",
                    "para\n\npara\n\n",
                    "- a\n\n",
                ),
                *("```", "```py\n", "~~~", "````", "\n```\n", "`", "*", "**", "__", "~~", "---", "===", "***"),
                *("| a | b |\n|---|---|\n", "|", "|-|-|", "<div>", "<b>", "</b>", "<!--", "-->", "<script>", "&amp;"),
                *("[x]", "[x](http://a)", "[x]: http://b", "[x]:\n", "![i](http://x)", "]:", "[", "]", "(", ")", "!"),
                *("$", "$$", "x^2", r"\(", r"\)", r"\[", r"\]", "\\", "http://a.b", "<http://q>", "a@b.c", "\x00"),
                *("\ud800", "\u2028", "\ufdd1", "1. x\n\n   ", "> - ", ":", '"', "{", "}"),
            ]
        ),
        st.text(max_size=4),
    ),
    max_size=40,
).map("".join)


def shown_so_far(text: str) -> list[str]:
    """Return what a text shows while it is being written, rendered from nothing."""
    text = guard.tidy(text)
    parsed = markdown.parse(text)
    is_open = bool(parsed) and live.ends_in_open_code(text, parsed[-1])
    return [polish.polish(block, closed=not is_open or block is not parsed[-1]) for block in parsed]


class Reader:
    """A page: it holds only what it was sent."""

    def __init__(self) -> None:
        self.blocks: list[str] = []

    def apply(self, start: int, changed: list[str]) -> None:
        self.blocks[start:] = changed


def chunks(text: str, sizes: list[int]) -> list[str]:
    """Return the growing text, cut after each of the sizes in turn."""
    ends = [end for end in accumulate(sizes) if end < len(text)]
    return [text[:end] for end in ends]


@given(text=MARKDOWN, sizes=st.lists(st.integers(1, 60), max_size=40))
@settings(deadline=None)
def test_any_chunking_ends_as_the_whole_text_renders(text: str, sizes: list[int]):
    answer, reader = LiveBlocks(), Reader()
    for so_far in chunks(text, sizes):
        start = answer.update(so_far)
        reader.apply(start, answer.blocks[start:])
        assert reader.blocks == answer.blocks
    start = answer.update(text, done=True)
    reader.apply(start, answer.blocks[start:])
    assert reader.blocks == answer.blocks == blocks(text)


@given(text=MARKDOWN, sizes=st.lists(st.integers(1, 30), max_size=40))
@settings(deadline=None)
def test_what_is_shown_meanwhile_is_what_the_text_so_far_renders(text: str, sizes: list[int]):
    answer = LiveBlocks()
    for so_far in chunks(text, sizes):
        answer.update(so_far)
        assert answer.blocks == shown_so_far(so_far)


@given(texts=st.lists(MARKDOWN, max_size=6))
@settings(deadline=None)
def test_a_text_that_is_replaced_shows_the_new_one(texts: list[str]):
    answer, reader = LiveBlocks(), Reader()
    for text in texts:
        start = answer.update(text)
        reader.apply(start, answer.blocks[start:])
        assert reader.blocks == answer.blocks == shown_so_far(text)


@pytest.mark.parametrize("size", [1, 2, 3, 12, 50])
def test_a_typical_answer_reads_the_same_at_every_moment(size: int):
    answer = LiveBlocks()
    for end in range(size, len(ANSWER), size):
        answer.update(ANSWER[:end])
        assert answer.blocks == shown_so_far(ANSWER[:end])
        assert not [fault for block in answer.blocks for fault in faults(block)]
    answer.update(ANSWER, done=True)
    assert answer.blocks == blocks(ANSWER)


def test_blocks_that_are_finished_are_not_sent_again():
    answer = LiveBlocks()
    firsts = [answer.update(ANSWER[:end]) for end in range(12, len(ANSWER), 12)]
    assert all(first >= len(blocks(ANSWER[: end * 12])) - 2 for end, first in enumerate(firsts))


def test_the_same_text_again_changes_nothing():
    answer = LiveBlocks()
    answer.update("a\n\nb")
    assert answer.update("a\n\nb") == 2 == len(answer.blocks)


def test_the_index_names_the_first_block_that_changed():
    answer = LiveBlocks()
    assert answer.update("a\n\nb") == 0
    assert answer.update("a\n\nb *c") == 1
    assert answer.update("a\n\nb *c*\n\nd") == 1
    assert answer.update("a\n\nb *c*\n\nd\n") == 3


def test_a_list_that_only_became_shorter_counts_as_changed():
    answer = LiveBlocks()
    answer.update("a\n\nb\n\nc")
    assert answer.update("a\n\nb") < 2
    assert answer.blocks == ["<p>a</p>", "<p>b</p>"]


def test_an_empty_text_takes_the_place_of_a_longer_one():
    answer = LiveBlocks()
    answer.update("a\n\nb")
    assert answer.update("") == 0
    assert answer.blocks == []


def test_open_code_has_no_colours_until_it_closes():
    answer = LiveBlocks()
    answer.update("Look:\n\n```python\ndef f():\n    pass\n")
    assert "<span class=" not in answer.blocks[-1]
    assert "Python" in answer.blocks[-1]
    answer.update("Look:\n\n```python\ndef f():\n    pass\n```\n")
    assert '<span class="k">def</span>' in answer.blocks[-1]


def test_open_code_in_a_list_has_no_colours_until_it_closes():
    answer = LiveBlocks()
    answer.update("- ```python\n  def f():\n")
    assert "<span class=" not in answer.blocks[-1]
    answer.update("- ```python\n  def f():\n  ```\n")
    assert '<span class="k">def</span>' in answer.blocks[-1]


def test_a_shorter_fence_does_not_close_a_longer_one():
    answer = LiveBlocks()
    answer.update("````python\ndef f():\n```\n")
    assert "<span class=" not in answer.blocks[-1]


def test_code_that_is_never_closed_has_colours_at_the_end():
    answer = LiveBlocks()
    text = "```python\ndef f():\n"
    answer.update(text)
    answer.update(text, done=True)
    assert answer.blocks == blocks(text)
    assert '<span class="k">def</span>' in answer.blocks[0]


def test_a_late_definition_changes_an_early_link():
    answer = LiveBlocks()
    text = "See [the report].\n\nMore.\n\nAnd more.\n\n"
    answer.update(text)
    assert answer.update(text + "[the report]: https://x.org\n") == 0
    assert 'href="https://x.org"' in answer.blocks[0]


def test_a_carriage_return_cut_from_its_newline_is_one_line_break():
    answer = LiveBlocks()
    answer.update("a\r")
    answer.update("a\r\n")
    answer.update("a\r\nb")
    assert answer.blocks == blocks("a\nb")


def test_only_the_unfinished_end_is_parsed_again(monkeypatch: pytest.MonkeyPatch):
    parsed: list[int] = []

    def parse(text: str) -> list[str]:
        parsed.append(len(text))
        return markdown.parse(text)

    monkeypatch.setattr(live, "parse", parse)
    paragraph = "A sentence of some length that says very little about a thing.\n\n"
    text = paragraph * 100
    answer = LiveBlocks()
    for end in range(12, len(text), 12):
        answer.update(text[:end])
    assert max(parsed) < 3 * len(paragraph)


@pytest.mark.parametrize("unit", ["word ", "- item\n", "| a | b |\n", "`x` ", "**a** ", "> a\n", "$x$ ", r"\(", "a\n"])
def test_a_very_long_block_is_rendered_rarely_enough(unit: str, monkeypatch: pytest.MonkeyPatch):
    parsed: list[int] = []

    def parse(text: str) -> list[str]:
        parsed.append(len(text))
        return markdown.parse(text)

    monkeypatch.setattr(live, "parse", parse)
    head = "| a | b |\n|---|---|\n" if "|" in unit else ""
    text = head + unit * (60_000 // len(unit))
    answer = LiveBlocks()
    answer.update(text[:40_000])
    for end in range(40_000, 45_000, 10):
        answer.update(text[:end])
    assert len(parsed) < 60
    answer.update(text, done=True)
    assert answer.blocks == blocks(text)


def test_an_answer_that_outgrows_the_limit_ends_as_it_renders_whole():
    text = "**a** b c d e f\n\n" * 9_000
    answer, reader = LiveBlocks(), Reader()
    for end in range(100_000, len(text), 3_001):
        start = answer.update(text[:end])
        reader.apply(start, answer.blocks[start:])
    start = answer.update(text, done=True)
    reader.apply(start, answer.blocks[start:])
    assert reader.blocks == answer.blocks == blocks(text)
