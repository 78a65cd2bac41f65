"""An invitation lets a stranger in: once or a few times, for one address or any, into groups, until it is revoked."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts import invitations
from accounts.errors import InvitationNotValid
from accounts.models import AuditEntry, Invitation, User

from .conftest import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def root(make_person) -> User:
    return make_person("root@example.org", is_staff=True, is_superuser=True)


@pytest.fixture(autouse=True)
def _by_invitation(settings):
    settings.SIGNUP = "invite"


def invite(by: User, *, groups=(), **fields) -> str:
    """Return the secret of a new invitation."""
    link = invitations.make(invitation=Invitation(**fields), groups=groups, by=by, site="https://chat.example.org/")
    return link.rstrip("/").rpartition("/")[2]


def on_the_page(secret: str, email: str = "guest@example.org"):
    """Return the answer to the form of whoever follows an invitation's link."""
    browser = Client()
    browser.get(f"/accounts/invitation/{secret}/", follow=True)
    return browser.post("/accounts/signup/", {"email": email, "password1": PASSWORD, "name": "Guest"})


def by_program(program, secret: str = "", email: str = "guest@example.org"):
    more = {"invitation": secret} if secret else {}
    return program.post("signup", {"email": email, "password": PASSWORD, **more})


def test_without_one_nobody_gets_in_but_the_first(program, client):
    assert by_program(program, email="first@example.org").status_code == 201
    assert User.objects.get().is_superuser
    refused = by_program(program)
    assert (refused.status_code, refused.json()["code"]) == (403, "invitation_needed")
    assert b"By invitation only" in client.get("/accounts/signup/").content
    client.post("/accounts/signup/", {"email": "guest@example.org", "password1": PASSWORD})
    assert b"Create an account" not in client.get("/").content
    assert User.objects.count() == 1


def test_it_opens_the_page_gives_its_groups_and_is_used_up(root, program):
    group = Group.objects.create(name="Class 7b")
    secret = invite(root, groups=[group])
    assert on_the_page(secret).status_code == 302
    guest = User.objects.get(email="guest@example.org")
    assert list(guest.groups.all()) == [group] and guest.is_active and not guest.is_staff
    invitation = Invitation.objects.get()
    assert (invitation.state, invitation.users.get().user) == ("used up", guest)
    assert secret not in str(Invitation.objects.values().get())
    assert AuditEntry.objects.get(action="sign_up").facts["groups"] == ["Class 7b"]
    again = by_program(program, secret, "other@example.org")
    assert (again.status_code, again.json()["code"]) == (403, "invitation_not_valid")
    assert not User.objects.filter(email="other@example.org").exists()


def test_one_for_an_address_is_for_nobody_else(root, program):
    secret = invite(root, email="Guest@Example.org")
    assert by_program(program, secret, "thief@example.org").json()["code"] == "invitation_not_valid"
    assert Invitation.objects.get().used == 0
    page = Client()
    html = page.get(f"/accounts/invitation/{secret}/", follow=True).content.decode()
    assert re.search(r'<input[^>]*value="guest@example.org"[^>]*readonly|readonly[^>]*value="guest@example.org"', html)
    assert by_program(program, secret, "GUEST@example.org").status_code == 201


@pytest.mark.parametrize("how", ["revoked", "expired", "maker gone", "maker may no longer", "made up"])
def test_one_that_no_longer_counts_opens_nothing(root, make_person, how):
    maker = make_person("maker@example.org", is_staff=True)
    maker.user_permissions.set(Permission.objects.filter(codename="add_invitation"))
    secret = invite(maker, uses=5)
    invitation = Invitation.objects.get()
    if how == "revoked":
        invitations.revoke(invitation=invitation)
    elif how == "expired":
        Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif how == "maker gone":
        User.objects.filter(pk=maker.pk).update(is_active=False)
    elif how == "maker may no longer":
        maker.user_permissions.clear()
    else:
        secret = invitations.mint(invitations.MARK)[1]
    browser = Client()
    browser.get(f"/accounts/invitation/{secret}/")
    assert invitations.SESSION_KEY not in browser.session
    assert browser.get(f"/accounts/invitation/{secret}/").status_code == 403
    with pytest.raises(InvitationNotValid):
        invitations.use(secret=secret, user=root)


