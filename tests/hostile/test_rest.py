"""What can be sent to every call of the API is sent to every call: it fails nowhere, changes nothing and says why."""

import time
import uuid

import pytest
from django.db import transaction
from django.test import Client

from accounts import tokens
from tests.hostile.calls import CALLS, NOTHING, SENDING, Call, code_of, send
from tests.schema.conftest import kept

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("one_connection")]

# On a busy machine, for what takes milliseconds.
SLOW_SECONDS = 1.0
LEVELS = 10_000
UNREADABLE = {
    "lists in lists": b'{"text":' + b"[" * LEVELS + b"]" * LEVELS + b"}",
    "objects in objects": b'{"text":' * LEVELS + b"1" + b"}" * LEVELS,
    "a bracket that never closes": b"[" * LEVELS,
    "NaN": b'{"text": NaN}',
    "Infinity": b'{"text": -Infinity}',
    "a number past all numbers": b'{"text": 1e999}',
    "an integer of 5,000 digits": b'{"text": ' + b"9" * 5000 + b"}",
    "half of a surrogate pair": b'{"text": "\\ud800"}',
    "half of a surrogate pair in a name": b'{"\\udc00": 1}',
    "a NUL": b'{"text": "a\\u0000b"}',
    "a NUL in a name": b'{"a\\u0000b": 1}',
    "a NUL deep inside": b'{"text": [[{"a": ["\\u0000"]}]]}',
    "bytes that are no text": b'{"text": "\xff\xfe"}',
    "an encoded surrogate": b'{"text": "\xed\xa0\x80"}',
    "UTF-16": '{"text": "Hello"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"text": "Hello"}',
    "two values": b'{"text": "Hello"} {}',
    "a comment": b'{"text": "Hello" /* or not */}',
    "JavaScript": b"{text: 'Hello'}",
    "half of it": b'{"text": "Hel',
    "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\xae\x05\x00C\xbf\xa6\xa3\x02\x00\x00\x00",
}
NO_OBJECTS = [b"[]", b'"text"', b"5", b"null", b"true", b"[{}]"]
NOT_ONES_OWN = [
    "owner",
    "user_id",
    "is_staff",
    "is_superuser",
    "created_at",
    "status",
    "cost",
    "base_url",
    "deleted_at",
    "api_key",
    "conversation__owner",
    "__proto__",
    "",
]
OTHER_KINDS = [
    "text/plain",
    "text/plain; charset=utf-8",
    "application/x-www-form-urlencoded",
    "application/xml",
    "application/jsonp",
    "text/json",
    "application/merge-patch+json",
    "nonsense",
    "*/*",
    "application/*",
]
NESTED: dict = {}
for _ in range(100):
    NESTED = {"a": NESTED}
STRANGE_VALUES = [None, True, -1, 1e308, 2**63, [], ["x"], {}, NESTED, "x" * 1_000_000, "a\u202eb\u0007", ""]
STRANGE_PARAMETERS = [
    "owner__password__startswith=a",
    "owner=1",
    "user_id=1",
    "format=api",
    "offset=1000000000000000000",
    "data__a'->>'b=1",
    "a%22b=1",
    "__class__=1",
    "%00=1",
    "%FF=1",
    "x" * 4000 + "=1",
    "=1",
    "verbose",
]
OTHER_METHODS = ["TRACE", "PROPFIND", "MOVE", "GETX", "PUT"]
LONG_HEADERS = {
    "quotes": '"' * 50_000,
    "commas": "," * 50_000,
    "blanks": " \t" * 25_000 + "x",
    "tags": '"a", ' * 10_000 + "b",
    "open tags": '"a"\t ' * 10_000,
    "kinds": "a/b;q=0.1," * 5_000,
    "parameters": "a/b;" + "c=d;" * 12_000,
    "languages": "en-GB;q=0.5," * 4_000,
    "cookies": "a=b; " * 10_000,
    "letters": "a" * 50_000,
    "dashes": "-" * 50_000,
    "digits": "1" * 50_000,
    "colons": ":" * 50_000,
    "other bytes": "\xff\xfe" * 20_000,
}
HEADERS = [
    "accept",
    "accept-encoding",
    "accept-language",
    "authorization",
    "content_type",
    "cookie",
    "idempotency-key",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "last-event-id",
    "origin",
    "range",
    "referer",
    "user-agent",
    "x-api-key",
    "x-conversation-id",
    "x-csrftoken",
    "x-forwarded-for",
    "x-request-id",
]


@pytest.fixture
def program(alice) -> Client:
    """Alice's program."""
    token = tokens.issue(user=alice).access
    return Client(raise_request_exception=False, headers={"authorization": f"Bearer {token}"})


