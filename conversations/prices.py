"""What a model costs today: what an administrator set, else what genai-prices knows, else nobody knows."""

import ipaddress
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlsplit

from django.conf import settings

from llm.values import Usage

from .models import ModelPrice
from .models.usage import PRICED_TOKENS

# Models that run on one's own machines cost nothing per token, unless an administrator says otherwise.
OWN_PROVIDERS = frozenset({"ollama", "local", "demo", "scripted"})
OWN_DOMAINS = (".local", ".localhost", ".internal", ".lan")
FREE = Decimal(0)
# What a column of the ledger can hold; a higher cost is a mistake in somebody's price, and counts as unknown.
COST_LIMIT = Decimal(10) ** 10
COST_STEP = Decimal("0.0000000001")


@dataclass(frozen=True, slots=True)
class Price:
    """What one call costs, and the prices for a million tokens that it was reckoned with; None where nobody knows."""

    cost: Decimal | None = None
    prompt: Decimal | None = None
    cached: Decimal | None = None
    completion: Decimal | None = None
    currency: str = "USD"


def of(*, provider: str, model: str, usage: Usage) -> Price:
    """Return today's price of a call of a model, named by its id, such as "openai/gpt-5-mini".

    The first look at published prices takes a quarter of a second: not for the event loop, nor for a transaction.
    """
    own = ModelPrice.objects.filter(model=model).first()
    if own is not None:
        return _reckon(
            usage, own.prompt, own.prompt if own.cached is None else own.cached, own.completion, own.currency
        )
    if provider in OWN_PROVIDERS or (provider == "openai" and _is_own(settings.LLM["openai_base_url"])):
        return _reckon(usage, FREE, FREE, FREE, settings.CURRENCY)
    if provider == "openai":
        return _published(model.partition("/")[2] or model, usage)
    return Price()


def _reckon(usage: Usage, prompt: Decimal, cached: Decimal, completion: Decimal, currency: str) -> Price:
    again = min(usage.cached_tokens, usage.prompt_tokens)
    total = prompt * (usage.prompt_tokens - again) + cached * again + completion * usage.completion_tokens
    return Price(_kept(total / PRICED_TOKENS), prompt, cached, completion, currency)


def _published(name: str, usage: Usage) -> Price:
    # 30 MB, and needed only where a server's prices are published.
    import genai_prices
    from genai_prices.types import TieredPrices

    def for_this_call(price) -> Decimal | None:
        if not isinstance(price, TieredPrices):
            return price
        reached = [tier.price for tier in price.tiers if usage.prompt_tokens > tier.start]
        return reached[-1] if reached else price.base

    counts = genai_prices.Usage(
        input_tokens=usage.prompt_tokens,
        cache_read_tokens=min(usage.cached_tokens, usage.prompt_tokens),
        output_tokens=usage.completion_tokens,
    )
    try:
        found = genai_prices.calc_price(counts, name, provider_api_url=settings.LLM["openai_base_url"])
    except (LookupError, ValueError):
        return Price()
    prices = found.model_price
    prompt, completion = for_this_call(prices.input_mtok), for_this_call(prices.output_mtok)
    if prompt is None or completion is None:
        return Price()
    cached = for_this_call(prices.cache_read_mtok)
    return Price(_kept(found.total_price), prompt, prompt if cached is None else cached, completion)


def _kept(cost: Decimal) -> Decimal | None:
    return cost.quantize(COST_STEP) if cost < COST_LIMIT else None


def _is_own(address: str) -> bool:
    """Whether a server is on this machine or in this house, by its address alone."""
    host = (urlsplit(address).hostname or "").lower()
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        # A name without a dot is one of this network, such as a neighbour's in compose.yaml.
        return bool(host) and ("." not in host or host.endswith(OWN_DOMAINS))
