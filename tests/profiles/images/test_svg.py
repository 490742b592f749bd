"""A token's SVG becomes pixels; an upload's is refused. The costly ones stand with the decoder's tests."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from profiles.images.errors import ImageRefused, Reason
from profiles.images.formats import SourceFormat
from profiles.images.normalise import normalise_with_renditions
from profiles.images.picture import Crop, DecodeRequest, NormalisedPicture
from tests.kit.pictures import corner_colours, encoded, four_corners, nearest, opened

SVG = "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' "
CORNERS = (
    SVG + "viewBox='0 0 4 3'><rect width='2' height='1.5' fill='rgb(220,30,30)'/>"
    "<rect x='2' width='2' height='1.5' fill='rgb(30,180,60)'/>"
    "<rect y='1.5' width='2' height='1.5' fill='rgb(40,60,210)'/>"
    "<rect x='2' y='1.5' width='2' height='1.5' fill='rgb(235,210,40)'/></svg>"
)


def draw(svg: str, **wishes: object) -> NormalisedPicture:
    return normalise_with_renditions(svg.encode(), DecodeRequest(svg_allowed=True, **wishes))  # type: ignore[arg-type]


def test_a_tokens_drawing_becomes_a_master_and_squares() -> None:
    picture = draw(CORNERS, sizes=(128,))
    assert picture.image.source_format is SourceFormat.SVG
    assert (picture.image.master.width, picture.image.master.height) == (1024, 768)
    assert corner_colours(opened(picture.renditions[0].image.data)) == ["red", "green", "blue", "yellow"]


def test_a_drawing_can_be_cropped() -> None:
    picture = draw(CORNERS, crop=Crop(0.75, 0.75, 0.5))
    assert set(corner_colours(opened(picture.image.master.data))) == {"yellow"}


def test_an_upload_in_svg_is_refused() -> None:
    with pytest.raises(ImageRefused) as caught:
        normalise_with_renditions(CORNERS.encode(), DecodeRequest())
    assert caught.value.reason is Reason.UNSUPPORTED_FORMAT


@pytest.mark.parametrize(
    "opening",
    [
        "width='24' height='24' shape-rendering='crispEdges'>",
        "width='100%' height='100%' viewBox='0 0 10 10'>",
        "width='100000' height='100000' viewBox='0 0 10 10'>",
        "preserveAspectRatio='xMinYMin meet' viewBox='0 0 350 350'>",
        ">",
    ],
)
def test_the_ways_tokens_state_their_size(opening: str) -> None:
    picture = draw(SVG + opening + "<circle cx='5' cy='5' r='4' fill='red'/></svg>")
    assert max(picture.image.master.width, picture.image.master.height) <= 1024


def test_a_picture_inside_the_drawing_is_drawn() -> None:
    inner = base64.b64encode(encoded(four_corners(40, 40), "PNG")).decode()
    picture = draw(
        SVG + f"viewBox='0 0 40 40'><image width='40' height='40' href='data:image/png;base64,{inner}'/></svg>"
    )
    assert corner_colours(opened(picture.image.master.data)) == ["red", "green", "blue", "yellow"]


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    place = tmp_path / "secret.png"
    place.write_bytes(encoded(four_corners(40, 40), "PNG"))
    return place


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_files_of_ours_are_never_drawn(secret: Path, scheme: str) -> None:
    picture = draw(
        SVG + "width='40' height='40'><rect width='40' height='40' fill='rgb(40,60,210)'/>"
        f"<image width='40' height='40' href='{scheme}{secret}'/>"
        f"<image width='40' height='40' xlink:href='{scheme}{secret}'/></svg>"
    )
    pixel = opened(picture.image.master.data).convert("RGB").getpixel((700, 100))
    assert nearest(pixel) == (40, 60, 210)


@pytest.mark.parametrize(
    "body",
    [
        "<script>document.title='x'</script>",
        "<foreignObject><iframe src='http://127.0.0.1:1/'/></foreignObject>",
        "<image href='http://127.0.0.1:1/x.png' width='9' height='9'/>",
        "<use href='http://127.0.0.1:1/x.svg#a'/>",
        "<style>@import url(http://127.0.0.1:1/x.css); circle{fill:url(http://127.0.0.1:1/#g)}</style>",
        "<set attributeName='onload' to='alert(1)'/>",
    ],
)
def test_what_reaches_outside_is_left_out_and_nothing_of_it_is_kept(body: str) -> None:
    picture = draw(SVG + f"width='10' height='10'><rect width='10' height='10' fill='rgb(40,60,210)'/>{body}</svg>")
    data = picture.image.master.data
    assert not any(word in data for word in (b"script", b"http", b"svg"))


@pytest.mark.parametrize(
    "svg",
    [
        "<!DOCTYPE svg [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
        + SVG
        + "width='9' height='9'><text y='5'>&x;</text></svg>",
        SVG + "width='9' height='9'><rect width='9'",
        SVG + "width='9' height='9'></svg>",
        SVG + "width='0' height='0'/>",
        SVG + "width='100000' height='1'><rect width='9' height='9'/></svg>",
        SVG + "width='9' height='9'>" + "<g>" * 100_000 + "</g>" * 100_000 + "</svg>",
        "<svgx/>",
        "<svg/>",
    ],
)
def test_broken_or_empty_drawings_are_refused(svg: str) -> None:
    with pytest.raises(ImageRefused, match="SVG"):
        draw(svg)


def test_an_entity_never_shows_a_file() -> None:
    with pytest.raises(ImageRefused):
        draw(
            "<!DOCTYPE svg [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
            + SVG
            + "width='9' height='9'><text y='5'>&x;</text></svg>"
        )


def test_too_much_text_is_refused_by_its_size() -> None:
    with pytest.raises(ImageRefused) as caught:
        draw(SVG + "width='9' height='9'>" + " " * (2 * 1024 * 1024) + "</svg>")
    assert caught.value.reason is Reason.TOO_MANY_BYTES
