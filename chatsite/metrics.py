"""What this process has counted since it began; `chatsite/exposition.py` tells it to Prometheus.

Plain numbers, so that they cost next to nothing where nobody asks. Labels are words of ours, never anybody else's; and
nothing is counted for each token, only for each turn, frame or request.
"""

from bisect import bisect_left
from collections.abc import Sequence
from threading import Lock

# In seconds: the first token of a small model to that of a large one that is loaded first.
FIRST_TOKEN_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
TURN_SECONDS = (0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 1800)
CHECKPOINT_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)

_lock = Lock()


class Count:
    """How often something happened, by one label or none."""

    def __init__(self, name: str, help: str, label: str = "", known: Sequence[str] = ()):
        self.name = name
        self.help = help
        self.label = label
        # What has not happened yet is told as 0, so that the first time is a change.
        self.values: dict[str, float] = dict.fromkeys(known if label else [""], 0)
        COUNTS.append(self)

    def add(self, label: str = "", by: float = 1) -> None:
        """Count one more, from any thread."""
        with _lock:
            self.values[label] = self.values.get(label, 0) + by


class Times:
    """How long something took, in seconds, as how often it took up to each of some bounds."""

    def __init__(self, name: str, help: str, bounds: Sequence[float]):
        self.name = name
        self.help = help
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0
        TIMES.append(self)

    def add(self, seconds: float) -> None:
        """Count one more, from any thread."""
        with _lock:
            self.counts[bisect_left(self.bounds, seconds)] += 1
            self.total += seconds


COUNTS: list[Count] = []
TIMES: list[Times] = []

OUTCOMES = ("completed", "stopped", "failed", "interrupted", "blocked")

requests = Count("chatsite_requests", "HTTP requests answered.", "status", ("2xx", "3xx", "4xx", "5xx"))
turns_started = Count("chatsite_turns_started", "Turns that this process began to work on.")
turns_finished = Count("chatsite_turns_finished", "Turns that ended in this process.", "outcome", OUTCOMES)
turns_reaped = Count("chatsite_turns_reaped", "Turns of dead processes that this one marked as interrupted.")
first_token = Times("chatsite_first_token_seconds", "From the start of a turn to its first token.", FIRST_TOKEN_SECONDS)
turn_time = Times("chatsite_turn_seconds", "From the start of a turn to its end.", TURN_SECONDS)
tokens = Count("chatsite_tokens", "Tokens of finished turns.", "kind", ("prompt", "completion"))
checkpoints = Times(
    "chatsite_checkpoint_seconds", "How long keeping what running turns have said took.", CHECKPOINT_SECONDS
)
checkpoints_failed = Count("chatsite_checkpoints_failed", "Times that what running turns have said could not be kept.")
news_heard = Count("chatsite_news_heard", "Pieces of running answers heard from other processes.")
news_gaps = Count("chatsite_news_gaps", "Of those, the ones with something missing before them.")
readers_resynced = Count("chatsite_readers_resynced", "Readers sent a whole text because they had fallen behind.")
syncs_asked = Count("chatsite_syncs_asked", "Times that a client asked for a whole text: it saw a gap.")
readers_closed = Count("chatsite_readers_closed", "Sockets and streams ended here.", "why", ("slow", "signed_out"))
files_read = Count("chatsite_files_read", "Uploaded files read.", "outcome", ("read", "refused"))
parsers_killed = Count("chatsite_parsers_killed", "Parsers that took too much time or memory and were ended.")
questions_embedded = Count(
    "chatsite_questions_embedded",
    "Questions for which passages were to be found by meaning.",
    "outcome",
    ("completed", "failed"),
)
jobs_ended = Count("chatsite_jobs_ended", "Background jobs done in this process.", "outcome", ("done", "failed"))
database_errors = Count("chatsite_database_errors", "Questions to the database that failed.", "error")
rules_applied = Count(
    "chatsite_rules_applied",
    "Times that a moderation rule applied, by what it did.",
    "action",
    ("flag", "warn", "mask", "block", "suspend"),
)
