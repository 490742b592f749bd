"""Draw a token's SVG with librsvg through libvips. Called only in the decoder's child process.

librsvg runs no script and, given bytes without an address, loads nothing from outside: no file, no URL. What remains
is effort (nested `use`, filters), which the child's limits on processor time and memory end.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from xml.sax.saxutils import quoteattr

from PIL import Image

from profiles.images import errors
from profiles.images.drawings.backgrounds import Background, find_background
from profiles.images.drawings.blurs import replace_blurs
from profiles.images.drawings.letters import check_letters
from profiles.images.drawings.margins import find_margin, put_on_canvas
from profiles.images.drawings.motion import freeze_motion
from profiles.images.drawings.rasters import embed_rasters
from profiles.images.drawings.sheets import drop_other_sheets, settle_sheets
from profiles.images.drawings.sizes import DPI, settle_sizes
from profiles.images.drawings.tree import SVG, Element, not_whole, parse_drawing, write_drawing
from profiles.images.drawings.unsupported import check_whole
from profiles.images.drawings.variables import resolve_variables
from profiles.images.errors import ImageRefused, ran_out_of_memory
from profiles.images.formats import SourceFormat
from profiles.images.formats.detect import sniff_format
from profiles.images.limits import MASTER_SIDE, MIB
from profiles.images.orientation import stored_box
from profiles.images.picture import Crop
from profiles.images.stills import SVG_LOADER, Still, load_vips, pixels_of
from profiles.sentences import gettext as _

#: Largest SVG text we draw, in bytes; the largest one seen in use has 0.1 MiB.
MAX_SVG_BYTES = 2 * MIB

#: Drawings inside of drawings.
_MAX_NESTED = 3
#: libvips draws a unit as so many dots, unless it is told a number of dots per inch.
_DOTS = 72
#: Pixels to which a drawing is enlarged to be measured.
_MEASURED = 10_000
_DAMAGED = _("This SVG is damaged, or uses something we do not draw.")


def decode_svg(content: bytes, crop: Crop | None = None) -> Still:
    """Draw an SVG with its longer side at MASTER_SIDE. Raise `ImageRefused` where that fails or shows nothing."""
    if sniff_format(content) is not SourceFormat.SVG:
        raise ImageRefused(_("This file is not an SVG drawing."), errors.NOT_AN_IMAGE)
    if len(content) > MAX_SVG_BYTES:
        raise ImageRefused(
            _(
                "This SVG has %(content)s bytes; at most %(svg_bytes)s are accepted.",
                content=len(content),
                svg_bytes=MAX_SVG_BYTES,
            ),
            errors.TOO_MANY_BYTES,
        )
    prepared, background, root = _prepare(content, 0)
    image = _draw(prepared, root)
    if background is not None:
        image = Image.alpha_composite(_paint(background, image.size), image.convert("RGBA"))
    if image.mode == "RGBA" and image.getchannel("A").getbbox() is None:
        raise ImageRefused(_("This SVG draws nothing that can be seen."), errors.DAMAGED)
    image = image.crop(stored_box(crop, image.size, orientation=1))
    return Still(image, image.size)


def _prepare(content: bytes, depth: int) -> tuple[bytes, Background | None, Element]:
    """Return the drawing without what librsvg lacks, what lies under it, and its root. Raise `ImageRefused`."""
    root = parse_drawing(content)
    if root.tag != f"{SVG}svg":
        raise ImageRefused(_("This file is not an SVG drawing."), errors.NOT_AN_IMAGE)
    changed = drop_other_sheets(root)
    changed |= resolve_variables(root)
    changed |= settle_sheets(root)
    changed |= freeze_motion(root)
    changed |= settle_sizes(root)
    changed |= replace_blurs(root)
    background = find_background(root)
    check_whole(root)
    check_letters(root, lambda svg: _draw_at(svg, 1.0))

    def prepare_nested(nested: bytes) -> bytes:
        if depth == _MAX_NESTED:
            raise not_whole(_("drawings inside of drawings"))
        prepared, below, inner = _prepare(nested, depth + 1)
        if find_margin(inner):
            raise not_whole(_("blurred parts in a drawing inside of it"))
        if below is not None:
            raise not_whole(_("a background inside of the drawing"))
        return prepared

    changed |= embed_rasters(root, prepare_nested)
    return (write_drawing(root) if changed else content), background, root


def _paint(background: Background, size: tuple[int, int]) -> Image.Image:
    width, height = size
    color = f"<rect width='{width}' height='{height}' style={quoteattr('fill:' + background.color)}/>"
    picture = (
        f"<image width='{width}' height='{height}' preserveAspectRatio='{background.fit}' "
        f"href={quoteattr(background.address)}/>"
    )
    body = (color if background.color else "") + (picture if background.address else "")
    svg = f"<svg xmlns='{SVG[1:-1]}' width='{width}' height='{height}'>{body}</svg>"
    painted = _draw(*_prepare(svg.encode(), 0)[::2]).convert("RGBA")
    return painted if painted.size == size else painted.resize(size)


def _draw(content: bytes, root: Element) -> Image.Image:
    """Draw at the final size, so that a drawing that claims to be 100,000 pixels wide costs no more than others."""
    natural = _measure(content)
    scale = MASTER_SIDE / max(natural)
    width, height = (min(MASTER_SIDE, max(1, round(side * scale))) for side in natural)
    margin = round(find_margin(root) * MASTER_SIDE)
    if margin:
        content = put_on_canvas(root, natural, margin / scale)
    return _draw_at(content, scale).crop((margin, margin, margin + width, margin + height))


def _measure(content: bytes) -> tuple[float, float]:
    """Return width and height in units of the drawing, closer than whole pixels say."""
    with _loader() as pyvips:
        pixels = pyvips.Image.svgload_buffer(content)
        finer = max(1.0, _MEASURED / max(pixels.width, pixels.height))
        pixels = pyvips.Image.svgload_buffer(content, scale=finer, dpi=DPI)
        return pixels.width / finer * _DOTS / DPI, pixels.height / finer * _DOTS / DPI


def _draw_at(content: bytes, scale: float) -> Image.Image:
    with _loader() as pyvips:
        return pixels_of(pyvips.Image.svgload_buffer(content, scale=scale * _DOTS / DPI, dpi=DPI))


@contextmanager
def _loader() -> Iterator[ModuleType]:
    """Allow libvips its SVG reader. Raise `ImageRefused` for what it refuses."""
    pyvips = load_vips()
    pyvips.operation_block_set(SVG_LOADER, False)
    try:
        yield pyvips
    except pyvips.Error as error:
        if ran_out_of_memory(error):
            raise MemoryError from error
        raise ImageRefused(_DAMAGED, errors.DAMAGED) from error
    finally:
        pyvips.operation_block_set(SVG_LOADER, True)
