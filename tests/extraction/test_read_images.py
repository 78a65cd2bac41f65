"""An image goes to the model upright, in a usual size, and without anything that is not in the picture."""

from io import BytesIO

import pytest
from PIL import Image, PngImagePlugin

from .conftest import warned


def saved(image: Image.Image, form: str, **options) -> bytes:
    out = BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    return image


def halves(mode: str, left, right, size=(200, 100)) -> Image.Image:
    """Return an image of two colours side by side."""
    image = Image.new(mode, size, left)
    image.paste(Image.new(mode, (size[0] // 2, size[1]), right), (size[0] // 2, 0))
    return image


def near(pixel: tuple[int, ...], expected: tuple[int, ...]) -> bool:
    return all(abs(one - other) <= 12 for one, other in zip(pixel, expected, strict=True))


@pytest.mark.parametrize(
    ("form", "name", "media_type"),
    [
        ("PNG", "a.png", "image/png"),
        ("JPEG", "a.jpg", "image/jpeg"),
        ("JPEG", "a.JPEG", "image/jpeg"),
        ("WEBP", "a.webp", "image/webp"),
        ("GIF", "a.gif", "image/gif"),
    ],
)
def test_every_kind_becomes_an_rgb_jpeg(extract, form, name, media_type):
    found = extract(saved(halves("RGB", (250, 0, 0), (0, 0, 250)), form), name)
    assert (found.kind, found.media_type, found.sections) == ("image", media_type, ())
    image = opened(found.image)
    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (200, 100))
    assert near(image.getpixel((20, 50)), (250, 0, 0))
    assert near(image.getpixel((180, 50)), (0, 0, 250))
    assert (found.receipt["width"], found.receipt["height"]) == (200, 100)
    assert found.receipt["scaled"] is False
    assert found.receipt["engine"].startswith("Pillow ")
    assert found.receipt["warnings"] == []


def test_a_webp_without_loss_is_read(extract):
    found = extract(saved(halves("RGBA", (250, 0, 0, 255), (0, 0, 0, 0)), "WEBP", lossless=True), "a.webp")
    assert near(opened(found.image).getpixel((180, 50)), (255, 255, 255))


def test_a_jpeg_that_is_named_png_is_what_it_is(extract):
    assert extract(saved(Image.new("RGB", (60, 60)), "JPEG"), "a.png").media_type == "image/jpeg"


def test_a_large_one_is_scaled_and_its_size_told(extract):
    found = extract(saved(Image.new("RGB", (4000, 1000), "green"), "PNG"), "a.png")
    assert opened(found.image).size == (2048, 512)
    assert (found.receipt["width"], found.receipt["height"], found.receipt["scaled"]) == (4000, 1000, True)
    assert max(opened(found.thumbnail).size) == 320


@pytest.mark.parametrize(
    ("form", "orientation"), [*(("JPEG", number) for number in range(1, 9)), ("PNG", 6), ("WEBP", 8)]
)
def test_it_is_turned_upright(extract, form, orientation):
    upright = halves("RGB", (250, 0, 0), (0, 0, 250))
    # How a camera stores it for each orientation: what the orientation's turn undoes.
    turns = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    stored = upright.transpose(Image.Transpose(turns[orientation])) if orientation > 1 else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    found = extract(saved(stored, form, exif=exif), f"a.{form.lower()}")
    image = opened(found.image)
    assert image.size == (200, 100)
    assert (found.receipt["width"], found.receipt["height"]) == (200, 100)
    assert near(image.getpixel((20, 50)), (250, 0, 0))
    assert near(image.getpixel((180, 50)), (0, 0, 250))


def test_place_maker_and_comments_are_removed(extract):
    exif = Image.Exif()
    exif[0x010F] = "CameraMaker-4711"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (48.0, 12.0, 30.0)
    taken = saved(Image.new("RGB", (80, 80)), "JPEG", exif=exif, comment=b"secret words", icc_profile=b"profile" * 50)
    assert b"CameraMaker" in taken
    assert b"secret words" in taken
    found = extract(taken, "a.jpg")
    for picture in (found.image, found.thumbnail):
        assert not opened(picture).getexif()
        assert b"CameraMaker" not in picture
        assert b"secret" not in picture
        assert b"profile" not in picture
        assert b"Exif" not in picture


def test_the_words_in_a_png_are_removed(extract):
    words = PngImagePlugin.PngInfo()
    words.add_text("Author", "somebody")
    found = extract(saved(Image.new("RGB", (80, 80)), "PNG", pnginfo=words), "a.png")
    assert b"somebody" not in found.image + found.thumbnail


def palette(transparent: bool) -> bytes:
    image = halves("RGB", (250, 0, 0), (0, 0, 250)).quantize(4)
    return saved(image, "PNG", **({"transparency": image.getpixel((180, 50))} if transparent else {}))


@pytest.mark.parametrize(
    ("made", "left", "right"),
    [
        (lambda: saved(halves("RGBA", (250, 0, 0, 255), (0, 0, 250, 0)), "PNG"), (250, 0, 0), (255, 255, 255)),
        (lambda: saved(halves("LA", (100, 255), (0, 0)), "PNG"), (100, 100, 100), (255, 255, 255)),
        (lambda: saved(halves("L", 30, 220), "PNG"), (30, 30, 30), (220, 220, 220)),
        (lambda: saved(halves("1", 0, 1), "PNG"), (0, 0, 0), (255, 255, 255)),
        (lambda: palette(False), (250, 0, 0), (0, 0, 250)),
        (lambda: palette(True), (250, 0, 0), (255, 255, 255)),
        (lambda: saved(halves("I;16", 100 * 256, 200 * 256), "PNG"), (100, 100, 100), (200, 200, 200)),
        (lambda: saved(halves("CMYK", (0, 255, 255, 0), (0, 0, 0, 0)), "JPEG"), (254, 0, 0), (255, 255, 255)),
        (lambda: saved(halves("L", 30, 220), "JPEG"), (30, 30, 30), (220, 220, 220)),
    ],
    ids=[
        "alpha",
        "grey with alpha",
        "grey",
        "black and white",
        "palette",
        "see-through",
        "16 bit",
        "cmyk",
        "grey jpeg",
    ],
)
def test_every_way_to_keep_colours_looks_the_same(extract, made, left, right):
    name = "a.jpg" if made().startswith(b"\xff\xd8") else "a.png"
    image = opened(extract(made(), name).image)
    assert image.mode == "RGB"
    assert near(image.getpixel((20, 50)), left)
    assert near(image.getpixel((180, 50)), right)


@pytest.mark.parametrize("form", ["GIF", "PNG", "WEBP"])
def test_of_one_that_moves_the_first_frame_is_read(extract, form):
    frames = [Image.new("RGB", (60, 60), (250, 5 * number, 0)) for number in range(12)]
    found = extract(saved(frames[0], form, save_all=True, append_images=frames[1:]), f"a.{form.lower()}")
    assert found.receipt["frames"] == 12
    assert warned(found) == {"first_frame_only"}
    assert near(opened(found.image).getpixel((30, 30)), (250, 0, 0))


def test_ten_thousand_frames_are_counted_and_not_decoded(extract):
    one = saved(Image.new("P", (60, 60)), "GIF")
    start = one.index(b"\x2c\x00\x00")
    found = extract(one[:start] + one[start:-1] * 10_000 + b";", "a.gif")
    assert found.receipt["frames"] == 10_000
    assert found.receipt["seconds"] < 5


def test_the_receipt_is_json(extract):
    import json

    found = extract(saved(Image.new("RGB", (60, 60)), "PNG"), "a.png")
    assert json.loads(json.dumps(found.receipt)) == found.receipt
    assert found.receipt["seconds"] > 0
