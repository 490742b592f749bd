"""A token's SVG becomes pixels; an uploaded one is refused. Costly drawings are in the tests of the decoder."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from profiles.images import errors
from profiles.images.errors import ImageRefused
from profiles.images.formats import SourceFormat
from profiles.images.normalize import normalize
from profiles.images.picture import Crop, DecodeRequest, NormalizedPicture
from tests.kit.pictures import corner_colors, encoded, four_corners, nearest, opened

SVG = "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' "
CORNERS = (
    SVG + "viewBox='0 0 4 3'><rect width='2' height='1.5' fill='rgb(220,30,30)'/>"
    "<rect x='2' width='2' height='1.5' fill='rgb(30,180,60)'/>"
    "<rect y='1.5' width='2' height='1.5' fill='rgb(40,60,210)'/>"
    "<rect x='2' y='1.5' width='2' height='1.5' fill='rgb(235,210,40)'/></svg>"
)


def draw(svg: str, **wishes: object) -> NormalizedPicture:
    return normalize(svg.encode(), DecodeRequest(svg_allowed=True, **wishes))  # type: ignore[arg-type]


def test_an_svg_becomes_a_master_and_squares() -> None:
    picture = draw(CORNERS, sizes=(128,))
    assert picture.image.source_format is SourceFormat.SVG
    assert (picture.image.master.width, picture.image.master.height) == (1024, 768)
    assert corner_colors(opened(picture.renditions[0].image.data)) == ["red", "green", "blue", "yellow"]


def test_an_svg_can_be_cropped() -> None:
    picture = draw(CORNERS, crop=Crop(0.75, 0.75, 0.5))
    assert set(corner_colors(opened(picture.image.master.data))) == {"yellow"}


def test_an_uploaded_svg_is_refused() -> None:
    with pytest.raises(ImageRefused) as caught:
        normalize(CORNERS.encode(), DecodeRequest())
    assert caught.value.is_a(errors.UNSUPPORTED_FORMAT)


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
def test_every_way_to_state_the_size_of_an_svg_works(opening: str) -> None:
    picture = draw(SVG + opening + "<circle cx='5' cy='5' r='4' fill='red'/></svg>")
    assert max(picture.image.master.width, picture.image.master.height) <= 1024


def test_an_embedded_picture_is_drawn() -> None:
    inner = base64.b64encode(encoded(four_corners(40, 40), "PNG")).decode()
    picture = draw(
        SVG + f"viewBox='0 0 40 40'><image width='40' height='40' href='data:image/png;base64,{inner}'/></svg>"
    )
    assert corner_colors(opened(picture.image.master.data)) == ["red", "green", "blue", "yellow"]


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    place = tmp_path / "secret.png"
    place.write_bytes(encoded(four_corners(40, 40), "PNG"))
    return place


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_local_files_are_never_drawn(secret: Path, scheme: str) -> None:
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
def test_scripts_and_external_references_are_ignored(body: str) -> None:
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
def test_a_broken_or_empty_svg_is_refused(svg: str) -> None:
    with pytest.raises(ImageRefused, match="SVG"):
        draw(svg)


def test_an_external_entity_is_refused() -> None:
    with pytest.raises(ImageRefused):
        draw(
            "<!DOCTYPE svg [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
            + SVG
            + "width='9' height='9'><text y='5'>&x;</text></svg>"
        )


def test_an_svg_with_too_many_bytes_is_refused() -> None:
    with pytest.raises(ImageRefused) as caught:
        draw(SVG + "width='9' height='9'>" + " " * (2 * 1024 * 1024) + "</svg>")
    assert caught.value.is_a(errors.TOO_MANY_BYTES)
