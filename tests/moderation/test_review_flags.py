"""What staff do with flags, and what people see who reported an answer."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts import suspension
from accounts.models import AuditEntry, User
from conversations.models import DecisionTemplate, Flag, FlagNote
from conversations.review import queue, reports
from tests.api.conftest import Program
from tests.audit.conftest import administrator, root  # noqa: F401
from tests.pages.conftest import browser_of, plain_static_files, talk  # noqa: F401

pytestmark = pytest.mark.django_db

QUEUE = "/admin/conversations/flag/queue/"


def flag(user: User, severity: str = "high", **fields) -> Flag:
    usual = {"rule_name": "Drugs", "place": "question", "action": "block"}
    return Flag.objects.create(user=user, severity=severity, **usual | fields)


def act(browser: Client, row: Flag, **form):
    return browser.post(f"/admin/conversations/flag/{row.pk}/act/", form, follow=True)


@pytest.fixture
def answer(talk):  # noqa: F811
    return talk.messages.get(role="assistant")


def test_the_worst_come_first_and_then_the_oldest(alice):
    rows = [flag(alice, severity) for severity in ("low", "critical", "high", "critical", "medium")]
    flag(alice, state="dismissed")
    assert queue.waiting() == [rows[place] for place in (1, 3, 2, 4, 0)]


def test_a_flag_is_taken_decided_and_opened_again(administrator, root, alice):  # noqa: F811
    row = flag(alice)
    assert "Drugs" in administrator.get(QUEUE).content.decode()
    act(administrator, row, do="take", **{"from": "queue"})
    row.refresh_from_db()
    assert (row.state, row.assignee) == ("in review", root)
    act(administrator, row, do="uphold", note="Clear case.")
    row.refresh_from_db()
    assert (row.state, row.decided_by, FlagNote.objects.get().text) == ("upheld", root, "Clear case.")
    assert "Nothing waits" in administrator.get(QUEUE).content.decode()
    act(administrator, row, do="reopen")
    row.refresh_from_db()
    assert (row.state, row.decided_at) == ("in review", None)
    entered = AuditEntry.objects.filter(action__startswith="flag.").values_list("action", flat=True)
    assert sorted(entered) == ["flag.assigned", "flag.decided", "flag.decided"]
    assert "Clear case" not in "".join(AuditEntry.objects.values_list("details", flat=True))


def test_a_template_gives_the_words(administrator, alice, talk, answer):  # noqa: F811
    template = DecisionTemplate.objects.create(name="Fine", outcome="dismissed", note="As usual.", told="All is well.")
    row = flag(alice, source="report", reporter=alice, message_id=answer.pk, category="wrong")
    act(administrator, row, do="dismiss", template=template.pk)
    row.refresh_from_db()
    assert (row.state, row.outcome, row.notes.get().text) == ("dismissed", "All is well.", "As usual.")


def test_staff_without_the_permission_to_change_may_look_only(alice):
    looker = User.objects.create_user("looker@example.org", is_staff=True)
    looker.user_permissions.set(Permission.objects.filter(codename="view_flag"))
    row, browser = flag(alice), browser_of(looker)
    assert "Uphold" not in browser.get(QUEUE).content.decode()
    assert act(browser, row, do="uphold").status_code == 403
    row.refresh_from_db()
    assert row.state == "open"
    nobody = User.objects.create_user("nobody@example.org", is_staff=True)
    assert browser_of(nobody).get(QUEUE).status_code == 403
    assert Client().get(QUEUE).status_code == 302


def test_whoever_is_flagged_is_suspended_and_let_in_again(administrator, root, alice):  # noqa: F811
    row = flag(alice)
    act(administrator, row, do="suspend", told="Three times is too often.")
    alice.refresh_from_db()
    assert not alice.is_active and alice.suspended_for == "Three times is too often."
    act(administrator, row, do="lift")
    alice.refresh_from_db()
    assert alice.is_active
    own = flag(root)
    page = act(administrator, own, do="suspend")
    root.refresh_from_db()
    assert root.is_active and "You may not suspend this person." in page.content.decode()


def test_people_are_suspended_from_their_list_too(administrator, alice, root):  # noqa: F811
    for action, active in (("suspend", False), ("lift", True)):
        form = {"action": action, "_selected_action": [str(alice.pk), str(root.pk)]}
        administrator.post("/admin/accounts/user/", form)
        alice.refresh_from_db()
        root.refresh_from_db()
        assert (alice.is_active, root.is_active) == (active, True)


# -- Reports --------------------------------------------------------------------------------------------------------


def test_an_answer_is_reported_and_its_reporter_sees_what_became_of_it(alice, talk, answer, root):  # noqa: F811
    program, path = Program(alice), f"messages/{answer.pk}/report/"
    assert program.get(path).json()["code"] == "not_reported"
    made = program.post(path, {"category": "harmful", "words": "It would burn."})
    assert made.status_code == 201 and made.json()["state"] == "open"
    assert program.post(path, {"category": "wrong"}).json()["code"] == "already_reported"
    row = Flag.objects.get()
    assert (row.severity, row.message_id, row.conversation_id) == ("high", answer.pk, talk.conversation_id)
    queue.decide(flag=row, outcome="upheld", actor=root, told="Thank you. It is removed.")
    told = program.get(path).json()
    assert (told["state"], told["outcome"]) == ("upheld", "Thank you. It is removed.")
    assert [each["id"] for each in program.get("reports/").json()["reports"]] == [str(row.pk)]
    page = browser_of(alice).get(f"/turns/{talk.pk}/report/").content.decode()
    assert "The staff agree with you." in page and "Thank you. It is removed." in page


def test_it_is_reported_on_the_page(alice, talk):  # noqa: F811
    browser = browser_of(alice)
    chat = browser.get(f"/chat/{talk.conversation_id}/").content.decode()
    assert f'href="/turns/{talk.pk}/report/"' in chat
    wrong = browser.post(f"/turns/{talk.pk}/report/", {"category": "boring"})
    assert wrong.status_code == 400 and "The category is one of" in wrong.content.decode()
    page = browser.post(f"/turns/{talk.pk}/report/", {"category": "wrong", "words": "No."}, follow=True)
    assert "It waits to be looked at." in page.content.decode()


def test_nobody_reports_what_is_somebody_elses(bob, talk, answer):  # noqa: F811
    path = f"messages/{answer.pk}/report/"
    assert Program(bob).post(path, {"category": "wrong"}).status_code == 404
    assert browser_of(bob).get(f"/turns/{talk.pk}/report/").status_code == 404
    assert not Flag.objects.exists()


def test_a_report_says_nothing_of_the_conversation_to_the_staff(administrator, alice, talk, answer):  # noqa: F811
    Program(alice).post(f"messages/{answer.pk}/report/", {"category": "private", "words": "My own words."})
    page = administrator.get(f"/admin/conversations/flag/{Flag.objects.get().pk}/change/").content.decode()
    assert "My own words." in page and answer.text not in page
    assert f"/admin/conversations/conversation/{talk.conversation_id}/change/" in page


def test_whom_an_administrator_has_suspended_no_moderator_lets_in_again(alice):
    moderator, colleague = (User.objects.create_user(f"{name}@example.org", is_staff=True) for name in ("mo", "co"))
    moderator.user_permissions.set(
        Permission.objects.filter(codename__in=["view_flag", "change_flag", "change_user", "view_user"])
    )
    row, browser = flag(colleague), browser_of(moderator)
    suspension.suspend(user=colleague)
    assert "may not let this person in" in act(browser, row, do="lift").content.decode()
    colleague.refresh_from_db()
    assert not colleague.is_active


def test_nobody_floods_the_queue_with_reports(alice, answer, talk, monkeypatch):  # noqa: F811
    monkeypatch.setattr(reports, "REPORTS_PER_HOUR", 1)
    path = f"messages/{answer.pk}/report/"
    assert Program(alice).post(path, {"category": "wrong"}).status_code == 201
    refused = Program(alice).post(path, {"category": "wrong"})
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_reports")
    assert 0 < int(refused["Retry-After"]) <= 3600
    Flag.objects.all().delete()
    page = browser_of(alice).post(f"/turns/{talk.pk}/report/", {"category": "wrong", "words": "Still."})
    assert page.status_code == 429
    assert "within an hour" in page.content.decode() and "Still." in page.content.decode()
