"""Which models are offered, and how little asking that takes."""

import asyncio
import time

import pytest

from llm import catalog as catalogs
from llm.catalog import Catalog
from llm.config import Config, from_settings
from llm.errors import ModelError
from llm.providers.ollama import OllamaProvider
from llm.providers.openai import OpenAIProvider
from llm.values import Message, Model, Options

from .conftest import KEY


class Shelf:
    """A provider with models, or with trouble."""

    def __init__(self, name: str, *models: str, delay: float = 0, error: Exception | None = None) -> None:
        self.name = name
        self.names = models
        self.delay = delay
        self.error = error
        self.asked = 0

    async def models(self) -> list[Model]:
        self.asked += 1
        await asyncio.sleep(self.delay)
        if self.error:
            raise self.error
        return [Model(f"{self.name}/{name}", name, self.name, frozenset({"completion"}), 4096) for name in self.names]

    async def close(self) -> None:
        self.closed = True


def shelves(*providers: Shelf, **config) -> Catalog:
    catalog = Catalog(Config(**config))
    catalog.providers = {provider.name: provider for provider in providers}
    return catalog


def paths(fake) -> list[str]:
    return [seen.path for seen in fake.seen]


@pytest.fixture
async def both(fake):
    config = Config(ollama_base_url=fake.url, openai_base_url=fake.openai_url, openai_api_key=KEY)
    catalog = Catalog(config)
    yield catalog
    await catalog.close()


async def test_the_models_of_every_server_are_offered(both):
    listing = await both.refresh()
    ids = {model.id for model in listing.models}
    assert {"ollama/fast:latest", "openai/fast"} <= ids
    assert listing.states == {"ollama": "ok", "openai": "ok"}
    assert not listing.demo


async def test_ollama_tells_abilities_and_context_length(both):
    await both.refresh()
    _, model = await both.get("ollama/thinking:latest")
    assert model.capabilities == {"completion", "thinking"}
    assert model.context_length == 32_768


async def test_vllm_and_llama_cpp_tell_their_context_length(both):
    listing = await both.refresh()
    assert {32_768, None} == {model.context_length for model in listing.models if model.provider == "openai"}


async def test_a_window_is_what_was_given_and_not_what_was_trained_for(both):
    listing = await both.refresh()
    windows = {model.id: model.window for model in listing.models}
    assert windows["ollama/fast:latest"] == 8192, "what is asked for"
    assert windows["ollama/window-2048:latest"] == 2048, "what Ollama has loaded it with"
    # What llama.cpp trained it for says nothing of the window that it has.
    assert {32_768, None} == {model.window for model in listing.models if model.provider == "openai"}


async def test_llama_cpp_with_one_model_is_asked_for_its_window(both, fake):
    fake.only = "local"
    listing = await both.refresh()
    (model,) = [model for model in listing.models if model.provider == "openai"]
    assert (model.context_length, model.window) == (32_768, 4096)


@pytest.mark.parametrize("name", ["fast", "fast:latest", "ollama/fast", "ollama/fast:latest"])
async def test_the_settings_name_the_window_of_a_model(fake, name):
    provider = OllamaProvider(Config(ollama_base_url=fake.url, context_lengths={name: 4096, "openai/fast": 1}))
    windows = {model.name: model.window for model in await provider.models()}
    assert (windows["fast:latest"], windows["thinking:latest"]) == (4096, 8192)
    async for _ in provider.stream(model="fast:latest", messages=[Message("user", "Hi")], options=Options()):
        pass
    assert fake.chats[0].body["options"]["num_ctx"] == 4096
    await provider.close()


async def test_what_a_server_does_not_say_the_settings_do(fake):
    provider = OpenAIProvider(Config(openai_base_url=fake.openai_url, context_lengths={"fast": 128_000}))
    assert {model.window for model in await provider.models() if model.name == "fast"} == {128_000}
    await provider.close()


