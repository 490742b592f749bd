"""Files made to break decoders: small to store, costly to decode."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from functools import partial

from PIL import Image

from profiles.testing.pictures import encoded, four_corners, gif_of_frames, png_chunk, png_claiming

SVG = b"<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' "


def nested_uses(depth: int = 11, width: int = 10) -> bytes:
    """Return an SVG of `width` to the power of `depth` rectangles."""
    body = b"<rect id='l0' width='1' height='1'/>"
    for level in range(1, depth + 1):
        uses = b"<use xlink:href='#l%d' x='%d'/>" % (level - 1, level) * width
        body += b"<g id='l%d'>%b</g>" % (level, uses)
    return SVG + b"width='10' height='10'><defs>%b</defs><use xlink:href='#l%d'/></svg>" % (body, depth)


def billion_laughs() -> bytes:
    entities = b"<!ENTITY a0 'ha'>" + b"".join(
        b"<!ENTITY a%d '%b'>" % (level, b"&a%d;" % (level - 1) * 10) for level in range(1, 12)
    )
    return b"<!DOCTYPE svg [" + entities + b"]>" + SVG + b"width='9' height='9'><text y='5'>&a11;</text></svg>"


def huge_blurs() -> bytes:
    filters = b"<filter id='f' width='9' height='9'>" + b"<feTurbulence numOctaves='9'/>" * 200 + b"</filter>"
    rectangle = b"<rect width='1000' height='1000' filter='url(#f)'/>"
    return SVG + b"width='1000' height='1000'>" + filters + rectangle * 40 + b"</svg>"


def deep_groups(depth: int = 200_000) -> bytes:
    return SVG + b"width='9' height='9'>" + b"<g>" * depth + b"</g>" * depth + b"</svg>"


def many_spans(count: int = 50_000) -> bytes:
    spans = b"<tspan x='1' y='9'>a</tspan>" * count
    return SVG + b"width='100' height='100'><text>" + spans + b"</text></svg>"


def large_apng(frames: int = 4, side: int = 5000) -> bytes:
    image = Image.new("RGBA", (side, side), "red")
    others = [Image.new("RGBA", (side, side), (0, 0, 50 * index, 99)) for index in range(1, frames)]
    return encoded(image, "PNG", save_all=True, append_images=others, compress_level=1)


def large_avif(side: int = 5000) -> bytes:
    image = four_corners(side, side).convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    return encoded(image, "AVIF", speed=10)


def large_gif(side: int = 5000) -> bytes:
    image = four_corners(side, side).quantize(16)
    return encoded(image, "GIF", save_all=True, append_images=[image.rotate(90), image.rotate(180)])


#: Pictures whose decoders took 300 MB and more.
HUNGRY: dict[str, Callable[[], bytes]] = {
    "svg of 50,000 spans": many_spans,
    "apng of 4 large frames": large_apng,
    "avif of 25 megapixels with alpha": large_avif,
    "gif of 3 large frames": large_gif,
}

COSTLY_DRAWINGS: dict[str, Callable[[], bytes]] = {
    "nested uses": nested_uses,
    "billion laughs": billion_laughs,
    "huge blurs": huge_blurs,
    "deep groups": deep_groups,
}


def png_text_bomb(megabytes: int = 800) -> bytes:
    """Return a PNG with text chunks that grow a thousandfold when decompressed."""
    packed = zlib.compress(b"\0" * 50_000_000, 9)
    chunk = png_chunk(b"zTXt", b"Comment\0\0" + packed)
    return png_claiming(64, 64, b"\0" * (64 * 193), extra=chunk * (megabytes // 50))


def png_profile_bomb() -> bytes:
    return png_claiming(
        64, 64, b"\0" * (64 * 193), extra=png_chunk(b"iCCP", b"bomb\0\0" + zlib.compress(b"\0" * 200_000_000, 9))
    )


def png_more_rows_than_it_says() -> bytes:
    return png_claiming(64, 64, b"\0" * 300_000_000)


def avif_larger_inside_than_it_says() -> bytes:
    content = bytearray(encoded(four_corners(4000, 3000), "AVIF", speed=10))
    at = content.index(b"ispe")
    content[at + 8 : at + 16] = struct.pack(">II", 16, 16)
    return bytes(content)


def webp_larger_inside_than_it_says() -> bytes:
    content = bytearray(encoded(four_corners(3000, 3000), "WEBP", exif=b"Exif\0\0"))
    content[24:30] = (15).to_bytes(3, "little") * 2
    return bytes(content)


#: Made where they are used: it takes seconds.
BOMBS: dict[str, Callable[[], bytes]] = {
    "png of 2**31 sides": partial(png_claiming, 2**31 - 1, 2**31 - 1),
    "png of 8192 by 8192": partial(png_claiming, 8192, 8192),
    "png with text bombs": png_text_bomb,
    "png with a profile bomb": png_profile_bomb,
    "png with too many rows": png_more_rows_than_it_says,
    "gif of 100000 frames": partial(gif_of_frames, 100_000),
    "gif of 65535 sides": partial(gif_of_frames, 1, 65_535, 65_535),
    "gif of 256 large frames": partial(gif_of_frames, 256, 5000, 5000),
    "avif that lies": avif_larger_inside_than_it_says,
    "webp that lies": webp_larger_inside_than_it_says,
}
