"""Formats are detected and limits are checked before a pixel is decoded."""

import struct

import pytest

from profiles.images import errors
from profiles.images.errors import ImageRefused
from profiles.images.formats import SourceFormat
from profiles.images.formats.detect import may_move, read_header, sniff_format
from profiles.images.limits import MIB, ImageLimits
from profiles.testing.pictures import animation, encoded, four_corners, gif_of_frames, png_claiming

LIMITS = ImageLimits()


def refusal_of(content: bytes, limits: ImageLimits = LIMITS) -> ImageRefused:
    with pytest.raises(ImageRefused) as caught:
        read_header(content, limits)
    return caught.value


@pytest.mark.parametrize(
    ("pillow_name", "expected"),
    [
        ("JPEG", SourceFormat.JPEG),
        ("PNG", SourceFormat.PNG),
        ("GIF", SourceFormat.GIF),
        ("WEBP", SourceFormat.WEBP),
        ("AVIF", SourceFormat.AVIF),
        ("BMP", SourceFormat.BMP),
    ],
)
def test_format_and_size_are_read_from_the_bytes(pillow_name: str, expected: SourceFormat) -> None:
    header = read_header(encoded(four_corners(80, 60), pillow_name), LIMITS)
    assert (header.format, header.width, header.height, header.frames) == (expected, 80, 60, 1)


@pytest.mark.parametrize("pillow_name", ["GIF", "PNG", "WEBP", "AVIF"])
def test_frames_are_counted_without_decoding(pillow_name: str) -> None:
    header = read_header(animation(pillow_name, 7), LIMITS)
    assert (header.width, header.height, header.frames) == (60, 40, 7)


@pytest.mark.parametrize(
    "options", [{"lossless": True}, {"lossless": True, "exif": b"Exif\0\0"}, {"exif": b"Exif\0\0"}]
)
def test_the_size_of_every_webp_layout_is_read(options: dict[str, object]) -> None:
    header = read_header(encoded(four_corners(81, 61), "WEBP", **options), LIMITS)
    assert (header.width, header.height) == (81, 61)


def test_the_size_of_a_progressive_jpeg_is_read() -> None:
    content = encoded(four_corners(90, 70), "JPEG", progressive=True, comment=b"\xff\xc0 not a marker here")
    header = read_header(content, LIMITS)
    assert (header.width, header.height) == (90, 70)
    assert 2 < header.scans < 20


def test_an_empty_file_is_refused_as_empty() -> None:
    refusal = refusal_of(b"")
    assert refusal.is_a(errors.EMPTY)
    assert refusal.permanent


def test_one_byte_too_many_is_refused_with_a_size_above_the_limit() -> None:
    refusal = refusal_of(b"\0" * (20 * MIB + 1))
    assert refusal.is_a(errors.TOO_MANY_BYTES)
    assert refusal.sentence == "This file has 20.1 MiB; at most 20 MiB are accepted."


@pytest.mark.parametrize(
    "content", [b"hello, I am called photo.png\n", b"\x89PNG", b"GIF88a", b"RIFF\0\0\0\0WAVE", b"<html>"]
)
def test_the_refusal_of_another_file_names_the_accepted_formats(content: bytes) -> None:
    refusal = refusal_of(content)
    assert refusal.is_a(errors.NOT_AN_IMAGE)
    assert refusal.sentence == "This file is not an image we accept. JPEG, PNG, GIF, WebP, AVIF, HEIC and BMP work."


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"\0\0\0\x18ftypisom\0\0\0\0isommp42", "a video"),
        (b"%PDF-1.7", "a PDF document"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
        (b"\xef\xbb\xbf <?xml version='1.0'?><!-- x --><svg/>", "an SVG drawing"),
    ],
)
def test_the_refusal_names_a_known_unsupported_format(content: bytes, name: str) -> None:
    refusal = refusal_of(content)
    assert refusal.is_a(errors.UNSUPPORTED_FORMAT)
    assert name in refusal.sentence


