"""A second step: set up on the pages, asked for on every way in, and entered in the ledger."""

import re

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from accounts import people
from accounts.errors import TooManyAttempts
from accounts.mail import default_token_generator, user_pk_to_url_str
from accounts.models import AuditEntry, SignIn

from .conftest import PASSWORD
from .second_step import App, code

pytestmark = pytest.mark.django_db

WRONG = "000000"


@pytest.fixture
def app(person) -> App:
    return App(person)


@pytest.fixture
def stranger() -> Client:
    """A browser in which nobody is signed in."""
    return Client(REMOTE_ADDR="198.51.100.9")


def enter_password(browser: Client, next: str = "") -> object:
    form = {"login": "maya@example.org", "password": PASSWORD} | ({"next": next} if next else {})
    return browser.post("/accounts/login/", form)


def enter_code(browser: Client, code: str):
    return browser.post("/accounts/login/code/", {"code": code})


def is_in(browser: Client) -> bool:
    return browser.get("/settings/").status_code == 200


def actions() -> list[str]:
    return list(AuditEntry.objects.order_by("number").values_list("action", flat=True))


def confirm(browser: Client, app: App | None = None) -> None:
    """Enter the password once more, or a code where there is an app."""
    if app is None:
        browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
    else:
        browser.post("/accounts/reauthenticate/code/", {"code": app.code()})


# -- Setting it up ----------------------------------------------------------------------------------------------------


def test_setting_an_app_up_asks_for_the_password_first(browser):
    answer = browser.get("/settings/security/app/")
    assert answer.status_code == 302 and answer["Location"].startswith("/accounts/reauthenticate/")


def test_an_app_is_set_up_with_its_first_code_and_gives_recovery_codes(browser, person):
    confirm(browser)
    page = browser.get("/settings/security/app/").content.decode()
    secret = re.search(r'class="secret">([A-Z2-7]+)<', page)[1]
    assert "data:image/svg+xml;base64," in page and "<script>" not in page
    wrong = browser.post("/settings/security/app/", {"code": WRONG})
    assert "That code is not right" in wrong.content.decode() and not Authenticator.objects.exists()
    secret = re.search(r'class="secret">([A-Z2-7]+)<', wrong.content.decode())[1]
    answer = browser.post("/settings/security/app/", {"code": code(secret)})
    assert answer["Location"] == "/settings/security/codes/"
    assert len(re.findall(r"<li><code>\d{8}</code>", browser.get("/settings/security/codes/").content.decode())) == 10
    assert actions().count("factor.added") == 2
    assert browser.post("/settings/security/app/", {"code": code(secret)})["Location"] == "/settings/security/"
    assert Authenticator.objects.count() == 2


def test_secrets_are_not_kept_as_they_are(app):
    kept = [str(each.data) for each in Authenticator.objects.all()]
    assert app.secret not in "".join(kept) and all("gAAAA" in data for data in kept)


def test_with_another_secret_key_no_code_fits(program, person, app, settings):
    settings.SECRET_KEY = "another one"
    for tried in (app.code(), WRONG):
        answer = program.post("login", {"email": person.email, "password": PASSWORD, "code": tried})
        assert answer.status_code == 401 and answer.json()["code"] == "wrong_code"


def test_turning_it_off_takes_the_recovery_codes_too(browser, app):
    confirm(browser, app)
    assert browser.post("/settings/security/app/off/").status_code == 302
    assert not Authenticator.objects.exists()
    assert actions()[-2:] == ["factor.removed", "factor.removed"]
    assert enter_password(Client())["Location"] == "/chat/"


def test_whoever_knows_the_password_alone_changes_nothing_of_it(browser, app):
    confirm(browser)
    asked = browser.get("/accounts/reauthenticate/?next=/settings/")
    assert asked["Location"] == "/accounts/reauthenticate/code/?next=%2Fsettings%2F"
    assert "password instead" not in browser.get(asked["Location"]).content.decode()
    for path in ("app/off/", "codes/again/", "passkeys/add/", "codes/"):
        answer = browser.get(f"/settings/security/{path}")
        assert answer["Location"].startswith("/accounts/reauthenticate/code/")
        browser.post(f"/settings/security/{path}")
    browser.post("/settings/security/app/off/")
    assert Authenticator.objects.count() == 2 and app.recovery_codes
    confirm(browser, app)
    assert browser.get("/settings/security/app/off/").status_code == 200


