"""Did the server leave something away without an error? It tells nobody, but its counts do."""

from typing import Literal

from .events import Finished
from .values import Usage

# A server that read less than this part of what it was sent did not read all of it.
READ_SHARE = 0.5
# And what it read fills at least this part of its window: servers cut to the window, or to half of it. A smaller count
# is one of a server that leaves away what it had in its cache.
FILLED_SHARE = 0.4
# Below so many expected tokens the estimate is too rough to say so.
TELLING_TOKENS = 256

Cut = Literal["", "prompt", "answer"]


def cut(*, usage: Usage | None, finished: Finished | None, expected: int, window: int | None) -> Cut:
    """Return what was cut: the "prompt", because its count is far below the `expected` one, or the "answer", because
    the `window` was full; empty if nothing was, or nobody counted."""
    if finished is None or usage is None or not usage.exact:
        return ""
    if finished.timings.get("truncated"):
        return "prompt"
    given = finished.timings.get("window") or window
    read = usage.prompt_tokens + usage.cached_tokens
    if expected >= TELLING_TOKENS and (given or 0) * FILLED_SHARE <= read < expected * READ_SHARE:
        return "prompt"
    full = given is not None and usage.prompt_tokens + usage.completion_tokens >= given - 1
    return "answer" if finished.reason == "length" and full else ""
