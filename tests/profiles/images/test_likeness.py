"""Pictures that people would take for each other are found alike, others not."""

import io

import pytest
from PIL import Image, ImageDraw, ImageEnhance

from profiles.images.likeness import difference_hash, look_alike


def drawing(seed: int, side: int = 256) -> Image.Image:
    image = Image.new("RGB", (side, side), (200, 60 + 10 * seed % 150, 90))
    draw = ImageDraw.Draw(image)
    for place in range(9):
        left, top = (place * 37 + seed * 71) % side, (place * 53 + seed * 29) % side
        draw.ellipse((left, top, left + 80, top + 60), fill=((place * 60 + seed * 40) % 255, place * 25 % 255, 120))
    return image


def encoded(image: Image.Image, fmt: str = "WEBP", **options: int) -> bytes:
    file = io.BytesIO()
    image.save(file, fmt, **options)
    return file.getvalue()


@pytest.mark.parametrize("seed", range(6))
def test_a_copy_looks_alike_however_it_was_scaled_encoded_or_brightened(seed: int) -> None:
    original = difference_hash(encoded(drawing(seed)))
    for copy in (
        encoded(drawing(seed).resize((90, 90))),
        encoded(drawing(seed), "JPEG", quality=40),
        encoded(ImageEnhance.Brightness(drawing(seed)).enhance(1.1)),
    ):
        assert look_alike(original, difference_hash(copy))


def test_other_pictures_do_not() -> None:
    hashes = [difference_hash(encoded(drawing(seed))) for seed in range(12)]
    pairs = [(one, other) for one in range(12) for other in range(one)]
    assert not [pair for pair in pairs if look_alike(hashes[pair[0]], hashes[pair[1]])]


def test_plain_pictures_are_like_nothing() -> None:
    plain = difference_hash(encoded(Image.new("RGB", (64, 64), "teal")))
    slope = difference_hash(encoded(Image.linear_gradient("L").rotate(90).convert("RGB")))
    assert not look_alike(plain, plain)
    assert not look_alike(slope, slope)


def test_what_is_transparent_counts_as_white() -> None:
    clear = drawing(1).convert("RGBA")
    clear.putalpha(0)
    assert difference_hash(encoded(clear)) == difference_hash(encoded(Image.new("RGB", (64, 64), "white")))
