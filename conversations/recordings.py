"""Recordings of a microphone, as browsers make them: what kind one is, by its first bytes, and how long it lasts."""

# The kinds that are taken, by their ending, with the media type by which they are sent on.
MEDIA_TYPES = {"webm": "audio/webm", "ogg": "audio/ogg", "mp4": "audio/mp4", "wav": "audio/wav"}

OPUS_RATE = 48_000
CLUSTER = b"\x1f\x43\xb6\x75"
# A file with more parts in a row than this is none that a browser has made, and takes long to go through.
MOST_PARTS = 100_000
TIMESTAMP, BLOCK_GROUP, BLOCKS = 0xE7, 0xA0, {0xA3, 0xA1}


def kind_of(content: bytes) -> str | None:
    """Return the kind of a recording, None if it is none that is taken."""
    if content.startswith(b"\x1a\x45\xdf\xa3"):
        return "webm"
    if content.startswith(b"OggS"):
        return "ogg"
    if content[4:8] == b"ftyp":
        return "mp4"
    return "wav" if content.startswith(b"RIFF") and content[8:12] == b"WAVE" else None


def seconds(content: bytes, kind: str) -> float | None:
    """Return how long a recording says that it lasts, None if it does not say.

    A file that lies is bounded by its size, and by how long the transcription may take.
    """
    try:
        told = READERS[kind](content)
    except (IndexError, ValueError, ArithmeticError):
        return None
    return None if told is None or told < 0 else told


def _wav(content: bytes) -> float:
    at, bytes_a_second = 12, 0
    for _ in range(MOST_PARTS):
        name, size = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        at += 8
        if name == b"fmt ":
            bytes_a_second = int.from_bytes(content[at + 8 : at + 12], "little")
        elif name == b"data":
            # What is written while it is heard does not know its own size.
            return min(size, len(content) - at) / bytes_a_second
        at += size + size % 2
        if at >= len(content):
            break
    raise ValueError("no sound")


def _ogg(content: bytes) -> float | None:
    # The position at the end of the last page, in samples.
    last = content.rfind(b"OggS")
    if len(content) < last + 14:
        raise ValueError("no whole page")
    position = int.from_bytes(content[last + 6 : last + 14], "little", signed=True)
    return position / OPUS_RATE if position >= 0 else None


def _webm(content: bytes) -> float | None:
    """Return the time of the last block in the last cluster; browsers write times in milliseconds."""
    at = content.rfind(CLUSTER)
    if at < 0:
        return None
    at += len(CLUSTER)
    at += _length(content, at)[1]
    begun = latest = parts = 0
    while at < len(content):
        parts += 1
        if parts > MOST_PARTS:
            return None
        element = content[at]
        size, width = _length(content, at + 1)
        at += 1 + width
        if element == TIMESTAMP:
            begun = int.from_bytes(content[at : at + size], "big")
        elif element in BLOCKS:
            track = _length(content, at)[1]
            latest = int.from_bytes(content[at + track : at + track + 2], "big", signed=True)
        # A group is gone into; of anything else only the size counts.
        at += 0 if element == BLOCK_GROUP else size
    return (begun + latest) / 1000


def _length(content: bytes, at: int) -> tuple[int, int]:
    """Return a number of variable width, and how many bytes it takes."""
    width = 9 - content[at].bit_length()
    if not 1 <= width <= 8:
        raise ValueError("no number of EBML")
    value = content[at] & ((1 << (8 - width)) - 1)
    for byte in content[at + 1 : at + width]:
        value = value << 8 | byte
    return value, width


def _mp4(content: bytes) -> float | None:
    """Return the time at which the last fragment begins, or the length of the whole where there are no fragments."""
    header, fragment = content.find(b"mdhd"), content.rfind(b"tfdt")
    if header < 0:
        return None
    wide = content[header + 4] == 1
    scale_at = header + (24 if wide else 16)
    scale = int.from_bytes(content[scale_at : scale_at + 4], "big")
    if fragment < 0:
        width, at = 8 if wide else 4, scale_at + 4
    else:
        width, at = 8 if content[fragment + 4] == 1 else 4, fragment + 8
    return int.from_bytes(content[at : at + width], "big") / scale


READERS = {"wav": _wav, "ogg": _ogg, "webm": _webm, "mp4": _mp4}