def test_new_recovery_codes_replace_the_old_ones(browser, person, app, stranger):
    old = app.recovery_codes[0]
    confirm(browser, app)
    browser.post("/settings/security/codes/again/")
    enter_password(stranger)
    enter_code(stranger, old)
    assert not is_in(stranger)


def test_what_came_in_before_is_told_and_signed_out_if_one_wants(browser, person, program):
    program.sign_in(person.email)
    other = Client(REMOTE_ADDR="203.0.113.50")
    enter_password(other)
    before = browser.get("/settings/security/").content.decode()
    assert "before there was a second step" not in before
    app = App(person)
    confirm(browser, app)
    for address in ("/settings/security/codes/", "/settings/security/"):
        page = browser.get(address).content.decode()
        assert "2 other browsers and programs signed in before" in page
    assert is_in(other)
    browser.post("/settings/security/others/end/")
    assert not is_in(other) and is_in(browser) and program.get("me").status_code == 401
    enter_password(other)
    # The newest one has been used already.
    enter_code(other, app.code(ago=1))
    assert is_in(other)
    assert "before there was a second step" not in browser.get("/settings/security/").content.decode()


# -- Ways in ----------------------------------------------------------------------------------------------------------


def test_a_password_alone_opens_no_page(stranger, app):
    assert enter_password(stranger)["Location"] == "/accounts/login/code/"
    assert not is_in(stranger)
    assert stranger.get("/api/auth/me/").status_code == 401
    assert enter_code(stranger, WRONG).status_code == 200
    assert not is_in(stranger)
    assert actions()[-1] == "factor.wrong"


def test_the_code_opens_them_and_leads_where_one_wanted_to_go(stranger, app):
    enter_password(stranger, next="/usage/")
    assert enter_code(stranger, app.code())["Location"] == "/usage/"
    assert is_in(stranger)


def test_the_code_before_still_counts(stranger, app):
    enter_password(stranger)
    enter_code(stranger, app.code(ago=1))
    assert is_in(stranger)


@pytest.mark.parametrize("ago", [2, 100])
def test_an_old_code_does_not(stranger, app, ago):
    enter_password(stranger)
    enter_code(stranger, app.code(ago=ago))
    assert not is_in(stranger)


def test_a_code_lets_in_once_on_whatever_way(stranger, program, person, app):
    used = app.code()
    enter_password(stranger)
    enter_code(stranger, used)
    assert is_in(stranger)
    again = Client()
    enter_password(again)
    enter_code(again, f"{used[:3]} {used[3:]}")
    assert not is_in(again)
    answer = program.post("login", {"email": person.email, "password": PASSWORD, "code": f"{used[:3]}-{used[3:]}"})
    assert answer.json()["code"] == "wrong_code"


def test_a_recovery_code_lets_in_once_and_is_entered(stranger, app):
    first = app.recovery_codes[0]
    enter_password(stranger)
    enter_code(stranger, first)
    assert is_in(stranger) and first not in app.recovery_codes
    assert AuditEntry.objects.get(action="factor.recovery_used").facts == {"left": 9}
    again = Client()
    enter_password(again)
    enter_code(again, first)
    assert not is_in(again)


def test_a_program_is_asked_for_the_code(program, person, app):
    fields = {"email": person.email, "password": PASSWORD}
    answer = program.post("login", fields)
    assert (answer.status_code, answer.json()["code"]) == (401, "mfa_required")
    answer = program.post("login", fields | {"code": WRONG})
    assert (answer.status_code, answer.json()["code"]) == (401, "wrong_code")
    assert not SignIn.objects.exists()
    answer = program.post("login", fields | {"code": app.code()})
    assert answer.status_code == 200
    assert program.send("get", "me", authorization=f"Bearer {answer.json()['access_token']}").status_code == 200


def test_a_program_may_use_a_recovery_code(program, person, app):
    fields = {"email": person.email, "password": PASSWORD, "code": app.recovery_codes[3]}
    assert program.post("login", fields).status_code == 200
    assert program.post("login", fields).json()["code"] == "wrong_code"


