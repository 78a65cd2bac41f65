"""What an answer took: one measurement for each call of a model, also of a call that was cut short."""

import time
from dataclasses import dataclass, replace

from .values import Usage

# Codes of errors that a server gives before it reads anything.
UNREAD = frozenset(
    {
        "model_unreachable",
        "model_not_found",
        "model_busy",
        "model_refused",
        "model_misconfigured",
        "model_timeout_connect",
    }
)
MOST_TOKENS = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Measured:
    """One call of a model: its tokens, whether the server counted them, and its times in milliseconds."""

    usage: Usage
    first_token_ms: int | None
    total_ms: int


class Meter:
    """Measures the calls of one answer; whoever reads the events adds what the model said to `pieces`, and what the
    next call will read besides to `prompt`.

    A server sends one token in each piece, so a call that it did not count itself is counted by its pieces.
    """

    __slots__ = ("began", "calls", "first_at", "pieces", "prompt")

    def __init__(self, *, prompt: int):
        # The estimated tokens of what is sent.
        self.prompt = prompt
        self.calls: list[Measured] = []
        self.pieces = 0
        self.began = time.monotonic()
        self.first_at: float | None = None

    def end_call(self, usage: Usage | None, *, error_code: str = "") -> None:
        """Take down one call that is over, with the server's own count if there is one."""
        now = time.monotonic()
        if usage is None or not _possible(usage):
            unread = error_code in UNREAD and not self.pieces
            usage = Usage(prompt_tokens=0 if unread else self.prompt, completion_tokens=self.pieces, exact=False)
        if usage.cached_tokens > usage.prompt_tokens:
            usage = replace(usage, cached_tokens=usage.prompt_tokens)
        first = None if self.first_at is None else int((self.first_at - self.began) * 1000)
        self.calls.append(Measured(usage=usage, first_token_ms=first, total_ms=int((now - self.began) * 1000)))
        # The next call reads all of this one again.
        self.prompt = usage.prompt_tokens + usage.completion_tokens
        self.pieces, self.began, self.first_at = 0, now, None


def _possible(usage: Usage) -> bool:
    """Whether these are counts that a model server can mean."""
    counts = (usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens)
    return all(isinstance(count, int) and 0 <= count <= MOST_TOKENS for count in counts)
