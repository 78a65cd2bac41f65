"""The sign-in of one's organisation: only what it says to us is believed, and it lets in like a password does."""

import subprocess
import sys

import httpx
import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth.models import Group
from django.test import Client

from accounts import credentials, invitations, keys, suspension, tokens
from accounts.errors import CredentialError
from accounts.models import AuditEntry, Invitation, OidcIdentity, SignupRequest, User
from accounts.oidc import issuer as asked_issuer
from tests.support.issuer import CLIENT, ISSUER, SECRET, Issuer, new_key

from .conftest import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def issuer(settings, monkeypatch) -> Issuer:
    made = Issuer()
    settings.OIDC = settings.OIDC | {
        "issuer": ISSUER,
        "client_id": CLIENT,
        "client_secret": SECRET,
        "name": "Example School",
        "groups": {"staff": "Teachers", "pupils": "Class"},
    }
    monkeypatch.setattr(asked_issuer, "_client", lambda: httpx.Client(transport=httpx.MockTransport(made.answer)))
    # Each test asks it anew about itself.
    monkeypatch.setattr(asked_issuer, "_known", {})
    return made


@pytest.fixture(autouse=True)
def root(make_person) -> User:
    return make_person("root@example.org", is_staff=True, is_superuser=True)


def come(issuer: Issuer, browser: Client | None = None):
    """Return the answer to whoever comes back from the issuer."""
    browser = browser or Client()
    away = browser.get("/accounts/oidc/")
    assert away.status_code == 302 and away["Location"].startswith(f"{ISSUER}/authorize?")
    return browser.get(issuer.send_back(away["Location"]))


def test_a_newcomer_has_an_account_with_a_proven_address_and_no_password(issuer):
    browser = Client()
    assert b"Sign in with Example School" in browser.get("/accounts/login/").content
    assert come(issuer, browser).status_code == 302
    assert browser.get("/api/auth/me/").json()["user"]["email"] == "maya@example.org"
    maya = User.objects.get(email="maya@example.org")
    assert (maya.name, maya.has_usable_password(), maya.is_staff) == ("Maya", False, False)
    assert EmailAddress.objects.get(user=maya).verified
    done = AuditEntry.objects.order_by("number").values_list("action", flat=True)
    assert list(done) == ["sign_up", "identity.linked", "sign_in"]


def test_one_is_known_again_by_ones_subject_whatever_ones_address_is(issuer):
    come(issuer)
    issuer.person |= {"email": "maya.new@example.org", "email_verified": False}
    assert come(issuer).status_code == 302
    assert OidcIdentity.objects.get().user.email == "maya@example.org" and User.objects.count() == 2


def test_where_one_wanted_to_go_is_where_one_arrives_and_nowhere_else(issuer):
    for wanted, where in (("/accounts/keys/", "/accounts/keys/"), ("https://evil.example/", "/chat/")):
        browser = Client()
        away = browser.get("/accounts/oidc/", {"next": wanted})
        assert browser.get(issuer.send_back(away["Location"]))["Location"] == where


@pytest.mark.parametrize(
    "wrong",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another site"},
        {"aud": [CLIENT, "another site"]},
        {"azp": "another site"},
        {"iss": "https://evil.example"},
        {"exp": 1_700_000_000},
        {"exp": None},
        {"sub": ""},
        {"email_verified": False},
        {"email_verified": None},
        {"email": None},
    ],
    ids=str,
)
def test_what_is_not_for_us_just_now_lets_nobody_in(issuer, wrong):
    issuer.wrong = wrong
    browser = Client()
    answer = come(issuer, browser)
    assert answer.status_code in {400, 403}
    assert browser.get("/chat/").status_code == 302 and User.objects.count() == 1
    assert AuditEntry.objects.get(action="sign_in.failed").facts["by"] == "oidc"


def test_a_signature_of_somebody_else_or_of_a_shared_secret_is_none(issuer):
    for algorithm in ("HS256", "none"):
        issuer.algorithm, issuer.signed_with = algorithm, "x" * 32
        assert come(issuer).status_code == 403
    issuer.algorithm = "RS256"
    assert come(issuer).status_code == 302
    issuer.published, issuer.key = issuer.key, new_key()
    assert come(issuer).status_code == 403


def test_a_state_is_of_the_browser_that_was_sent_and_counts_once(issuer):
    browser = Client()
    back = issuer.send_back(browser.get("/accounts/oidc/")["Location"])
    assert Client().get(back).status_code == 403
    assert browser.get(back.replace("state=", "state=x")).status_code == 403
    assert browser.get(back).status_code == 302
    assert browser.get(back).status_code == 403
    refused = Client()
    state = refused.get("/accounts/oidc/")["Location"].partition("state=")[2].partition("&")[0]
    assert refused.get(f"/accounts/oidc/callback/?error=access_denied&state={state}").status_code == 403


def test_keys_that_were_replaced_are_asked_for_anew(issuer):
    come(issuer)
    issuer.key, issuer.kid = new_key(), "second"
    assert come(issuer).status_code == 302
    assert issuer.asked.count("/keys") == 2 and issuer.asked.count("/.well-known/openid-configuration") == 1


def test_an_account_that_nobody_proved_is_given_to_who_proves_it(issuer, person):
    """Whoever made it in their name, and waits, has nothing any more."""
    access = tokens.issue(user=person).access
    _, secret = keys.make(user=person, name="A script", scopes=["chat"])
    assert come(issuer).status_code == 302
    assert OidcIdentity.objects.get().user == person
    for raw in (access, secret):
        with pytest.raises(CredentialError):
            credentials.user_of_token(raw)
    person.refresh_from_db()
    assert not person.has_usable_password()


