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
from profiles.testing.pictures import corner_colors, encoded, exif, four_corners, held, opened

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
@pytest.mark.parametrize("attribute", ["href", "xlink:href"])
def test_local_files_are_never_drawn(secret: Path, scheme: str, attribute: str) -> None:
    body = f"<image width='40' height='40' {attribute}='{scheme}{secret}'/>"
    assert refusal_of(SQUARE.format(body)).is_a(errors.NOT_WHOLE)


SQUARE = SVG + "viewBox='0 0 100 100'><rect width='100' height='100' fill='rgb(40,60,210)'/>{}</svg>"
HTML = "<div xmlns='http://www.w3.org/1999/xhtml'>x</div>"


def refusal_of(svg: str) -> ImageRefused:
    with pytest.raises(ImageRefused) as caught:
        draw(svg)
    return caught.value


def color_at(svg: str, x: int = 512, y: int = 512) -> tuple[int, ...]:
    pixel = opened(draw(svg).image.master.data).convert("RGBA").getpixel((x, y))
    assert isinstance(pixel, tuple)
    return pixel


def data_address(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("<script>document.title='x'</script>", "a script"),
        ("<g onload='alert(1)'/>", "a script"),
        (f"<foreignObject width='9' height='9'>{HTML}</foreignObject>", "HTML inside"),
        (f"<switch><foreignObject>{HTML}</foreignObject></switch>", "HTML inside"),
        ("<image href='http://127.0.0.1:1/x.png' width='9' height='9'/>", "parts outside of itself"),
        ("<image href='x.png' width='9' height='9'/>", "parts outside of itself"),
        ("<use href='http://127.0.0.1:1/x.svg#a'/>", "parts outside of itself"),
        ("<rect fill='url(http://127.0.0.1:1/x.svg#a)'/>", "parts outside of itself"),
        ("<style>@import url(http://127.0.0.1:1/x.css);</style>", "@import"),
        ("<style>circle{fill:url(http://127.0.0.1:1/#g)}</style>", "parts outside of itself"),
        ("<style>@font-face{font-family:Q;src:url(data:font/woff2;base64,AAAA)}</style><text>x</text>", "a font"),
        ("<style>@supports (fill:red){rect{fill:red}}</style>", "@supports"),
        ("<style>@media (min-width:1px){rect{fill:red}}</style>", "@media"),
        ("<style>g{rect{fill:red}}</style>", "selectors"),
        ("<style>:is(rect,a){fill:red}</style>", "selectors"),
        ("<rect style='width:calc(1px + 1px)'/>", "calc() in width"),
        ("<rect style='fill:oklch(60% 0.2 30)'/>", "oklch() in fill"),
        ("<rect fill='color(display-p3 1 0 0)'/>", "color() in fill"),
        ("<rect style='clip-path:polygon(0 0,9px 0,0 9px)'/>", "polygon() in clip-path"),
        ("<rect style='filter:grayscale(1)'/>", "grayscale() in filter"),
        ("<rect style='backdrop-filter:invert(1)'/>", "backdrop-filter"),
        ("<rect style='mask-image:url(#m)'/>", "mask-image"),
        ("<rect style='transform:rotate(9deg);transform-origin:center'/>", "transform-origin"),
        ("<rect transform='rotate(9)' transform-origin='5 5'/>", "transform-origin"),
        ("<rect style='rotate:9deg'/>", "rotate"),
        ("<rect style='transform:translate(10%,0)'/>", "transform"),
        ("<rect width='10vw' height='9'/>", "lengths of the window"),
        ("<path style='d:path(\"M0 0h9v9z\")'/>", "property d"),
        ("<path d='M0 0h9' vector-effect='non-scaling-stroke'/>", "vector-effect"),
        ("<linearGradient color-interpolation='linearRGB'/>", "linear light"),
        ("<filter><feMorphology/></filter>", "feMorphology"),
        ("<filter><feImage href='#a'/></filter>", "feImage"),
        ("<filter><feBlend in2='BackgroundImage'/></filter>", "background"),
        ("<text><textPath href='#p'>x</textPath></text>", "textPath"),
        ("<text textLength='90'>x</text>", "textLength"),
        ("<text x='1 2 3'>abc</text>", "one by one"),
        ("<text rotate='9'>x</text>", "rotate"),
        ("<text style='text-transform:uppercase'>x</text>", "text-transform"),
        ("<text dominant-baseline='hanging'>x</text>", "dominant-baseline"),
        ("<rect><animate attributeName='x' from='0' to='9' begin='-1s' dur='5s'/></rect>", "animation"),
        ("<rect><animateMotion path='M5 5h9' rotate='auto'/></rect>", "motion"),
        ("<image><animate attributeName='href' values='#a;#b'/></image>", "exchanges its parts"),
        ("<style>@keyframes k{from{x:1px}}g{animation:k 9s -3s}</style>", "animation"),
        ("<style>.a{--c:red} rect{fill:var(--c)}</style>", "variables"),
        ("<image width='9' height='9' href='data:image/png;base64,AAAA'/>", "embedded picture"),
        (f"<image href='{data_address('image/webp', encoded(four_corners(), 'WEBP')[:60])}'/>", "embedded picture"),
    ],
)
def test_what_we_would_draw_otherwise_than_browsers_is_named_and_refused(body: str, named: str) -> None:
    refusal = refusal_of(SQUARE.format(body))
    assert refusal.is_a(errors.NOT_WHOLE)
    assert refusal.permanent
    assert named in refusal.sentence
    assert "We show no picture rather than a wrong one." in refusal.sentence