@pytest.mark.parametrize("sent", [5, None, ["1"], {"a": 1}, "", "x" * 100_000, "\x00", "١٢٣٤٥٦", "\ud800", " "])
def test_a_program_that_sends_anything_as_a_code_is_refused(program, person, app, sent):
    answer = program.post("login", {"email": person.email, "password": PASSWORD, "code": sent})
    assert answer.status_code in {400, 401} and not SignIn.objects.exists()


def test_a_code_is_not_looked_at_without_the_right_password(program, person, app):
    fields = {"email": person.email, "password": "wrong wrong wrong", "code": app.code()}
    assert program.post("login", fields).json()["code"] == "wrong_credentials"
    assert program.post("login", fields | {"password": PASSWORD}).status_code == 200


def test_where_there_is_no_second_step_a_code_changes_nothing(program, person):
    assert program.post("login", {"email": person.email, "password": PASSWORD, "code": WRONG}).status_code == 200


def test_the_administration_asks_for_it_too(stranger, person, app):
    person.is_staff = person.is_superuser = True
    person.save()
    answer = stranger.post("/admin/login/?next=/admin/", {"username": person.email, "password": PASSWORD}, follow=True)
    assert not answer.wsgi_request.user.is_authenticated
    enter_password(stranger, next="/admin/")
    assert stranger.get("/admin/").status_code == 302
    enter_code(stranger, app.code())
    assert stranger.get("/admin/").status_code == 200


def test_a_new_password_by_mail_opens_nothing_by_itself(stranger, person, app):
    key = default_token_generator.make_token(person)
    page = stranger.get(f"/accounts/password/reset/key/{user_pk_to_url_str(person)}-{key}/", follow=True)
    words = "another horse battery"
    stranger.post(page.redirect_chain[-1][0], {"password1": words, "password2": words})
    person.refresh_from_db()
    assert person.check_password(words) and not is_in(stranger)
    answer = stranger.post("/accounts/login/", {"login": person.email, "password": words})
    assert answer["Location"] == "/accounts/login/code/" and not is_in(stranger)


def test_the_code_page_is_nothing_without_the_password(stranger, app):
    assert enter_code(stranger, app.code())["Location"].startswith("/accounts/login/")
    assert not is_in(stranger)


def test_who_is_disabled_between_the_steps_stays_out(stranger, person, app):
    enter_password(stranger)
    people.deactivate(user=person)
    enter_code(stranger, app.code())
    assert not is_in(stranger)


def test_a_sign_in_begun_before_a_password_change_cannot_be_finished(stranger, person, app):
    enter_password(stranger)
    people.change_password(user=person, password="yet another battery")
    enter_code(stranger, app.code())
    assert not is_in(stranger)


@pytest.mark.parametrize("gone", [lambda user: user.delete(), lambda user: user.authenticator_set.all().delete()])
def test_whoever_has_no_second_step_any_more_is_asked_to_sign_in_anew(stranger, person, app, gone):
    enter_password(stranger)
    gone(person)
    page = stranger.get("/accounts/login/code/", follow=True)
    assert [address for address, _ in page.redirect_chain] == ["/accounts/login/"] and page.status_code == 200
    assert enter_code(stranger, WRONG)["Location"] == "/accounts/login/"
    assert not is_in(stranger)


# -- Guessing ---------------------------------------------------------------------------------------------------------


def test_codes_cannot_be_guessed_from_many_places(person, app):
    for number in range(10):
        guesser = Client(REMOTE_ADDR=f"203.0.113.{number}")
        enter_password(guesser)
        assert enter_code(guesser, WRONG).status_code == 200
    last = Client(REMOTE_ADDR="203.0.113.99")
    enter_password(last)
    answer = enter_code(last, app.code())
    assert answer.status_code == 429 and int(answer["Retry-After"]) > 0 and not is_in(last)


def test_programs_and_pages_are_counted_together(program, person, app):
    for _ in range(10):
        program.post("login", {"email": person.email, "password": PASSWORD, "code": WRONG})
    answer = program.post("login", {"email": person.email, "password": PASSWORD, "code": app.code()})
    assert (answer.status_code, answer.json()["code"]) == (429, TooManyAttempts.code)


def test_a_right_code_ends_the_counting(program, person, app):
    for _ in range(9):
        program.post("login", {"email": person.email, "password": PASSWORD, "code": WRONG})
    for sent in app.recovery_codes[:3]:
        assert program.post("login", {"email": person.email, "password": PASSWORD, "code": sent}).status_code == 200


