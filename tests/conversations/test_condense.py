"""Messages that no longer fit are condensed into a digest, on the branch that they belong to, and nothing is lost
without a record."""

import time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from conversations import context, digests
from conversations.digests import keeping
from conversations.digests.sentences import sentences
from conversations.models import Attachment, ContextDigest, Conversation, Turn
from conversations.models.turn import TurnQuerySet
from llm.tokens import estimate
from tests.support.files import attach

from .branches import sent, talked, words

pytestmark = pytest.mark.django_db

LONG = "The housing of pump {n} was opened, cleaned and closed again, and the seal looks as it should. " * 6


def long(count: int, first: int = 0) -> list[tuple[str, str]]:
    return [(LONG.format(n=n), f"Pump {n} is fine. {LONG}") for n in range(first, first + count)]


def improve(digest, *, ask, model=""):
    """Return what a job makes of a digest with what `ask` says."""
    if digests.is_improved(digest):
        return None
    return digests.improved(digest, prose=ask(digests.request(digest, room=4096)), model=model)


def test_what_fits_is_sent_as_it_is_and_no_digest_is_made(alice):
    told = sent(talked(alice, [("Hello", "Hi."), ("How are you?", "Well.")]), "Good.")
    assert [message.text for message in told.messages] == ["Hello", "Hi.", "How are you?", "Well.", "Good."]
    assert (told.verbatim, told.condensed, told.left_out, told.digest) == (4, 0, 0, None)
    assert not ContextDigest.objects.exists()


def test_a_first_question_has_nothing_before_it(alice):
    told = sent(None, "Hello", owner=alice)
    assert (len(told.messages), told.verbatim, told.condensed) == (1, 0, 0)


def test_the_digest_opens_the_conversation_as_data_between_marks(alice):
    told = sent(talked(alice, long(20)), "And now?")
    opening = told.messages[0]
    assert opening.role == "user"
    assert "a record and no instruction" in opening.text
    assert told.digest.text in opening.text
    mark = opening.text.partition('mark="')[2][:12]
    assert opening.text.count(f"</earlier {mark}>") == 1


def test_about_half_of_the_room_is_left_for_what_is_said_next(alice):
    told = sent(talked(alice, long(30)), "And now?", window=8192)
    budget = context.budget_of(8192)
    assert budget * 0.3 < told.tokens < budget * 0.75


def test_the_beginning_stays_the_same_until_the_room_is_full(alice):
    last = talked(alice, long(30))
    first = sent(last, "And now?", window=8192)
    same = 0
    while (again := sent(last, "And now?", window=8192)).digest == first.digest:
        assert again.messages[0] == first.messages[0]
        assert words(again).startswith(words(first).removesuffix("And now?"))
        last = talked(alice, [("Is it so?", "It is so. " * 20)], after=last)
        same += 1
    assert same >= 10
    assert again.digest.turns > first.digest.turns
    assert ContextDigest.objects.count() == 2


def test_a_larger_window_is_sent_what_was_condensed_for_a_smaller_one(alice):
    last = talked(alice, long(20))
    assert sent(last, "And now?").condensed
    told = sent(last, "And now?", window=65_536)
    assert (told.verbatim, told.condensed, told.digest) == (40, 0, None)


def test_a_smaller_window_gets_a_shorter_version(alice):
    last = talked(alice, [(f"I have {n} valves of the type {n * n}.", "Noted. " * 40) for n in range(200)])
    large = sent(last, "And now?", window=8192)
    small = sent(last, "And now?", window=1024)
    assert small.tokens <= context.budget_of(1024)
    assert small.digest.tokens < large.digest.tokens
    assert small.condensed + small.verbatim == large.condensed + large.verbatim == 400
    again = sent(last, "And now?", window=8192)
    assert again.digest == large.digest


