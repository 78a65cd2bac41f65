"""Provider `local` on the real engine: loading, answering, stopping, crashing, unloading, and what it reads anew."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path

import httpx
import pytest

from llm.config import Config
from llm.errors import ModelError
from llm.events import Finished, Stage, Text, Thinking
from llm.local import engines
from llm.providers.local import LocalProvider
from llm.values import Message, Options, Tool
from tests.engine import tiny
from tests.engine.conftest import Models
from tests.engine.process import QUESTION, ROOT
from tests.llm.conftest import Heard, listen
from tests.support.client import wait_for
from tests.support.ports import free_port
from tests.support.promises import within

pytestmark = pytest.mark.engine

WINDOW = 4096
SOON_SECONDS = 1.0
PIPES = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
SIZES = {"brief": WINDOW, "endless": WINDOW, "able": WINDOW}
# A template that knows tools, as those of Qwen and Hermes do.
ABLE = """
{%- if tools %}
  {{- '<|system|>' }}
  {%- for tool in tools %}{{ tool | tojson }}{% endfor %}
  {{- '</s>' }}
{%- endif %}
{%- for message in messages %}
  {{- '<|' + message.role + '|>' }}
  {%- if message.reasoning_content %}{{ '<think>\\n' + message.reasoning_content + '\\n</think>\\n\\n' }}{% endif %}
  {%- if message.content %}{{ message.content }}{% endif %}
  {%- for call in message.tool_calls or [] %}
    {{- '<tool_call>\\n{"name": "' + call.function.name + '", "arguments": ' }}
    {{- call.function.arguments | tojson }}
    {{- '}\\n</tool_call>' }}
  {%- endfor %}
  {{- '</s>' }}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}
