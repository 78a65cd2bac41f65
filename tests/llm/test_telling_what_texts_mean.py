"""Vectors of texts, from both kinds of server: near each other for texts that say the same, and a clear error else."""

import pytest

from llm.catalog import Catalog
from llm.config import Config
from llm.embeddings import Embedder, Rests, find
from llm.errors import ModelError
from llm.values import Embedded
from tests.fake_model import FakeModel

KEY = "sk-test-0123456789abcdef"
PROVIDERS = ["ollama", "openai"]
PATIENCE_SECONDS = 20


@pytest.fixture
async def catalog(fake: FakeModel):
    catalog = Catalog(Config(ollama_base_url=fake.url, openai_base_url=fake.openai_url, openai_api_key=KEY))
    yield catalog
    await catalog.close()


def cosine(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


async def failing(embedder: Embedder, seconds: float = PATIENCE_SECONDS) -> ModelError:
    with pytest.raises(ModelError) as raised:
        await embedder.question("How warm is it?", seconds=seconds)
    return raised.value


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_texts_that_say_the_same_are_near_each_other(provider, fake, catalog):
    fake.synonyms = [["motor", "pump"], ["swapped", "replaced"]]
    embedder = find(catalog, f"{provider}/embed")
    told = await embedder.passages(["The pump was replaced.", "Tomatoes ripen slowly."], seconds=PATIENCE_SECONDS)
    asked = await embedder.question("Was the motor swapped?", seconds=PATIENCE_SECONDS)
    same, other = (cosine(asked.vectors[0], each) for each in told.vectors)
    assert same > 0.9 > 0.5 > other
    assert told.tokens == 7


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(
    ("model", "code"),
    [
        ("missing-404", "model_not_found"),
        ("no-such-model", "model_not_found"),
        ("busy-503", "model_busy"),
        ("unauthorised-401", "model_misconfigured"),
        ("crash-500", "model_error"),
        ("fast", "model_refused"),
        ("drop", "model_interrupted"),
        ("embed-strange", "model_protocol"),
    ],
)
async def test_what_goes_wrong_has_its_code(provider, model, code, catalog):
    error = await failing(find(catalog, f"{provider}/{model}"))
    assert error.code == code
    assert KEY not in error.detail


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_server_that_hangs_is_not_waited_for_any_longer(provider, fake, catalog):
    error = await failing(find(catalog, f"{provider}/hang"), seconds=0.2)
    assert error.code == "model_timeout_total"
    assert len(fake.embedded) == 1


async def test_a_server_that_is_not_there_is_unreachable(catalog):
    async with FakeModel() as gone:
        elsewhere = Catalog(Config(ollama_base_url=gone.url))
    assert (await failing(find(elsewhere, "ollama/embed"))).code == "model_unreachable"
    await elsewhere.close()


async def test_a_text_that_is_too_long_for_the_model_is_taken_as_far_as_it_goes(fake, catalog):
    texts = ["Something short.", "words " * 600]
    told = await find(catalog, "openai/embed-short-80").passages(texts, seconds=PATIENCE_SECONDS)
    assert len(told.vectors) == 2
    assert fake.embedded[-1].body["input"][0] in texts[1]


@pytest.mark.parametrize("vectors", [None, [None], [], [[0.5], [0.5]], [[]], [{}], [["0.5"]], 7, "no"])
async def test_what_is_no_vector_for_each_text_is_understood_by_nobody(vectors):
    class Strange:
        async def embed(self, *, model: str, texts: list[str]) -> Embedded:
            if len(texts) > 1:
                raise ModelError("model_refused", "It is too long.")
            # Together they would be as many as there are texts.
            return Embedded(vectors if texts == ["One."] else [], "many")

    embedder = Embedder(Strange(), "ollama/embed")
    for texts in (["One."], ["One.", "Two."]):
        with pytest.raises(ModelError) as raised:
            await embedder.passages(texts, seconds=PATIENCE_SECONDS)
        assert raised.value.code == "model_protocol"


async def test_a_model_gets_the_words_that_its_makers_want_before_a_text(fake, catalog):
    embedder = find(catalog, "ollama/nomic-embed-text")
    await embedder.question("How warm?", seconds=PATIENCE_SECONDS)
    await embedder.passages(["It is warm."], seconds=PATIENCE_SECONDS)
    question, passage = (seen.body["input"] for seen in fake.embedded)
    assert (question, passage) == (["search_query: How warm?"], ["search_document: It is warm."])


@pytest.mark.parametrize("name", ["nomic-embed-text", "nowhere/embed", "demo/demo", "ollama/", "scripted/embed"])
async def test_a_name_that_leads_nowhere_is_no_model(name, catalog):
    with pytest.raises(ModelError, match="There is no model named"):
        find(catalog, name)


def test_a_model_that_failed_is_left_alone_until_it_has_answered():
    rests, error = Rests(), ModelError("model_busy", "Ollama is busy.")
    rests.failed("ollama/embed", error)
    assert rests.trouble("ollama/embed") is error
    assert rests.trouble("ollama/other") is None
    rests.answered("ollama/embed")
    assert rests.trouble("ollama/embed") is None
