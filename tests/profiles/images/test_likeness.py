"""Pictures that people would mistake for each other look alike, others do not."""

import io
from collections.abc import Callable

import pytest
from PIL import Image, ImageDraw, ImageEnhance, ImageOps

from profiles.images import copies
from profiles.images.likeness import Likeness, difference_hash, look_alike, measure_likeness


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


def likeness(image: Image.Image) -> Likeness:
    file = io.BytesIO()
    image.save(file, "WEBP", quality=82)
    return measure_likeness(file.getvalue())


def is_copy(copy: Image.Image, original: Image.Image) -> bool:
    ours, known = likeness(copy), likeness(original)
    facts = known.whole, known.pack_parts()
    return ours.may_be_copy(*facts) and copies.is_copy(ours, *facts, known.thumbnail)


def cropped(image: Image.Image, left: float, top: float, side: float) -> Image.Image:
    whole = image.width
    return image.crop(
        (round(left * whole), round(top * whole), round((left + side) * whole), round((top + side) * whole))
    )


def tinted(image: Image.Image, *factors: float) -> Image.Image:
    bands = (
        band.point([min(255, round(level * factor)) for level in range(256)])
        for band, factor in zip(image.split(), factors, strict=True)
    )
    return Image.merge("RGB", tuple(bands))


COPIES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "mirrored": ImageOps.mirror,
    "mirrored and smaller": lambda image: ImageOps.mirror(image).resize((80, 80)),
    "mirrored and cropped": lambda image: cropped(ImageOps.mirror(image), 0.07, 0.07, 0.86),
    "the middle": lambda image: cropped(image, 0.07, 0.07, 0.86),
    "a little off": lambda image: cropped(image, 0.04, 0.04, 0.92),
    "without the left": lambda image: cropped(image, 0.2, 0.1, 0.8),
    "a corner": lambda image: cropped(image, 0.2, 0.2, 0.8),
    "with a margin": lambda image: ImageOps.expand(image, round(image.width * 0.0814), "white"),
    "warmer": lambda image: tinted(image, 1.1, 1.0, 0.9),
    "colder": lambda image: tinted(image, 0.9, 1.0, 1.1),
    "gray": lambda image: image.convert("L").convert("RGB"),
    "paler": lambda image: ImageEnhance.Color(image).enhance(0.5),
    "darker": lambda image: ImageEnhance.Brightness(image).enhance(0.7),
    "flatter": lambda image: ImageEnhance.Contrast(image).enhance(0.7),
}


@pytest.mark.parametrize("how", COPIES)
def test_a_mirrored_cropped_or_slightly_recolored_copy_is_found(how: str) -> None:
    found = [is_copy(encoded(COPIES[how](drawing(seed)), "JPEG", quality=70), drawing(seed)) for seed in range(6)]
    assert sum(found) >= 5, "a hint, which one drawing in six may escape"


def test_parts_accuse_no_other_picture() -> None:
    known = [likeness(drawing(seed)) for seed in (0, 3, 7, 11, 16, 22)]
    copies = [
        (one, other)
        for one in range(6)
        for other in range(6)
        if one != other and known[one].may_be_copy(known[other].whole, known[other].pack_parts())
    ]
    assert copies == []
    plain = likeness(Image.new("RGB", (64, 64), "teal"))
    assert not plain.may_be_copy(plain.whole, plain.pack_parts())
