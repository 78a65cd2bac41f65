"""What a tool was asked and what it answered, on the page: as text, whatever a model called it."""

import pytest
from django.template.loader import render_to_string

from conversations.models import Message, Turn

ARGUMENTS = [
    {"items": [1, 2, 3]},
    {"items": "many", "keys": None},
    {"<script>alert(1)</script>": "<u>bold</u>"},
    {"values": {"get": {"deep": [None]}}},
    {},
]


@pytest.mark.parametrize("arguments", ARGUMENTS)
def test_any_arguments_are_shown_as_text(arguments):
    message = Message(
        role="tool", tool_name="<em>x</em>", text='{"a": "<u>"}', tool_run={"arguments": arguments, "ok": True, "ms": 3}
    )
    shown = render_to_string("conversations/_message.html", {"message": message, "turn": Turn()})
    assert "<u>" not in shown
    assert "<em>" not in shown
    assert "<script" not in shown
    assert shown.count("<dt>") == len(arguments)


@pytest.mark.parametrize("run", [{}, {"arguments": {}}, {"ok": False}])
def test_a_tool_of_which_little_is_known_is_shown(run):
    message = Message(role="tool", tool_name="calculate", status="interrupted", tool_run=run)
    assert "Calculation" in render_to_string("conversations/_message.html", {"message": message, "turn": Turn()})


def test_only_its_person_is_asked_whether_a_tool_may_run():
    turn = Turn()
    message = Message(role="tool", turn=turn, tool_name="x", status="streaming", tool_run={"asks": True})
    for reading, forms in ((False, 1), (True, 0)):
        told = {"message": message, "turn": turn, "reading": reading}
        assert render_to_string("conversations/_message.html", told).count("<form") == forms
