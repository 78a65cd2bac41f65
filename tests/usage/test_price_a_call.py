"""What a call costs: an administrator's price, else the published one, else nobody knows."""

from decimal import Decimal

import pytest

from conversations import ledger, prices
from conversations.models import ModelPrice, UsageEntry
from llm.meter import Measured
from llm.values import Usage

pytestmark = pytest.mark.django_db

OPENAI = "https://api.openai.com/v1"
MILLION = 1_000_000


@pytest.fixture
def at(settings):
    """Says where the server of OpenAI's protocol is."""

    def place(address: str) -> None:
        settings.LLM = settings.LLM | {"openai_base_url": address}

    return place


def price(model: str, prompt: int = MILLION, completion: int = MILLION, cached: int = 0) -> prices.Price:
    return prices.of(provider=model.partition("/")[0], model=model, usage=Usage(prompt, completion, cached))


@pytest.mark.parametrize("model", ["ollama/qwen3:8b", "demo/demo", "scripted/scripted"])
def test_a_model_of_ones_own_costs_nothing(model):
    assert price(model).cost == 0


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:8080/v1", "http://[::1]/v1", "http://localhost/v1", "http://10.0.0.7/v1", "http://vllm:8000/v1"],
)
def test_a_server_in_the_house_costs_nothing(at, address):
    at(address)
    assert price("openai/some-model").cost == 0


def test_a_published_price_is_found_by_the_servers_address(at):
    at(OPENAI)
    found = price("openai/gpt-4o-mini")
    assert (found.prompt, found.completion, found.currency) == (Decimal("0.15"), Decimal("0.6"), "USD")
    assert found.cost == Decimal("0.75")


def test_the_part_of_a_prompt_that_is_not_read_anew_is_cheaper(at):
    at(OPENAI)
    found = price("openai/gpt-4o-mini", cached=MILLION, completion=0)
    assert found.cost == found.cached == Decimal("0.075")


def test_a_price_that_rises_with_the_prompt_is_that_of_this_prompt(at):
    at("https://generativelanguage.googleapis.com/v1beta/openai")
    short, long = price("openai/gemini-2.5-pro", prompt=1000), price("openai/gemini-2.5-pro", prompt=300_000)
    assert short.prompt < long.prompt
    assert short.completion < long.completion
    for found, prompt in ((short, 1000), (long, 300_000)):
        assert found.cost == (found.prompt * prompt + found.completion * MILLION) / MILLION


@pytest.mark.parametrize(
    ("address", "model"), [("https://models.example.org/v1", "openai/gpt-4o-mini"), (OPENAI, "openai/unheard-of")]
)
def test_a_price_that_nobody_knows_is_none_and_not_nothing(at, address, model):
    at(address)
    assert price(model) == prices.Price(None, None, None, None)


def test_a_call_of_an_unknown_model_has_no_price():
    assert prices.of(provider="", model="", usage=Usage(1, 1)).cost is None


def test_an_administrators_price_comes_first(at):
    at(OPENAI)
    ModelPrice.objects.create(model="openai/gpt-4o-mini", prompt=2, cached=1, completion=4, currency="EUR")
    found = price("openai/gpt-4o-mini", cached=MILLION // 2)
    assert (found.cost, found.currency) == (Decimal("5.5"), "EUR")


def test_without_a_price_of_its_own_the_cached_part_costs_as_much_as_the_rest():
    ModelPrice.objects.create(model="ollama/qwen3:8b", prompt=2, completion=4)
    assert price("ollama/qwen3:8b", cached=MILLION).cost == 6


def test_small_amounts_are_kept_to_the_last_digit():
    ModelPrice.objects.create(model="ollama/qwen3:8b", prompt=Decimal("0.0123"), completion=Decimal("0.1"))
    assert price("ollama/qwen3:8b", prompt=1, completion=3).cost == Decimal("0.0000003123")


def test_a_cost_that_no_column_holds_is_unknown(alice):
    ModelPrice.objects.create(model="ollama/gold", prompt=9 * 10**9, completion=0)
    measured = Measured(Usage(2**31 - 1, 0), first_token_ms=None, total_ms=0)
    ledger.enter([ledger.Call("ollama", "ollama/gold", measured)], user_id=alice.pk)
    assert UsageEntry.objects.get().cost is None


def test_an_entry_keeps_the_prices_of_its_day(alice):
    own = ModelPrice.objects.create(model="ollama/fast", prompt=1, completion=2, currency="EUR")
    measured = Measured(Usage(MILLION, MILLION), first_token_ms=None, total_ms=0)
    ledger.enter([ledger.Call("ollama", "ollama/fast", measured)], user_id=alice.pk)
    own.prompt = 100
    own.save()
    entry = UsageEntry.objects.get()
    assert (entry.prompt_price, entry.cached_price, entry.completion_price) == (1, 1, 2)
    assert (entry.cost, entry.currency) == (3, "EUR")