def claiming(source: SourceFormat, width: int, height: int) -> bytes:
    """Return a small file whose header claims this size."""
    content = bytearray(encoded(four_corners(), "WEBP" if source is SourceFormat.WEBP else source.name))
    if source is SourceFormat.PNG:
        return png_claiming(width, height)
    if source is SourceFormat.GIF:
        return gif_of_frames(1, width, height)
    if source is SourceFormat.JPEG:
        at = content.index(b"\xff\xc0")
        content[at + 5 : at + 9] = struct.pack(">HH", height, width)
    elif source is SourceFormat.WEBP:
        content[26:30] = struct.pack("<HH", width, height)
    else:
        at = content.index(b"ispe")
        content[at + 8 : at + 16] = struct.pack(">II", width, height)
    return bytes(content)


RASTERS = [SourceFormat.JPEG, SourceFormat.PNG, SourceFormat.GIF, SourceFormat.WEBP, SourceFormat.AVIF]


@pytest.mark.parametrize("source", RASTERS)
def test_a_side_beyond_the_limit_is_refused_from_the_header(source: SourceFormat) -> None:
    refusal = refusal_of(claiming(source, 9000, 10), ImageLimits(max_side=8192))
    assert refusal.is_a(errors.SIDE_TOO_LONG)
    assert refusal.sentence == f"This {source.label} is 9000 by 10 pixels; a side may have at most 8192."


@pytest.mark.parametrize("source", RASTERS)
def test_too_many_pixels_are_refused_from_the_header(source: SourceFormat) -> None:
    refusal = refusal_of(claiming(source, 5001, 5000), ImageLimits(max_pixels=25_000_000))
    assert refusal.is_a(errors.TOO_MANY_PIXELS)
    assert refusal.sentence == f"This {source.label} has 25.1 megapixels; at most 25 are accepted."


@pytest.mark.parametrize(
    ("content", "moves"),
    [
        (gif_of_frames(256), True),
        (gif_of_frames(257), False),
        (gif_of_frames(100_000), False),
        (gif_of_frames(9, 3200, 3200), True),
        (gif_of_frames(11, 3200, 3200), False),
    ],
)
def test_an_animation_moves_only_within_the_limits_of_all_its_frames(content: bytes, *, moves: bool) -> None:
    assert may_move(read_header(content, LIMITS), LIMITS) is moves


@pytest.mark.parametrize(
    ("width", "height"), [(8064, 6048), (8160, 6120), (16_382, 3000)], ids=["48 MP", "50 MP", "panorama"]
)
def test_the_largest_pictures_of_phones_are_within_the_limits(width: int, height: int) -> None:
    assert read_header(claiming(SourceFormat.JPEG, width, height), LIMITS).pixels > 48_000_000


def test_a_first_gif_frame_outside_of_the_canvas_enlarges_the_size() -> None:
    frame = b"\x2c" + struct.pack("<HHHHB", 60_000, 0, 100, 10, 0) + b"\x02\x02\x44\x01\x00"
    content = b"GIF89a" + struct.pack("<HHBBB", 10, 10, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff" + frame + b";"
    assert refusal_of(content).is_a(errors.SIDE_TOO_LONG)


def test_a_jpeg_of_thousands_of_scans_is_refused_from_its_bytes() -> None:
    content = encoded(four_corners(), "JPEG", progressive=True)
    scan = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x00"
    refusal = refusal_of(content[:-2] + scan * 2000 + b"\xff\xd9")
    assert refusal.is_a(errors.TOO_COMPLEX)
    assert "at most 128 are accepted" in refusal.sentence


def test_a_picture_of_size_zero_is_refused() -> None:
    assert refusal_of(png_claiming(0, 5)).is_a(errors.DAMAGED)


@pytest.mark.parametrize("source", RASTERS)
def test_a_file_that_ends_inside_its_header_is_refused(source: SourceFormat) -> None:
    content = encoded(four_corners(), source.name)
    for end in (8, 12, 14, 20):
        assert refusal_of(content[:end]).permanent


def test_no_bytes_have_no_format() -> None:
    assert sniff_format(b"") is None