def test_an_account_whose_address_was_proven_keeps_its_password(issuer, person):
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    come(issuer)
    person.refresh_from_db()
    assert OidcIdentity.objects.get().user == person and person.check_password(PASSWORD)


def test_an_address_that_was_given_to_somebody_else_does_not_give_them_the_account(issuer):
    assert come(issuer).status_code == 302
    issuer.person["sub"] = "the-next-one"
    answer = come(issuer)
    assert answer.status_code == 403 and b"another person" in answer.content
    assert OidcIdentity.objects.count() == 1
    before = OidcIdentity.objects.get().user
    OidcIdentity.objects.all().delete()
    assert come(issuer).status_code == 302 and OidcIdentity.objects.get().user == before


def test_an_account_that_nobody_proved_is_not_taken_over_past_its_second_step(issuer, person):
    TOTP.activate(person, generate_totp_secret())
    answer = come(issuer)
    assert answer.status_code == 403 and b"mark it as verified" in answer.content
    person.refresh_from_db()
    assert person.check_password(PASSWORD) and not OidcIdentity.objects.exists()


def test_an_invitation_lets_in_this_way_too_and_gives_its_groups(issuer, settings, root):
    settings.SIGNUP = "invite"
    group = Group.objects.create(name="Class 7b")
    invitation = Invitation(email="maya@example.org")
    link = invitations.make(invitation=invitation, groups=[group], by=root, site="http://testserver/")
    browser = Client()
    browser.get(link.removeprefix("http://testserver"))
    assert come(issuer, browser).status_code == 302
    assert User.objects.get(email="maya@example.org").groups.get() == group


def test_groups_are_what_the_organisation_says_and_others_stay(issuer):
    for name in ("Teachers", "Class", "Choir"):
        Group.objects.create(name=name)
    issuer.person["groups"] = ["staff", "pupils", "unknown"]
    come(issuer)
    maya = User.objects.get(email="maya@example.org")
    maya.groups.add(Group.objects.get(name="Choir"))
    issuer.person["groups"] = ["pupils"]
    come(issuer)
    assert set(maya.groups.values_list("name", flat=True)) == {"Class", "Choir"}
    changes = AuditEntry.objects.filter(action="groups.synchronised").order_by("number")
    assert [each.facts for each in changes] == [
        {"joined": ["Class", "Teachers"], "left": []},
        {"joined": [], "left": ["Teachers"]},
    ]
    del issuer.person["groups"]
    issuer.userinfo = {"sub": "somebody else", "groups": ["staff"]}
    assert come(issuer).status_code == 403
    issuer.userinfo = {"sub": "77", "groups": "staff"}
    come(issuer)
    assert set(maya.groups.values_list("name", flat=True)) == {"Teachers", "Choir"}


def test_a_second_step_is_asked_for_all_the_same(issuer, person):
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    TOTP.activate(person, generate_totp_secret())
    browser = Client()
    assert come(issuer, browser)["Location"] == "/accounts/login/code/"
    assert browser.get("/chat/").status_code == 302
    assert b"not right" in browser.post("/accounts/login/code/", {"code": "000000"}).content


def test_suspension_and_a_sign_out_everywhere_hold(issuer):
    browser = Client()
    come(issuer, browser)
    assert browser.get("/api/auth/me/").status_code == 200
    suspension.suspend(user=User.objects.get(email="maya@example.org"), told="Until Monday.")
    assert browser.get("/api/auth/me/").status_code == 401
    answer = come(issuer)
    assert answer.status_code == 403 and b"Until Monday." in answer.content


@pytest.mark.parametrize(
    ("signup", "own", "status", "waits"),
    [
        ("closed", "", 403, False),
        ("invite", "", 403, False),
        ("approval", "", 403, True),
        ("closed", "open", 302, False),
        ("open", "closed", 403, False),
    ],
)
def test_whoever_is_new_is_let_in_as_sign_up_says(issuer, settings, signup, own, status, waits):
    settings.SIGNUP, settings.OIDC = signup, settings.OIDC | {"signup": own}
    answer = come(issuer)
    assert answer.status_code == status
    assert SignupRequest.objects.exists() == waits == (b"Almost there" in answer.content)
    assert User.objects.filter(email="maya@example.org").exists() == (waits or status == 302)


def test_only_the_allowed_domains_come_in(issuer, settings):
    settings.OIDC = settings.OIDC | {"domains": ["school.example.org"]}
    assert come(issuer).status_code == 403
    issuer.person["email"] = "maya@School.Example.org"
    assert come(issuer).status_code == 302


def test_an_issuer_that_is_away_is_told(issuer, monkeypatch):
    def away(request):
        raise httpx.ConnectError("nobody there")

    monkeypatch.setattr(asked_issuer, "_client", lambda: httpx.Client(transport=httpx.MockTransport(away)))
    answer = Client().get("/accounts/oidc/")
    assert answer.status_code == 502 and b"cannot be reached" in answer.content


def test_without_one_there_is_no_button_no_address_and_nothing_is_imported(client):
    assert client.get("/accounts/oidc/").status_code == 404
    assert client.get("/accounts/oidc/callback/?code=1&state=2").status_code == 404
    assert b"Sign in with" not in client.get("/accounts/login/").content.replace(b"Sign in with a passkey", b"")
    code = "import django, sys; django.setup(); import chatsite.urls; assert 'accounts.oidc.issuer' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, env={"DJANGO_SETTINGS_MODULE": "chatsite.settings"})
