"""The table of models: a name says how the fake model server behaves."""

import re
from dataclasses import dataclass, replace
from typing import Any, Literal

TRAINED_CONTEXT = 32_768
BIG_LINE_BYTES = 1_000_000
HUGE_LINE_BYTES = 9_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """How one reply goes; every field can also be posted to `/_script`."""

    text: str | None = None  # instead of the generated text
    tokens: tuple[str, ...] | None = None  # instead of the generated text, cut exactly so
    thinking: str | None = None  # instead of the generated thinking of a thinking model
    tool_calls: tuple[dict[str, Any], ...] = ()  # {"name", "arguments"}, said after the text
    rate: float | None = None  # tokens a second; None: as fast as the client reads
    delay: float = 0.0  # seconds before the first byte, headers included
    status: int = 200
    error: str = ""  # body of a status other than 200, or the error line when `end` is "error"
    retry_after: str = ""
    headers_first: bool = False  # headers at once, even when nothing follows
    end: Literal["done", "none", "error", "hang", "no-marker"] = "done"
    part: float = 1.0  # the share of the tokens that is sent before `end`
    held: float | None = None  # with a rate: the share of the tokens that is sent before somebody says `/_release`
    reason: str = ""  # finish reason other than the natural one
    cut_at: int | None = None  # bytes of the body after which the connection is dropped
    drop: bool = False  # closed at once, without an answer
    reset: bool = False  # dropped with a reset instead of an ordinary close
    raw_text: bytes | None = None  # the JSON string literal of one token, sent unescaped
    raw_body: bytes | None = None  # the whole body
    split: bool = False  # every byte in a write of its own
    stamped: bool = False  # about every tenth token is its number and the time at which it is sent
    pings: bool = False  # comments (SSE) or blank lines (NDJSON) between the tokens
    usage: bool = True
    reject_usage: bool = False  # 400 when `stream_options` is sent
    reject_switch: bool = False  # 400 when `chat_template_kwargs` is sent
    reject_tools: bool = False  # 400 when `tools` are sent
    reasoning_key: str = "reasoning_content"
    tools_at_end: bool = False  # Ollama: tool calls in the `done: true` line
    load_seconds: float = 0.0  # Ollama: not in /api/ps until this long after its first chat
    capabilities: tuple[str, ...] = ("completion",)
    per_word: float = 1.0  # how many tokens a word of the prompt counts
    window: int | None = None  # what it was loaded with; Ollama: a longer prompt is cut to half of it without a word


CLOCK_CALL = {"name": "get_time", "arguments": {"zone": "Europe/Paris"}}
WEATHER_CALL = {"name": "get_weather", "arguments": {"city": "Zürich"}}
TOOLS = ("completion", "tools")

