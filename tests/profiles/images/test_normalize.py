"""Still pictures become upright, sRGB and small enough, and keep only the pixels of the original."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image, ImageCms, PngImagePlugin

from profiles.images import errors
from profiles.images.errors import ImageRefused
from profiles.images.formats import OutputFormat, SourceFormat
from profiles.images.normalize import normalize
from profiles.images.orientation import turn_of
from profiles.images.picture import Crop, DecodeRequest
from profiles.testing.pictures import (
    BLUE,
    CORNERS,
    RED,
    corner_colors,
    display_p3_like_profile,
    encoded,
    exif,
    four_corners,
    frames,
    held,
    nearest,
    normalized,
    opened,
    png_chunk,
)

UPRIGHT = ["red", "green", "blue", "yellow"]


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_of_any_orientation_becomes_upright(fmt: str, orientation: int) -> None:
    content = encoded(held(four_corners(96, 64), orientation), fmt, exif=exif(orientation))
    image = normalized(content)
    assert (image.width, image.height) == (96, 64)
    assert corner_colors(opened(image.master.data)) == UPRIGHT


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "AVIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_crop_is_taken_from_the_upright_picture(fmt: str, orientation: int) -> None:
    content = encoded(held(four_corners(96, 64), orientation), fmt, exif=exif(orientation))
    image = normalized(content, crop=Crop(0.75, 0.25, 0.5))
    assert (image.width, image.height) == (32, 32)
    assert set(corner_colors(opened(image.master.data))) == {"green"}


@pytest.mark.parametrize("orientation", range(2, 9))
def test_a_webp_is_shown_as_it_is_stored_as_browsers_do(orientation: int) -> None:
    image = normalized(encoded(four_corners(96, 64), "WEBP", exif=exif(orientation)))
    assert (image.width, image.height) == (96, 64)
    assert corner_colors(opened(image.master.data)) == UPRIGHT


@pytest.mark.parametrize("fmt", ["JPEG", "WEBP", "AVIF", "GIF", "BMP", "PNG"])
def test_a_small_part_of_a_large_picture_is_kept(fmt: str) -> None:
    image = normalized(encoded(four_corners(3000, 2000), fmt), crop=Crop(0.25, 0.75, 0.1))
    assert (image.width, image.height) == (200, 200)
    assert 190 <= image.master.width <= 200
    assert set(corner_colors(opened(image.master.data))) == {"blue"}


def test_a_large_picture_is_cropped_before_it_is_reduced() -> None:
    content = encoded(four_corners(4000, 3000), "JPEG")
    image = normalized(content, crop=Crop(0.5, 0.5, 0.5))
    assert (image.width, image.height) == (1500, 1500)
    assert (image.master.width, image.master.height) == (1024, 1024)
    assert corner_colors(opened(image.master.data)) == UPRIGHT


@pytest.mark.parametrize("fields", [(-0.1, 0, 0.5), (0, 0, 0), (0, 1.1, 1), (0, 0, 2), (0, float("nan"), 1)])
def test_a_crop_outside_the_picture_is_refused(fields: tuple[float, float, float]) -> None:
    with pytest.raises(ImageRefused) as caught:
        Crop(*fields)
    assert caught.value.is_a(errors.BAD_CROP)


def with_all_metadata(fmt: str) -> bytes:
    """Return a picture with every kind of metadata that the format has."""
    options: dict[str, object] = {"exif": exif(6, gps=True), "icc_profile": display_p3_like_profile()}
    if fmt == "PNG":
        text = PngImagePlugin.PngInfo()
        text.add_itxt("XML:com.adobe.xmp", "<x>SecretXmp</x>")
        text.add_text("Comment", "SecretComment")
        options["pnginfo"] = text
    else:
        options["xmp"] = b"<x>SecretXmp</x>"
    if fmt == "JPEG":
        options["comment"] = b"SecretComment"
    return encoded(four_corners(640, 480), fmt, **options) + b"SecretTrailer"


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_only_pixels_are_kept(fmt: str) -> None:
    content = with_all_metadata(fmt)
    assert b"SecretCameraMaker" in content
    picture = normalize(content, DecodeRequest(sizes=(256, 64)))
    for kept in [picture.image.master, *(rendition.image for rendition in picture.renditions)]:
        for word in (b"Secret", b"EXIF", b"Exif", b"XMP ", b"ICCP", b"acsp", b"GPS"):
            assert word not in kept.data
        assert set(opened(kept.data).info) <= {"loop", "background", "timestamp", "duration"}


def test_hidden_colors_under_full_transparency_are_not_kept() -> None:
    image = Image.effect_noise((200, 200), 120).convert("RGBA")
    image.putalpha(0)
    image.paste((9, 9, 9, 255), (0, 0, 20, 20))
    kept = opened(normalized(encoded(image, "PNG")).master.data)
    assert kept.crop((40, 40, 200, 200)).getcolors(4) == [(160 * 160, (0, 0, 0, 0))]


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_colors_of_a_wider_profile_become_srgb(fmt: str) -> None:
    content = encoded(Image.new("RGB", (64, 64), (250, 20, 20)), fmt, icc_profile=display_p3_like_profile())
    pixel = opened(normalized(content).master.data).convert("RGB").getpixel((32, 32))
    assert isinstance(pixel, tuple)
    assert pixel[1] > 200 > 100 > pixel[0]  # the swapped profile's red is sRGB's green


@pytest.mark.parametrize("profile", [b"not a profile", b"\0" * 128, display_p3_like_profile()[:300]])
def test_a_broken_profile_is_ignored(profile: bytes) -> None:
    content = encoded(four_corners(), "JPEG", icc_profile=profile)
    assert corner_colors(opened(normalized(content).master.data)) == UPRIGHT


def test_a_gray_profile_on_a_color_picture_is_ignored() -> None:
    gray = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    content = encoded(four_corners(), "PNG", icc_profile=gray)
    assert corner_colors(opened(normalized(content).master.data)) == UPRIGHT


def test_a_cmyk_jpeg_keeps_its_colors() -> None:
    content = encoded(four_corners().convert("CMYK"), "JPEG")
    assert corner_colors(opened(normalized(content).master.data)) == UPRIGHT


def test_a_gray_jpeg_becomes_color() -> None:
    content = encoded(Image.linear_gradient("L"), "JPEG")
    assert opened(normalized(content).master.data).mode == "RGB"


def test_a_gray_png_of_16_bits_keeps_its_tones() -> None:
    ramp = Image.linear_gradient("L").convert("I").point(lambda value: value * 257).convert("I;16")
    kept = opened(normalized(encoded(ramp, "PNG")).master.data).convert("L")
    assert kept.getpixel((128, 64)) == pytest.approx(64, abs=6)
    assert kept.getpixel((128, 192)) == pytest.approx(192, abs=6)


def sixteen_bit_rgb(size: int = 40) -> bytes:
    import struct
    import zlib

    row = b"\0" + struct.pack(">HHH", 0xDC00, 0x1E00, 0x1E00) * size
    header = struct.pack(">IIBBBBB", size, size, 16, 2, 0, 0, 0)
    chunks = png_chunk(b"IHDR", header) + png_chunk(b"IDAT", zlib.compress(row * size)) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def test_a_color_png_of_16_bits_keeps_its_colors() -> None:
    image = normalized(sixteen_bit_rgb())
    assert image.source_format is SourceFormat.PNG
    assert nearest(opened(image.master.data).convert("RGB").getpixel((20, 20))) == RED


def test_a_palette_png_keeps_its_transparency() -> None:
    drawing = Image.new("P", (60, 60), 0)
    drawing.putpalette([0, 0, 0, *BLUE])
    drawing.paste(1, (20, 20, 40, 40))
    kept = opened(normalized(encoded(drawing, "PNG", transparency=0)).master.data)
    assert kept.mode == "RGBA"
    assert kept.getpixel((5, 5))[3] == 0  # type: ignore[index]
    assert kept.getpixel((30, 30)) == (*BLUE, 255)


@pytest.mark.parametrize("fmt", ["PNG", "WEBP", "AVIF"])
def test_soft_transparency_is_kept_when_a_picture_shrinks(fmt: str) -> None:
    image = four_corners(1500, 1500)
    image.putalpha(Image.linear_gradient("L").resize((1500, 1500)))
    kept = opened(normalized(encoded(image, fmt)).master.data)
    assert kept.size == (1024, 1024)
    assert kept.getpixel((10, 512))[3] == pytest.approx(128, abs=8)  # type: ignore[index]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_every_mode_of_png_is_read(mode: str) -> None:
    image = normalized(encoded(four_corners(300, 200).convert(mode), "PNG"))
    assert (image.master.width, image.master.height) == (300, 200)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA"])
def test_every_mode_of_bmp_is_read(mode: str) -> None:
    image = normalized(encoded(four_corners(300, 200).convert(mode), "BMP"))
    assert (image.source_format, image.width, image.height) == (SourceFormat.BMP, 300, 200)
    if mode in ("P", "RGB", "RGBA"):
        assert corner_colors(opened(image.master.data)) == UPRIGHT


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB"])
def test_every_mode_of_gif_is_read_and_shrunk(mode: str) -> None:
    image = normalized(encoded(four_corners(3001, 2001).convert(mode), "GIF"))
    assert (image.master.width, image.master.height) == (1536, 1024)
    if mode not in ("1", "L"):
        assert corner_colors(opened(image.master.data)) == UPRIGHT


def test_a_large_transparent_gif_keeps_its_holes() -> None:
    drawing = four_corners(2400, 2400).quantize(8)
    drawing.paste(7, (900, 900, 1500, 1500))
    kept = opened(normalized(encoded(drawing, "GIF", transparency=7)).master.data)
    assert kept.getpixel((512, 512))[3] == 0  # type: ignore[index]
    assert corner_colors(kept) == UPRIGHT


@pytest.mark.parametrize(
    ("width", "height", "kept"),
    [
        (4000, 3000, (1365, 1024)),
        (3000, 4000, (1024, 1365)),
        (1024, 1024, (1024, 1024)),
        (1025, 5, (1025, 5)),
        (8000, 40, (3072, 15)),
        (1, 1, (1, 1)),
    ],
)
@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP"])
def test_the_master_holds_the_largest_square_and_is_never_enlarged(
    fmt: str, width: int, height: int, kept: tuple[int, int]
) -> None:
    image = normalized(encoded(four_corners(width, height), fmt))
    master = image.master
    assert (image.width, image.height) == (width, height)
    assert (master.width, master.height) == kept
    assert master.width <= width
    assert master.height <= height
    assert opened(master.data).size == (master.width, master.height)


#: What stands in the corners after each turn, row by row.
TURNED = {
    turn_of(quarters, is_mirrored=is_mirrored): corners
    for quarters, is_mirrored, corners in (
        (0, False, "red green blue yellow"),
        (1, False, "blue red yellow green"),
        (2, False, "yellow blue green red"),
        (3, False, "green yellow red blue"),
        (0, True, "green red yellow blue"),
        (1, True, "red blue green yellow"),
        (2, True, "blue yellow red green"),
        (3, True, "yellow green blue red"),
    )
}


@pytest.mark.parametrize("turn", TURNED)
@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "GIF", "moving"])
def test_a_picture_is_turned_then_cropped(fmt: str, turn: int) -> None:
    picture = four_corners(96, 64)
    if fmt == "moving":
        content = encoded(picture, "WEBP", save_all=True, append_images=frames(2, (96, 64)), duration=90, lossless=True)
    else:
        content = encoded(picture, fmt)
    corners = TURNED[turn].split()
    image = normalized(content, turn=turn)
    assert (image.width, image.height) == ((64, 96) if turn in {5, 6, 7, 8} else (96, 64))
    assert corner_colors(opened((image.still or image.master).data)) == corners
    if fmt == "moving":  # a plain part counts as blank, and another frame is its still
        return
    part = normalized(content, turn=turn, crop=Crop(0.75, 0.25, 0.4))
    assert set(corner_colors(opened((part.still or part.master).data))) == {corners[1]}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turn_follows_the_orientation_of_the_camera(orientation: int) -> None:
    lying = encoded(held(four_corners(), orientation), "JPEG", exif=exif(orientation))
    assert corner_colors(opened(normalized(lying, turn=6).master.data)) == TURNED[6].split()


def test_encoding_is_deterministic() -> None:
    content = encoded(four_corners(1500, 900), "JPEG")
    request = DecodeRequest(sizes=(512, 64))
    assert normalize(content, request) == normalize(content, request)


def test_one_decode_gives_a_square_for_each_size_cut_from_the_middle() -> None:
    picture = normalize(encoded(four_corners(1600, 1200), "JPEG"), DecodeRequest(sizes=(64, 512, 96, 64)))
    assert [(rendition.size, rendition.image.width) for rendition in picture.renditions] == [
        (512, 512),
        (96, 96),
        (64, 64),
    ]
    for rendition in picture.renditions:
        assert rendition.image.format is OutputFormat.WEBP
        assert corner_colors(opened(rendition.image.data)) == UPRIGHT


def test_sizes_beyond_a_small_picture_share_its_largest_square() -> None:
    picture = normalize(encoded(four_corners(100, 80), "PNG"), DecodeRequest(sizes=(512, 128, 64)))
    large, middle, small = (rendition.image for rendition in picture.renditions)
    assert large is middle
    assert (large.width, small.width) == (80, 64)


def test_a_size_that_is_not_listed_is_refused() -> None:
    with pytest.raises(ImageRefused, match="not at 100"):
        normalize(encoded(four_corners(), "PNG"), DecodeRequest(sizes=(100,)))


def test_pixel_art_stays_exact() -> None:
    art = four_corners(24, 24)
    kept = opened(normalized(encoded(art, "PNG")).master.data).convert("RGB")
    assert kept.tobytes() == art.tobytes()


def test_the_first_picture_of_an_mpo_file_is_kept() -> None:
    buffer = BytesIO()
    four_corners().save(buffer, "MPO", save_all=True, append_images=[Image.new("RGB", (80, 60))])
    image = normalized(buffer.getvalue())
    assert image.frames == 1
    assert image.still is None
    assert corner_colors(opened(image.master.data)) == UPRIGHT


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "GIF", "WEBP", "AVIF"])
def test_bytes_after_the_picture_are_dropped(fmt: str) -> None:
    content = encoded(four_corners(), fmt) + b"<script>alert(1)</script>PK\x03\x04" * 40
    image = normalized(content)
    assert b"<script>" not in image.master.data
    assert corner_colors(opened(image.master.data)) == UPRIGHT


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "GIF", "WEBP", "AVIF"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_truncated_picture_is_refused(fmt: str, share: float) -> None:
    noise = Image.merge("RGB", [Image.effect_noise((200, 150), 90)] * 3)
    content = encoded(noise, fmt)
    with pytest.raises(ImageRefused) as caught:
        normalized(content[: int(len(content) * share)])
    assert caught.value.is_a(errors.TRUNCATED) or caught.value.is_a(errors.DAMAGED)


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("gray", [False, True])
def test_a_jpeg_that_lacks_only_its_end_marker_is_taken(*, progressive: bool, gray: bool) -> None:
    whole = encoded(four_corners(400, 300).convert("L" if gray else "RGB"), "JPEG", progressive=progressive)
    assert normalized(whole[:-2]).master.data == normalized(whole).master.data


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("missing", [10, 60, 400])
def test_a_jpeg_that_lacks_more_is_refused(missing: int, *, progressive: bool) -> None:
    noise = Image.merge("RGB", [Image.effect_noise((200, 150), 90)] * 3)
    content = encoded(noise, "JPEG", progressive=progressive)
    with pytest.raises(ImageRefused, match="cut short"):
        normalized(content[:-missing])


def test_the_refusal_of_a_truncated_jpeg_says_so() -> None:
    content = encoded(four_corners(400, 300), "JPEG")
    with pytest.raises(ImageRefused, match="This JPEG file is cut short: it ends before its picture does"):
        normalized(content[: len(content) // 2])


def test_corner_colors_are_the_ones_drawn() -> None:
    assert len(set(CORNERS)) == 4
