"""For any bytes at all: a normalized picture or a refusal, nothing else (repeated in the child by its tests)."""

from __future__ import annotations

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from profiles.images import errors
from profiles.images.errors import ImageRefused
from profiles.images.formats.detect import read_header
from profiles.images.formats.headers import drop_png_extras
from profiles.images.geometry import center_square, crop_square, fit_within
from profiles.images.limits import MASTER_LENGTH, MASTER_SIDE, ImageLimits
from profiles.images.normalize import normalize
from profiles.images.orientation import stored_box
from profiles.images.picture import Crop, DecodeRequest, NormalizedPicture
from profiles.testing.pictures import animation, encoded, exif, four_corners, png_claiming

# Small limits keep the decoders' work small; the mechanism is the same.
LIMITS = ImageLimits(max_bytes=100_000, max_pixels=250_000, max_side=2000, max_frames=12, max_total_pixels=500_000)

SEEDS = [
    *(encoded(four_corners(40, 30), fmt, exif=exif(6, gps=True)) for fmt in ("JPEG", "PNG", "WEBP", "AVIF")),
    encoded(four_corners(40, 30), "JPEG", progressive=True),
    encoded(four_corners(40, 30).quantize(4), "PNG", transparency=0),
    encoded(four_corners(40, 30), "WEBP", lossless=True),
    *(animation(fmt, 3, (24, 18)) for fmt in ("GIF", "PNG", "WEBP", "AVIF")),
]


@st.composite
def damaged_pictures(draw: st.DrawFn) -> bytes:
    content = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 6))):
        place = draw(st.integers(0, len(content) - 1))
        match draw(st.sampled_from(["set", "cut", "insert", "remove"])):
            case "set":
                content[place] = draw(st.integers(0, 255))
            case "cut" if place > 16:
                del content[place:]
            case "insert":
                content[place:place] = draw(st.binary(min_size=1, max_size=8))
            case _:
                del content[place : place + draw(st.integers(1, 8))]
        if not content:
            break
    return bytes(content)


def outcome(content: bytes) -> NormalizedPicture | ImageRefused:
    try:
        return normalize(content, DecodeRequest(LIMITS, (32,)))
    except ImageRefused as refusal:
        return refusal


def check_outcome(content: bytes) -> None:
    result = outcome(content)
    if isinstance(result, ImageRefused):
        assert result.sentence.endswith(".")
        return
    master = result.image.master
    assert min(master.width, master.height) <= MASTER_SIDE
    assert max(master.width, master.height) <= MASTER_LENGTH
    own = read_header(master.data, LIMITS)
    assert (own.width, own.height) == (master.width, master.height)
    assert len(result.renditions) == (1 if result.image.still is None else 2)


@given(st.binary(max_size=400))
@example(b"")
@example(png_claiming(2**31, 2**31))
def test_any_bytes_are_a_picture_or_a_refusal(content: bytes) -> None:
    check_outcome(content)


@given(
    st.sampled_from(
        [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\x40\0\0\0WEBPVP8X", b"\0\0\0\x20ftypavif"]
    ),
    st.binary(max_size=400),
)
def test_any_bytes_after_a_signature_are_a_picture_or_a_refusal(signature: bytes, rest: bytes) -> None:
    check_outcome(signature + rest)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(damaged_pictures())
def test_any_damaged_picture_is_a_picture_or_a_refusal(content: bytes) -> None:
    check_outcome(content)


@given(damaged_pictures())
def test_dropping_extras_from_a_png_never_fails_and_is_done_once(content: bytes) -> None:
    slim = drop_png_extras(content)
    assert len(slim) <= len(content)
    assert drop_png_extras(slim) == slim


SIDES = st.integers(1, 8192)
SIZES = st.tuples(SIDES, SIDES)


@given(SIZES, st.integers(1, 1024))
def test_fitting_keeps_the_shape_and_never_enlarges(size: tuple[int, int], side: int) -> None:
    width, height = fit_within(size, side)
    assert 1 <= width <= size[0]
    assert 1 <= height <= size[1]
    assert max(width, height) <= max(side, 1)
    assert abs(width * size[1] - height * size[0]) <= max(size) * max(1, *size) / max(width, height)


@given(SIZES)
def test_the_center_square_lies_inside(size: tuple[int, int]) -> None:
    left, top, right, bottom = center_square(size)
    assert 0 <= left < right <= size[0]
    assert 0 <= top < bottom <= size[1]
    assert right - left == bottom - top == min(size)


ANY_NUMBERS = st.tuples(st.floats(), st.floats(), st.floats())


@given(SIZES, st.integers(1, 8), st.builds(Crop, st.floats(0, 1), st.floats(0, 1), st.floats(0, 1, exclude_min=True)))
def test_every_crop_is_a_square_inside_the_stored_picture(size: tuple[int, int], orientation: int, crop: Crop) -> None:
    left, top, right, bottom = stored_box(crop, size, orientation)
    assert 0 <= left < right <= size[0]
    assert 0 <= top < bottom <= size[1]
    assert right - left == bottom - top == max(1, round(crop.size * min(size)))


def parsed(text: str) -> Crop | ImageRefused:
    try:
        return Crop.parse(text)
    except ImageRefused as refusal:
        return refusal


@given(ANY_NUMBERS.map(lambda numbers: ",".join(map(str, numbers))) | st.text())
@example("0.5,0.5,1")
@example("nan,0,1")
@example("0,0,0")
@example("0.5;0.5;1")
def test_any_text_is_a_crop_or_a_refusal_that_says_what_is_wanted(text: str) -> None:
    result = parsed(text)
    if isinstance(result, Crop):
        left, top, right, bottom = crop_square(result, (640, 480))
        assert 0 <= left < right <= 640
        assert 0 <= top < bottom <= 480
    else:
        assert result.is_a(errors.BAD_CROP)
        assert "part to show" in result.sentence


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0.1, 1))
def test_the_middle_is_where_it_was_asked_for_if_there_is_room(x: float, y: float, size: float) -> None:
    left, top, right, bottom = crop_square(Crop(x, y, size), (3000, 2000))
    for wanted, low, high, length in ((x * 3000, left, right, 3000), (y * 2000, top, bottom, 2000)):
        assert abs((low + high) / 2 - wanted) <= 1 or low == 0 or high == length
