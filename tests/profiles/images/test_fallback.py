"""Avatars for people without a picture."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.images.errors import ImageRefused
from profiles.images.fallback import FallbackStyle, draw_fallback
from profiles.images.fallback.drawings import contrast_with_white
from profiles.images.fallback.initials import find_initials
from profiles.images.formats import OutputFormat
from profiles.testing.pictures import opened

VISIBLE = [style for style in FallbackStyle if style is not FallbackStyle.BLANK]
GENERATED = [style for style in VISIBLE if style is not FallbackStyle.SILHOUETTE]


@pytest.mark.parametrize("style", VISIBLE)
@pytest.mark.parametrize("fmt", [OutputFormat.WEBP, OutputFormat.PNG])
@pytest.mark.parametrize("size", [32, 256])
def test_each_style_draws_a_square_with_something_on_it(style: FallbackStyle, fmt: OutputFormat, size: int) -> None:
    image = draw_fallback("alice", size, style, fmt)
    seen = opened(image.data)
    assert seen.size == (size, size)
    assert len(seen.convert("RGB").getcolors(size * size) or ()) > 1


@pytest.mark.parametrize("style", GENERATED)
def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(style: FallbackStyle) -> None:
    assert draw_fallback("alice", 64, style) == draw_fallback("alice", 64, style)
    assert draw_fallback("alice", 64, style) != draw_fallback("bob", 64, style)


def test_the_blank_style_is_transparent() -> None:
    seen = opened(draw_fallback("alice", 64, FallbackStyle.BLANK, OutputFormat.PNG).data)
    assert seen.getchannel("A").getextrema() == (0, 0)


def test_the_silhouette_is_the_same_for_everybody() -> None:
    assert draw_fallback("alice", 64, FallbackStyle.SILHOUETTE) == draw_fallback("bob", 64, FallbackStyle.SILHOUETTE)


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("alice", "A"),
        ("Bob Marley", "BM"),
        ("Jean-Luc van Damme", "JD"),
        ("snake_case", "SC"),
        ("  ", ""),
        ("(ō) ñandú", "ON"),
        ("李小龙", ""),
        ("👻", ""),
        ("7up", "7"),
    ],
)
def test_initials_are_the_first_and_last_letter_the_font_has(name: str, initials: str) -> None:
    assert find_initials(name) == initials


def test_a_name_in_letters_the_font_lacks_gets_shapes_instead_of_boxes() -> None:
    assert draw_fallback("李小龙", 64, FallbackStyle.INITIALS) == draw_fallback("李小龙", 64, FallbackStyle.SHAPES)


@pytest.mark.parametrize("seed", [f"person {number}" for number in range(40)])
def test_white_initials_can_be_read_on_every_ground(seed: str) -> None:
    seen = opened(draw_fallback(seed, 64, FallbackStyle.INITIALS, OutputFormat.PNG).data).convert("RGB")
    for corner in ((0, 0), (63, 0), (0, 63), (63, 63)):
        assert contrast_with_white(seen.getpixel(corner)) > 2.9  # type: ignore[arg-type]


@given(st.text(max_size=60), st.sampled_from(FallbackStyle))
def test_any_text_can_be_a_seed(seed: str, style: FallbackStyle) -> None:
    assert draw_fallback(seed, 32, style).width == 32


def test_unlisted_sizes_are_refused() -> None:
    with pytest.raises(ImageRefused):
        draw_fallback("alice", 4096, FallbackStyle.INITIALS)
