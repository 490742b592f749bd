"""Draw a token's SVG with librsvg through libvips. Called only in the decoder's child process.

librsvg runs no script and, given bytes without an address, loads nothing from outside: no file, no URL. What remains
is effort (nested `use`, filters), which the child's limits on processor time and memory end.
"""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

from PIL import Image

from profiles.images import errors
from profiles.images.drawings.backgrounds import Background, find_background
from profiles.images.drawings.motion import freeze_motion
from profiles.images.drawings.rasters import embed_rasters
from profiles.images.drawings.sheets import settle_sheets
from profiles.images.drawings.tree import SVG, not_whole, parse_drawing, write_drawing
from profiles.images.drawings.unsupported import check_whole
from profiles.images.drawings.variables import resolve_variables
from profiles.images.errors import ImageRefused, ran_out_of_memory
from profiles.images.formats import SourceFormat
from profiles.images.formats.detect import sniff_format
from profiles.images.limits import MASTER_SIDE, MIB
from profiles.images.orientation import stored_box
from profiles.images.picture import Crop
from profiles.images.stills import SVG_LOADER, Still, load_vips, pixels_of

#: Largest SVG text we draw, in bytes; the largest one seen in use has 0.1 MiB.
MAX_SVG_BYTES = 2 * MIB

#: Drawings inside of drawings.
_MAX_NESTED = 3
_DAMAGED = "This SVG is damaged, or uses something we do not draw."


def decode_svg(content: bytes, crop: Crop | None = None) -> Still:
    """Draw an SVG with its longer side at MASTER_SIDE. Raise `ImageRefused` where that fails or shows nothing."""
    if sniff_format(content) is not SourceFormat.SVG:
        raise ImageRefused("This file is not an SVG drawing.", errors.NOT_AN_IMAGE)
    if len(content) > MAX_SVG_BYTES:
        raise ImageRefused(
            f"This SVG has {len(content)} bytes; at most {MAX_SVG_BYTES} are accepted.", errors.TOO_MANY_BYTES
        )
    prepared, background = _prepare(content, 0)
    image = _draw(prepared)
    if background is not None:
        image = Image.alpha_composite(_paint(background, image.size), image.convert("RGBA"))
    if image.mode == "RGBA" and image.getchannel("A").getbbox() is None:
        raise ImageRefused("This SVG draws nothing that can be seen.", errors.DAMAGED)
    image = image.crop(stored_box(crop, image.size, orientation=1))
    return Still(image, image.size)


def _prepare(content: bytes, depth: int) -> tuple[bytes, Background | None]:
    """Return the drawing without what librsvg lacks, and what lies under it. Raise `ImageRefused`."""
    root = parse_drawing(content)
    if root.tag != f"{SVG}svg":
        raise ImageRefused("This file is not an SVG drawing.", errors.NOT_AN_IMAGE)
    changed = resolve_variables(root)
    changed |= settle_sheets(root)
    changed |= freeze_motion(root)
    background = find_background(root)
    check_whole(root)

    def prepare_nested(nested: bytes) -> bytes:
        if depth == _MAX_NESTED:
            raise not_whole("drawings inside of drawings")
        prepared, below = _prepare(nested, depth + 1)
        if below is not None:
            raise not_whole("a background inside of the drawing")
        return prepared

    changed |= embed_rasters(root, prepare_nested)
    return (write_drawing(root) if changed else content), background


def _paint(background: Background, size: tuple[int, int]) -> Image.Image:
    width, height = size
    color = f"<rect width='{width}' height='{height}' style={quoteattr('fill:' + background.color)}/>"
    picture = (
        f"<image width='{width}' height='{height}' preserveAspectRatio='{background.fit}' "
        f"href={quoteattr(background.address)}/>"
    )
    body = (color if background.color else "") + (picture if background.address else "")
    svg = f"<svg xmlns='{SVG[1:-1]}' width='{width}' height='{height}'>{body}</svg>"
    painted = _draw(_prepare(svg.encode(), 0)[0]).convert("RGBA")
    return painted if painted.size == size else painted.resize(size)


def _draw(content: bytes) -> Image.Image:
    pyvips = load_vips()
    pyvips.operation_block_set(SVG_LOADER, False)
    try:
        # Drawn at the final size, so that a drawing that claims to be 100,000 pixels wide costs no more than others.
        natural = pyvips.Image.svgload_buffer(content)
        scale = MASTER_SIDE / max(natural.width, natural.height)
        drawing = pyvips.Image.svgload_buffer(content, scale=scale).crop(
            0, 0, *(min(MASTER_SIDE, max(1, round(side * scale))) for side in (natural.width, natural.height))
        )
        return pixels_of(drawing)
    except pyvips.Error as error:
        if ran_out_of_memory(error):
            raise MemoryError from error
        raise ImageRefused(_DAMAGED, errors.DAMAGED) from error
    finally:
        pyvips.operation_block_set(SVG_LOADER, True)
