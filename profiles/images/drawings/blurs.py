"""Put filter elements in place of CSS's blur(), which mixes colors as they are stored: librsvg mixes them as light."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from profiles.images.drawings.tree import SVG, Element, walk

_BLUR = r"blur\(\s*(?P<size>\d*\.?\d+)(?:px)?\s*\)"
_DECLARED = re.compile(r"(?P<before>(?:^|[;{\s])filter\s*:\s*)" + _BLUR + r"(?=\s*(?:[;}!]|$))")
_ATTRIBUTE = re.compile(r"(?P<before>\s*)" + _BLUR + r"\s*$")
#: Parts of the blurred shape's own size. CSS blurs without an end.
_REGION = {"x": "-5", "y": "-5", "width": "11", "height": "11"}


def replace_blurs(root: Element) -> bool:
    """Rewrite blur() where it is the only function; return whether there was any."""
    sizes: set[str] = set()

    def name(use: re.Match[str]) -> str:
        sizes.add(use["size"])
        return f"{use['before']}url(#{_id(use['size'])})"

    for element, tag in walk(root):
        for attribute, pattern in (("style", _DECLARED), ("filter", _ATTRIBUTE)):
            if "blur(" in element.get(attribute, ""):
                element.set(attribute, pattern.sub(name, element.get(attribute, "")))
        if tag == "style" and "blur(" in (element.text or ""):
            element.text = _DECLARED.sub(name, element.text or "")
    for size in sorted(sizes):
        root.append(_build_filter(size))
    return bool(sizes)


def _id(size: str) -> str:
    return f"css-blur-{size}"


def _build_filter(size: str) -> Element:
    element = ET.Element(f"{SVG}filter", {"id": _id(size), "color-interpolation-filters": "sRGB", **_REGION})
    element.append(ET.Element(f"{SVG}feGaussianBlur", {"stdDeviation": size}))
    return element
