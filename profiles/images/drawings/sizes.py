"""Give lengths and letters the sizes that browsers give them: librsvg's letters are 12 pixels high, not 16."""

from __future__ import annotations

import re

from profiles.images.drawings.css import Declaration, write_declarations
from profiles.images.drawings.tree import Element, not_whole, read_style, walk
from profiles.sentences import gettext as _

#: The dots per inch of CSS: an inch has 96 pixels.
DPI = 96
_MEDIUM = 16
_KEYWORDS = {
    "xx-small": 9,
    "x-small": 10,
    "small": 13,
    "medium": _MEDIUM,
    "large": 18,
    "x-large": 24,
    "xx-large": 32,
    "xxx-large": 48,
}
_RELATIVE = re.compile(r"([\d.]+)(em|rem|%)$")
_LETTER_UNITS = re.compile(r"\d(em|ex|ch)\b")


def settle_sizes(root: Element) -> bool:
    """Set the size of letters where a browser's default counts; return whether any did. Raise `ImageRefused`."""
    if not any(_depends_on_letters(element, name) for element, name in walk(root)):
        return False
    for element, _name in walk(root):
        _replace_keywords(element)
    style = next((each.value for each in reversed(read_style(root)) if each.name == "font-size"), None)
    size = _in_pixels(style or root.get("font-size") or "medium")
    if style is not None:
        kept = [each for each in read_style(root) if each.name != "font-size"]
        root.set("style", write_declarations([*kept, Declaration("font-size", size)]))
    else:
        root.set("font-size", size)
    return True


def _depends_on_letters(element: Element, name: str) -> bool:
    return name in ("text", "style") or any(_LETTER_UNITS.search(value) for value in element.attrib.values())


def _replace_keywords(element: Element) -> None:
    size = element.get("font-size", "").strip()
    if size in _KEYWORDS:
        element.set("font-size", str(_KEYWORDS[size]))
    style = read_style(element)
    if any(each.name == "font-size" and each.value in _KEYWORDS for each in style):
        element.set("style", write_declarations([_without_keyword(each) for each in style]))


def _without_keyword(declaration: Declaration) -> Declaration:
    if declaration.name != "font-size" or declaration.value not in _KEYWORDS:
        return declaration
    return Declaration("font-size", f"{_KEYWORDS[declaration.value]}px")


def _in_pixels(size: str) -> str:
    """Return the size of the root's letters, which is relative to a browser's default."""
    if size in _KEYWORDS:
        return f"{_KEYWORDS[size]}px"
    relative = _RELATIVE.match(size.strip())
    if relative is None:
        return size
    try:
        return f"{float(relative[1]) * _MEDIUM / (100 if relative[2] == '%' else 1):g}px"
    except ValueError:
        raise not_whole(_("letters of the size %(size)s", size=size[:20])) from None
