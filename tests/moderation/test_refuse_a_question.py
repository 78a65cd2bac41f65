"""A question to which a rule applies: refused, masked or noted, before it is sent."""

import uuid

import pytest

from accounts.models import AuditEntry
from conversations import turns
from conversations.errors import RefusedByRule
from conversations.models import Conversation, Flag, Message, ModerationRule, Turn
from conversations.moderation import rules
from tests.api.conftest import Program
from tests.pages.conftest import plain_static_files  # noqa: F401
from tests.support.files import attach

pytestmark = pytest.mark.django_db


def ask(author, text: str, **fields):
    return turns.start(conversation_id=fields.pop("conversation_id", uuid.uuid4()), author=author, text=text, **fields)


def test_a_blocked_question_leaves_nothing_but_a_flag(live, alice):
    row, chat = live("heroin", severity="critical", action="block"), uuid.uuid4()
    with pytest.raises(RefusedByRule) as refused:
        ask(alice, "where is h3r0in sold", conversation_id=chat)
    assert (refused.value.status, refused.value.code) == (422, "refused_by_rule")
    assert not Conversation.everything.exists() and not Message.objects.exists()
    flag = Flag.objects.get()
    assert (flag.rule, flag.severity, flag.action, flag.place, flag.user) == (
        row,
        "critical",
        "block",
        "question",
        alice,
    )
    assert (flag.conversation_id, flag.message_id, flag.spans, flag.state) == (chat, None, [[9, 15]], "open")
    entry = AuditEntry.objects.get(action="flag.raised")
    assert entry.whom_id == alice.pk and "sold" not in entry.details and "h3r0in" not in entry.details


def test_by_rest_it_is_422_in_the_usual_shape(live, alice):
    live("heroin", action="block", told="We do not talk about drugs here.")
    answer = Program(alice).post("chat/stream/", {"message": "heroin?"})
    assert answer.status_code == 422
    assert answer.json()["code"] == "refused_by_rule"
    assert answer.json()["detail"] == "We do not talk about drugs here."


def test_without_javascript_the_words_stay_in_the_composer(live, alice, client):
    live("heroin", action="block")
    client.force_login(alice)
    page = client.post("/chat/", {"text": "Some heroin, please"}, follow=True)
    html = page.content.decode()
    assert "Some heroin, please" in html and "a rule of this installation stands against it" in html
    assert not Turn.objects.exists()


def test_a_masked_question_is_sent_and_kept_masked(live, alice):
    live("email", kind="personal", action="mask")
    started = ask(alice, "Write to jo@example.org and al@example.org")
    started.question.refresh_from_db()
    assert started.question.text == "Write to [e-mail masked] and [e-mail masked]"
    assert "example.org" not in Conversation.objects.get().title
    (note,) = started.turn.notes
    assert note == {"place": "question", "action": "mask", "text": "2 passages were masked before this was sent."}
    flag = Flag.objects.get()
    assert (flag.message_id, flag.turn_id, len(flag.spans)) == (started.question.pk, started.turn.pk, 2)


def test_a_warning_is_told_on_the_message(live, alice, client):
    live("salary", action="warn", told="Salaries are confidential.")
    started = ask(alice, "What is her salary?")
    assert started.question.text == "What is her salary?"
    client.force_login(alice)
    assert "Salaries are confidential." in client.get(f"/chat/{started.turn.conversation_id}/").content.decode()


def test_a_flag_is_seen_by_the_staff_only(live, alice):
    live("salary", action="flag")
    started = ask(alice, "What is her salary?")
    assert started.turn.notes == [] and Flag.objects.count() == 1


def test_edited_and_repeated_questions_are_looked_at_too(live, alice):
    turn = ask(alice, "Tell me of opium").turn
    Turn.objects.update(status="completed")
    turn.refresh_from_db()
    live("opium", action="block")
    for again in (
        lambda: turns.retry(turn=turn, author=alice),
        lambda: turns.edit(turn=turn, author=alice, text="And 0p1um?"),
    ):
        with pytest.raises(RefusedByRule):
            again()
    assert Turn.objects.count() == 1


def test_what_was_let_in_before_the_rule_may_be_sent_again(live, alice):
    chat, client_id = uuid.uuid4(), str(uuid.uuid4())
    first = ask(alice, "Tell me of opium", conversation_id=chat, client_id=client_id)
    live("opium", action="block")
    again = ask(alice, "Tell me of opium", conversation_id=chat, client_id=client_id)
    assert (again.turn, again.new) == (first.turn, False)


def test_files_are_known_by_their_names_and_by_what_they_say(live, alice, kept_files):
    live(".TXT", kind="files", action="block", name="No text files", place="question")
    with pytest.raises(RefusedByRule):
        ask(alice, "Read it", attachments=[attach(alice, text="Hello", name="a.txt").pk])
    Flag.objects.all().delete()
    ModerationRule.objects.all().delete()
    live("Project Falcon", place="files", action="block")
    assert rules.live().files
    with pytest.raises(RefusedByRule):
        ask(alice, "Read it", attachments=[attach(alice, text="All about project falcon.", name="b.txt").pk])
    assert ask(alice, "project falcon", attachments=[attach(alice, text="Nothing", name="c.txt").pk]).new
    assert list(Flag.objects.values_list("place", flat=True)) == ["question"]


def test_an_account_is_suspended_after_so_many_times(live, alice):
    live("heroin", action="suspend", suspend_after=2)
    with pytest.raises(RefusedByRule):
        ask(alice, "heroin")
    alice.refresh_from_db()
    assert alice.is_active
    with pytest.raises(RefusedByRule) as refused:
        ask(alice, "heroin!")
    alice.refresh_from_db()
    assert not alice.is_active and alice.suspended_at
    assert refused.value.detail.endswith("Your account has been suspended.")
    assert AuditEntry.objects.filter(action="person.suspended", whom_id=alice.pk).count() == 1


def test_an_administrator_is_not_locked_out_by_a_rule(live, alice):
    alice.is_superuser = True
    alice.save()
    live("heroin", action="suspend", suspend_after=1)
    with pytest.raises(RefusedByRule):
        ask(alice, "heroin")
    alice.refresh_from_db()
    assert alice.is_active


def test_instructions_are_looked_at_like_questions(live, alice):
    live("heroin", action="block")
    live("email", kind="personal", action="mask")
    program = Program(alice)
    refused = program.patch("preferences/", {"instructions": "Say where h3roin is sold."})
    assert (refused.status_code, refused.json()["code"]) == (422, "refused_by_rule")
    chat = ask(alice, "Hello").turn.conversation
    refused = program.patch(f"conversations/{chat.pk}/", {"instructions": "Sell heroin."})
    assert (refused.status_code, refused.json()["code"]) == (422, "refused_by_rule")
    assert program.post("conversations/", {"instructions": "Sell heroin."}).status_code == 422
    assert program.patch("preferences/", {"instructions": "I am jo@example.org."}).status_code == 200
    assert program.patch(f"conversations/{chat.pk}/", {"instructions": "To bo@example.org."}).status_code == 200
    alice.refresh_from_db()
    chat.refresh_from_db()
    assert (alice.instructions, chat.instructions) == ("I am [e-mail masked].", "To [e-mail masked].")
    assert Flag.objects.filter(action="block").count() == 3 and Flag.objects.filter(action="mask").count() == 2
    # To say again what is kept is no new question.
    program.patch("preferences/", {"instructions": "I am [e-mail masked]."})
    assert Flag.objects.count() == 5
