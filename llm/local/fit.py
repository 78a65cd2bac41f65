"""How much memory a model needs before it is loaded, and how long a window fits what there is."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .gguf import Header

MB = 1024 * 1024
# What is written in numbers of 16 bits for each token that a window can hold.
CACHE_BYTES = 2
# So many tokens of a question are read at once; while they are, their scores for the whole vocabulary are in memory.
BATCH_TOKENS = 256
BATCH_WIDTH = 12
SCORE_BYTES = 4
PROGRAM_BYTES = 160 * MB
# Windows to choose from, the longest first.
WINDOWS = (16_384, 8_192, 4_096, 2_048)
# How much of the free memory may be taken where no limit is set.
FREE_SHARE = 0.8
# Earlier conversations are remembered in at most so much memory, and in no more than this part of what is left.
MEMORY_OF_OTHERS_BYTES = 1024 * MB
MEMORY_OF_OTHERS_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Need:
    """What a model takes in memory, in bytes."""

    weights: int
    cache: int
    work: int

    @property
    def bytes(self) -> int:
        return self.weights + self.cache + self.work


def need(header: Header, *, window: int, slots: int, beside: int = 0) -> Need:
    """Return what a model needs for so many answers at once, each with a window of so many tokens.

    `beside` is the size of its projector, in bytes. It is rather too much than too little: layers that look back only a
    little way are counted as if they saw everything.
    """
    width = header.number("embedding_length")
    work = BATCH_TOKENS * SCORE_BYTES * (header.vocabulary + width * BATCH_WIDTH)
    return Need(
        weights=header.size + beside,
        cache=_cache_of_a_token(header) * window * slots,
        work=work + PROGRAM_BYTES,
    )


def _cache_of_a_token(header: Header) -> int:
    layers, heads = header.number("block_count"), header.number("attention.head_count", 1)
    each = header.number("embedding_length") // heads
    keys, values = header.number("attention.key_length", each), header.number("attention.value_length", each)
    told = header.get("attention.head_count_kv")
    heads_of_layers = sum(told) if isinstance(told, list) else header.number("attention.head_count_kv", heads) * layers
    return heads_of_layers * (keys + values) * CACHE_BYTES


def window(header: Header, *, room: int, slots: int, wanted: int | None = None, beside: int = 0) -> int | None:
    """Return the window that a model gets in so many bytes, in tokens: the wanted or the longest; None if none fits.

    It is never longer than what the model was trained for.
    """
    trained = header.number("context_length", WINDOWS[0])
    lengths = (wanted,) if wanted else WINDOWS
    for length in dict.fromkeys(min(length, trained) for length in lengths):
        if need(header, window=length, slots=slots, beside=beside).bytes <= room:
            return length
    return None


def memory_of_others(left: int) -> int:
    """Return how many bytes may remember conversations that have no slot now, of so many that are left."""
    return max(0, min(MEMORY_OF_OTHERS_BYTES, int(left * MEMORY_OF_OTHERS_SHARE)))


def available() -> int:
    """Return how many bytes of memory are free, of the machine and of the container that this runs in."""
    return min(_available())


def _available() -> Iterator[int]:
    found = _numbers(Path("/proc/meminfo")).get("MemAvailable:")
    yield found * 1024 if found is not None else os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    try:
        # Of a container "/", of a service of systemd its own place.
        own = Path("/proc/self/cgroup").read_text().rpartition("::")[2].strip()
        group = Path("/sys/fs/cgroup") / own.lstrip("/")
        limit, used = (int((group / name).read_text()) for name in ("memory.max", "memory.current"))
    except (OSError, ValueError):
        # Nothing limits it ("max").
        return
    yield limit - used + _numbers(group / "memory.stat").get("inactive_file", 0)


def _numbers(path: Path) -> dict[str, int]:
    try:
        lines = [line.split() for line in path.read_text().splitlines()]
    except OSError:
        return {}
    return {words[0]: int(words[1]) for words in lines if len(words) > 1 and words[1].isdigit()}


def in_words(size: int) -> str:
    """Return bytes as people write them: 640 MB, 2.5 GB."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{max(1, round(size / 1e6))} MB"