def test_one_that_is_revoked_while_the_form_is_filled_in_is_told(root):
    secret = invite(root)
    browser = Client()
    browser.get(f"/accounts/invitation/{secret}/", follow=True)
    invitations.revoke(invitation=Invitation.objects.get())
    answer = browser.post("/accounts/signup/", {"email": "guest@example.org", "password1": PASSWORD})
    assert answer.status_code == 403 and b"not valid" in answer.content
    assert not User.objects.filter(email="guest@example.org").exists()


def test_closed_is_closed_also_for_the_invited(root, program, settings):
    secret = invite(root)
    settings.SIGNUP = "closed"
    assert by_program(program, secret).json()["code"] == "signup_closed"
    assert Client().get(f"/accounts/invitation/{secret}/").status_code == 403
    # But for those of an organisation, where these need an invitation.
    settings.OIDC = settings.OIDC | {"issuer": "https://id.example.org", "client_id": "chat", "signup": "invite"}
    browser = Client()
    assert browser.get(f"/accounts/invitation/{secret}/").url == "/accounts/login/"
    assert browser.session[invitations.SESSION_KEY] == secret


def test_staff_make_one_see_its_link_once_and_it_is_mailed(root, django_capture_on_commit_callbacks):
    browser = Client()
    browser.force_login(root)
    form = {"email": "new@example.org", "uses": 1, "note": "For the new teacher"}
    with django_capture_on_commit_callbacks(execute=True):
        page = browser.post("/admin/accounts/invitation/add/", form)
    (link,) = re.findall(r"http://testserver/accounts/invitation/(inv_\w+)/", page.content.decode())
    assert "no-store" in page["Cache-Control"] and b"on its way to new@example.org" in page.content
    assert link in mail.outbox[-1].body and mail.outbox[-1].to == ["new@example.org"]
    invitation = Invitation.objects.get()
    for address in ("", f"{invitation.pk}/change/"):
        assert link not in browser.get(f"/admin/accounts/invitation/{address}").content.decode()
    browser.post("/admin/accounts/invitation/", {"action": "revoke", "_selected_action": str(invitation.pk)})
    invitation.refresh_from_db()
    assert invitation.state == "revoked"
    entered = AuditEntry.objects.filter(action__in=["admin.added", "invitation.revoked"]).order_by("number")
    assert [entry.action for entry in entered] == ["admin.added", "invitation.revoked"]


def test_nobody_invites_into_rights_that_they_do_not_have(make_person):
    helper = make_person("helper@example.org", is_staff=True)
    helper.user_permissions.set(Permission.objects.filter(codename__in=["add_invitation", "view_invitation"]))
    plain, strong, others = [Group.objects.create(name=name) for name in ("Plain", "Strong", "Others")]
    helper.groups.add(plain)
    strong.permissions.add(Permission.objects.get(codename="delete_user"))
    browser = Client()
    browser.force_login(helper)
    page = browser.get("/admin/accounts/invitation/add/").content.decode()
    assert "Plain" in page and "Strong" not in page and "Others" not in page
    for beyond in (strong, others):
        browser.post("/admin/accounts/invitation/add/", {"uses": 1, "groups": [beyond.pk]})
    assert not Invitation.objects.exists()
    browser.post("/admin/accounts/invitation/add/", {"uses": 1, "groups": [plain.pk]})
    assert list(Invitation.objects.get().groups.all()) == [plain]
    helper.user_permissions.add(Permission.objects.get(codename="change_user"))
    assert set(invitations.givable(User.objects.get(pk=helper.pk))) == {plain, others}
    browser.post(
        "/admin/accounts/invitation/", {"action": "revoke", "_selected_action": str(Invitation.objects.get().pk)}
    )
    assert Invitation.objects.get().state == "open"