# -- Passkeys and what is no passkey ----------------------------------------------------------------------------------

NONSENSE = [
    "",
    "null",
    "[]",
    "5",
    '"x"',
    "{}",
    "{",
    '{"id": 1, "rawId": [], "response": [], "type": 5}',
    '{"id":"AA","rawId":"AA","type":"public-key","response":{"userHandle":"AA","clientDataJSON":"e30",'
    '"authenticatorData":"AA","signature":"AA"},"clientExtensionResults":{}}',
    '{"id":"AA","rawId":"AA","type":"public-key","response":{"userHandle":null,"clientDataJSON":"",'
    '"authenticatorData":"","signature":""}}',
    "[" * 5000,
    "\x00",
]


@pytest.mark.parametrize("sent", NONSENSE)
def test_what_is_no_passkey_lets_nobody_in(stranger, app, sent):
    stranger.get("/accounts/login/passkey/", headers={"x-requested-with": "XMLHttpRequest"})
    assert stranger.post("/accounts/login/passkey/", {"credential": sent})["Location"] == "/accounts/login/"
    enter_password(stranger)
    assert stranger.post("/accounts/login/code/", {"credential": sent}).status_code == 200
    assert not is_in(stranger)


@pytest.mark.parametrize("sent", NONSENSE)
def test_what_is_no_passkey_is_not_added(browser, sent):
    confirm(browser)
    browser.get("/settings/security/passkeys/add/")
    answer = browser.post("/settings/security/passkeys/add/", {"name": "x", "credential": sent})
    assert answer.status_code == 200 and not Authenticator.objects.exists()


def test_guessing_passkeys_ends(stranger):
    for _ in range(100):
        stranger.post("/accounts/login/passkey/", {"credential": "{}"})
    assert stranger.post("/accounts/login/passkey/", {"credential": "{}"}).status_code == 429


def test_passkeys_are_asked_for_by_the_public_name(stranger, settings):
    settings.PUBLIC_URL = "https://chat.example.org"
    answer = stranger.get("/accounts/login/passkey/", headers={"x-requested-with": "XMLHttpRequest"})
    asked = answer.json()["request_options"]["publicKey"]
    assert (asked["rpId"], asked["userVerification"]) == ("chat.example.org", "required")


def test_passkeys_always_ask_for_a_finger_a_face_or_a_pin(browser, person, stranger, monkeypatch):
    Authenticator.objects.create(user=person, type="webauthn", data={"name": "x", "credential": {}})
    monkeypatch.setattr("allauth.mfa.webauthn.internal.auth.get_credentials", lambda user: [])
    enter_password(stranger)
    for page in (stranger.get("/accounts/login/code/"), browser.get("/accounts/reauthenticate/passkey/")):
        assert "&quot;userVerification&quot;: &quot;required&quot;" in page.content.decode()


def test_nobody_removes_somebody_elses_passkey(browser, make_person):
    theirs = Authenticator.objects.create(user=make_person(), type="webauthn", data={"name": "x", "credential": {}})
    confirm(browser)
    assert browser.get(f"/settings/security/passkeys/{theirs.pk}/remove/").status_code == 404
    assert browser.post(f"/settings/security/passkeys/{theirs.pk}/remove/").status_code == 404
    assert Authenticator.objects.filter(pk=theirs.pk).exists()


# -- Staff ------------------------------------------------------------------------------------------------------------


def test_an_administrator_takes_off_what_somebody_has_lost(make_person, person, app, stranger):
    root = Client()
    root.force_login(make_person("root@example.org", is_staff=True, is_superuser=True))
    totp = Authenticator.objects.get(type="totp")
    page = root.get(f"/admin/mfa/authenticator/{totp.pk}/change/").content.decode()
    assert "gAAAA" not in page
    root.post(f"/admin/mfa/authenticator/{totp.pk}/delete/", {"post": "yes"})
    assert not Authenticator.objects.exists()
    entry = AuditEntry.objects.filter(action="factor.removed").first()
    assert entry.whom_id == person.pk and entry.actor_id != person.pk
    assert enter_password(stranger)["Location"] == "/chat/"


def test_an_account_that_is_deleted_leaves_one_entry(person, app):
    people.delete(user=person)
    assert actions()[-1] == "person.deleted" and "factor.removed" not in actions()
