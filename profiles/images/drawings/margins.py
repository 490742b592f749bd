"""Draw filters with what lies beyond the edge: librsvg cuts their input at the edge of its canvas, browsers don't."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from profiles.images.drawings.css import parse_rules, write_declarations
from profiles.images.drawings.tree import SVG, Element, add_style, not_whole, read_style, walk, write_drawing
from profiles.sentences import gettext as _

#: Of the longer side. A blur is felt at three times its deviation.
_LEAST, _MOST = 0.05, 0.35
_FELT = 3
_NUMBERS = re.compile(r"[\d.]+")
_SVG_SELECTOR = re.compile(r"(?<![\w.#-])svg\b", re.IGNORECASE)
_ROOT_SELECTOR = re.compile(r":root\b", re.IGNORECASE)
#: Marks the drawing inside of its canvas: it is no longer the root.
_MARK = "data-root"


def find_margin(root: Element) -> float:
    """Return how much beyond the edge counts, as a part of the longer side; 0 without filters that look so far."""
    filters = [element for element, name in walk(root) if name in ("feGaussianBlur", "feDropShadow", "feOffset")]
    if not filters or not (root.get("viewBox") or (root.get("width") and root.get("height"))):
        return 0.0
    reach = [_FELT * number for each in filters for number in _numbers(each.get("stdDeviation", ""))]
    reach += [number for each in filters for name in ("dx", "dy") for number in _numbers(each.get(name, ""))]
    side = max((*_numbers(root.get("viewBox", ""))[2:], *_numbers(root.get("width", "")), 1.0))
    return min(max(max(reach, default=0.0) / side, _LEAST), _MOST)


def put_on_canvas(root: Element, size: tuple[float, float], margin: float) -> bytes:
    """Return the drawing, `size` units large, on a canvas with `margin` more units on each side."""
    width, height = size
    for element, name in walk(root):
        if name == "style":
            _name_root(element)
    root.set(_MARK, "")
    for name, value in (("x", 0), ("y", 0), ("width", width), ("height", height)):
        root.set(name, f"{value:g}")
    root.set("style", write_declarations([each for each in read_style(root) if each.name not in ("width", "height")]))
    add_style(root, "width", f"{width:g}px")
    add_style(root, "height", f"{height:g}px")
    whole = (width + 2 * margin, height + 2 * margin)
    places = {"viewBox": f"{-margin:g} {-margin:g} {whole[0]:g} {whole[1]:g}"}
    canvas = ET.Element(f"{SVG}svg", {"width": f"{whole[0]:g}", "height": f"{whole[1]:g}", **places})
    canvas.append(root)
    return write_drawing(canvas)


def _name_root(style: Element) -> None:
    """Let selectors for the root find the drawing, which is a level deeper now."""
    rules = parse_rules("".join(style.itertext()))
    texts = []
    for rule in rules:
        selectors = _SVG_SELECTOR.sub("svg svg", _ROOT_SELECTOR.sub(f"[{_MARK}]", rule.prelude))
        if "svg svg" in selectors and re.search(r"\*|:not\(", selectors):
            raise not_whole(_("CSS selectors of newer kinds"))
        texts.append(f"{selectors}{{{rule.body}}}")
    for child in list(style):
        style.remove(child)
    style.text = "\n".join(texts)


def _numbers(text: str) -> list[float]:
    found = []
    for number in _NUMBERS.findall(text):
        try:
            found.append(float(number))
        except ValueError:
            continue
    return found