@pytest.mark.parametrize(
    "body",
    [
        "<foreignObject width='9' height='9'/>",
        "<script/>",
        "<a href='https://example.com'><text y='9'>x</text></a>",
        "<style>@font-face{font-family:Q;src:url(data:font/woff2;base64,AAAA)}</style>",
        "<style>@charset 'utf-8'; /* calc() */ .b{font:bold 9px serif}</style>",
        "<desc>calc(1) url(http://x)</desc>",
        "<path id='max(' d='M0 0' transform='rotate(9 5 5)' style='transform-origin:0 0;animation:none'/>",
        "<g style='filter:blur(1px);mix-blend-mode:multiply;paint-order:stroke'/>",
    ],
)
def test_what_changes_nothing_is_no_reason_to_refuse(body: str) -> None:
    assert color_at(SQUARE.format(body), 900, 900)[2] == pytest.approx(210, abs=4)


RED = (220, 20, 20, 255)
GROWS = "<animateTransform attributeName='transform' type='scale' additive='sum' from='10' to='1' dur='9s'/>"
FILLED = "<rect width='100' height='100'>{}</rect>"
FULL = "<rect width='100' height='100' {}/>"


@pytest.mark.parametrize(
    "body",
    [
        "<style>:root{--c:#dc1414}rect{fill:var(--c)}</style>" + FULL.format(""),
        "<style>svg{--a:#dc1414;--c:var(--a)}</style>" + FULL.format("fill='var(--c)'"),
        "<g style='--c:#dc1414'>" + FULL.format("style='fill:var(--c)'") + "</g>",
        FULL.format("style='fill:var( --nope , var(--no2,#dc1414))'"),
        "<style>@media screen{rect{fill:#dc1414}}</style>" + FULL.format(""),
        "<style>@media (prefers-color-scheme: dark){rect{fill:blue}}</style>" + FULL.format("fill='#dc1414'"),
        "<style media='print'>rect{fill:blue}</style>" + FULL.format("fill='#dc1414'"),
        "<style>@keyframes k{from{fill:#dc1414}to{fill:blue}}rect{fill:green;animation:k 9s}</style>" + FULL.format(""),
        "<style>@keyframes k{0%{fill:blue}}rect{fill:#dc1414;animation:k 9s 5s}</style>" + FULL.format(""),
        "<style>@keyframes k{0%{fill:#dc1414}}</style>" + FULL.format("style='fill:blue;animation:k 9s 5s both'"),
        "<style>@keyframes k{from{transform:scale(1)}}rect{transform:scale(.1);animation:k 9s}</style>"
        + FULL.format("fill='#dc1414'"),
        FILLED.format("<animate attributeName='fill' values='#dc1414;blue' dur='9s'/>"),
        "<style>rect{fill:blue}</style><rect width='100' height='100'><set attributeName='fill' to='#dc1414'/></rect>",
        "<rect width='100' height='100' fill='#dc1414'><set attributeName='fill' to='blue' begin='2s'/></rect>",
        "<rect width='100' height='100' fill='#dc1414'><set attributeName='fill' to='blue' begin='click'/></rect>",
        "<rect id='r' height='100' fill='#dc1414'/><animate href='#r' attributeName='width' from='100' to='1'/>",
        f"<g fill='#dc1414' transform='scale(.1)'><rect width='100' height='100'/>{GROWS}</g>",
        "<g fill='#dc1414'><rect x='-9' y='-9' width='100' height='100'/><animateMotion path='M9 9h9' dur='9s'/></g>",
    ],
)
def test_variables_media_and_animations_are_drawn_as_at_the_beginning(body: str) -> None:
    assert color_at(f"{SVG} viewBox='0 0 100 100'>{body}</svg>") == pytest.approx(RED, abs=4)