@pytest.fixture(autouse=True)
def _nobody_counts(monkeypatch):
    """Attempts are limited elsewhere; here every call is to be looked at."""
    monkeypatch.setattr("accounts.throttles.consume", lambda *args, **options: None)
    monkeypatch.setattr("accounts.throttles.check", lambda *args, **options: None)


def wrong(calls: list[Call], answer_to, expected) -> list[str]:
    """Return the calls whose answer is not as expected, with what it was; what an answer changed is undone."""
    found = []
    for call in calls:
        with transaction.atomic():
            answer = answer_to(call)
            transaction.set_rollback(True)
        said = "" if answer.streaming else answer.content[:200]
        if not expected(call, answer):
            found.append(f"{call}: {answer.status_code} {said!r}")
    return found


def refused(*statuses: int, codes: set[str] | None = None):
    """Return whether an answer is one of these refusals, in the shape that its call has for errors."""

    def expected(call: Call, answer) -> bool:
        if answer.status_code not in statuses or answer.headers["Content-Type"] != "application/json":
            return False
        return codes is None or code_of(answer) in codes

    return expected


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_no_json_is_400_everywhere(program, things, body):
    before = kept()
    began = time.process_time()
    assert (
        wrong(
            SENDING,
            lambda call: send(program, call, things, body),
            refused(400, codes={"bad_json", "invalid_character"}),
        )
        == []
    )
    assert time.process_time() - began < SLOW_SECONDS * len(SENDING)
    assert kept() == before


@pytest.mark.parametrize("body", NO_OBJECTS)
def test_json_that_is_no_object_is_400_everywhere(program, things, body):
    assert wrong(SENDING, lambda call: send(program, call, things, body), refused(400)) == []


@pytest.mark.parametrize("name", NOT_ONES_OWN)
def test_no_call_takes_a_field_that_is_not_ones_own_to_set(program, things, name):
    before = kept()
    found = wrong(
        SENDING,
        lambda call: send(program, call, things, {**call.body, name: "1"}),
        lambda call, answer: refused(400, codes=None if call.protocol else {"unknown_field"})(call, answer),
    )
    assert found == []
    assert kept() == before


@pytest.mark.parametrize("value", STRANGE_VALUES, ids=lambda value: repr(value)[:12])
def test_every_field_of_every_call_survives_any_value(program, things, value):
    # Some of these are right for some fields; what is not is told, and none is a fault.
    for name in sorted({name for call in SENDING for name in call.body}):
        calls = [call for call in SENDING if name in call.body]
        found = wrong(
            calls,
            lambda call, name=name: send(program, call, things, {**call.body, name: value}),
            lambda call, answer: answer.status_code < 500 or code_of(answer) == "unavailable",
        )
        assert found == []


@pytest.mark.parametrize("value", [NESTED, "x" * 1_000_000, ["light"], 5])
def test_preferences_are_short_words_and_nothing_else(program, things, value):
    (call,) = [call for call in SENDING if str(call) == "PATCH api_me"]
    for name in ("name", "theme"):
        answer = send(program, call, things, {name: value})
        assert (answer.status_code, code_of(answer)) == (400, "invalid")
        assert len(answer.content) < 1000


@pytest.mark.parametrize("kind", OTHER_KINDS)
def test_json_under_another_name_is_415_everywhere(program, things, kind):
    before = kept()
    found = wrong(
        SENDING,
        lambda call: send(program, call, things, content_type=kind),
        refused(415, codes={"unsupported_media_type"}),
    )
    assert found == []
    assert kept() == before


@pytest.mark.parametrize("query", STRANGE_PARAMETERS, ids=lambda query: query[:20])
def test_no_call_passes_over_a_parameter_that_it_does_not_know(program, things, query):
    before = kept()
    found = wrong(
        CALLS,
        lambda call: send(program, call, things, query=("&" if "?" in call.path(things) else "?") + query),
        refused(400, codes={"unknown_filter", "unknown_parameter", "invalid"}),
    )
    assert found == []
    assert kept() == before


@pytest.mark.parametrize("method", OTHER_METHODS)
def test_a_method_that_is_not_there_is_405_everywhere(program, things, method):
    known = {(call.name, call.method) for call in CALLS}
    others = [Call(call.name, method, {}) for call in CALLS if (call.name, method) not in known]
    before = kept()
    found = wrong(
        others,
        lambda call: send(program, call, things),
        lambda call, answer: refused(405)(call, answer) and "Allow" in answer,
    )
    assert found == []
    assert kept() == before


