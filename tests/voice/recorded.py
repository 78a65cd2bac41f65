"""Recordings as browsers make them, of silence."""

import io
import wave

RATE = 8_000


def wav(seconds: float) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes(b"\0\0" * round(RATE * seconds))
    return out.getvalue()


def ogg(seconds: float) -> bytes:
    page = b"OggS\0\4" + round(seconds * 48_000).to_bytes(8, "little") + b"\1\0\0\0\2\0\0\0\0\0\0\0\1\1x"
    return b"OggS\0\2" + bytes(8) + b"\1\0\0\0\0\0\0\0\0\0\0\0\1\1x" + page


def webm(seconds: float) -> bytes:
    """Return two clusters of one block each; as browsers stream it, nobody knows how long a cluster will be."""
    last = round(seconds * 1000)
    clusters = b"".join(
        b"\x1f\x43\xb6\x75\x01" + b"\xff" * 7 + b"\xe7\x84" + begun.to_bytes(4, "big") + b"\xa3\x85\x81\0\x14\x80x"
        for begun in (0, last - 20)
    )
    return b"\x1a\x45\xdf\xa3\x84webm\x18\x53\x80\x67\x01" + b"\xff" * 7 + clusters


def mp4(seconds: float) -> bytes:
    scale = (1000).to_bytes(4, "big")
    header = bytes(4) + bytes(8) + scale + bytes(4)
    fragment = b"\1\0\0\0" + round(seconds * 1000).to_bytes(8, "big")
    return b"\0\0\0\x14ftypisom" + bytes(8) + b"\0\0\0\x20mdhd" + header + b"\0\0\0\x14tfdt" + fragment


KINDS = {"wav": wav, "ogg": ogg, "webm": webm, "mp4": mp4}