@pytest.mark.parametrize("opening", ["style='background:#dc1414'", "class='a'", "style='background-color: #dc1414'"])
def test_the_background_of_the_root_is_painted(opening: str) -> None:
    body = "<style>.a{background:#dc1414}</style><circle r='20' fill='blue'/>"
    for size in ("viewBox='0 0 100 100'", "viewBox='0 0 100 100' width='200' height='100'"):
        assert color_at(f"{SVG} {size} {opening}>{body}</svg>", 1000, 500) == pytest.approx(RED, abs=4)


def test_a_picture_as_background_of_the_root_is_painted() -> None:
    address = data_address("image/webp", encoded(four_corners(40, 40), "WEBP", lossless=True))
    picture = draw(f"{SVG} viewBox='0 0 100 100' style='background-image:url({address});background-size:cover'/>")
    assert corner_colors(opened(picture.image.master.data)) == ["red", "green", "blue", "yellow"]
    tiles = refusal_of(f"{SVG} viewBox='0 0 100 100' style='background-image:url({address})'/>")
    assert "a background of gradients or tiles" in tiles.sentence


@pytest.mark.parametrize("fmt", ["PNG", "JPEG", "WEBP", "GIF", "AVIF", "BMP"])
@pytest.mark.parametrize("kind", ["", "image/png", "image/svg+xml"])
def test_an_embedded_picture_of_any_format_is_drawn_whatever_its_type_says(fmt: str, kind: str) -> None:
    address = data_address(kind or f"image/{fmt.lower()}", encoded(four_corners(40, 40), fmt))
    picture = draw(f"{SVG} viewBox='0 0 40 40'><image width='40' height='40' href='{address}'/></svg>")
    assert corner_colors(opened(picture.image.master.data)) == ["red", "green", "blue", "yellow"]


def test_an_embedded_photo_is_upright() -> None:
    address = data_address("image/jpeg", encoded(held(four_corners(40, 40), 6), "JPEG", exif=exif(6)))
    picture = draw(f"{SVG} viewBox='0 0 40 40'><image width='40' height='40' href='{address}'/></svg>")
    assert corner_colors(opened(picture.image.master.data)) == ["red", "green", "blue", "yellow"]


def nested(inner: str, depth: int) -> str:
    for _level in range(depth):
        address = data_address("image/svg+xml", inner.encode())
        inner = f"{SVG} viewBox='0 0 100 100'><image width='100' height='100' href='{address}'/></svg>"
    return inner


def test_a_drawing_inside_of_a_drawing_is_held_to_the_same() -> None:
    body = "<style>:root{--c:#dc1414}</style>" + FULL.format("style='fill:var(--c)'")
    red = f"{SVG} viewBox='0 0 100 100'>{body}</svg>"
    assert color_at(nested(red, 2)) == pytest.approx(RED, abs=4)
    assert "a script" in refusal_of(nested(SQUARE.format("<script>1</script>"), 2)).sentence
    assert "drawings inside of drawings" in refusal_of(nested(red, 5)).sentence


def test_a_drawing_of_groups_without_end_is_refused() -> None:
    deep = f"{SVG} viewBox='0 0 9 9'>" + "<g>" * 600 + "<rect width='9' height='9'/>" + "</g>" * 600 + "</svg>"
    assert refusal_of(deep).is_a(errors.TOO_COMPLEX)


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
