"""Which mode a message wants: chat, code, tutorial or support."""

import time
from pathlib import Path

import pytest

from benchmarks.intent.__main__ import accuracy, by_language, confusion, results
from benchmarks.intent.messages import read
from llm.intent import Intent, Mode, detect

ROOT = Path(__file__).resolve().parents[2]
CHAT, CODE, TUTORIAL, SUPPORT = Mode.CHAT, Mode.CODE, Mode.TUTORIAL, Mode.SUPPORT
TRUSTWORTHY = 0.6

EXAMPLES = [
    ("Hello!", CHAT),
    ("How do I write a Python function?", CODE),
    ("Explain how loops work", TUTORIAL),
    ("My code throws an error", SUPPORT),
    ("Hallo!", CHAT),
    ("Wie schreibe ich eine Python-Funktion?", CODE),
    ("Erkläre, wie Schleifen funktionieren", TUTORIAL),
    ("Mein Code wirft einen Fehler", SUPPORT),
    ("Bonjour !", CHAT),
    ("Comment écrire une fonction Python ?", CODE),
    ("Explique comment fonctionnent les boucles", TUTORIAL),
    ("Mon code renvoie une erreur", SUPPORT),
    ("¡Hola!", CHAT),
    ("¿Cómo escribo una función en Python?", CODE),
    ("Explica cómo funcionan los bucles", TUTORIAL),
    ("Mi código da un error", SUPPORT),
]


@pytest.mark.parametrize(("text", "mode"), EXAMPLES)
def test_the_examples_are_sure(text, mode):
    intent = detect(text)
    assert intent.mode is mode
    assert intent.confidence >= TRUSTWORTHY


@pytest.mark.parametrize(("text", "mode"), EXAMPLES)
def test_capitals_missing_accents_and_invisible_characters_make_no_difference(text, mode):
    assert detect(text.upper()).mode is mode
    assert detect(text.translate(str.maketrans("äöüéàêçóñí", "aoueaeconi"))).mode is mode
    assert detect(text[:4] + "\u200b" + text[4:]).mode is mode


@pytest.mark.parametrize(
    "text",
    [
        "Explian how loops work",
        "Erklaere wie Schleifen funktioniren",
        "Expliqeu comment marchent les boucles",
        "Esplica cómo funcionan los bucles",
    ],
)
def test_a_slip_of_the_finger_makes_no_difference(text):
    assert detect(text).mode is TUTORIAL


@pytest.mark.parametrize("name", ["held_out", "tuning"])
def test_most_labelled_messages_are_detected(name):
    """The held-out messages show how good it is; the tuning ones, by which it was made, only that nothing broke."""
    found = results(read(name))
    assert accuracy(found) >= 0.92
    assert {language: share for language, share in by_language(found).items() if share < 0.88} == {}


def test_the_sets_are_as_large_and_even_as_they_claim_and_share_no_message():
    held_out, tuning = read("held_out"), read("tuning")
    assert len(held_out) >= 340
    assert len(tuning) >= 480
    for messages in (held_out, tuning):
        counts = [sum(each.mode is mode for each in messages) for mode in Mode]
        assert max(counts) - min(counts) <= 10
        assert {each.language for each in messages} == {"en", "de", "fr", "es"}
    assert {each.text.casefold() for each in held_out if not each.earlier} & {
        each.text.casefold() for each in tuning
    } == set()


def test_confidence_tells_the_sure_from_the_unsure():
    found = results(read("held_out"))
    sure = [result for result in found if result[1].confidence >= TRUSTWORTHY]
    assert len(sure) > len(found) * 0.8
    assert accuracy(sure) >= 0.95


# -- Structure --------------------------------------------------------------------------------------------------------


TRACE = "There is a traceback in the message."


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('Traceback (most recent call last):\n  File "a.py", line 3, in <module>\nZeroDivisionError: x', TRACE),
        ("java.lang.IllegalStateException: x\n\tat com.acme.Main.run(Main.java:12)", TRACE),
        ("thread 'main' panicked at src/main.rs:2:5:\ngone", TRACE),
        (
            "2025-01-02 03:04:05 INFO db: up\n2025-01-02 03:04:06 INFO db: gone",
            "There are lines of a log in the message.",
        ),
        ("error: linker `cc` not found", "There is an error message in it."),
        ("0x8007045D", "There is an error code in the message."),
    ],
)
def test_what_a_machine_says_of_trouble_is_support(text, reason):
    intent = detect(text)
    assert (intent.mode, intent.reason) == (SUPPORT, reason)


@pytest.mark.parametrize(
    ("words", "mode"),
    [
        ("Rewrite this as a class", CODE),
        ("Explain this line by line", TUTORIAL),
        ("This crashes with a TypeError", SUPPORT),
    ],
)
def test_the_same_code_is_asked_about_in_different_ways(words, mode):
    assert detect(f"{words}\n```python\ndef f(n):\n    return n + 1\n```").mode is mode


def test_capitals_are_neither_an_error_nor_a_log():
    assert detect("EXPLAIN HOW THE ECONOMY WORKS").mode is TUTORIAL
    assert detect("HOW DO I WRITE AN ERROR HANDLER IN PYTHON").reason != "There are lines of a log in the message."


def test_words_inside_code_ask_for_nothing():
    code = 'print("explain the error, please help, it does not work")'
    assert detect(f"Convert this to Go\n```python\n{code}\n```").mode is CODE


def test_a_text_to_be_translated_asks_for_nothing():
    assert detect("Translate into French: Explain why my code throws an error and fix my Python script.").mode is CHAT


