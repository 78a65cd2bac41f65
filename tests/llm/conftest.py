"""A fake model server on the test's own loop, and short ways to ask it."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from llm.config import Config
from llm.errors import ModelError
from llm.events import Event, Finished, Text, Thinking, ToolCalled
from llm.providers.ollama import OllamaProvider
from llm.providers.openai import OpenAIProvider
from llm.values import Message, Options, Tool
from tests.fake_model import FakeModel, spawn

KEY = "sk-test-0123456789abcdef"
QUESTION = "What is in the garden? tokens=60"


@dataclass
class Heard:
    """What came out of one stream."""

    events: list[Event] = field(default_factory=list)
    error: ModelError | None = None

    @property
    def text(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, Text))

    @property
    def thinking(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, Thinking))

    @property
    def calls(self) -> list[Any]:
        return [event.call for event in self.events if isinstance(event, ToolCalled)]

    @property
    def stages(self) -> list[str]:
        return [event.name for event in self.events if hasattr(event, "name")]

    @property
    def finished(self) -> Finished:
        last = self.events[-1]
        assert isinstance(last, Finished), f"ended with {last} and {self.error}"
        return last

    @property
    def code(self) -> str:
        assert self.error is not None, f"ended well: {self.events[-1:]}"
        return self.error.code


async def listen(stream: AsyncIterator[Event]) -> Heard:
    """Read a stream to its end or its error."""
    heard = Heard()
    try:
        async for event in stream:
            heard.events.append(event)
    except ModelError as error:
        heard.error = error
    return heard


@pytest.fixture
async def fake() -> AsyncIterator[FakeModel]:
    async with FakeModel() as server:
        yield server


@pytest.fixture
def fake_process() -> Iterator[str]:
    """The URL of a fake in a process of its own."""
    with spawn() as url:
        yield url


@pytest.fixture(params=["ollama", "openai"])
def protocol(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
async def connect(fake: FakeModel) -> AsyncIterator[Callable[..., Any]]:
    """Make providers that talk to the fake, and close them at the end."""
    made = []

    def make(protocol: str, **changes: Any) -> Any:
        if protocol == "ollama":
            provider: Any = OllamaProvider(Config(**{"ollama_base_url": fake.url} | changes))
        else:
            provider = OpenAIProvider(Config(**{"openai_base_url": fake.openai_url, "openai_api_key": KEY} | changes))
        made.append(provider)
        return provider

    yield make
    for provider in made:
        await provider.close()


@pytest.fixture
def ask(connect: Callable[..., Any]) -> Callable[..., Any]:
    """Ask a model one question and return all that is heard."""

    async def ask(
        protocol: str,
        model: str,
        *,
        text: str = QUESTION,
        messages: Sequence[Message] | None = None,
        tools: Sequence[Tool] = (),
        options: Options | None = None,
        **changes: Any,
    ) -> Heard:
        provider = connect(protocol, **changes)
        return await listen(
            provider.stream(
                model=model,
                messages=messages or [Message("user", text)],
                tools=tools,
                options=options or Options(),
            )
        )

    return ask
