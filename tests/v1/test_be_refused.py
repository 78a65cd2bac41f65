"""Errors come in each protocol's own shape, so that the official clients raise the right exception."""

import uuid

import anthropic
import httpx
import openai
import pytest

from tests.support.client import sign_up

pytestmark = pytest.mark.process

MESSAGES = [{"role": "user", "content": "Hi tokens=40"}]
BODY = {"model": "ollama/fast", "messages": MESSAGES}
CLAUDE_BODY = {**BODY, "max_tokens": 100}


def post(server, path: str, token: str | None, body=None, **options) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    headers |= options.pop("headers", {})
    if body is not None:
        options["json"] = body
    return httpx.post(f"{server.url}/v1/{path}", headers=headers, timeout=30, **options)


def gpt_error(response: httpx.Response) -> tuple[int, str, str]:
    """Return status, type and code of an error in OpenAI's shape."""
    assert set(response.json()) == {"error"}
    error = response.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    return response.status_code, error["type"], error["code"]


def claude_error(response: httpx.Response) -> tuple[int, str, str]:
    """Return status, type and code of an error in Anthropic's shape."""
    body = response.json()
    assert body["type"] == "error"
    assert body["request_id"] == response.headers["request-id"] == response.headers["x-request-id"]
    return response.status_code, body["error"]["type"], body["error"]["details"]["error_code"]


def test_a_token_that_is_not_valid(server):
    with pytest.raises(openai.AuthenticationError) as caught:
        openai.OpenAI(base_url=f"{server.url}/v1", api_key="sk-nobody", max_retries=0).chat.completions.create(**BODY)
    assert (caught.value.type, caught.value.code) == ("authentication_error", "token_not_valid")
    with pytest.raises(anthropic.AuthenticationError) as claudes:
        anthropic.Anthropic(base_url=server.url, api_key="sk-nobody", max_retries=0).messages.create(**CLAUDE_BODY)
    assert claudes.value.type == "authentication_error"


def test_no_token_at_all(server):
    assert gpt_error(post(server, "chat/completions", None, BODY))[:2] == (401, "authentication_error")
    answer = post(server, "messages", None, CLAUDE_BODY)
    assert claude_error(answer)[:2] == (401, "authentication_error")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_two_different_tokens(server, token, stranger):
    headers = {"x-api-key": stranger}
    assert gpt_error(post(server, "chat/completions", token, BODY, headers=headers))[::2] == (
        400,
        "ambiguous_credentials",
    )
    assert claude_error(post(server, "messages", token, CLAUDE_BODY, headers=headers))[0] == 400


def test_a_key_without_the_scope_to_chat(server, token):
    made = httpx.post(
        f"{server.url}/api/auth/keys/",
        json={"name": "reader", "scopes": ["read"]},
        headers={"Authorization": f"Bearer {token}"},
        timeout=30,
    )
    key = made.json()["key"]
    with pytest.raises(openai.PermissionDeniedError) as caught:
        openai.OpenAI(base_url=f"{server.url}/v1", api_key=key, max_retries=0).chat.completions.create(**BODY)
    assert caught.value.code == "insufficient_scope"
    with pytest.raises(anthropic.PermissionDeniedError):
        anthropic.Anthropic(base_url=server.url, api_key=key, max_retries=0).messages.create(**CLAUDE_BODY)


def test_a_model_that_does_not_exist(gpt, claude):
    with pytest.raises(openai.NotFoundError) as caught:
        gpt.chat.completions.create(model="gpt-12", messages=MESSAGES)
    assert (caught.value.type, caught.value.code) == ("invalid_request_error", "model_not_found")
    with pytest.raises(openai.NotFoundError):
        gpt.models.retrieve("gpt-12")
    with pytest.raises(anthropic.NotFoundError) as claudes:
        claude.messages.create(model="claude-99", max_tokens=10, messages=MESSAGES)
    assert claudes.value.type == "not_found_error"
    with pytest.raises(anthropic.NotFoundError):
        claude.messages.count_tokens(model="claude-99", messages=MESSAGES)


def test_a_model_that_is_busy(gpt, claude):
    with pytest.raises(openai.InternalServerError) as caught:
        gpt.chat.completions.create(model="openai/limited-429", messages=MESSAGES)
    assert (caught.value.status_code, caught.value.code) == (503, "model_busy")
    assert caught.value.response.headers["retry-after"] == "7"
    with pytest.raises(anthropic.OverloadedError) as claudes:
        claude.messages.create(model="ollama/busy-503", max_tokens=10, messages=MESSAGES)
    assert claudes.value.type == "overloaded_error"


@pytest.mark.parametrize(
    ("model", "status", "code"),
    [
        ("ollama/refuse-400", 400, "model_refused"),
        ("openai/unauthorised-401", 502, "model_misconfigured"),
        ("openai/forbidden-403", 502, "model_misconfigured"),
        ("openai/crash-500", 502, "model_error"),
        ("ollama/drop", 502, "model_interrupted"),
        ("ollama/error-first", 502, "model_error"),
        ("openai/garbage", 502, "model_protocol"),
        ("ollama/hang-headers", 504, "model_timeout_first_token"),
    ],
)
@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_a_model_server_that_fails_before_it_speaks(gpt, model, status, code, stream):
    with pytest.raises(openai.APIStatusError) as caught:
        gpt.chat.completions.create(model=model, messages=MESSAGES, stream=stream)
    assert (caught.value.status_code, caught.value.code) == (status, code)