NAMED: dict[str, Behaviour] = {
    "fast": Behaviour(),
    "paced-10": Behaviour(rate=10),
    "paced-20": Behaviour(rate=20),
    "paced-50": Behaviour(rate=50),
    "paced-200": Behaviour(rate=200),
    "stamped-10": Behaviour(rate=10, stamped=True),
    "stamped-50": Behaviour(rate=50, stamped=True),
    "thinking": Behaviour(capabilities=("completion", "thinking")),
    "thinking-paced-50": Behaviour(rate=50, capabilities=("completion", "thinking")),
    "thinking-only": Behaviour(text="", reason="length", capabilities=("completion", "thinking")),
    "thinking-reasoning": Behaviour(reasoning_key="reasoning", capabilities=("completion", "thinking")),
    "tools": Behaviour(tool_calls=(CLOCK_CALL,), text="Let me look. ", capabilities=TOOLS),
    "tools-last": Behaviour(tool_calls=(CLOCK_CALL,), tools_at_end=True, text="", capabilities=TOOLS),
    "tools-two": Behaviour(tool_calls=(CLOCK_CALL, WEATHER_CALL), text="", capabilities=TOOLS),
    "tools-unknown": Behaviour(tool_calls=({"name": "launch", "arguments": {}},), text="", capabilities=TOOLS),
    "tools-bad-json": Behaviour(
        tool_calls=({"name": "get_time", "arguments": '{"zone": '},), text="", capabilities=TOOLS
    ),
    "tools-forever": Behaviour(tool_calls=(CLOCK_CALL,), text="", capabilities=TOOLS),
    "images-echo": Behaviour(capabilities=("completion", "vision")),
    "slow-first": Behaviour(delay=2),
    "loading-1": Behaviour(delay=1, load_seconds=1),
    "hang": Behaviour(delay=86_400),
    "hang-headers": Behaviour(headers_first=True, end="hang", part=0),
    "stall-mid": Behaviour(end="hang", part=0.5),
    "error-line": Behaviour(end="error", part=0.5, error="an error was encountered while running the model"),
    "error-first": Behaviour(end="error", part=0, error="model runner has unexpectedly stopped"),
    "cut-at-5000": Behaviour(cut_at=5000),
    "reset-at-5000": Behaviour(cut_at=5000, reset=True),
    "drop": Behaviour(drop=True),
    "no-done": Behaviour(end="none"),
    "no-marker": Behaviour(end="no-marker"),
    "busy-503": Behaviour(status=503, error="server busy, please try again.  maximum pending requests exceeded"),
    "missing-404": Behaviour(status=404, error="model 'missing-404' not found"),
    "refuse-400": Behaviour(status=400, error="the prompt is too long for this model"),
    "forbidden-403": Behaviour(status=403, error="Country, region, or territory not supported"),
    "unauthorised-401": Behaviour(status=401, error="Incorrect API key provided: sk-secret-1234567890"),
    "limited-429": Behaviour(status=429, error="Rate limit reached", retry_after="7"),
    "crash-500": Behaviour(status=500, error="llama runner process has terminated: exit status 2"),
    "moved-302": Behaviour(status=302, error=""),
    "big-line": Behaviour(tokens=("x" * BIG_LINE_BYTES,)),
    "huge-line": Behaviour(tokens=("x" * HUGE_LINE_BYTES,)),
    "bad-utf8": Behaviour(raw_text=b'"caf\xff\xc3 \xf0\x9f\x99"'),
    "nul": Behaviour(raw_text=rb'"nul \u0000 and half \ud83d a pair, whole \ud83d\ude42"'),
    "split-utf8": Behaviour(split=True),
    "garbage": Behaviour(raw_body=b"<html><body>502 Bad Gateway</body></html>\n"),
    "wrong-shape": Behaviour(raw_body=b'data: [1, 2]\n\n[1, 2]\n{"choices": 7, "message": 7}\n'),
    "empty-body": Behaviour(raw_body=b""),
    "empty": Behaviour(text=""),
    "length": Behaviour(reason="length"),
    "pings": Behaviour(pings=True, rate=200),
    "no-usage": Behaviour(usage=False),
    "reject-switch": Behaviour(reject_switch=True, capabilities=("completion", "thinking")),
    "reject-usage": Behaviour(reject_usage=True),
    "reject-tools": Behaviour(reject_tools=True, capabilities=TOOLS),
    "counting-2": Behaviour(per_word=2),
    "window-2048": Behaviour(window=2048),
}

PATTERNS: tuple[tuple[str, str], ...] = (
    (r"paced-(\d+(?:\.\d+)?)", "rate"),
    (r"stamped-(\d+(?:\.\d+)?)", "stamped"),
    (r"slow-first-(\d+(?:\.\d+)?)", "delay"),
    (r"cut-at-(\d+)", "cut_at"),
    (r"reset-at-(\d+)", "reset"),
    (r"loading-(\d+(?:\.\d+)?)", "load"),
    (r"counting-(\d+(?:\.\d+)?)", "count"),
    (r"window-(\d+)", "window"),
)


def behaviour_of(model: str) -> Behaviour | None:
    """Return how a model behaves, None if there is no such model; a `:latest` tag is ignored."""
    name = model.removesuffix(":latest")
    if name in NAMED:
        return NAMED[name]
    for pattern, kind in PATTERNS:
        if found := re.fullmatch(pattern, name):
            value = float(found[1])
            match kind:
                case "rate":
                    return Behaviour(rate=value)
                case "stamped":
                    return Behaviour(rate=value, stamped=True)
                case "delay":
                    return Behaviour(delay=value)
                case "load":
                    return Behaviour(delay=value, load_seconds=value)
                case "count":
                    return Behaviour(per_word=value)
                case "window":
                    return Behaviour(window=int(value))
                case _:
                    return Behaviour(cut_at=int(value), reset=kind == "reset")
    return None


def from_json(values: dict[str, Any], *, base: Behaviour) -> Behaviour:
    """Return the behaviour that a posted script entry describes, on top of the model's own."""
    changes = dict(values)
    for name in ("tokens", "tool_calls", "capabilities"):
        if changes.get(name) is not None:
            changes[name] = tuple(changes[name])
    return replace(base, **changes)
