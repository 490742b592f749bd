"""Pictures that people would mistake for each other look alike, others do not."""

import io

import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from profiles.images.likeness import difference_hash, look_alike


def drawing(seed: int, side: int = 256) -> Image.Image:
    image = Image.new("RGB", (side, side), (200, 60 + 10 * seed % 150, 90))
    draw = ImageDraw.Draw(image)
    for place in range(9):
        left, top = (place * 37 + seed * 71) % side, (place * 53 + seed * 29) % side
        draw.ellipse((left, top, left + 80, top + 60), fill=((place * 60 + seed * 40) % 255, place * 25 % 255, 120))
    return image


def encoded(image: Image.Image, fmt: str = "WEBP", **options: int) -> Image.Image:
    """Return the picture after a lossy encoding."""
    file = io.BytesIO()
    image.save(file, fmt, **options)
    return Image.open(file)


@pytest.mark.parametrize("seed", range(6))
def test_a_scaled_reencoded_or_brightened_copy_looks_alike(seed: int) -> None:
    original = difference_hash(encoded(drawing(seed)))
    for copy in (
        encoded(drawing(seed).resize((90, 90))),
        encoded(drawing(seed), "JPEG", quality=40),
        encoded(ImageEnhance.Brightness(drawing(seed)).enhance(1.1)),
    ):
        assert look_alike(original, difference_hash(copy))


def test_different_pictures_do_not_look_alike() -> None:
    hashes = [difference_hash(encoded(drawing(seed))) for seed in range(12)]
    pairs = [(one, other) for one in range(12) for other in range(one)]
    assert not [pair for pair in pairs if look_alike(hashes[pair[0]], hashes[pair[1]])]


def test_plain_pictures_never_look_alike() -> None:
    plain = difference_hash(encoded(Image.new("RGB", (64, 64), "teal")))
    slope = difference_hash(encoded(Image.linear_gradient("L").rotate(90).convert("RGB")))
    assert not look_alike(plain, plain)
    assert not look_alike(slope, slope)


def test_transparent_pixels_count_as_white() -> None:
    clear = drawing(1).convert("RGBA")
    clear.putalpha(0)
    assert difference_hash(encoded(clear)) == difference_hash(encoded(Image.new("RGB", (64, 64), "white")))


@pytest.mark.parametrize("seed", range(6))
def test_a_hash_fits_a_signed_column_of_64_bits(seed: int) -> None:
    for image in (drawing(seed), ImageOps.invert(drawing(seed))):
        assert -(1 << 63) <= difference_hash(image) < 1 << 63


def test_hashes_of_either_sign_are_compared_by_their_bits() -> None:
    bits = 0x5555_5555_5555_5555
    assert look_alike(bits, bits - (1 << 63)), "one bit apart"
    assert not look_alike(bits, ~bits)
