"""Give librsvg the pictures inside a drawing as it reads them: PNG and JPEG, upright and sRGB, and nested drawings."""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from collections.abc import Callable
from urllib.parse import unquote_to_bytes

from profiles.images.color_tags import find_colors
from profiles.images.drawings.tree import HREFS, Element, not_whole, read_href, walk
from profiles.images.encode import encode
from profiles.images.errors import ImageRefused, ran_out_of_memory
from profiles.images.formats import OutputFormat, SourceFormat
from profiles.images.formats.detect import read_header, sniff_format
from profiles.images.limits import ImageLimits
from profiles.images.stills import Still, decode_still
from profiles.sentences import gettext as _

_HOLDERS = frozenset({"image", "feImage"})
#: Bytes at the start of a JPEG that name its orientation or colors.
_JPEG_EXTRAS = (b"Exif\0\0", b"ICC_PROFILE\0")
_SVG_TYPE = "image/svg+xml"

Prepare = Callable[[bytes], bytes]


def embed_rasters(root: Element, prepare: Prepare) -> bool:
    """Rewrite the pictures that librsvg would read otherwise; return whether there were any.

    `prepare` does for nested drawings what is done for this one. Raises `ImageRefused` for addresses outside of the
    drawing and for pictures that are damaged.
    """
    changed = False
    for element, name in walk(root):
        address = read_href(element)
        if name in _HOLDERS and address[:5].lower() == "data:":
            changed |= _rewrite(element, address, prepare)
    return changed


def read_data_address(address: str) -> tuple[str, bytes]:
    """Return media type and data of a data: address. Raise `ImageRefused` if it is damaged."""
    head, _comma, body = address[5:].partition(",")
    kind, *parameters = (each.strip().lower() for each in head.split(";"))
    data = unquote_to_bytes(body)
    if "base64" not in parameters:
        return kind, data
    try:
        return kind, b64decode(b"".join(data.split()) + b"==")
    except (binascii.Error, ValueError) as error:
        raise not_whole(_("an embedded picture that is damaged")) from error


def write_data_address(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{b64encode(data).decode()}"


def _rewrite(element: Element, address: str, prepare: Prepare) -> bool:
    kind, data = read_data_address(address)
    source = sniff_format(data)
    if source is SourceFormat.SVG:
        _set_address(element, write_data_address(_SVG_TYPE, prepare(data)))
        return True
    if source is None:
        raise not_whole(_("an embedded picture that is none"))
    if kind == f"image/{source.value}" and _is_plain(data, source):
        return False
    still = _decode(data)
    if element.get("width") is None and element.get("height") is None:
        element.set("width", str(still.original_size[0]))
        element.set("height", str(still.original_size[1]))
    _set_address(element, write_data_address("image/png", encode(still.image, OutputFormat.PNG).data))
    return True


def _is_plain(data: bytes, source: SourceFormat) -> bool:
    """Return whether librsvg reads a picture as browsers do."""
    if source is SourceFormat.PNG:
        return find_colors(data, source, None) is None and not any(each in data for each in (b"eXIf", b"iCCP", b"acTL"))
    return source is SourceFormat.JPEG and not any(each in data for each in _JPEG_EXTRAS)


def _decode(data: bytes) -> Still:
    try:
        return decode_still(data, read_header(data, ImageLimits()), None)
    except (ImageRefused, MemoryError):
        raise
    except Exception as error:  # decoders raise nearly anything
        if ran_out_of_memory(error):
            raise
        raise not_whole(_("an embedded picture that is damaged")) from error


def _set_address(element: Element, address: str) -> None:
    for name in HREFS:
        element.attrib.pop(name, None)
    element.set("href", address)
