import uuid

import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404
from django.test import RequestFactory
from rest_framework import exceptions

from accounts.errors import TooManyAttempts
from chatsite import errors

from .conftest import PASSWORD

BROKEN = {
    "not JSON": b"{",
    "empty text": b'"',
    "NaN": b'{"email": NaN}',
    "Infinity": b'{"email": Infinity}',
    "lone surrogate": b'{"email": "\\ud800"}',
    "NUL": b'{"email": "a\\u0000b"}',
    "NUL in a name": b'{"\\u0000": 1}',
    "raw control character": b'{"email": "a\x00b"}',
    "not UTF-8": b'{"email": "\xff\xfe"}',
    "UTF-16": '{"email": "x"}'.encode("utf-16"),
    "10,000 levels": b'{"email": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "1,000 levels": b'{"email": ' + b"[" * 1_000 + b"]" * 1_000 + b"}",
    "a list": b"[]",
    "a number": b"5",
    "null": b"null",
    "a 5,000-digit integer": b'{"email": ' + b"9" * 5000 + b"}",
    "a huge float": b'{"email": 1e999}',
    "two values": b"{} {}",
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN.keys())
@pytest.mark.parametrize("path", ["login", "signup", "refresh", "password-reset"])
def test_broken_bodies_are_400_with_a_code_a_sentence_and_a_number(program, db, body, path):
    answer = program.post(path, body)
    assert answer.status_code == 400
    told = answer.json()
    assert told["code"] in {"bad_json", "invalid", "unknown_field", "invalid_character"}
    assert told["detail"]
    assert uuid.UUID(told["request_id"])


def test_the_number_of_the_request_is_in_its_header_too(program, db):
    answer = program.post("login", b"{")
    assert answer.json()["request_id"] == answer["X-Request-ID"]


def test_a_body_of_three_megabytes_is_413(program, db):
    answer = program.post("login", b'{"email": "' + b"x" * 3_000_000 + b'"}')
    assert answer.status_code == 413
    assert answer.json()["code"] == "too_large"


def test_text_that_only_looks_like_a_nul_is_kept(program, db):
    answer = program.post("signup", {"email": "maya@example.org", "password": PASSWORD, "name": "a\\u0000b"})
    assert answer.status_code == 201
    assert answer.json()["user"]["name"] == "a\\u0000b"


def test_a_wrong_method_is_405(program, db):
    answer = program.get("login")
    assert answer.status_code == 405
    assert answer.json()["code"] == "method_not_allowed"


def test_a_missing_field_is_named(program, db):
    answer = program.post("login", {"email": "maya@example.org"})
    assert answer.json()["fields"] == {"password": ["This field is required."]}
    assert "password" in answer.json()["detail"]


class Shaped(Exception):
    status, code, detail, extra = 409, "turn_running", "An answer is being written.", {"turn": "t"}


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Http404(), 404, "not_found"),
        (PermissionDenied(), 403, "forbidden"),
        (exceptions.NotFound(), 404, "not_found"),
        (exceptions.NotAcceptable(), 406, "not_acceptable"),
        (exceptions.ParseError(), 400, "bad_request"),
        (exceptions.Throttled(wait=7), 429, "too_many_requests"),
        (exceptions.ValidationError(["No."]), 400, "invalid"),
        (RequestDataTooBig(), 413, "too_large"),
        (SuspiciousOperation(), 400, "bad_request"),
        (OperationalError("connection to /secret/path refused"), 503, "unavailable"),
        (TooManyAttempts(retry_after=7), 429, "too_many_attempts"),
        (Shaped(), 409, "turn_running"),
    ],
)
def test_every_kind_of_error_has_one_shape(error, status, code):
    request = RequestFactory().get("/api/x/")
    request.id = "number"
    answer = errors.handler(error, {"request": request})
    assert answer.status_code == status
    assert answer.data["code"] == code
    assert answer.data["request_id"] == "number"
    assert isinstance(answer.data["detail"], str) and answer.data["detail"]
    assert "secret" not in answer.data["detail"]
    if status == 429:
        assert answer.headers["Retry-After"] == "7"


def test_what_an_error_adds_is_told():
    assert errors.handler(Shaped(), {"request": RequestFactory().get("/")}).data["turn"] == "t"


def test_nobody_hides_an_unforeseen_error():
    assert errors.handler(ZeroDivisionError(), {"request": RequestFactory().get("/")}) is None


VIEWS = [(errors.bad_request, 400), (errors.forbidden, 403), (errors.not_found, 404), (errors.csrf_failure, 403)]


@pytest.mark.parametrize(("view", "status"), [*VIEWS, (errors.server_error, 500)])
@pytest.mark.parametrize("path", ["/api/x/", "/v1/x"])
def test_programs_get_json(view, status, path):
    answer = view(RequestFactory().get(path))
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/json"


@pytest.mark.django_db
@pytest.mark.parametrize(("view", "status"), [*VIEWS, (errors.server_error, 500)])
def test_people_get_a_page(view, status, person):
    request = RequestFactory().get("/somewhere/")
    request.user = person
    answer = view(request)
    assert answer.status_code == status
    assert b"<h1>" in answer.content


@pytest.mark.parametrize("path", ["/api/x/", "/somewhere/"])
def test_a_database_that_cannot_be_reached_is_503_and_says_when_to_come_back(path):
    try:
        raise OperationalError("connection to /secret/path refused")
    except OperationalError:
        answer = errors.server_error(RequestFactory().get(path))
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    assert b"secret" not in answer.content