def test_the_same_turn_with_less_room_gets_a_version_of_its_own(alice):
    last = talked(alice, [*((f"I have {n} valves.", "Noted.") for n in range(300)), ("Go on.", "word " * 2000)])
    large = sent(last, "And now?", window=8192)
    small = sent(last, "And now?", window=6000)
    assert large.digest.through_id == small.digest.through_id != last.pk
    assert [large.digest.version, small.digest.version] == [1, 2]
    assert sent(last, "And now?", window=8192).digest == large.digest


def test_sibling_branches_have_digests_of_their_own(alice):
    fork = talked(alice, [("My name is Alice.", "Hi."), *long(10)])
    left = talked(alice, [("I live in Graz.", "Nice."), *long(20, first=100)], after=fork)
    right = talked(alice, [("I live in Bergen.", "Nice."), *long(20, first=200)], after=fork)
    one, other = sent(left, "Where do I live?"), sent(right, "Where do I live?")
    assert "Graz" in words(one) and "Bergen" not in words(one)
    assert "Bergen" in words(other) and "Graz" not in words(other)
    assert "Alice" in words(one) and "Alice" in words(other)
    assert one.digest.through_id != other.digest.through_id


def test_both_branches_stand_on_the_digest_of_what_they_share(alice):
    fork = talked(alice, [("My name is Alice.", "Hi."), *long(20)])
    shared = sent(fork, "And now?").digest
    left = talked(alice, [("Left.", "Yes.")], after=fork)
    right = talked(alice, [("Right.", "Yes.")], after=fork)
    assert sent(left, "And?").digest == sent(right, "And?").digest == shared


def test_a_question_that_failed_is_in_no_digest(alice):
    begun = talked(alice, [("My name is Alice.", "Hi.")])
    failed = talked(alice, [("My name is Mallory.", "")], after=begun, status=Turn.Status.FAILED)
    told = sent(talked(alice, long(20), after=failed), "Who am I?")
    assert "Alice" in words(told) and "Mallory" not in words(told)
    assert told.condensed + told.verbatim == 42


@pytest.mark.parametrize("window", [300, 512, 700])
def test_without_room_for_a_digest_what_is_left_out_is_counted(alice, window):
    last = talked(alice, long(10))
    told = sent(last, "Why? " * 60, window=window)
    assert told.tokens <= window
    assert told.verbatim + told.condensed + told.left_out == 20
    assert (told.digest is None) == (told.condensed == 0)


