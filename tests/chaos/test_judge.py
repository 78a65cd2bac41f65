"""The judge of the long runs sees what it is there for: each broken promise, planted by hand."""

from dataclasses import replace

from tests.chaos.judge import Read, Told, judge
from tests.durability.site import Kept

TOKENS = ("The ", "tide ", "comes ", "and ", "goes.")
WHOLE = "".join(TOKENS)
ROW = Kept(
    turn="turn-1",
    status="completed",
    client_id="client-1",
    error_code="",
    question="What is a tide?",
    message="message-1",
    text=WHOLE,
    message_status="complete",
)
CUT = replace(ROW, status="interrupted", message_status="interrupted", text="The tide ")


def told(**fields) -> Told:
    read = Read("socket", fields.pop("status", "complete"), fields.pop("read", WHOLE))
    given = {"client_id": "client-1", "text": "What is a tide?", "turns": {"turn-1"}, "tokens": TOKENS}
    return Told(**{**given, "rate": 2.0, "reads": [read], **fields})


def cut(**fields) -> Told:
    return told(**{"status": "interrupted", "read": CUT.text, "finishes": False, **fields})


def test_a_question_with_its_whole_answer_is_as_promised():
    verdict = judge([told()], [ROW])
    assert verdict.broken == []
    assert (verdict.questions, verdict.acknowledged, verdict.finals, verdict.reads) == (1, 1, 1, 1)


def test_an_answer_that_was_cut_off_is_as_promised_up_to_the_tail():
    verdict = judge([cut(seen="The tide comes and goes.")], [CUT])
    assert verdict.broken == []
    assert (verdict.partials, verdict.longest_tail_seconds) == (1, 1.5)


def test_a_question_that_nobody_was_told_is_kept_need_not_be():
    verdict = judge([told(turns=set(), reads=[])], [])
    assert (verdict.broken, verdict.acknowledged, verdict.lost) == ([], 0, 0)


def test_a_lost_question_is_found():
    verdict = judge([told()], [])
    assert verdict.lost == 1
    assert verdict.broken


def test_a_question_that_is_there_as_another_one_is_lost():
    assert judge([told()], [replace(ROW, client_id="client-2")]).lost == 1


def test_a_doubled_question_is_found():
    verdict = judge([told()], [ROW, replace(ROW, turn="turn-2", client_id="client-2")])
    assert verdict.doubled == 1
    assert verdict.broken


def test_a_question_that_was_acknowledged_as_two_is_found():
    assert judge([told(turns={"turn-1", "turn-2"})], [ROW, replace(ROW, turn="turn-2")]).doubled == 1


def test_a_partial_answer_that_is_no_prefix_is_found():
    odd = replace(CUT, text="The comes ")
    verdict = judge([cut(read=odd.text)], [odd])
    assert verdict.partials_inexact == 1
    assert verdict.broken


def test_what_was_seen_and_never_said_is_found():
    assert judge([told(seen="The sun")], [ROW]).partials_inexact == 1


def test_a_tail_that_is_too_long_is_found():
    verdict = judge([cut(seen=WHOLE, read="The ")], [replace(CUT, text="The ")])
    assert verdict.longest_tail_seconds == 2.0
    assert verdict.broken


def test_a_part_that_is_called_complete_is_found():
    short = replace(ROW, text="The tide ")
    verdict = judge([told(read=short.text)], [short])
    assert verdict.finals_inexact == 1
    assert verdict.broken


def test_an_answer_that_could_finish_and_did_not_is_found():
    verdict = judge([cut(finishes=True)], [CUT])
    assert verdict.unfinished == 1
    assert verdict.broken


def test_an_answer_that_never_ends_is_found():
    verdict = judge([cut(reads=[])], [replace(CUT, status="running", message_status="streaming")])
    assert verdict.unfinished == 1
    assert verdict.broken


def test_who_reads_something_else_than_what_is_kept_is_found():
    verdict = judge([told(read="The tide ")], [ROW])
    assert verdict.reads_differing == 1
    assert verdict.broken


def test_who_waits_too_long_for_the_end_is_found():
    verdict = judge([told(settled_seconds=21.0)], [ROW])
    assert verdict.longest_settled_seconds == 21.0
    assert verdict.broken


def test_an_end_of_another_kind_than_it_has_to_be_is_found():
    assert judge([cut(ends=("failed", "model_busy"))], [CUT]).broken


def test_two_installations_are_told_as_one():
    verdict = judge([told(settled_seconds=2.0)], [ROW])
    verdict.join(judge([told(settled_seconds=3.0)], []))
    assert (verdict.questions, verdict.lost, verdict.longest_settled_seconds) == (2, 1, 2.0)
