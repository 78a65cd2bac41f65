"""What of the promises held: what people were told and saw, beside what the rows say in the end."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field

from tests.durability.site import Kept

TAIL_SECONDS = 1.5
SETTLED_SECONDS = 20.0
OPEN = {"queued", "running"}
MESSAGE_STATUS = {"completed": "complete"}
# So many broken promises are told one by one; the others are only counted.
SENTENCES = 20


@dataclass(frozen=True, slots=True)
class Read:
    """An answer as somebody read it when it had ended; `where` says by which way."""

    where: str
    status: str
    text: str


@dataclass(slots=True)
class Told:
    """One question as the person who asked it knows it."""

    client_id: str
    text: str
    # What the model says to it, piece by piece, and how many a second; of one that needs no time, no tail is long.
    tokens: Sequence[str]
    rate: float = math.inf
    # Whether nothing was done to it that may keep its answer from being finished.
    finishes: bool = True
    # How it has to end: the turn's status and error code; None where that is left open.
    ends: tuple[str, str] | None = None
    # The turns that it was acknowledged with; one, however often it was sent.
    turns: set[str] = field(default_factory=set)
    # The most that was seen of the answer while it was written.
    seen: str = ""
    reads: list[Read] = field(default_factory=list)
    # From the moment at which its answer could be final to the moment at which the person had it.
    settled_seconds: float | None = None
    # How often it was refused with a word to ask again, and how often the connection was lost.
    refusals: int = 0
    losses: int = 0
    # Why the person stopped trying, if so.
    gave_up: str = ""

    @property
    def whole(self) -> str:
        """The whole answer."""
        return "".join(self.tokens)


@dataclass
class Verdict:
    """Counts for each promise; `broken` says in sentences what did not hold."""

    faults: int = 0
    questions: int = 0
    # What was met on the way: it says whether the faults were felt at all.
    refusals: int = 0
    losses: int = 0
    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    partials: int = 0
    partials_inexact: int = 0
    finals: int = 0
    finals_inexact: int = 0
    unfinished: int = 0
    reads: int = 0
    reads_differing: int = 0
    longest_tail_seconds: float = 0.0
    longest_settled_seconds: float = 0.0
    broken: list[str] = field(default_factory=list)

    def fail(self, sentence: str) -> None:
        """Note a promise that was broken."""
        self.broken.append(sentence)

    def join(self, other: "Verdict") -> None:
        """Take in what another installation did."""
        for name, value in asdict(other).items():
            mine = getattr(self, name)
            setattr(self, name, max(mine, value) if name.startswith("longest") else mine + value)


def judge(asked: Iterable[Told], rows: Iterable[Kept]) -> Verdict:
    """Return what holds of these questions, by all rows that there are in the end."""
    verdict = Verdict()
    rows = list(rows)
    by_turn = {row.turn: row for row in rows}
    by_client = {row.client_id: row for row in rows}
    times = Counter(row.question for row in rows)
    for told in asked:
        verdict.questions += 1
        verdict.refusals += told.refusals
        verdict.losses += told.losses
        verdict.acknowledged += bool(told.turns)
        if len(told.turns) > 1 or times[told.text] > 1:
            verdict.doubled += 1
            verdict.fail(f"“{told.text}” is there {times[told.text]} times, acknowledged as {len(told.turns)} turns")
        row = by_turn.get(next(iter(told.turns))) if told.turns else by_client.get(told.client_id)
        if told.turns and (row is None or (row.client_id, row.question) != (told.client_id, told.text)):
            verdict.lost += 1
            verdict.fail(f"“{told.text}” was acknowledged and is lost")
        elif row is not None:
            _judge_answer(told, row, verdict)
        if told.gave_up:
            verdict.fail(f"“{told.text}”: the person gave up: {told.gave_up}")
    return verdict


def _judge_answer(told: Told, row: Kept, verdict: Verdict) -> None:
    whole, name = told.whole, f"The answer to “{told.text}”"
    if row.status in OPEN or row.message_status == "streaming":
        verdict.unfinished += 1
        verdict.fail(f"{name} is still {row.status}, its message {row.message_status}")
        return
    if row.status == "completed":
        verdict.finals += 1
        if row.text != whole:
            verdict.finals_inexact += 1
            verdict.fail(f"{name} is called complete with {len(row.text)} of {len(whole)} characters")
    else:
        verdict.partials += 1
        if not whole.startswith(row.text):
            verdict.partials_inexact += 1
            verdict.fail(f"{name} was kept in part, and not as it was said")
        tail = (count_tokens(told.tokens, told.seen) - count_tokens(told.tokens, row.text)) / told.rate
        verdict.longest_tail_seconds = max(verdict.longest_tail_seconds, tail)
        if tail > TAIL_SECONDS:
            verdict.fail(f"{name} was seen {tail:.2f} s further than it was kept")
        if told.finishes:
            verdict.unfinished += 1
            verdict.fail(f"{name} could finish and ended as {row.status} ({row.error_code})")
    if not whole.startswith(told.seen):
        verdict.partials_inexact += 1
        verdict.fail(f"{name} was seen as it was not said")
    if told.ends is not None and told.ends != (row.status, row.error_code):
        verdict.fail(f"{name} ended as {row.status} ({row.error_code}) and not as {told.ends[0]} ({told.ends[1]})")
    for read in told.reads:
        verdict.reads += 1
        if (read.status, read.text) != (MESSAGE_STATUS.get(row.status, row.status), row.text):
            verdict.reads_differing += 1
            kept = f"{len(row.text)} characters as {row.status}"
            verdict.fail(f"{name} reads {len(read.text)} characters as {read.status} by {read.where}, kept are {kept}")
    if told.settled_seconds is not None:
        verdict.longest_settled_seconds = max(verdict.longest_settled_seconds, told.settled_seconds)
        if told.settled_seconds > SETTLED_SECONDS:
            verdict.fail(f"{name} was settled {told.settled_seconds:.1f} s after it could be")


def count_tokens(tokens: Sequence[str], prefix: str) -> int:
    """Return how many tokens a text that begins the answer holds, the last one perhaps in part."""
    length = count = 0
    for token in tokens:
        if length >= len(prefix):
            break
        length += len(token)
        count += 1
    return count
