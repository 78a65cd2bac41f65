"""What a GGUF file says of itself, read from its header: no weights, no numpy, and no trust in what stands there."""

import mmap
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

MAGIC = b"GGUF"
VERSIONS = (2, 3)
ALIGNMENT = 32
MOST_KEYS = 10_000
MOST_TENSORS = 100_000
MOST_DIMENSIONS = 4
# Longer texts than a chat template are no metadata; longer lists than of layers are vocabularies.
LONGEST_TEXT_BYTES = 4 * 1024 * 1024
LONGEST_LIST = 1024

STRING, ARRAY = 8, 9
SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
# Of each type of weights: how many stand in a block, and its bytes. A type that is not here is not added up.
# fmt: off
BLOCKS = {
    0: (1, 4), 1: (1, 2), 24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8), 28: (1, 8), 30: (1, 2),
    2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 20: (32, 18), 39: (32, 17), 40: (64, 36),
    10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292), 16: (256, 66),
    17: (256, 74), 18: (256, 98), 19: (256, 50), 21: (256, 110), 22: (256, 82), 23: (256, 136), 29: (256, 56),
    34: (256, 54), 35: (256, 66), 41: (128, 18),
}
# fmt: on
# What turns text into vectors and says nothing.
NO_CHAT = ("bert", "embed", "t5encoder")


class NotAModel(ValueError):
    """A file that is no usable model; the text is a sentence for a person."""


@dataclass(frozen=True, slots=True)
class Header:
    """The metadata of a file: scalars, texts and short lists by their keys, how long each list is, and its bytes."""

    values: dict[str, Any]
    lengths: dict[str, int]
    size: int

    def get(self, name: str, default: Any = None) -> Any:
        """Return a value of the model's own architecture, such as "context_length"."""
        return self.values.get(f"{self.architecture}.{name}", default)

    def number(self, name: str, default: int = 0) -> int:
        """Return a number of its architecture, the largest of a list, the default if there is none."""
        value = self.get(name)
        if isinstance(value, list):
            value = max(value, default=0)
        return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else default

    @property
    def architecture(self) -> str:
        return str(self.values.get("general.architecture", ""))

    @property
    def template(self) -> str:
        """Its chat template, empty if it has none."""
        value = self.values.get("tokenizer.chat_template", "")
        return value if isinstance(value, str) else ""

    @property
    def title(self) -> str:
        """What it calls itself, empty if it does not say."""
        value = self.values.get("general.name", "")
        return value if isinstance(value, str) else ""

    @property
    def vocabulary(self) -> int:
        """How many tokens it knows."""
        return self.lengths.get("tokenizer.ggml.tokens", 0) or self.number("vocab_size")

    @property
    def is_projector(self) -> bool:
        """Whether it is what lets another model see, and no model of its own."""
        return self.architecture == "clip"

    @property
    def sees(self) -> bool:
        """Whether this projector is for pictures."""
        return self.is_projector and self.values.get("clip.has_vision_encoder", True) is not False

    @property
    def chats(self) -> bool:
        """Whether it is a model that writes."""
        other = any(part in self.architecture for part in NO_CHAT) or self.get("pooling_type", 0)
        return not self.is_projector and not other

    @property
    def capabilities(self) -> frozenset[str]:
        """What its template knows of: completion, tools, thinking."""
        found, template = {"completion"}, self.template
        if "tools" in template:
            found.add("tools")
        if "enable_thinking" in template or "<think>" in template or "reasoning_content" in template:
            found.add("thinking")
        return frozenset(found)


def read(path: Path) -> Header:
    """Return the header of a file, remembered until the file changes; raises NotAModel or OSError."""
    status = os.stat(path)
    return _read(str(path), status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=64)
def _read(path: str, size: int, changed: int) -> Header:
    name = os.path.basename(path).removesuffix(".part")
    if size < len(MAGIC) + 20:
        raise NotAModel(f"{name} is not a GGUF file: it is too short.")
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            return _Reader(data, name).header()
        except (struct.error, IndexError, OverflowError):
            raise NotAModel(f"{name} ends in the middle of its header: it was not downloaded whole.") from None


class _Reader:
    def __init__(self, data: mmap.mmap, name: str) -> None:
        self.data = data
        self.name = name
        self.at = len(MAGIC)

    def header(self) -> Header:
        if self.data[: len(MAGIC)] != MAGIC:
            raise NotAModel(f"{self.name} is not a GGUF file.")
        (version,) = self.take("I")
        if version not in VERSIONS:
            raise NotAModel(f"{self.name} has version {version} of GGUF, which is not known here.")
        tensors, keys = self.take("QQ")
        if keys > MOST_KEYS or tensors > MOST_TENSORS:
            raise self.senseless()
        values: dict[str, Any] = {}
        lengths: dict[str, int] = {}
        for _ in range(keys):
            key = self.text()
            (kind,) = self.take("I")
            if kind == ARRAY:
                lengths[key], found = self.list()
                if found is not None:
                    values[key] = found
            else:
                values[key] = self.value(kind)
        alignment = values.get("general.alignment", ALIGNMENT)
        if not isinstance(alignment, int) or not 0 < alignment <= 2**20:
            raise self.senseless()
        end = max(self.ends(tensors), default=0)
        if tensors and -(-self.at // alignment) * alignment + end > len(self.data):
            raise NotAModel(f"{self.name} is shorter than its own list of contents: it was not downloaded whole.")
        parts = values.get("split.count", 1)
        if isinstance(parts, int) and parts > 1:
            raise NotAModel(f"{self.name} is one of {parts} parts of a model; only models in one file can be used.")
        return Header(values=values, lengths=lengths, size=len(self.data))

    def ends(self, tensors: int) -> Iterator[int]:
        """Yield where the weights of each tensor end, from the beginning of all weights."""
        for _ in range(tensors):
            self.text()
            (dimensions,) = self.take("I")
            if dimensions > MOST_DIMENSIONS:
                raise self.senseless()
            weights = 1
            for length in self.take("Q" * dimensions):
                weights *= length
            kind, offset = self.take("IQ")
            block, size = BLOCKS.get(kind, (1, 0))
            yield offset + weights // block * size

    def take(self, form: str) -> tuple[Any, ...]:
        found = struct.unpack_from(f"<{form}", self.data, self.at)
        self.at += struct.calcsize(f"<{form}")
        return found

    def text(self) -> str:
        (length,) = self.take("Q")
        end = self.at + length
        if end > len(self.data):
            raise IndexError
        if length > LONGEST_TEXT_BYTES:
            raise self.senseless()
        self.at, found = end, self.data[self.at : end]
        return found.decode("utf-8", "replace")

    def value(self, kind: int) -> Any:
        if kind == STRING:
            return self.text()
        if kind not in SCALARS:
            raise self.senseless()
        return self.take(SCALARS[kind])[0]

    def list(self) -> tuple[int, list[Any] | None]:
        """Return how long a list is, and the list itself if it is a short one."""
        kind, length = self.take("IQ")
        if kind in SCALARS:
            size = struct.calcsize(f"<{SCALARS[kind]}") * length
            if self.at + size > len(self.data):
                raise IndexError
            if length <= LONGEST_LIST:
                return length, list(self.take(SCALARS[kind] * length))
            self.at += size
            return length, None
        if kind != STRING:
            raise self.senseless()
        unpack, data = struct.Struct("<Q").unpack_from, self.data
        for _ in range(length):
            self.at += 8 + unpack(data, self.at)[0]
        return length, None

    def senseless(self) -> NotAModel:
        return NotAModel(f"{self.name} is not a usable GGUF file: its header makes no sense.")
