"""Web front ends elsewhere: those named in FRONTEND_ORIGINS may call the API with a token, others may not."""

import pytest

pytestmark = pytest.mark.django_db

FRIEND = "https://app.example.org"
SENT = "authorization, content-type, idempotency-key, if-match, if-none-match, last-event-id, x-api-key"


@pytest.fixture(autouse=True)
def friend(settings):
    settings.CORS_ALLOWED_ORIGINS = [FRIEND]


def preflight(program, origin: str, path: str = "/api/conversations/"):
    headers = {
        "origin": origin,
        "access-control-request-method": "PATCH",
        "access-control-request-headers": SENT,
    }
    return program.client.options(path, headers=headers)


@pytest.mark.parametrize("path", ["/api/conversations/", "/api/auth/login/", "/v1/chat/completions"])
def test_a_preflight_allows_the_headers_that_are_read(anonymous, path):
    answer = preflight(anonymous, FRIEND, path)
    assert answer.status_code == 200
    assert answer["Access-Control-Allow-Origin"] == FRIEND
    assert set(SENT.split(", ")) <= set(answer["Access-Control-Allow-Headers"].split(", "))
    assert {"GET", "POST", "PATCH", "DELETE"} <= set(answer["Access-Control-Allow-Methods"].split(", "))
    # A token is sent on purpose; a cookie would be sent by any page.
    assert "Access-Control-Allow-Credentials" not in answer


def test_the_headers_that_matter_can_be_read(program, talk):
    answer = program.get(f"conversations/{talk.conversation_id}/", origin=FRIEND)
    assert answer["Access-Control-Allow-Origin"] == FRIEND
    exposed = set(answer["Access-Control-Expose-Headers"].split(", "))
    assert {"ETag", "Retry-After", "X-Request-ID", "Idempotent-Replayed"} <= exposed


def test_an_error_can_be_read_too(anonymous):
    answer = anonymous.get("conversations/", origin=FRIEND)
    assert answer.status_code == 401
    assert answer["Access-Control-Allow-Origin"] == FRIEND


@pytest.mark.parametrize(
    "origin", ["https://evil.example.org", "null", f"{FRIEND}.evil.example", "http://app.example.org"]
)
def test_a_foreign_origin_gets_no_leave(program, origin):
    assert "Access-Control-Allow-Origin" not in preflight(program, origin)
    assert "Access-Control-Allow-Origin" not in program.get("conversations/", origin=origin)


def test_pages_are_not_for_other_origins(program):
    assert "Access-Control-Allow-Origin" not in preflight(program, FRIEND, "/chat/")
