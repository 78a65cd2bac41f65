"""Whoever has many files waiting holds up nobody else."""

import threading

from conversations.extraction.waiting import Line

PATIENCE_SECONDS = 20


def test_people_take_turns():
    line, busy, opened, read = Line(1), threading.Event(), threading.Event(), []
    first = line.join(lambda: (busy.set(), opened.wait()), whose="Ada")
    assert busy.wait(PATIENCE_SECONDS)
    names = ["Ada 1", "Ada 2", "Ada 3", "Bob 1", "Bob 2", "Cleo 1"]
    waiting = [line.join(lambda name=name: read.append(name), whose=name.split()[0]) for name in names]
    opened.set()
    for each in [first, *waiting]:
        each.result(timeout=PATIENCE_SECONDS)
    assert read == ["Ada 1", "Bob 1", "Cleo 1", "Ada 2", "Bob 2", "Ada 3"]


def test_one_that_goes_wrong_or_is_not_wanted_any_more_holds_up_nobody():
    line, opened = Line(1), threading.Event()
    line.join(opened.wait)
    wrong, unwanted, last = line.join(lambda: 1 // 0), line.join(lambda: 1), line.join(lambda: 2)
    assert unwanted.cancel()
    opened.set()
    assert isinstance(wrong.exception(timeout=PATIENCE_SECONDS), ZeroDivisionError)
    assert last.result(timeout=PATIENCE_SECONDS) == 2