async def test_each_model_is_asked_for_its_abilities_once(both, fake, monkeypatch):
    monkeypatch.setattr(catalogs, "FRESH_SECONDS", 0)
    await both.refresh()
    await both.refresh()
    assert paths(fake).count("/api/tags") == 2
    assert paths(fake).count("/api/show") == len({seen.model for seen in fake.seen if seen.path == "/api/show"})


async def test_a_fresh_listing_asks_nobody():
    shelf = Shelf("ollama", "a")
    catalog = shelves(shelf)
    for _ in range(5):
        await catalog.refresh()
    assert shelf.asked == 1


async def test_callers_at_the_same_time_share_one_asking():
    shelf = Shelf("ollama", "a", delay=0.05)
    catalog = shelves(shelf)
    await asyncio.gather(*(catalog.refresh() for _ in range(20)))
    assert shelf.asked == 1


async def test_an_old_listing_is_used_at_once_and_renewed_behind_it(monkeypatch):
    shelf = Shelf("ollama", "a", delay=0.5)
    catalog = shelves(shelf)
    await catalog.refresh()
    monkeypatch.setattr(catalogs, "FRESH_SECONDS", 0)
    started = time.monotonic()
    await catalog.get("ollama/a")
    assert time.monotonic() - started < 0.4
    await catalog.refreshing
    assert shelf.asked == 2


async def test_a_failing_provider_hides_nobody(caplog):
    trouble = Shelf("openai", error=RuntimeError("boom"))
    listing = await shelves(Shelf("ollama", "a"), trouble).refresh()
    assert [model.id for model in listing.models] == ["ollama/a"]
    assert listing.states == {"ollama": "ok", "openai": "broken"}
    assert "openai" in caplog.text


async def test_a_provider_that_does_not_answer_has_its_time_and_no_more(monkeypatch):
    monkeypatch.setattr(catalogs, "ANSWER_SECONDS", 0.1)
    listing = await shelves(Shelf("ollama", "a"), Shelf("openai", "b", delay=30)).refresh()
    assert listing.states == {"ollama": "ok", "openai": "slow"}


async def test_with_nothing_reachable_the_demo_is_offered_and_says_so():
    listing = await shelves(Shelf("ollama", error=ModelError("model_unreachable", "Gone."))).refresh()
    assert [model.id for model in listing.models] == ["demo/demo"]
    assert listing.demo
    assert listing.default == "demo/demo"
    assert listing.states == {"ollama": "unreachable"}


async def test_a_server_without_models_leaves_the_demo():
    assert (await shelves(Shelf("ollama")).refresh()).demo


async def test_the_demo_is_always_there_by_its_name():
    provider, model = await shelves(Shelf("ollama", "a")).get("demo/demo")
    assert (provider.name, model.id) == ("demo", "demo/demo")


async def test_the_demo_gives_way_as_soon_as_a_model_is_there(monkeypatch):
    shelf = Shelf("ollama")
    catalog = shelves(shelf)
    await catalog.refresh()
    monkeypatch.setattr(catalogs, "FRESH_SECONDS", 0)
    shelf.names = ("a",)
    _, model = await catalog.get(None)
    assert model.id == "ollama/a"


async def test_while_a_server_is_away_its_questions_do_not_go_to_the_demo(monkeypatch):
    shelf = Shelf("ollama", "a")
    catalog = shelves(shelf)
    await catalog.refresh()
    monkeypatch.setattr(catalogs, "FRESH_SECONDS", 0)
    shelf.error = ModelError("model_unreachable", "Gone.")
    assert not (await catalog.refresh()).demo
    provider, model = await catalog.get(None)
    assert (provider.name, model.id) == ("ollama", "ollama/a")


async def test_the_listing_is_known_without_asking():
    catalog = shelves(Shelf("ollama", "a"))
    assert catalog.listing().models == ()
    await catalog.refresh()
    assert [model.id for model in catalog.listing().models] == ["ollama/a"]