@pytest.mark.parametrize("name", ["x-http-method-override", "x-http-method", "x-method-override"])
def test_a_method_is_what_it_is_and_not_what_a_header_says(program, things, name):
    reading = [call for call in CALLS if call.method == "GET"]
    before = kept()
    for call in reading:
        send(program, call, things, **{name: "DELETE"})
    after = kept()
    # What was taken along is on record.
    taken = set(after.pop("accounts.AuditEntry")) - set(before.pop("accounts.AuditEntry"))
    assert not [entry for entry in taken if "exported" not in entry]
    assert after == before


@pytest.mark.parametrize("body", [b"", b"null", b"{", b"\xff", b"[" * LEVELS])
def test_whatever_comes_with_a_delete_it_deletes_or_says_why_not(program, things, body):
    deleting = [call for call in CALLS if call.method == "DELETE"]
    assert deleting
    assert (
        wrong(
            deleting,
            lambda call: send(program, call, things, body),
            lambda call, answer: answer.status_code in {204, 400},
        )
        == []
    )


@pytest.mark.parametrize("call", [call for call in CALLS if not call.protocol and call.method != "GET"], ids=str)
def test_without_its_last_slash_a_call_is_told_its_address_and_changes_nothing(program, things, call):
    before = kept()
    right = call.path(things)
    answer = send(program, call, things, path=right.rstrip("/"))
    assert (answer.status_code, code_of(answer)) == (404, "not_found")
    assert right in answer.json()["detail"]
    assert answer.json()["request_id"] == answer["X-Request-ID"]
    assert kept() == before


def test_whoever_only_reads_is_led_to_the_address_with_its_slash(program):
    answer = program.get("/api/conversations?page_size=5")
    assert (answer.status_code, answer["Location"]) == (301, "/api/conversations/?page_size=5")


def test_an_address_that_is_none_names_no_other(program):
    answer = program.post("/api/conversation", {}, content_type="application/json")
    assert answer.status_code == 404
    assert "/api/" not in answer.json()["detail"]


def test_nothing_that_is_answered_may_be_kept_by_a_cache(program, things, client):
    def is_private(call: Call, answer) -> bool:
        return {"no-store", "private"} <= {word.strip() for word in answer["Cache-Control"].split(",")}

    assert wrong(CALLS, lambda call: send(program, call, things), is_private) == []
    assert wrong(CALLS, lambda call: send(program, call, NOTHING), is_private) == []
    assert wrong(CALLS, lambda call: send(client, call, things), is_private) == []
    assert wrong(SENDING, lambda call: send(program, call, things, b"{"), is_private) == []


def test_a_page_elsewhere_cannot_send_with_somebodys_cookie(alice, things):
    browser = Client(enforce_csrf_checks=True, raise_request_exception=False)
    browser.force_login(alice)
    before = kept()
    changing = [call for call in CALLS if call.method != "GET" and not call.entrance]
    assert wrong(changing, lambda call: send(browser, call, things), refused(403, codes={"csrf_failed"})) == []
    # What a form or a script could send without asking first.
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        answers = refused(403, 415)
        assert wrong(changing, lambda call, kind=kind: send(browser, call, things, content_type=kind), answers) == []
    assert kept() == before


@pytest.mark.parametrize("value", LONG_HEADERS.values(), ids=LONG_HEADERS)
def test_no_header_is_so_strange_that_it_takes_long_or_fails(program, things, value):
    names = {"PATCH api_conversation-detail", "GET api_conversation-detail", "GET api_stream", "GET v1_models"}
    calls = [call for call in CALLS if str(call) in names]
    assert len(calls) == len(names)
    for header in HEADERS:
        began = time.process_time()
        found = wrong(
            calls,
            lambda call, header=header: send(program, call, things, **{header: value}),
            lambda call, answer: answer.status_code < 500 or code_of(answer) == "unavailable",
        )
        assert (header, found) == (header, [])
        assert time.process_time() - began < SLOW_SECONDS * len(calls), header


@pytest.mark.parametrize(
    "name",
    [
        "{id}%00",
        "{id}%0a",
        "{{{id}}}",
        "..%2f{id}",
        "{id};a=b",
        "%F0%9F%98%80",
        "1",
        "x' OR '1'='1",
        "a" * 4000,
        str(uuid.UUID(int=1)),
    ],
)
def test_an_id_that_is_none_is_404_everywhere(program, things, talk, name):
    ours = str(talk.conversation_id)
    calls = [call for call in CALLS if ours in call.path(things) and str(call) != "POST api_ask"]
    assert len(calls) > 5
    asked = name.format(id=ours)
    assert (
        wrong(
            calls,
            lambda call: send(program, call, things, path=call.path(things).replace(ours, asked)),
            refused(404, codes={"not_found"}),
        )
        == []
    )
