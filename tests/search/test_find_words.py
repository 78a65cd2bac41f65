"""Finding words in what was said: in any spelling of case and accents, in any script, and whatever is typed."""

import pytest
from hypothesis import given, strategies
from hypothesis import settings as hypothesis_settings

from accounts.models import User
from conversations import search
from conversations.errors import Invalid
from conversations.search import terms

from .conftest import found, marked, say

pytestmark = pytest.mark.django_db

STORY = "The *harbour master* of Århus wrote: don't trust snake_case, read example.com/tides 42 times."


@pytest.fixture
def story(alice):
    """A question of Alice's with an answer that shares no word with it."""
    return say(alice, STORY, "Nobody knows.")


@pytest.mark.parametrize(
    "typed",
    [
        "harbour",
        "HARBOUR",
        "times harbour",
        "århus",
        "arhus",
        "ÅRHUS",
        "Århus",
        '"harbour master"',
        '"harbour master of arhus"',
        "“harbour master”",
        '"harbour master',
        "harbour -boat",
        'harbour -"master harbour"',
        "don't",
        "don’t",
        "snake_case",
        "example.com",
        "example.com/tides",
        "42",
        "harbour harbour",
        "harbour, master!",
        "harbour - master",
    ],
)
def test_it_is_found_by(alice, story, typed):
    assert len(found(alice, typed)) == 1


@pytest.mark.parametrize(
    "typed",
    [
        "harbours",
        "harb",
        "harbour boat",
        '"master harbour"',
        "harbour -master",
        'harbour -"harbour master"',
        "tides.example",
        "wrote nobody",
        "NEAR(harbour master)",
        "harb*",
        "harbour OR boat",
        "terms:harbour",
    ],
)
def test_it_is_not_found_by(alice, story, typed):
    assert found(alice, typed) == []


def test_words_that_look_like_operators_are_words(alice):
    say(alice, "Either AND or OR, but NOT NEAR")
    assert len(found(alice, "and OR not NEAR")) == 1


def test_a_word_that_is_still_being_typed_finds_its_endings(alice, story):
    assert len(found(alice, "master harb", prefix=True)) == 1
    assert marked(alice, "master harb", prefix=True) == ["harbour", "master"]
    assert len(found(alice, '"harbour mas', prefix=True)) == 1


@pytest.mark.parametrize("typed", ["harb master", "harb ", '"harb"', "-harb master h"])
def test_only_the_last_word_may_go_on(alice, story, typed):
    assert found(alice, typed, prefix=True) == []


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("東京タワーに行きました", "東京"),
        ("東京タワーに行きました", "タワー"),
        ("東京タワーに行きました", "行"),
        ("我喜欢北京的秋天", "北京 秋天"),
        ("서울에서 만나요", "서울"),
        ("สวัสดีชาวโลก", "ชาวโลก"),
        ("हिन्दी में लिखो", "हिन्दी"),
        ("مُحَمَّد كتب", "محمد"),
        ("Жёлтый ёж", "желтый"),
        ("Ångström straße", "STRASSE angstrom"),
        ("well done 🎉🎉", "🎉"),
        ("👩‍💻 at work", "👩‍💻"),
        ("ﬁne ＡＢＣ", "fine abc"),
        ("ガギグ", "ｶﾞ"),
    ],
)
def test_every_script_can_be_searched(alice, text, typed):
    say(alice, text)
    assert len(found(alice, typed)) == 1


@pytest.mark.parametrize(("text", "typed"), [("東京タワー", "京東"), ("ガギグ", "カ"), ("मैं", "में")])
def test_other_characters_are_not_taken_for_the_same(alice, text, typed):
    say(alice, text)
    assert found(alice, typed) == []


@pytest.mark.parametrize("typed", ["", "   ", "?!", '""', "-word", '-"a phrase"', "* ( ) :", "\x00", "_", "\u200b"])
def test_a_query_without_a_word_is_refused(alice, typed):
    with pytest.raises(Invalid) as refused:
        search.messages(user=alice, typed=typed)
    assert refused.value.code == "empty_query"


def test_a_query_of_ten_kilobytes_is_refused(alice):
    with pytest.raises(Invalid) as refused:
        search.messages(user=alice, typed="word " * 2000)
    assert refused.value.code == "query_too_long"


@pytest.mark.parametrize(
    "typed", ["a " * 250, '"' + "b " * 249, "東" * 500, "x" * 500, '"' * 499 + "y", "-a " * 160 + "b"]
)
def test_the_longest_queries_are_answered(alice, story, typed):
    assert found(alice, typed, prefix=True) == []


@given(typed=strategies.text(max_size=60) | strategies.text("ab\"-*():^+{}[]\\' ANDORTE", max_size=60))
@hypothesis_settings(max_examples=150, deadline=None)
def test_whatever_is_typed_is_answered_or_refused(typed):
    try:
        assert search.messages(user=User(email="nobody@example.org"), typed=typed, prefix=True).hits == []
    except Invalid as refused:
        assert refused.code == "empty_query"


@given(text=strategies.text(max_size=80))
@hypothesis_settings(max_examples=150, deadline=None)
def test_no_text_becomes_a_term_that_a_database_reads_otherwise(text):
    for name in terms.names_in(text):
        assert name.split() == [name]
        assert [sign for sign in name if sign.isascii() and not sign.isalnum()] == []


def test_a_very_long_message_is_found_by_its_beginning(alice):
    words = [f"word{number}" for number in range(20_000)]
    turn = say(alice, "Tell me all", " ".join(words))
    assert turn.status == "completed"
    assert len(found(alice, "word15999")) == 1
    assert found(alice, "word16000") == []
    assert len(found(alice, '"word15000 word15001"')) == 1


def test_an_answer_without_spaces_is_found_by_its_beginning(alice):
    say(alice, "Give me noise", "q" * 300_000)
    assert len(found(alice, "q" * 60)) == 1


@pytest.mark.parametrize("text", ["\ufdfa\ufdfa\ufdfa " * 30_000, "é" * 150_000, "𠀀" * 100_000])
def test_an_answer_of_the_strangest_letters_is_kept(alice, text):
    assert say(alice, "Be strange", text).status == "completed"
