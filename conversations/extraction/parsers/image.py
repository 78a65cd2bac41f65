"""Images: the first frame, upright, as an RGB JPEG without metadata, in the size that models look at."""

import struct
from contextlib import suppress
from io import BytesIO
from typing import Any, BinaryIO

import PIL
from PIL import Image

from .answer import Answer, Receipt, Refused

MIN_SIDE = 50
MAX_PIXELS = 25_000_000
MODEL_SIDE, MODEL_QUALITY = 2048, 90
THUMBNAIL_SIDE, THUMBNAIL_QUALITY = 320, 80
MAX_FRAMES = 10_000

# The header was looked at before anything is decoded, so Pillow's own limit is not needed.
Image.MAX_IMAGE_PIXELS = None

ORIENTATION = 0x0112
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SIDEWAYS = {5, 6, 7, 8}


def read(source: BinaryIO, job: dict[str, Any], answer: Answer) -> None:
    """Say what a model gets of an image, a thumbnail, and the receipt."""
    if job["pillow"] == "WEBP":
        # Pillow makes room for the whole picture when it opens one of these.
        _check(*_webp_size(source.read(30)))
        source.seek(0)
    image = Image.open(source, formats=[job["pillow"]])
    _check(*image.size)
    receipt = Receipt({"kind": "image", "engine": f"Pillow {PIL.__version__}"})
    frames = _frames(image, source)
    orientation = 1
    # Metadata that makes no sense is about to be removed anyway.
    with suppress(Exception):
        orientation = int(image.getexif().get(ORIENTATION, 1))
    width, height = reversed(image.size) if orientation in SIDEWAYS else image.size
    shown = for_model(image)
    scaled = shown.size != image.size
    if orientation in UPRIGHT:
        shown = shown.transpose(UPRIGHT[orientation])
    receipt.facts |= {"width": width, "height": height, "scaled": scaled or (width, height) != shown.size}
    receipt.facts |= {"frames": frames, "sent_width": shown.width, "sent_height": shown.height}
    if frames > 1:
        number = f"more than {MAX_FRAMES:,}" if frames > MAX_FRAMES else f"{frames:,}"
        receipt.warn("first_frame_only", f"This image moves: of its {number} frames only the first is read.")
    answer.say("image", jpeg(shown, MODEL_QUALITY))
    answer.say("thumbnail", thumbnail(shown))
    answer.read([], receipt)
    answer.end()


def for_model(image: Image.Image) -> Image.Image:
    """Return the first frame as a new RGB image of at most 2048 pixels a side, on white where it is see-through."""
    longest = max(image.size)
    width, height = size = image.size
    if longest > MODEL_SIDE:
        size = max(1, round(width * MODEL_SIDE / longest)), max(1, round(height * MODEL_SIDE / longest))
        # A JPEG can be decoded at a half, a quarter or an eighth.
        image.draft(None, size)
    image.load()
    if image.mode.startswith("I"):
        # 16 bits of grey: converting alone would cut off what is brighter than 1/256.
        image = image.point(lambda value: value * (1 / 256)).convert("L")
    if image.mode in {"RGBA", "LA", "PA", "RGBa", "La"} or "transparency" in image.info:
        image = _on_white(image.convert("RGBA"))
    elif image.mode not in {"L", "RGB", "CMYK"}:
        image = image.convert("RGB")
    if image.size != size:
        # As sharp as the slower ones where an image gets smaller.
        image = image.resize(size, Image.Resampling.HAMMING)
    new = Image.new("RGB", size)
    new.paste(image.convert("RGB"))
    return new


def _on_white(image: Image.Image) -> Image.Image:
    flat = Image.new("RGB", image.size, "white")
    flat.paste(image, mask=image.getchannel("A"))
    return flat


def jpeg(image: Image.Image, quality: int) -> bytes:
    """Return the image as a JPEG; it has no metadata, because no image is passed here that was opened."""
    out = BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def thumbnail(image: Image.Image) -> bytes:
    """Return a small JPEG of the image."""
    small = image.copy()
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    return jpeg(small, THUMBNAIL_QUALITY)


def _check(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        limit = MAX_PIXELS // 1_000_000
        raise Refused("image_too_large", f"This image has {width:,} × {height:,} pixels; {limit} million are the most.")
    if min(width, height) < MIN_SIDE:
        raise Refused(
            "image_too_small", f"This image has {width} × {height} pixels; {MIN_SIDE} × {MIN_SIDE} are the least."
        )


def _webp_size(head: bytes) -> tuple[int, int]:
    """Return the width and height that a WebP's header names."""
    kind = head[12:16]
    if kind == b"VP8X":
        return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
    if kind == b"VP8L":
        packed = int.from_bytes(head[21:25], "little")
        return (packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1
    if kind == b"VP8 " and len(head) == 30:
        width, height = struct.unpack("<HH", head[26:30])
        return width & 0x3FFF, height & 0x3FFF
    raise Refused("corrupt")


def _frames(image: Image.Image, source: BinaryIO) -> int:
    """Return how many frames the image has, as far as they are counted."""
    if image.format in {"PNG", "WEBP"}:
        return int(getattr(image, "n_frames", 1))
    if image.format != "GIF":
        return 1
    at = source.tell()
    source.seek(0)
    frames = _gif_frames(source.read())
    source.seek(at)
    return frames


def _gif_frames(data: bytes) -> int:
    """Return the number of frames of a GIF, at most one more than MAX_FRAMES, without decoding them as Pillow would."""
    frames = 0
    at = 13 + _colors(data[10])
    while at < len(data) and frames <= MAX_FRAMES:
        block = data[at]
        if block == 0x2C and at + 10 <= len(data):
            frames += 1
            at += 11 + _colors(data[at + 9])
        elif block == 0x21:
            at += 2
        else:
            break
        while at < len(data) and data[at]:
            at += data[at] + 1
        at += 1
    return max(1, frames)


def _colors(flags: int) -> int:
    """Return the length of the colour table that these flags announce."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0
