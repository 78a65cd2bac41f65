"""Choosing facts until the room is full: the higher ranks first, the oldest and the newest before those between."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from math import log

from llm.tokens import estimate

from .facts import FACT_TOKENS, Fact, Rank, clipped
from .wording import line

# The part of what is left that a rank may take before the ranks below it had their turn.
RANK_SHARE = 0.6
# No fact takes more of the room than this part of it.
FACT_SHARE = 0.34
WORD = re.compile(r"\w{4,}|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]{2}")


def choose(facts: Iterable[Fact], *, tokens: int) -> list[Fact]:
    """Return the facts that are kept in so many tokens, in their order; the same facts give the same choice."""
    longest = max(1, int(tokens * FACT_SHARE))
    # As they are found they are short enough for any room but a very small one.
    found = list(_once(facts if longest >= FACT_TOKENS else (clipped(fact, longest) for fact in facts)))
    costs = [cost(fact) for fact in found]
    ranked = {rank: [number for number, fact in enumerate(found) if fact.rank == rank] for rank in Rank}
    telling = _telling(found)
    chosen: set[int] = set()
    room = tokens
    # Each rank has its share first, then whatever is left.
    for share in (RANK_SHARE, 1.0):
        for rank in sorted(Rank, reverse=True):
            numbers = [number for number in ranked[rank] if number not in chosen]
            quota = int(room * share)
            if rank >= Rank.DETAIL:
                taken = _ends(numbers, costs, quota)
            else:
                taken = _best(sorted(numbers, key=lambda number: (-telling[number], number)), costs, quota)
            for number in taken:
                chosen.add(number)
                room -= costs[number]
    return [found[number] for number in sorted(chosen)]


def cost(fact: Fact) -> int:
    """Return how many tokens a fact takes in a digest, by our estimate."""
    return estimate(line(fact) + "\n")


def _once(facts: Iterable[Fact]) -> Iterator[Fact]:
    """Yield facts without those that were said before in the same words."""
    seen: set[str] = set()
    for fact in facts:
        words = fact.text.casefold()
        if words not in seen:
            seen.add(words)
            yield fact


def _ends(numbers: Sequence[int], costs: list[int], quota: int) -> list[int]:
    """Return numbers from the beginning for half of the quota, then from the end."""
    first = _best(numbers, costs, quota // 2)
    rest = [number for number in reversed(numbers) if number not in set(first)]
    return first + _best(rest, costs, quota - sum(costs[number] for number in first))


def _best(numbers: Sequence[int], costs: list[int], quota: int) -> list[int]:
    """Return numbers in their order as long as they fit; a long one does not keep the shorter ones after it out."""
    taken = []
    for number in numbers:
        if costs[number] <= quota:
            quota -= costs[number]
            taken.append(number)
    return taken


def _telling(facts: list[Fact]) -> list[float]:
    """Return how much each fact of the lower ranks tells: by words that few others have, for their length."""
    low = [set(WORD.findall(fact.text)) if fact.rank <= Rank.TELLING else set() for fact in facts]
    common = Counter(word for words in low for word in words)
    count = len(facts)
    return [
        sum(log(1 + count / common[word]) for word in words) / (8 + len(fact.text)) ** 0.5
        for words, fact in zip(low, facts, strict=True)
    ]
