"""A short list of models that are worth a first try, small ones first.

Each address names one revision of a file, so what it leads to does not change. The checksums are those that the
publishers of these files give; a download that has another one is not used.
"""

from dataclasses import dataclass

from .fit import MB

HUB = "https://huggingface.co"


@dataclass(frozen=True, slots=True)
class File:
    """A file at an address, with its size in bytes and its checksum."""

    url: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Offer:
    """A model to get: `memory` is about what it needs to be used, in bytes."""

    name: str
    title: str
    file: File
    licence: str
    good_for: str
    memory: int
    projector: File | None = None

    @property
    def size(self) -> int:
        """How many bytes are downloaded."""
        return self.file.size + (self.projector.size if self.projector else 0)


def _qwen(size: str, quantity: str, revision: str, bytes: int, sha256: str) -> File:
    path = f"Qwen/Qwen3-{size}-GGUF/resolve/{revision}/Qwen3-{size}-{quantity}.gguf"
    return File(f"{HUB}/{path}", bytes, sha256)


_SMOL = f"{HUB}/ggml-org/SmolVLM-500M-Instruct-GGUF/resolve/72e986006ef53e37cdd3f6d4241c90b0f01df376"

OFFERS = (
    Offer(
        name="qwen3-0.6b",
        title="Qwen3 0.6B",
        file=_qwen(
            "0.6B",
            "Q8_0",
            "23749fefcc72300e3a2ad315e1317431b06b590a",
            639_446_688,
            "9465e63a22add5354d9bb4b99e90117043c7124007664907259bd16d043bb031",
        ),
        licence="Apache 2.0",
        good_for="trying everything out on any machine; short, simple answers that are often wrong",
        memory=2048 * MB,
    ),
    Offer(
        name="smolvlm-500m",
        title="SmolVLM 500M",
        file=File(
            f"{_SMOL}/SmolVLM-500M-Instruct-Q8_0.gguf",
            436_806_912,
            "9d4612de6a42214499e301494a3ecc2be0abdd9de44e663bda63f1152fad1bf4",
        ),
        projector=File(
            f"{_SMOL}/mmproj-SmolVLM-500M-Instruct-Q8_0.gguf",
            108_783_360,
            "d1eb8b6b23979205fdf63703ed10f788131a3f812c7b1f72e0119d5d81295150",
        ),
        licence="Apache 2.0",
        good_for="saying in a sentence what is in a picture; English only",
        memory=2048 * MB,
    ),
    Offer(
        name="qwen3-1.7b",
        title="Qwen3 1.7B",
        file=_qwen(
            "1.7B",
            "Q8_0",
            "90862c4b9d2787eaed51d12237eafdfe7c5f6077",
            1_834_426_016,
            "061b54daade076b5d3362dac252678d17da8c68f07560be70818cace6590cb1a",
        ),
        licence="Apache 2.0",
        good_for="titles, summaries and small talk on an older laptop; many languages, thinking, tools",
        memory=4096 * MB,
    ),
    Offer(
        name="qwen3-4b",
        title="Qwen3 4B",
        file=_qwen(
            "4B",
            "Q4_K_M",
            "bc640142c66e1fdd12af0bd68f40445458f3869b",
            2_497_280_256,
            "7485fe6f11af29433bc51cab58009521f205840f5b4ae3a32fa7f92e8534fdf5",
        ),
        licence="Apache 2.0",
        good_for="everyday questions on a laptop with 8 GB; many languages, thinking, tools",
        memory=6144 * MB,
    ),
    Offer(
        name="qwen3-8b",
        title="Qwen3 8B",
        file=_qwen(
            "8B",
            "Q4_K_M",
            "7c41481f57cb95916b40956ab2f0b139b296d974",
            5_027_783_488,
            "d98cdcbd03e17ce47681435b5150e34c1417f50b5c0019dd560e4882c5745785",
        ),
        licence="Apache 2.0",
        good_for="better answers on a machine with 16 GB; slow without a graphics card",
        memory=10_240 * MB,
    ),
)


def find(name: str) -> Offer | None:
    """Return the model of this name, None if it is not in the list."""
    return next((offer for offer in OFFERS if offer.name == name), None)


def best_for(room: int) -> Offer:
    """Return the largest one, but for those that see, that needs no more than so many bytes; the smallest if none."""
    fitting = [offer for offer in OFFERS if offer.memory <= room and offer.projector is None]
    return fitting[-1] if fitting else OFFERS[0]
