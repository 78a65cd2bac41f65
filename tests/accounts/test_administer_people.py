import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from accounts import people, tokens
from accounts.errors import LastAdministrator
from accounts.models import SignIn, User

from .conftest import PASSWORD


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def root(make_person):
    return make_person("root@example.org", is_staff=True, is_superuser=True)


@pytest.fixture
def staff(make_person):
    from django.contrib.auth.models import Permission

    user = make_person("staff@example.org", is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(content_type__app_label="accounts", content_type__model__in=["user", "signin"])
    )
    return user


def edit(client, user, **fields):
    form = {"email": user.email, "name": user.name, "is_active": "on"} | fields
    return client.post(f"/admin/accounts/user/{user.pk}/change/", {k: v for k, v in form.items() if v is not None})


PLACES = ["", "accounts/user/", "accounts/signin/", "accounts/user/add/"]


@pytest.mark.parametrize("place", PLACES)
def test_strangers_are_sent_to_the_sign_in_page(client, db, place):
    answer = client.get(f"/admin/{place}", follow=True)
    assert answer.redirect_chain[-1][0].startswith("/accounts/login/")


@pytest.mark.parametrize("place", PLACES)
def test_people_without_rights_are_refused(browser, place):
    assert browser.get(f"/admin/{place}", follow=True).status_code == 403


@pytest.mark.parametrize("place", PLACES)
def test_administrators_see_people_and_sign_ins(root, person, place):
    tokens.issue(user=person)
    assert signed_in(root).get(f"/admin/{place}").status_code == 200


def test_password_hashes_and_token_ids_are_never_shown(root, person):
    tokens.issue(user=person)
    sign_in = SignIn.objects.get()
    for place in (f"accounts/user/{person.pk}/change/", f"accounts/signin/{sign_in.pk}/change/"):
        html = signed_in(root).get(f"/admin/{place}").content.decode()
        assert "argon2" not in html
        assert person.password not in html
        assert sign_in.refresh_jti not in html


def test_staff_cannot_give_themselves_rights(staff):
    edit(signed_in(staff), staff, is_superuser="on", groups="1", user_permissions="1")
    staff.refresh_from_db()
    assert not staff.is_superuser


def test_staff_cannot_give_others_rights(staff, person):
    assert edit(signed_in(staff), person, is_staff="on", is_superuser="on", name="M").status_code == 302
    person.refresh_from_db()
    assert (person.is_staff, person.is_superuser, person.name) == (False, False, "M")


def test_staff_cannot_touch_an_administrator(staff, root):
    client = signed_in(staff)
    assert edit(client, root, name="x").status_code == 403
    new = {"password1": "a different long sentence", "password2": "a different long sentence"}
    assert (
        client.post(f"/admin/accounts/user/{root.pk}/password/", new | {"usable_password": "true"}).status_code == 403
    )
    assert client.post(f"/admin/accounts/user/{root.pk}/delete/", {"post": "yes"}).status_code == 403
    bulk = {"action": "delete_selected", "_selected_action": str(root.pk), "post": "yes"}
    client.post("/admin/accounts/user/", bulk)
    assert User.objects.filter(pk=root.pk).exists()
    root.refresh_from_db()
    assert root.check_password(PASSWORD)


def test_staff_cannot_touch_other_staff(staff, make_person):
    colleague = make_person(is_staff=True)
    assert edit(signed_in(staff), colleague, name="x").status_code == 403
    assert signed_in(staff).get(f"/admin/accounts/user/{colleague.pk}/password/").status_code == 403


def test_disabling_somebody_ends_everything_of_theirs_for_good(root, person, browser, program):
    program.sign_in(person.email)
    edit(signed_in(root), person, is_active=None)
    assert program.get("me").json()["code"] == "user_inactive"
    assert browser.get("/api/auth/me/").status_code == 401
    edit(signed_in(root), person)
    assert program.get("me").json()["code"] == "token_not_valid"
    assert browser.get("/api/auth/me/").status_code == 401


def test_an_administrator_can_set_a_password_which_ends_everything_signed_in(root, person, program):
    program.sign_in(person.email)
    new = {
        "password1": "a different long sentence",
        "password2": "a different long sentence",
        "usable_password": "true",
    }
    assert signed_in(root).post(f"/admin/accounts/user/{person.pk}/password/", new).status_code == 302
    assert program.get("me").status_code == 401
    assert program.post("login", {"email": person.email, "password": "a different long sentence"}).status_code == 200


