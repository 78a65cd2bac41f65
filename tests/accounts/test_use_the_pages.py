import re

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from accounts import people
from accounts.models import User

from .conftest import PASSWORD

pytestmark = pytest.mark.django_db

FORM = {"name": "Maya", "email": "maya@example.org", "password1": PASSWORD}
PAGES = ["login", "signup", "logout", "inactive", "password/change", "password/reset", "password/reset/done"]


def sign_in(client, email="maya@example.org", password=PASSWORD, **more):
    return client.post("/accounts/login/", {"login": email, "password": password} | more)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_has_our_look_one_heading_and_a_label_for_each_field(page, browser, client):
    signed_in = page in {"logout", "password/change"}
    answer = (browser if signed_in else client).get(f"/accounts/{page}/")
    html = answer.content.decode()
    assert answer.status_code == 200
    assert 'class="auth-card glass"' in html
    assert html.count("<h1>") == 1
    for name in re.findall(r'<input (?![^>]*type="(?:hidden|checkbox)")[^>]* id="([^"]+)"', html):
        assert f'for="{name}"' in html
    assert "style=" not in html


def test_signing_up_leads_into_the_chat(client, settings):
    answer = client.post("/accounts/signup/", FORM)
    assert answer.status_code == 302
    assert client.get("/api/auth/me/").json()["user"]["name"] == "Maya"


def test_the_first_to_sign_up_on_the_page_is_the_administrator(client):
    client.post("/accounts/signup/", FORM)
    assert User.objects.get().is_superuser


def test_the_sign_up_page_says_who_can_reach_what_is_stored(client):
    page = client.get("/accounts/signup/").content
    assert b"The people who run this installation can reach what is stored on it." in page
    assert b"they must give a reason, and you are shown who, when and why." in page


def test_the_sign_up_page_says_when_it_is_closed(client, settings):
    settings.SIGNUP = "closed"
    assert b"This installation takes no new accounts." in client.get("/accounts/signup/").content
    assert b"This installation takes no new accounts." in client.post("/accounts/signup/", FORM).content
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("email", "maya@example", "Enter a full e-mail address"),
        ("email", "m\u0430ya@example.org", "Enter a full e-mail address"),
        ("password1", "short", "too short"),
        ("password1", "maya@example.org", "too similar"),
        ("password1", "x" * 5000, "longer than 1024"),
        ("name", "Ma\u202eya", "cannot be seen"),
        ("name", "M" * 101, "at most 100"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(client, field, value, words):
    answer = client.post("/accounts/signup/", FORM | {field: value})
    assert answer.status_code == 200
    html = answer.content.decode()
    assert words in html
    assert f'id="id_{field}_error"' in html
    assert 'aria-invalid="true"' in html
    assert not User.objects.exists()


def test_a_taken_address_is_explained(client, person):
    answer = client.post("/accounts/signup/", FORM)
    assert b"There is already an account with this e-mail address." in answer.content
    assert User.objects.count() == 1


def test_signing_in_leads_to_where_one_wanted_to_go(client, person):
    assert sign_in(client, next="/accounts/password/change/")["Location"] == "/accounts/password/change/"


@pytest.mark.parametrize("target", ["https://attacker.example/", "//attacker.example/", "javascript:alert(1)"])
def test_signing_in_never_leads_to_another_site(client, person, target):
    answer = sign_in(client, next=target)
    assert answer.status_code == 302
    assert "attacker" not in answer["Location"]
    assert "javascript" not in answer["Location"]


def test_a_wrong_password_is_explained_without_saying_what_was_wrong(client, person):
    known, unknown = sign_in(client, password="something else"), sign_in(client, email="no@example.org")
    for answer in (known, unknown):
        assert b"That e-mail and password do not match." in answer.content


def test_a_disabled_person_is_told_so(client, person):
    people.deactivate(user=person)
    answer = client.post("/accounts/login/", {"login": person.email, "password": PASSWORD}, follow=True)
    assert b"This account is disabled" in answer.content


def test_a_session_set_before_signing_in_is_not_the_one_after(client, person):
    client.cookies["sessionid"] = "chosen-by-somebody-else-000000000"
    sign_in(client)
    key = client.cookies["sessionid"].value
    assert key != "chosen-by-somebody-else-000000000"
    assert set(Session.objects.values_list("session_key", flat=True)) == {key}


def test_an_anonymous_session_dies_with_signing_in(client, person):
    session = client.session
    session["kept"] = 1
    session.save()
    before = session.session_key
    sign_in(client)
    assert client.cookies["sessionid"].value != before
    assert not Session.objects.filter(session_key=before).exists()


def test_a_browser_stays_signed_in_only_when_asked(client, person):
    sign_in(client)
    assert client.cookies["sessionid"]["max-age"] == ""
    other = Client()
    sign_in(other, remember="on")
    assert other.cookies["sessionid"]["max-age"] == 14 * 24 * 3600


def test_a_form_without_its_csrf_token_is_refused(person):
    answer = sign_in(Client(enforce_csrf_checks=True))
    assert answer.status_code == 403
    assert b"<h1>" in answer.content


def test_a_password_typed_is_never_sent_back(client, person):
    assert b"something else" not in sign_in(client, password="something else").content


@pytest.mark.parametrize("text", ["\0", "\ud83d\ude00" * 3000, "x" * 100_000])
@pytest.mark.parametrize("field", ["login", "password"])
def test_senseless_text_is_answered_with_the_form(client, person, field, text):
    text = text.encode("utf-16", "surrogatepass").decode("utf-16")
    answer = client.post("/accounts/login/", {"login": person.email, "password": PASSWORD} | {field: text})
    assert answer.status_code == 200