"""
PROMPT = "{{ '<|assistant|>' }}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, models: Models) -> Iterator[Path]:
    """A folder of models, whose processes are shared by the tests of this file."""
    folder = tmp_path_factory.mktemp("shelf")
    for path in (models.brief, models.endless):
        (folder / path.name).symlink_to(path)
    yield folder
    engines.end_all()


def provider_of(folder: Path, **changes) -> LocalProvider:
    settings = {"local_folder": str(folder), "local_threads": 1, "context_lengths": SIZES, "local_idle_minutes": 0}
    return LocalProvider(Config(**settings | changes))


@pytest.fixture
async def local(folder: Path) -> AsyncIterator[LocalProvider]:
    provider = provider_of(folder)
    yield provider
    await provider.close()


def ask(provider: LocalProvider, *said: str, model: str = "brief", **options):
    """Return the stream of an answer to the last of these; the others were said before, in turns."""
    tools = options.pop("tools", ())
    roles = ("user", "assistant")
    messages = [Message(roles[place % 2], text) for place, text in enumerate(said or (QUESTION,))]
    return provider.stream(model=model, messages=messages, tools=tools, options=Options(**options))


async def hear_until(stream, pieces: int, then=None) -> Heard:
    """Read a stream until so much was said, and go on after `then`; without it, stop there."""
    heard, said = Heard(), 0
    async with aclosing(stream) as events:
        try:
            async for event in events:
                heard.events.append(event)
                said += isinstance(event, Text)
                if said == pieces and isinstance(event, Text):
                    if then is None:
                        break
                    then()
        except ModelError as error:
            heard.error = error
    return heard


def running(provider: LocalProvider, model: str = "brief") -> engines.Running:
    found = provider.engines.running(provider.shelf.open(model))
    assert found is not None
    return found


def read_by(engine: engines.Running) -> float:
    """Return how many tokens of questions the engine has read, by its own counters."""
    answer = httpx.get(f"{engine.url}/metrics", headers={"Authorization": f"Bearer {engine.key}"}, timeout=10)
    pairs = (line.split() for line in answer.text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, value in pairs}["llamacpp:prompt_tokens_total"]


def command_of(engine: engines.Running) -> str:
    return Path(f"/proc/{engine.pid}/cmdline").read_text()


def kill(engine: engines.Running) -> None:
    os.kill(engine.pid, signal.SIGKILL)


async def test_a_model_is_loaded_when_it_is_asked_and_counts_exactly(local):
    heard = await listen(ask(local))
    stages = [event for event in heard.events if isinstance(event, Stage)]
    assert [stage.name for stage in stages if stage.name != "loading"] == ["reading"]
    assert stages[0].name == "loading"
    assert heard.finished.reason == "stop" and heard.finished.usage.exact
    again = await listen(ask(local))
    assert again.stages == ["reading"], "it is in memory now"
    assert again.finished.usage.prompt_tokens == heard.finished.usage.prompt_tokens


async def test_only_the_owner_of_the_files_can_ask_it(local):
    await listen(ask(local, max_tokens=1))
    asking = local.clients.get()
    engine = running(local)
    assert engine.state.stat().st_mode & 0o077 == 0
    assert engine.url.startswith("http://127.0.0.1:")
    refused = await asking.get(f"{engine.url}/slots")
    assert refused.status_code == 401
    assert engine.key not in command_of(engine), "no key where every user of the machine sees it"


async def test_the_log_of_an_engine_is_its_owners_and_has_no_words_of_a_conversation(local):
    await listen(ask(local, "zanzibarquartz", max_tokens=5))
    assert (await listen(ask(local, "zanzibarquartz " * 4000))).error is not None
    log = running(local).state.with_suffix(".log")
    assert log.stat().st_mode & 0o077 == 0
    assert "exceeds" in log.read_text() and "zanzibar" not in log.read_text()


async def test_a_follow_up_reads_only_what_is_new_also_with_two_conversations_in_turns(local):
    long = " the garden grows when rain falls" * 330
    talks = {name: [f"{long} {name}"] for name in ("tea", "bread")}
    for talk in talks.values():
        talk.append((await listen(ask(local, *talk, max_tokens=20))).text)
    for turn in range(3):
        for name, talk in talks.items():
            talk.append(f" now the river and the {name} {turn}")
            before = read_by(running(local))
            heard = await listen(ask(local, *talk, max_tokens=20))
            assert heard.finished.usage.prompt_tokens > 1900
            # The new question, and the end of the last answer, which is written down in other tokens than it was said.
            assert 0 < read_by(running(local)) - before < 150
            talk.append(heard.text)


async def test_how_far_a_long_question_is_read_is_told(local):
    heard = await listen(ask(local, " tea rain" * 900, max_tokens=1))
    shares = [event.detail["share"] for event in heard.events if isinstance(event, Stage) and "share" in event.detail]
    assert shares == sorted(shares) and shares[0] < 0.5 and shares[-1] == 1.0


async def test_stop_frees_the_engine_within_a_second(local):
    stopped = await hear_until(ask(local, model="endless"), 2)
    began = time.monotonic()
    assert stopped.text
    await wait_for(lambda: not running(local, "endless").is_busy(), SOON_SECONDS)
    assert time.monotonic() - began < within(SOON_SECONDS)


async def test_a_crash_interrupts_the_answer_and_the_next_question_is_answered(local):
    await listen(ask(local, model="endless", max_tokens=1))
    first = running(local, "endless")
    heard = await hear_until(ask(local, model="endless"), 2, then=lambda: kill(first))
    assert heard.error.code == "model_interrupted" and heard.error.retryable
    assert heard.text and not any(isinstance(event, Finished) for event in heard.events)
    after = await listen(ask(local, model="endless", max_tokens=5))
    assert after.finished.usage.completion_tokens == 5
    assert running(local, "endless").pid != first.pid


async def test_crash_after_crash_is_started_again_later_and_later(folder, models):
    lock = folder / "engine" / "often.lock"
    (folder / "often.gguf").symlink_to(models.endless)
    lock.write_text(f"4 {time.time()}")
    provider = provider_of(folder)
    heard = await listen(ask(provider, model="often"))
    assert heard.error.code == "model_unreachable"
    assert 20 < heard.error.retry_after <= 30 and "crashed 5 times" in heard.error.detail
    lock.write_text(f"4 {time.time() - 31}")
    assert (await listen(ask(provider, model="often", max_tokens=2))).finished.usage.completion_tokens == 2
    assert provider.engines.leave("often")
    assert lock.read_text() == "left", "what ends when it is told to has not crashed"
    await provider.close()


async def test_a_process_that_has_ended_without_a_word_is_noticed_by_asking_it(local):
    await listen(ask(local, model="endless", max_tokens=1))
    engine = running(local, "endless")
    told = engine.state.read_text()
    assert local.engines.leave("endless")
    # As if another process of that number lived by now.
    engine.state.write_text(told.replace(f'"pid": {engine.pid}', f'"pid": {os.getpid()}'))
    heard = await listen(ask(local, model="endless", max_tokens=2))
    assert heard.finished.usage.completion_tokens == 2


async def test_two_processes_that_ask_at_once_share_one_engine(folder, models):
    (folder / "shared.gguf").symlink_to(models.endless)
    both = [provider_of(folder) for _ in range(2)]
    heard = await asyncio.gather(*(listen(ask(provider, model="shared", max_tokens=3)) for provider in both))
    assert [each.finished.usage.completion_tokens for each in heard] == [3, 3]
    assert len({running(provider, "shared").pid for provider in both}) == 1
    for provider in both:
        await provider.close()
    assert both[0].engines.leave("shared")


async def test_a_model_that_nobody_asks_is_unloaded_and_loaded_again(folder, models):
    (folder / "idle.gguf").symlink_to(models.endless)
    provider = provider_of(folder, local_idle_minutes=0.4 / 60)
    await listen(ask(provider, model="idle", max_tokens=2))
    engine = running(provider, "idle")
    await wait_for(lambda: not Path(f"/proc/{engine.pid}").exists(), 5)
    assert provider.engines.running(provider.shelf.open("idle")) is None
    assert (folder / "engine" / "idle.lock").read_text() == "left"
    assert (await listen(ask(provider, model="idle", max_tokens=2))).stages[0] == "loading"
    await provider.close()


async def test_a_model_that_nobody_asks_is_unloaded_also_where_the_internet_is_behind_a_proxy(
    folder, models, monkeypatch
):
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    (folder / "shielded.gguf").symlink_to(models.endless)
    provider = provider_of(folder, local_idle_minutes=0.4 / 60)
    await listen(ask(provider, model="shielded", max_tokens=2))
    engine = running(provider, "shielded")
    await wait_for(lambda: not Path(f"/proc/{engine.pid}").exists(), 5)
    await provider.close()


async def test_an_answer_that_takes_long_keeps_its_model(folder, models):
    (folder / "long.gguf").symlink_to(models.endless)
    provider = provider_of(folder, local_idle_minutes=0.1 / 60)
    began = time.monotonic()
    heard = await listen(ask(provider, model="long", max_tokens=1500))
    assert heard.finished.usage.completion_tokens == 1500
    assert time.monotonic() - began > 0.2, "longer than it may be idle"
    await provider.close()


async def test_the_engine_ends_with_the_process_that_started_it_however_that_ends(folder, models):
    (folder / "orphan.gguf").symlink_to(models.brief)
    script = """
