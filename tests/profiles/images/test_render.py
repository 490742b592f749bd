"""Renditions of a master in every format we serve."""

import pytest

from profiles.images.errors import ImageRefused
from profiles.images.formats import OutputFormat
from profiles.images.limits import RENDITION_SIZES, pick_size
from profiles.images.render import render
from profiles.testing.pictures import animation, corner_colors, encoded, four_corners, normalized, opened

UPRIGHT = ["red", "green", "blue", "yellow"]


def master_of(content: bytes) -> bytes:
    return normalized(content).master.data


@pytest.mark.parametrize("fmt", OutputFormat)
@pytest.mark.parametrize("size", [32, 96, 512])
def test_every_format_at_every_size(fmt: OutputFormat, size: int) -> None:
    image = render(master_of(encoded(four_corners(1500, 1000), "JPEG")), size, fmt)
    seen = opened(image.data)
    assert (image.width, image.height) == seen.size == (size, size)
    assert seen.format == fmt.name
    assert fmt.content_type == f"image/{fmt.value}"
    assert corner_colors(seen) == UPRIGHT


def test_a_master_is_never_enlarged() -> None:
    image = render(master_of(encoded(four_corners(90, 70), "PNG")), 512, OutputFormat.PNG)
    assert opened(image.data).size == (image.width, image.height) == (70, 70)


@pytest.mark.parametrize("fmt", [OutputFormat.WEBP, OutputFormat.AVIF, OutputFormat.PNG])
def test_transparency_is_kept_where_the_format_has_it(fmt: OutputFormat) -> None:
    drawing = four_corners(200, 200).convert("RGBA")
    drawing.paste((0, 0, 0, 0), (0, 0, 100, 200))
    seen = opened(render(master_of(encoded(drawing, "PNG")), 64, fmt).data).convert("RGBA")
    assert seen.getpixel((5, 32))[3] == 0  # type: ignore[index]
    assert seen.getpixel((60, 32))[3] > 250  # type: ignore[index]


def test_a_jpeg_shows_transparency_as_white() -> None:
    drawing = four_corners(200, 200).convert("RGBA")
    drawing.paste((0, 0, 0, 0), (0, 0, 100, 200))
    seen = opened(render(master_of(encoded(drawing, "PNG")), 64, OutputFormat.JPEG).data)
    assert min(seen.getpixel((5, 32)) or ()) > 245  # type: ignore[arg-type]


def test_motion_is_kept_in_webp_only_and_only_if_asked() -> None:
    master = master_of(animation("GIF", 4, (120, 90)))
    assert render(master, 64, OutputFormat.WEBP, still=False).animated
    assert getattr(opened(render(master, 64, OutputFormat.WEBP, still=False).data), "n_frames", 1) == 4
    assert not render(master, 64, OutputFormat.WEBP, still=True).animated
    assert not render(master, 64, OutputFormat.PNG, still=False).animated


def test_unlisted_sizes_are_refused() -> None:
    with pytest.raises(ImageRefused):
        render(master_of(encoded(four_corners(), "PNG")), 65, OutputFormat.WEBP)


@pytest.mark.parametrize(("asked", "served"), [(1, 32), (32, 32), (33, 64), (80, 96), (1000, 1024), (5000, 1024)])
def test_any_requested_size_maps_to_a_listed_one(asked: int, served: int) -> None:
    assert pick_size(asked) == served
    assert served in RENDITION_SIZES