def test_a_model_server_that_fails_in_the_middle_of_a_stream(gpt, claude, provider):
    heard = []
    with pytest.raises(openai.APIError) as caught:
        for chunk in gpt.chat.completions.create(model=f"{provider}/error-line", messages=MESSAGES, stream=True):
            heard.append(chunk.choices[0].delta.content or "")
    assert "".join(heard)
    assert (caught.value.type, caught.value.code) == ("server_error", "model_error")
    texts = []
    asked = {"model": f"{provider}/error-line", "max_tokens": 10, "messages": MESSAGES}
    with pytest.raises(anthropic.APIError) as claudes, claude.messages.stream(**asked) as stream:
        for text in stream.text_stream:
            texts.append(text)
    assert "".join(texts) == "".join(heard)
    assert claudes.value.type == "api_error"


def test_what_is_not_json(server, token):
    broken = {"content": b'{"model":', "headers": {"Content-Type": "application/json"}}
    assert gpt_error(post(server, "chat/completions", token, **broken)) == (400, "invalid_request_error", "bad_json")
    broken = {"content": b'{"model": "\xff"}', "headers": {"Content-Type": "application/json"}}
    assert claude_error(post(server, "messages", token, **broken)) == (400, "invalid_request_error", "bad_json")


@pytest.mark.parametrize("body", [[], "text", 7, None, True])
def test_json_that_is_no_object(server, token, body):
    assert gpt_error(post(server, "chat/completions", token, [body]))[0] == 400
    assert claude_error(post(server, "messages", token, [body]))[0] == 400


def test_characters_that_nobody_can_keep(server, token):
    for text in (r"\u0000", r"\ud800"):
        content = f'{{"model": "ollama/fast", "messages": [{{"role": "user", "content": "{text}"}}]}}'
        options = {"content": content, "headers": {"Content-Type": "application/json"}}
        assert gpt_error(post(server, "chat/completions", token, **options))[0] == 400


def test_another_method_or_content_type_or_address(server, token):
    headers = {"Authorization": f"Bearer {token}"}
    got = httpx.get(f"{server.url}/v1/chat/completions", headers=headers, timeout=30)
    assert gpt_error(got) == (405, "invalid_request_error", "method_not_allowed")
    assert claude_error(httpx.delete(f"{server.url}/v1/messages", headers=headers, timeout=30))[0] == 405
    form = {"content": "model=x", "headers": {"Content-Type": "application/x-www-form-urlencoded"}}
    assert gpt_error(post(server, "chat/completions", token, **form)) == (
        415,
        "invalid_request_error",
        "unsupported_media_type",
    )
    assert gpt_error(post(server, "embeddings", token, BODY))[::2] == (404, "not_found")
    claudes = {"anthropic-version": "2023-06-01"}
    assert claude_error(post(server, "complete", token, BODY, headers=claudes))[:2] == (404, "not_found_error")
    assert gpt_error(post(server, "chat/completions?verbose=1", token, BODY))[0] == 400


def test_a_body_that_is_too_large(server, token):
    huge = {"model": "ollama/fast", "messages": [{"role": "user", "content": "x" * 2_700_000}]}
    assert gpt_error(post(server, "chat/completions", token, huge))[::2] == (413, "too_large")
    huge["max_tokens"] = 1
    assert claude_error(post(server, "messages", token, huge))[:2] == (413, "request_too_large")


@pytest.mark.parametrize(
    "asked",
    [
        {"n": 2},
        {"logprobs": True},
        {"presence_penalty": 0.5},
        {"logit_bias": {"1": 2}},
        {"functions": [{"name": "f"}]},
        {"modalities": ["audio"]},
        {"temperature": 3},
        {"max_tokens": 0},
        {"stop": [""]},
        {"tools": [{"type": "custom", "custom": {"name": "x"}}]},
        {"extra_body": {"top_k": 5}},
    ],
    ids=lambda asked: next(iter(asked)),
)
def test_openais_client_is_told_which_field_cannot_be_used(gpt, asked):
    with pytest.raises(openai.BadRequestError) as caught:
        gpt.chat.completions.create(**BODY, **asked)
    assert caught.value.type == "invalid_request_error"
    assert caught.value.param.startswith(next(iter(asked)).replace("extra_body", "top_k"))


@pytest.mark.parametrize(
    "asked",
    [
        {"tools": [{"type": "web_search_20250305", "name": "web_search"}]},
        {"max_tokens": 0},
        {"extra_body": {"top_k": 5}},
        {"extra_body": {"novelty": 1}},
        {"messages": [*MESSAGES, {"role": "assistant", "content": "I think"}]},
        {"messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_9"}]}]},
    ],
    ids=["server tool", "max_tokens", "top_k", "unknown", "prefill", "result without call"],
)
def test_anthropics_client_is_told_what_cannot_be_used(claude, asked):
    with pytest.raises(anthropic.BadRequestError) as caught:
        claude.messages.create(**{**CLAUDE_BODY, **asked})
    assert caught.value.type == "invalid_request_error"


def test_a_quota_that_is_used_up(server):
    email = f"{uuid.uuid4().hex[:12]}@example.org"
    token = sign_up(server.url, email)
    code = f"""
from accounts.models import User
from conversations.models import Quota
Quota.objects.create(user=User.objects.get(email="{email}"), requests_per_minute=1)
"""
    server.manage("shell", "--no-imports", "-c", code)
    gpt = openai.OpenAI(base_url=f"{server.url}/v1", api_key=token, max_retries=0)
    claude = anthropic.Anthropic(base_url=server.url, api_key=token, max_retries=0)
    assert gpt.chat.completions.create(**BODY).choices
    with pytest.raises(openai.RateLimitError) as caught:
        gpt.chat.completions.create(**BODY)
    assert caught.value.type == "rate_limit_error"
    assert 0 < int(caught.value.response.headers["retry-after"]) <= 60
    with pytest.raises(anthropic.RateLimitError) as claudes:
        claude.messages.create(**CLAUDE_BODY)
    assert claudes.value.type == "rate_limit_error"
