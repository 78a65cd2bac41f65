"""What its owner has deleted and a legal hold keeps is there for who may see holds and read, and for nobody else."""

import pytest
from django.contrib.auth.models import Permission

from accounts.models import User
from conversations import lifecycle
from conversations.models import Conversation
from conversations.retention import holds
from tests.pages.conftest import browser_of, plain_static_files, talk  # noqa: F401
from tests.retention.conftest import chat

from .conftest import last
from .test_read_with_a_reason import REASON, clerk, officer, record, text  # noqa: F401
from .test_take_a_case_along import opened, take

pytestmark = pytest.mark.django_db
CASE = "/admin/conversations/conversation/case/"
GONE = "/admin/conversations/conversation/?retention=gone"


@pytest.fixture
def keeper(officer) -> User:  # noqa: F811
    """An officer who may see holds as well."""
    officer.user_permissions.add(Permission.objects.get(codename="view_legalhold"))
    return User.objects.get(pk=officer.pk)


@pytest.fixture
def held(talk, root_of_holds) -> Conversation:  # noqa: F811
    """A conversation that was held, and then deleted by its owner."""
    conversation = talk.conversation
    holds.place(by=root_of_holds, reason="A letter of the court", conversation_id=conversation.pk)
    lifecycle.delete(conversation=conversation)
    return conversation


@pytest.fixture
def root_of_holds(db) -> User:
    return User.objects.create_user("root@example.org", is_staff=True, is_superuser=True)


def test_it_is_listed_read_for_a_reason_and_its_owner_is_told(keeper, alice, held):
    browser = browser_of(keeper)
    assert str(held.pk) not in browser.get("/admin/conversations/conversation/").content.decode()
    assert str(held.pk) in browser.get(GONE).content.decode()
    page = browser.get(record(held)).content.decode()
    assert "A legal hold keeps it" in page and "A secret" not in page
    assert browser.get(text(held)).status_code == 302
    assert browser.post(record(held), {"reason": REASON}).status_code == 302
    shown = browser.get(text(held)).content.decode()
    assert "A secret question" in shown and "A secret answer" in shown
    assert (last("text.read").actor_id, last("text.read").whom_id) == (keeper.pk, alice.pk)
    owner = browser_of(alice)
    assert owner.get(f"/chat/{held.pk}/").status_code == 404
    assert REASON in owner.get("/readings/").content.decode()


def test_it_is_taken_along_by_itself_and_with_all_of_a_person(keeper, alice, held):
    for answer in (take(keeper, held), browser_of(keeper).post(CASE, {"person": alice.email, "reason": REASON})):
        archive, manifest, _ = opened(answer)
        assert f"conversations/{held.pk}.html" in archive.namelist()
        assert "A secret answer" in archive.read(f"conversations/{held.pk}.html").decode()
        assert [each["owner"] for each in manifest["case"]["conversations"]] == [alice.email]


@pytest.mark.parametrize("lacks", ["view_legalhold", "read_text"])
def test_to_everybody_else_it_is_not_there(keeper, alice, held, lacks):
    keeper.user_permissions.remove(Permission.objects.get(codename=lacks))
    browser = browser_of(User.objects.get(pk=keeper.pk))
    assert browser.get(record(held)).status_code == 404
    assert browser.post(record(held), {"reason": REASON}).status_code == 404
    assert browser.get(text(held)).status_code == 404
    assert browser.get(GONE).status_code == 400
    assert str(held.pk) not in browser.get(GONE).content.decode()
    if lacks != "read_text":
        assert browser.post(CASE, {"conversation": [held.pk], "reason": REASON}).status_code == 404


def test_what_is_deleted_and_not_held_is_there_for_nobody(keeper, alice, held):
    other = chat(alice, text="Of no interest")
    lifecycle.delete(conversation=other)
    browser = browser_of(keeper)
    assert browser.get(record(other)).status_code == 404
    assert str(other.pk) not in browser.get(GONE).content.decode()


def test_nor_is_what_was_held_once_its_hold_has_ended(keeper, held, root_of_holds):
    (hold,) = holds.LegalHold.objects.all()
    holds.end(hold=hold, by=root_of_holds)
    assert browser_of(keeper).get(record(held)).status_code == 404