def test_a_person_made_in_the_admin_chooses_a_password_by_mail(root, mailoutbox):
    form = {"email": "New@Example.org", "name": "New"}
    assert signed_in(root).post("/admin/accounts/user/add/", form).status_code == 302
    made = User.objects.get(email="new@example.org")
    assert not made.has_usable_password()
    Client().post("/accounts/password/reset/", {"email": "new@example.org"})
    assert len(mailoutbox) == 1


@pytest.mark.parametrize("email", ["maya@example.org", "MAYA@example.org", "m\u0430ya@example.org"])
def test_an_address_that_is_taken_or_looks_so_is_refused(root, person, email):
    answer = signed_in(root).post("/admin/accounts/user/add/", {"email": email, "name": ""})
    assert answer.status_code == 200
    assert User.objects.count() == 2


def test_a_sign_in_can_be_ended_but_not_changed(root, person, program):
    program.sign_in(person.email)
    sign_in = SignIn.objects.get()
    client = signed_in(root)
    assert client.post(f"/admin/accounts/signin/{sign_in.pk}/change/", {"client": "x"}).status_code == 403
    client.post("/admin/accounts/signin/", {"action": "end", "_selected_action": str(sign_in.pk)})
    assert program.get("me").status_code == 401


def test_the_list_cannot_be_filtered_by_secrets(root):
    answer = signed_in(root).get("/admin/accounts/signin/?user__password__startswith=argon2")
    assert answer.status_code == 400


def test_somebody_who_lost_their_rights_is_refused_at_the_next_step(staff):
    client = signed_in(staff)
    assert client.get("/admin/accounts/user/").status_code == 200
    User.objects.filter(pk=staff.pk).update(is_staff=False)
    assert client.get("/admin/accounts/user/", follow=True).status_code == 403


def test_a_name_with_markup_is_shown_as_text(root, make_person):
    make_person(name="<img src=x onerror=alert(1)>")
    html = signed_in(root).get("/admin/accounts/user/").content.decode()
    assert "<img src=x" not in html
    assert "&lt;img src=x" in html


def test_another_address_takes_the_place_of_all_others_and_the_old_one_is_told(
    root, person, django_capture_on_commit_callbacks
):
    EmailAddress.objects.create(user=person, email=person.email, primary=True, verified=True)
    EmailAddress.objects.create(user=person, email="waits@example.org", primary=False, verified=False)
    with django_capture_on_commit_callbacks(execute=True):
        assert edit(signed_in(root), person, email="other@example.org").status_code == 302
    kept = EmailAddress.objects.filter(user=person).values_list("email", "primary", "verified")
    assert list(kept) == [("other@example.org", True, False)]
    assert mail.outbox[-1].to == ["maya@example.org"] and "other@example.org" in mail.outbox[-1].body


def test_nobody_is_given_an_empty_password(root, person):
    before = person.password
    form = {"usable_password": "false", "password1": "", "password2": ""}
    answer = signed_in(root).post(f"/admin/accounts/user/{person.pk}/password/", form)
    person.refresh_from_db()
    assert answer.status_code == 200 and person.password == before


def test_the_last_administrator_stays_one(root, make_person):
    closed = make_person("closed@example.org", is_staff=True, is_superuser=True)
    browser, page = signed_in(root), f"/admin/accounts/user/{root.pk}"
    chosen = {"action": "delete_selected", "_selected_action": [str(root.pk), str(closed.pk)], "post": "yes"}
    assert browser.post("/admin/accounts/user/", chosen).status_code == 409
    people.deactivate(user=closed)
    rights = {"is_staff": "on", "is_superuser": "on"}
    for refused in (
        edit(browser, root, **rights, is_active=None),
        edit(browser, root, is_staff="on"),
        browser.post(f"{page}/delete/", {"post": "yes"}),
    ):
        assert (refused.status_code, "only administrator" in refused.content.decode()) == (409, True)
    root.refresh_from_db()
    assert root.is_active and root.is_superuser
    assert edit(browser, root, **rights, name="Root").status_code == 302
    with pytest.raises(LastAdministrator):
        people.deactivate(user=root)