@pytest.mark.parametrize(
    "text", ["Привет, как дела?", "你好", "こんにちは", "مرحبا", "Cześć", "Miten menee tänään?", "👍", "?!", "42"]
)
def test_other_languages_and_signs_are_chat_without_confidence(text):
    intent = detect(text)
    assert intent.mode is CHAT
    assert intent.confidence < TRUSTWORTHY


def test_structure_speaks_in_other_languages_too():
    text = 'Почему?\nTraceback (most recent call last):\n  File "a.py", line 1, in <module>\nNameError: name'
    assert detect(text).mode is SUPPORT


# -- Context ----------------------------------------------------------------------------------------------------------

BEFORE = {
    CODE: ("Write a function that reverses a list in Python", CODE),
    TUTORIAL: ("Explain how a closure works in JavaScript", TUTORIAL),
    SUPPORT: ("My router has no internet", SUPPORT),
    CHAT: ("Recommend a book about sailing", CHAT),
}


@pytest.mark.parametrize("follow", ["and in Rust?", "und in Rust?", "et en Rust ?", "¿y en Rust?"])
@pytest.mark.parametrize("mode", [CODE, TUTORIAL])
def test_a_short_question_goes_on_with_the_one_before(follow, mode):
    assert detect(follow, earlier=[BEFORE[mode]]).mode is mode


@pytest.mark.parametrize(
    "follow", ["it still doesn't work", "geht immer noch nicht", "ça ne marche toujours pas", "sigue sin funcionar"]
)
@pytest.mark.parametrize("mode", list(Mode))
def test_what_still_does_not_work_is_support_whatever_went_before(follow, mode):
    assert detect(follow, earlier=[BEFORE[mode]]).mode is SUPPORT


@pytest.mark.parametrize("thanks", ["thanks!", "danke!", "merci !", "¡gracias!"])
@pytest.mark.parametrize("mode", list(Mode))
def test_thanks_want_no_more_of_what_went_before(thanks, mode):
    assert detect(thanks, earlier=[BEFORE[mode]]).mode is CHAT


def test_thanks_in_between_do_not_change_the_subject():
    assert detect("and in Rust?", earlier=[BEFORE[CODE], ("thanks!", CHAT)]).mode is CODE


def test_yes_please_is_an_answer():
    assert detect("yes please", earlier=[BEFORE[CODE]]).mode is CODE
    assert detect("yes please").mode is CHAT


def test_a_clear_message_stands_for_itself():
    text = "Please write an invitation to our summer party on Friday, with cake and music"
    assert detect(text, earlier=[BEFORE[SUPPORT]]).mode is CHAT


def test_context_is_a_reason():
    assert detect("and in Rust?", earlier=[BEFORE[TUTORIAL]]).reason == "It follows a request for an explanation."


# -- Reasons ----------------------------------------------------------------------------------------------------------


def test_a_reason_quotes_what_was_written():
    assert detect("Kannst du mir Osmose ERKLÄREN?").reason == "It asks for an explanation (“ERKLÄREN”)."


@pytest.mark.parametrize("message", read("tuning")[::7], ids=lambda message: message.text[:30])
def test_a_reason_is_one_short_sentence(message):
    reason = detect(message.text, earlier=message.earlier).reason
    assert reason[0].isupper()
    assert reason.endswith(".")
    assert reason.isprintable()
    assert len(reason) <= 100


# -- Hostile input ----------------------------------------------------------------------------------------------------

HOSTILE = {
    "nothing": "",
    "spaces": " \t\n\r",
    "half a surrogate pair": "explain \ud800 loops \udfff",
    "control characters": "\x00\x01\x1b[31m explain\x07 how loops work\x7f",
    "zero width": "\u200b\u200d\ufeff\u2060",
    "right to left": "\u202eexplain loops\u202c",
    "marks": "e" + "\u0301" * 5000,
    "one word": "a" * 1_000_000,
    "words": "why does it not work " * 50_000,
    "different words": " ".join(f"wort{number:x}ungen" for number in range(80_000)),
    "fences": "```" * 300_000,
    "brackets": "({[" * 300_000,
    "newlines": "\n" * 1_000_000,
    "colons": "translate:" * 100_000,
    "question marks": "?" * 1_000_000,
    "emoji": "👩‍👩‍👧‍👦" * 100_000,
}  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_any_text_has_an_intent_at_once(text):
    detect("warm up")
    began = time.thread_time()
    intent = detect(text, earlier=[(text, CODE)])
    assert time.thread_time() - began < 0.1
    assert 0 <= intent.confidence <= 1
    intent.reason.encode()


def test_what_stands_in_the_middle_of_a_megabyte_is_not_read():
    filling = "lorem ipsum dolor " * 60_000
    assert detect(f"Explain how this works: {filling}").mode is TUTORIAL
    assert detect(f"{filling}\nTranslate this into German").mode is CHAT
    assert detect(filling) == detect(f"{filling[:500_000]} TypeError {filling[500_000:]}")


def test_the_same_message_has_the_same_intent():
    texts = [message.text for message in read("held_out")[::5]]
    assert [detect(text) for text in texts] == [detect(text) for text in texts]
    assert isinstance(detect(texts[0]), Intent)


def test_a_message_takes_less_than_a_millisecond():
    messages = read("held_out")
    results(messages)
    began = time.process_time()
    results(messages)
    assert (time.process_time() - began) / len(messages) < 0.001


# -- The document -----------------------------------------------------------------------------------------------------


def test_the_document_gives_the_figures_of_the_held_out_messages():
    found = results(read("held_out"))
    shares = by_language(found)
    figures = [accuracy(found), *(shares[language] for language in ("en", "de", "fr", "es"))]
    document = (ROOT / "docs/intent.md").read_text()
    assert confusion(found) in document
    assert f"| held out | {len(found)} | {' | '.join(f'{share * 100:.1f} %' for share in figures)} |" in document
