"""Titles and previews show the words of a Markdown text on one line."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversations.rendering import plain


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("# Title", "Title"),
        ("**a** *b* `c` ~~d~~", "a b c d"),
        ("a\nb\n\nc", "a b c"),
        ("- a\n- b\n  - c", "a b c"),
        ("[words](https://x.org) and ![a cat](https://x.org/c.png)", "words and a cat"),
        ("```py\nx = 1\n```", "x = 1"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "a b 1 2"),
        ("- [x] done", "done"),
        ("$x^2$ costs 5 < 6 & more", "x^2 costs 5 < 6 & more"),
        ("one  \ntwo\\\nthree", "one two three"),
        ("&lt;b&gt; &amp;amp;", "<b> &amp;"),
        ('"quoted" <script>alert(1)</script>', '"quoted" <script>alert(1)</script>'),
    ],
)
def test_the_words_remain(text: str, expected: str):
    assert plain(text) == expected


def test_signs_that_turn_or_hide_text_are_gone():
    assert plain("a\u202eb\u2066c\u200bd\x00e\ufefff\x07") == "a b c d e f"


def test_joined_emoji_and_joined_letters_stay_whole():
    assert plain("\U0001f468\u200d\U0001f469 می\u200cخواهم") == "\U0001f468\u200d\U0001f469 می\u200cخواهم"


@given(text=st.text(st.characters(), max_size=200))
@settings(deadline=None)
def test_any_text_has_one_line_of_words(text: str):
    words = plain(text)
    assert words == words.strip()
    assert len(words.splitlines()) <= 1
    words.encode()
