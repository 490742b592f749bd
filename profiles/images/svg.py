"""A token's SVG → pixels, by librsvg through libvips. Only ever called in the decoder's child process.

librsvg runs no script and, given bytes without an address, loads nothing from outside: no file, no URL.
What remains is effort (nested `use`, filters), which the child's processor and memory limits end.
"""

from PIL import Image

from .detect import sniff_format
from .errors import ImageRefused, Reason
from .formats import SourceFormat
from .geometry import stored_box
from .limits import MASTER_SIDE, MIB
from .picture import Crop
from .stills import SVG_LOADER, Still, load_vips, pixels_of

#: Largest SVG text we draw; the largest on-chain one met has 0.1 MiB.
MAX_SVG_BYTES = 2 * MIB

_DAMAGED = "This SVG is damaged, or uses something we do not draw."


def decode_svg(content: bytes, crop: Crop | None = None) -> Still:
    """Draw an SVG with its longer side at MASTER_SIDE; raises `ImageRefused`."""
    if sniff_format(content) is not SourceFormat.SVG:
        raise ImageRefused(Reason.NOT_AN_IMAGE, "This file is not an SVG drawing.")
    if len(content) > MAX_SVG_BYTES:
        raise ImageRefused(
            Reason.TOO_MANY_BYTES, f"This SVG has {len(content)} bytes; at most {MAX_SVG_BYTES} are accepted."
        )
    image = _draw(content)
    if image.mode == "RGBA" and image.getchannel("A").getbbox() is None:
        raise ImageRefused(Reason.DAMAGED, "This SVG draws nothing that can be seen.")
    image = image.crop(stored_box(crop, image.size, orientation=1))
    return Still(image, image.size)


def _draw(content: bytes) -> Image.Image:
    pyvips = load_vips()
    pyvips.operation_block_set(SVG_LOADER, False)
    try:
        # Drawn at the size wanted: a drawing that says it is 100,000 pixels wide costs no more than others.
        natural = pyvips.Image.svgload_buffer(content)
        scale = MASTER_SIDE / max(natural.width, natural.height)
        drawing = pyvips.Image.svgload_buffer(content, scale=scale).crop(
            0, 0, *(min(MASTER_SIDE, max(1, round(side * scale))) for side in (natural.width, natural.height))
        )
        return pixels_of(drawing)
    except pyvips.Error as error:
        raise ImageRefused(Reason.DAMAGED, _DAMAGED) from error
    finally:
        pyvips.operation_block_set(SVG_LOADER, True)