@pytest.mark.parametrize("messages", [200, 2000])
def test_how_much_is_read_does_not_depend_on_the_length_of_the_conversation(alice, messages, monkeypatch):
    last = talked(alice, long(messages // 2))
    first = sent(last, "And now?", window=8192)
    last = talked(alice, long(1), after=last)
    read: list[tuple] = []
    branch_words = TurnQuerySet.branch_words

    def reading(self, *given):
        turns = branch_words(self.all(), *given)
        read.extend(turns)
        return turns

    # The manager has methods of its own that it took from the queryset.
    monkeypatch.setattr(type(Turn.objects), "branch_words", reading)
    with CaptureQueriesContext(connection) as asked:
        again = sent(last, "And now?", window=8192)
    assert again.digest == first.digest
    assert len(asked) <= 11
    assert 0 < len(read) <= 12 + 24


def test_all_of_a_long_conversation_is_put_together_at_once(alice):
    last = talked(alice, long(1000))
    took = []
    for _ in range(5):
        # Of this process, so that it does not matter what else the machine has to do.
        began = time.process_time()
        with CaptureQueriesContext(connection) as asked:
            told = sent(last, "And now?", window=2_000_000)
        took.append(time.process_time() - began)
    assert told.verbatim == 2000
    assert len(asked) <= 13
    assert min(took) < 0.05


def test_files_that_are_far_back_are_still_sent(alice):
    first = talked(alice, [("Please read the lease.", "Done.")])
    file = attach(alice, text="The lease ends in March 2031.")
    Attachment.objects.filter(pk=file.pk).update(message=first.messages.get(role="user"))
    last = talked(alice, long(60), after=first)
    told = sent(last, "When does the lease end?", window=4096)
    assert "March 2031" in words(told)
    assert [each["whole"] for each in told.included] == [True]
    assert told.tokens <= context.budget_of(4096)
    assert told.condensed + told.verbatim == 122


def test_files_that_take_the_room_leave_nothing_unsaid(alice):
    first = talked(alice, [("My name is Alice. Please read this.", "Done.")])
    file = attach(alice, text="\n\n".join(f"{n}. The valve is described here." for n in range(3000)))
    Attachment.objects.filter(pk=file.pk).update(message=first.messages.get(role="user"))
    last = talked(alice, long(30), after=first)
    told = sent(last, "What is my name?", window=8192)
    assert "Alice" in words(told)
    assert told.tokens <= context.budget_of(8192)
    assert (told.condensed + told.verbatim, told.left_out) == (62, 0)


def test_a_digest_goes_with_its_conversation(alice):
    last = talked(alice, long(20))
    sent(last, "And now?")
    Conversation.objects.get(pk=last.conversation_id).delete()
    assert not ContextDigest.objects.exists()


# -- a better one, by a model -----------------------------------------------------------------------------------------


def test_a_models_digest_takes_the_place_of_the_first_one(alice):
    last = talked(alice, [("My name is Alice.", "Hi."), *long(20)])
    extract = sent(last, "And now?").digest
    asked = []

    def ask(messages):
        asked.extend(messages)
        return "Pumps 0 to 19 were opened and are fine."

    better = improve(extract, ask=ask, model="ollama/fast")
    assert "Pump 3 is fine" in asked[-1].text
    assert (better.through_id, better.version, better.by, better.model) == (
        extract.through_id,
        2,
        "model",
        "ollama/fast",
    )
    assert (better.turns, better.messages) == (extract.turns, extract.messages)
    assert better.tokens <= extract.tokens
    told = sent(last, "And now?")
    assert told.digest == better
    assert "Pumps 0 to 19 were opened" in words(told) and "My name is Alice." in words(told)


def test_a_models_prose_is_condensed_further_like_everything_else(alice):
    last = talked(alice, [("My name is Alice.", "Hi."), *long(20)])
    improve(sent(last, "And now?").digest, ask=lambda messages: "The pumps of hall 7 are fine.")
    told = sent(talked(alice, long(40), after=last), "And now?")
    assert told.digest.by == "extract"
    assert "hall 7" in words(told) and "Alice" in words(told)


def test_a_model_is_asked_for_it_once(alice):
    extract = sent(talked(alice, long(20)), "And now?").digest
    asked = []
    for _ in range(2):
        improve(extract, ask=lambda messages: asked.append(messages) or "The pumps are fine.")
    assert len(asked) == 1
    assert ContextDigest.objects.count() == 2


@pytest.mark.parametrize("prose", ["", "   \n", "```\nx = 1\n```"])
def test_a_model_that_says_nothing_changes_nothing(alice, prose):
    extract = sent(talked(alice, long(20)), "And now?").digest
    assert improve(extract, ask=lambda messages: prose) is None
    assert ContextDigest.objects.count() == 1


def test_prose_without_end_is_cut_between_sentences(alice):
    extract = sent(talked(alice, [("My name is Alice.", "Hi."), *long(20)]), "And now?").digest
    better = improve(extract, ask=lambda messages: "The pump of the hall is fine and runs well. " * 1000)
    assert better.tokens <= extract.tokens
    assert estimate(str(better.facts)) < 3 * keeping.MOST_TOKENS
    assert "My name is Alice." in better.text


@pytest.mark.parametrize("brick", ["A. B. ", "see TypeError x. ", "3. ", "z. B. ", "Dr. ", "word " * 20 + ". "])
def test_taking_a_text_apart_takes_time_in_proportion_to_its_length(brick):
    def seconds(length: int) -> float:
        text = (brick * length)[:length]
        began = time.process_time()
        for _ in sentences(text):
            pass
        return time.process_time() - began

    # By the square it would take half a minute.
    assert seconds(128_000) < 3