@pytest.mark.parametrize("wanted", ["ollama/qwen3:latest", "qwen3:latest", "qwen3", "ollama/qwen3"])
async def test_a_model_is_found_by_id_or_bare_name(wanted):
    _, model = await shelves(Shelf("ollama", "llama", "qwen3:latest")).get(wanted)
    assert model.id == "ollama/qwen3:latest"


async def test_the_default_is_the_configured_one_else_the_first():
    assert (await shelves(Shelf("ollama", "a", "b")).refresh()).default == "ollama/a"
    assert (await shelves(Shelf("ollama", "a", "b"), default_model="b").refresh()).default == "ollama/b"
    assert (await shelves(Shelf("ollama", "a", "b"), default_model="gone").refresh()).default == "ollama/a"


async def test_an_unknown_model_is_not_found():
    with pytest.raises(ModelError) as caught:
        await shelves(Shelf("ollama", "a")).get("ollama/b")
    assert caught.value.code == "model_not_found"


async def test_a_model_of_a_server_that_went_away_is_still_known(monkeypatch):
    shelf = Shelf("ollama", "a")
    catalog = shelves(shelf)
    await catalog.refresh()
    monkeypatch.setattr(catalogs, "FRESH_SECONDS", 0)
    shelf.error = ModelError("model_unreachable", "Gone.")
    await catalog.refresh()
    provider, model = await catalog.get("ollama/a")
    assert (provider, model.id) == (shelf, "ollama/a")


async def test_a_model_that_was_removed_is_not_found(monkeypatch):
    shelf = Shelf("ollama", "a", "b")
    catalog = shelves(shelf)
    await catalog.refresh()
    monkeypatch.setattr(catalogs, "FRESH_SECONDS", 0)
    shelf.names = ("a",)
    await catalog.refresh()
    with pytest.raises(ModelError):
        await catalog.get("ollama/b")


async def test_a_model_of_a_server_that_refuses_our_key_says_so():
    catalog = shelves(Shelf("openai", error=ModelError("model_misconfigured", "No.")))
    with pytest.raises(ModelError) as caught:
        await catalog.get("openai/a")
    assert caught.value.code == "model_misconfigured"
    assert catalog.listing().states == {"openai": "refused"}


async def test_a_model_of_a_server_that_was_never_there_is_unreachable():
    with pytest.raises(ModelError) as caught:
        await shelves(Shelf("ollama", error=ModelError("model_unreachable", "Gone."))).get("ollama/a")
    assert caught.value.code == "model_unreachable"


async def test_an_address_that_is_no_model_server_is_broken(fake):
    catalog = Catalog(Config(openai_base_url=f"{fake.url}/nowhere", openai_api_key=KEY))
    listing = await catalog.refresh()
    assert listing.states == {"openai": "broken"}
    await catalog.close()


def test_a_catalog_survives_a_change_of_event_loop(fake_process):
    catalog = Catalog(Config(ollama_base_url=fake_process))
    for _ in range(2):
        catalog.refreshed_at = None
        listing = asyncio.run(refresh_and_close(catalog))
        assert listing.states == {"ollama": "ok"}


async def refresh_and_close(catalog: Catalog):
    listing = await catalog.refresh()
    await catalog.close()
    return listing


async def test_closing_stops_the_asking():
    catalog = shelves(Shelf("ollama", "a", delay=30))
    task = catalog.start_refresh()
    await catalog.close()
    assert task.cancelled()


def test_the_configuration_comes_from_the_settings(settings):
    settings.LLM = {"ollama_base_url": "http://example.org:1", "between_tokens_seconds": 7}
    config = from_settings()
    assert (config.ollama_base_url, config.between_tokens_seconds) == ("http://example.org:1", 7)


async def test_the_scripted_model_is_offered_when_it_is_switched_on():
    assert (await Catalog(Config(scripted=True)).refresh()).default == "scripted/scripted"
    assert (await Catalog(Config()).refresh()).default == "demo/demo"
