"""A token's SVG looks as Chromium shows it, or is refused: features that librsvg draws otherwise by itself."""

from __future__ import annotations

import base64
from io import BytesIO

from PIL import Image, ImageChops, ImageStat
from playwright.sync_api import Page

from profiles.decoding import Decoder, DecodeRequest, ImageRefused
from tests.profiles.decoding.children import a_decoder

SVG = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 256 256'>{}</svg>"
BLUE = "<rect width='256' height='256' fill='#4466cc'/>"
BLUR = "<filter id='f'><feGaussianBlur stdDeviation='{}'/></filter>"
NOISE = (
    "<filter id='f' x='0' y='0' width='1' height='1'><feTurbulence {}/></filter>"
    "<rect width='256' height='256' filter='url(#f)'/>"
)
TEXT = BLUE + "<text x='20' y='140' fill='white' {}>Hello</text>"
DRAWN = {
    "letters of the default size": TEXT.format(""),
    "letters in em": TEXT.format("font-size='3em'"),
    "letters in percent": TEXT.format("font-size='300%'"),
    "letters by keyword": TEXT.format("font-size='xx-large'"),
    "letters by keyword in a style": TEXT.format("style='font-size:x-large'"),
    "letters in points": TEXT.format("font-size='40pt'"),
    "lengths in em": BLUE + "<rect width='5em' height='5em' fill='red'/>",
    "lengths in millimeters": BLUE + "<rect width='40mm' height='1in' fill='red'/>",
    "a family that is not installed, then serif": TEXT.format("font-size='60' font-family='Georgia, serif'"),
    "Helvetica": TEXT.format("font-size='60' font-family='Helvetica'"),
    "Courier": TEXT.format("font-size='60' font-family='Courier'"),
    "a blur over the left edge": BLUR.format(12) + "<circle cy='99' r='90' fill='red' filter='url(#f)'/>",
    "a blur over all edges": BLUR.format(42) + "<rect width='256' height='256' fill='red' filter='url(#f)'/>",
    "a blur that begins outside": BLUR.format(12) + "<g filter='url(#f)'><circle cx='-20' r='99' fill='gold'/></g>",
    "blur()": "<g style='filter:blur(12px)'><rect width='99' height='256' fill='red'/><circle cx='200' r='99'/></g>",
    "blur() in a rule": "<style>.a{filter:blur( 8px ) }</style><circle class='a' cx='200' cy='99' r='99' fill='red'/>",
    "a rule for the root and a blur": "<style>:root{fill:red}svg>circle{stroke:gold;stroke-width:9}</style>"
    + BLUR.format(6)
    + "<circle r='99' filter='url(#f)'/>",
    "a shadow at the edge": "<circle cx='200' cy='99' r='50' style='filter:drop-shadow(9px 9px 4px red)'/>",
    "coarse noise": NOISE.format("type='fractalNoise' baseFrequency='0.02' numOctaves='4'"),
    "style of another type": "<style type='text/less'>rect{fill:red}</style><rect width='99' height='99'/>",
    "Greek, Cyrillic and Hebrew": BLUE + "<text x='9' y='99' font-size='40'>Ωμέγα Привет שלום</text>",
}
REFUSED = {
    "fine noise": NOISE.format("baseFrequency='0.65' numOctaves='3'"),
    "lamps": "<filter id='f'><feDiffuseLighting><feDistantLight/></feDiffuseLighting></filter>",
    "kernelUnitLength": "<filter id='f'><feConvolveMatrix kernelUnitLength='5'/></filter>",
    "invert": BLUE + "<g style='filter:invert(1)'><rect width='99' height='99'/></g>",
    "pathLength": BLUE + "<path d='M0 9h99' pathLength='10' stroke='red' stroke-dasharray='1'/>",
    "copied part": "<style>g .b{fill:red}</style><g><circle id='c' class='b' r='99'/></g><use href='#c' x='99'/>",
    "letters that we have no font for": BLUE + "<text y='99'>\u0378</text>",
    "U+3FFF0": BLUE + "<text y='99'>ok \U0003fff0</text>",
}


def test_drawings_look_as_chromium_shows_them_or_are_refused(page: Page) -> None:
    page.set_viewport_size({"width": 512, "height": 512})
    found = {}
    with a_decoder() as decoder:
        for name, body in DRAWN.items():
            drawing = SVG.format(body).encode()
            difference = ImageChops.difference(ours(decoder, drawing), shown(page, drawing))
            found[name] = round(max(ImageStat.Stat(difference).mean), 1)
        assert {name: difference for name, difference in found.items() if difference > 4} == {}
        reasons = {name: refusal(decoder, SVG.format(body).encode()) for name, body in REFUSED.items()}
    assert {name: reason for name, reason in reasons.items() if name not in reason} == {}


def refusal(decoder: Decoder, drawing: bytes) -> str:
    try:
        decoder.decode(drawing, DecodeRequest(svg_allowed=True))
    except ImageRefused as refused:
        return refused.sentence
    return "drawn"


def ours(decoder: Decoder, drawing: bytes) -> Image.Image:
    picture = decoder.decode(drawing, DecodeRequest(svg_allowed=True))
    master = Image.open(BytesIO(picture.image.master.data)).convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", master.size, "white"), master).convert("RGB").resize((256, 256))


def shown(page: Page, drawing: bytes) -> Image.Image:
    address = f"data:image/svg+xml;base64,{base64.b64encode(drawing).decode()}"
    page.set_content(f"<body style='margin:0'><img width=512 style='display:block' src='{address}'>")
    page.evaluate("document.images[0].decode()")
    return Image.open(BytesIO(page.screenshot())).convert("RGB").resize((256, 256))
