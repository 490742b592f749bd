"""Find letters that no installed font has. librsvg draws a box in place of each, and so would a browser here."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from xml.sax.saxutils import escape

from PIL import Image, ImageChops

from profiles.images.drawings.tree import SVG, Element, not_whole, walk
from profiles.sentences import gettext as _

_CELL, _SIZE, _LEFT, _BASE = 96, 48, 12, 66
_COLUMNS = 16
#: Different letters of one text that are looked at; no drawing has so many.
_MOST = 1000
#: Pixels at the edge of a box in which its digits do not stand.
_FRAME = 2
#: Two letters that no font has, as they were never assigned: of four and of six digits.
_NEVER = (("\u0378", "\u0379"), ("\U0003fff0", "\U0003fff1"))
#: Blanks, and what changes others: categories of Unicode.
_NOT_DRAWN = frozenset({"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"})
_EMOJI = range(0x1F300, 0x1FB00)

Draw = Callable[[bytes], Image.Image]


def check_letters(root: Element, draw: Draw) -> None:
    """Raise `ImageRefused` for texts with letters that we have no font for, or emoji without a font in color."""
    letters = sorted({letter for text in _texts(root) for letter in text if _is_drawn(letter)})
    if not letters:
        return
    if len(letters) > _MOST:
        raise not_whole(_("more than %(most)s different letters", most=_MOST))
    cells = _draw_all([*(letter for pair in _NEVER for letter in pair), *letters], draw)
    for letter, cell in zip(letters, cells[4:], strict=True):
        pair = cells[:2] if ord(letter) < 0x10000 else cells[2:4]
        if _is_box(cell, *pair) or (letter.isascii() and cell.getchannel("A").getbbox() is None):
            raise not_whole(_("letters that we have no font for, as U+%(code)s", code=f"{ord(letter):04X}"))
        if ord(letter) in _EMOJI and not _is_colored(cell):
            raise not_whole(_("emoji, for which we have no font in color"))


def _is_drawn(letter: str) -> bool:
    return unicodedata.category(letter) not in _NOT_DRAWN


def _texts(root: Element) -> Iterable[str]:
    return ("".join(element.itertext()) for element, name in walk(root) if name == "text")


def _draw_all(letters: list[str], draw: Draw) -> list[Image.Image]:
    rows = -(-len(letters) // _COLUMNS)
    places = [(index % _COLUMNS * _CELL, index // _COLUMNS * _CELL) for index in range(len(letters))]
    texts = "".join(
        f"<text x='{left + _LEFT}' y='{top + _BASE}'>{escape(letter)}</text>"
        for letter, (left, top) in zip(letters, places, strict=True)
    )
    size = f"width='{_COLUMNS * _CELL}' height='{rows * _CELL}' font-size='{_SIZE}'"
    drawn = draw(f"<svg xmlns='{SVG[1:-1]}' {size}>{texts}</svg>".encode()).convert("RGBA")
    return [drawn.crop((left, top, left + _CELL, top + _CELL)) for left, top in places]


def _is_box(cell: Image.Image, one: Image.Image, other: Image.Image) -> bool:
    """Return whether `cell` has the same frame as both boxes, whatever digits are in it."""
    box = one.getchannel("A").getbbox()
    if box is None or other.getchannel("A").getbbox() != box:
        return False
    inside = Image.new("L", one.size, 255)
    inside.paste(0, (box[0] + _FRAME, box[1] + _FRAME, box[2] - _FRAME, box[3] - _FRAME))
    nothing = Image.new("L", one.size, 0)
    difference = ImageChops.difference(cell.getchannel("A"), one.getchannel("A"))
    return Image.composite(difference, nothing, inside).getbbox() is None


def _is_colored(cell: Image.Image) -> bool:
    return any(cell.getchannel(band).getbbox() is not None for band in "RGB")
