"""Every call of a model is in the ledger, however it ended, and one that nobody reads is ended at once."""

import signal
import sqlite3
import threading
import time
import uuid

import httpx
import openai
import pytest

from tests.durability.site import wait_for_models
from tests.support.client import sign_up
from tests.support.server import Server

pytestmark = pytest.mark.process

MESSAGES = [{"role": "user", "content": "What grows in the garden? tokens=60"}]
PATIENCE_SECONDS = 60


class Account:
    """One person of their own, with a client and the entries of the ledger that are theirs."""

    def __init__(self, server) -> None:
        self.server = server
        self.email = f"{uuid.uuid4().hex[:12]}@example.org"
        self.token = sign_up(server.url, self.email)
        self.gpt = openai.OpenAI(base_url=f"{server.url}/v1", api_key=self.token, max_retries=0)

    def entries(self, count: int) -> list[tuple]:
        """Return outcome, tokens and how they were counted of each call, once there are so many."""
        query = """
            SELECT outcome, prompt_tokens, completion_tokens, counted, conversation_id, purpose
            FROM conversations_usageentry AS entry JOIN accounts_user AS user ON user.id = entry.user_id
            WHERE user.email = ? ORDER BY entry.id"""
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            with sqlite3.connect(f"{self.server.environment['DATA_DIR']}/chatsite.sqlite3", timeout=20) as database:
                found = database.execute(query, (self.email,)).fetchall()
            if len(found) >= count or time.monotonic() > end:
                return found
            time.sleep(0.05)


@pytest.fixture
def account(server) -> Account:
    return Account(server)


def wait_until(condition) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_whole_and_streamed_answers_are_entered_with_the_servers_own_counts(account, provider):
    usage = account.gpt.chat.completions.create(model=f"{provider}/fast", messages=MESSAGES).usage
    list(account.gpt.chat.completions.create(model=f"{provider}/fast", messages=MESSAGES, stream=True))
    entry = ("completed", usage.prompt_tokens, usage.completion_tokens, "exact", None, "chat")
    assert account.entries(2) == [entry, entry]


def test_an_answer_that_fails_is_entered_as_what_it_was(account):
    for model in ("ollama/busy-503", "ollama/error-line"):
        with pytest.raises(openai.APIError):
            account.gpt.chat.completions.create(model=model, messages=MESSAGES)
    refused, broken = account.entries(2)
    assert refused[:4] == ("failed", 0, 0, "estimated")
    assert broken[0] == "interrupted"
    assert broken[2] == 30


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
def test_a_client_that_goes_away_ends_the_request_at_once(account, fake, stream):
    body = {"model": "ollama/paced-10", "messages": MESSAGES, "stream": stream}
    headers = {"Authorization": f"Bearer {account.token}"}
    before = len(fake.seen())
    with httpx.Client(timeout=httpx.Timeout(30, read=None if stream else 1.5)) as client:
        address = f"{account.server.url}/v1/chat/completions"
        if stream:
            with client.stream("POST", address, json=body, headers=headers) as answer:
                next(answer.iter_lines())
        else:
            with pytest.raises(httpx.ReadTimeout):
                client.post(address, json=body, headers=headers)
    went = time.monotonic()
    wait_until(lambda: fake.seen()[before]["ended"])
    assert fake.seen()[before]["ended"] == "client gone"
    assert time.monotonic() - went < 2
    [entry] = account.entries(1)
    assert entry[0] == "stopped"
    assert entry[3] == "estimated"


def test_a_turn_of_a_conversation_is_entered_once_and_under_it(account):
    conversation = uuid.uuid4()
    headers = {"X-Conversation-Id": str(conversation)}
    account.gpt.chat.completions.create(model="ollama/fast", messages=MESSAGES, extra_headers=headers)
    [entry] = account.entries(1)
    assert entry[0] == "completed"
    assert uuid.UUID(entry[4]) == conversation


def limit(account: Account, **quota) -> None:
    fields = ", ".join(f"{name}={value}" for name, value in quota.items())
    code = f"""
from accounts.models import User
from conversations.models import Quota
Quota.objects.create(user=User.objects.get(email="{account.email}"), {fields})
"""
    account.server.manage("shell", "--no-imports", "-c", code)


def test_an_answer_ends_where_the_budget_does(account):
    limit(account, tokens_per_day=60)
    answer = account.gpt.chat.completions.create(model="ollama/paced-200", messages=MESSAGES)
    assert answer.choices[0].finish_reason == "length"
    [entry] = account.entries(1)
    assert entry[:4] == ("stopped", answer.usage.prompt_tokens, answer.usage.completion_tokens, "estimated")
    assert answer.usage.completion_tokens > 0
    with pytest.raises(openai.RateLimitError) as caught:
        account.gpt.chat.completions.create(model="ollama/fast", messages=MESSAGES)
    assert (caught.value.type, caught.value.code) == ("insufficient_quota", "budget_exceeded")
    assert caught.value.response.headers["x-should-retry"] == "false"


def test_one_person_has_so_many_calls_at_once_and_a_few_that_wait(account, fake):
    limit(account, concurrent_turns=1)
    before = len(fake.seen())
    ended: list[object] = []

    def call() -> None:
        try:
            ended.append(account.gpt.chat.completions.create(model="ollama/paced-50", messages=MESSAGES).id)
        except openai.RateLimitError as error:
            ended.append(error.code)

    callers = [threading.Thread(target=call) for _ in range(6)]
    for caller in callers:
        caller.start()
        time.sleep(0.1)
    # One goes on and three wait, as the server is set; two are too many.
    wait_until(lambda: ended.count("too_many_generations") == 2)
    assert len(fake.seen()) - before == 1
    for caller in callers:
        caller.join(30)
    assert len(ended) == 6
    assert len(account.entries(4)) == 4


def test_answers_are_entered_when_the_server_goes_down(tmp_path, fake):
    server = Server(folder=tmp_path, OLLAMA_BASE_URL=fake.url)
    try:
        server.start("--no-jobs")
        wait_for_models(server)
        account = Account(server)
        stream = iter(account.gpt.chat.completions.create(model="ollama/paced-10", messages=MESSAGES, stream=True))
        next(stream)
        server.process.send_signal(signal.SIGTERM)
        with pytest.raises(openai.APIError, match="restarted"):
            list(stream)
        server.process.wait(40)
        [entry] = account.entries(1)
        assert entry[0] == "interrupted"
        assert entry[2] > 0
    finally:
        server.close()