import asyncio, sys
from pathlib import Path
from llm.local.engines import Engines, Settings
from llm.local.shelf import Shelf
shelf, engines = Shelf(Path(sys.argv[1])), Engines(Settings(folder=Path(sys.argv[1]) / "engine"))
print(asyncio.run(engines.ready(shelf.open("orphan"), wanted=512)).pid, "xllamacpp" in sys.modules, flush=True)
sys.stdin.read()
"""
    command = [sys.executable, "-c", script, str(folder)]
    parent = await asyncio.to_thread(subprocess.Popen, command, cwd=ROOT, **PIPES)
    pid, imported = parent.stdout.readline().split()
    assert imported == "False", "who asks never loads the engine itself"
    parent.kill()
    parent.wait()
    await wait_for(
        lambda: not Path(f"/proc/{pid}").exists() or "(python) Z" in Path(f"/proc/{pid}/stat").read_text(), 5
    )


async def test_a_question_beyond_the_window_is_refused_in_numbers(local):
    heard = await listen(ask(local, "x" * 2 * WINDOW))
    assert heard.error.code == "model_refused" and not heard.error.retryable
    assert str(WINDOW) in heard.error.detail


async def test_a_schema_makes_even_nonsense_well_formed(local):
    schema = {"type": "object", "properties": {"mood": {"enum": ["calm", "glad"]}}, "required": ["mood"]}
    heard = await listen(ask(local, format=schema, max_tokens=200))
    assert json.loads(heard.text)["mood"] in {"calm", "glad"}


async def test_what_a_template_knows_is_what_a_model_can_do_and_one_that_thinks_is_heard_thinking(folder, monkeypatch):
    for name, template in (("able", ABLE), ("thinking", ABLE.replace(PROMPT, PROMPT.replace("|>'", "|><think>\\n'")))):
        monkeypatch.setattr(tiny, "TEMPLATE", template)
        tiny.write(path=folder / f"{name}.gguf", end_leaning=tiny.NEVER)
    provider = provider_of(folder)
    models = {model.name: model.capabilities for model in await provider.models()}
    assert models["brief"] == {"completion"}
    assert models["able"] == models["thinking"] == {"completion", "tools", "thinking"}
    tool = Tool("set_mood", "Sets the mood.", {"type": "object", "properties": {}}, run=None)
    told = await listen(ask(provider, model="able", tools=[tool], max_tokens=5))
    untold = await listen(ask(provider, model="able", max_tokens=5))
    assert told.finished.usage.prompt_tokens > untold.finished.usage.prompt_tokens + 20, (
        "its template tells of the tool"
    )
    thought = await listen(ask(provider, model="thinking", max_tokens=30))
    assert any(isinstance(event, Thinking) for event in thought.events) and not thought.text
    await provider.close()


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda data: data[: len(data) // 2], "was not downloaded whole"),
        (lambda data: data[:1000], "was not downloaded whole"),
        (lambda data: b"<!doctype html>" + data, "is not a GGUF file"),
        (lambda data: data.replace(b"llama", b"lloma"), "unknown model architecture"),
    ],
    ids=["half of it", "a piece of its header", "not a model", "of a kind that nobody knows"],
)
async def test_a_file_that_is_no_usable_model_is_refused_with_a_sentence(folder, models, spoil, sentence):
    bad = folder / "bad.gguf"
    bad.write_bytes(spoil(models.brief.read_bytes()))
    (folder / "engine" / "bad.lock").unlink(missing_ok=True)
    provider = provider_of(folder)
    try:
        heard = await listen(ask(provider, model="bad"))
        assert heard.error.code in {"model_refused", "model_error"}
        assert sentence in heard.error.detail and str(folder) not in heard.error.detail
    finally:
        bad.unlink()
        await provider.close()


async def test_a_model_that_cannot_fit_is_refused_before_it_is_loaded(folder):
    provider = provider_of(folder, local_memory_mb=100)
    provider.engines.leave("brief")
    heard = await listen(ask(provider))
    assert heard.error.code == "model_refused"
    assert "needs about" in heard.error.detail and "LOCAL_MEMORY_MB leaves" in heard.error.detail
    (model,) = [model for model in await provider.models() if model.name == "brief"]
    assert model.window is None
    await provider.close()


async def test_another_model_makes_room_when_nobody_asks_it_and_keeps_it_while_it_answers(folder):
    for each in provider_of(folder).engines.all():
        provider_of(folder).engines.leave(each.name)
    provider = provider_of(folder, local_memory_mb=220)
    async with aclosing(ask(provider, model="endless")) as answering:
        async for event in answering:
            if isinstance(event, Text):
                break
        heard = await listen(ask(provider, max_tokens=2))
        assert heard.code == "model_busy" and heard.error.retryable
    await wait_for(lambda: not running(provider, "endless").is_busy(), SOON_SECONDS)
    assert (await listen(ask(provider, max_tokens=2))).finished.usage.exact
    assert [each.name for each in provider.engines.all()] == ["brief"]
    await provider.close()
