"""Find the background that CSS gives the root element, which librsvg does not paint."""

from __future__ import annotations

import re
from dataclasses import dataclass

from profiles.images.drawings.css import Declaration, parse_declarations, parse_rules
from profiles.images.drawings.tree import Element, not_whole, read_style, walk
from profiles.sentences import gettext as _

_ADDRESS = re.compile(r"url\(\s*(?:\"([^\"]*)\"|'([^']*)'|([^)]*))\s*\)")
_NONE = frozenset({"", "none", "transparent", "initial", "unset", "inherit"})
_FIT = {"cover": "slice", "100%": "none", "100% 100%": "none"}


@dataclass(frozen=True)
class Background:
    """A color and the data: address of a picture, either may be empty. `fit` is a preserveAspectRatio."""

    color: str
    address: str
    fit: str


def find_background(root: Element) -> Background | None:
    """Return what lies under the drawing, None for nothing. Raise `ImageRefused` for gradients and tiles."""
    found: dict[str, str] = {}
    for each in _root_declarations(root):
        if each.name == "background":
            found = {}
        if each.name.startswith("background"):
            found[each.name] = each.value.replace("!important", "").strip()
    color = found.get("background-color", "")
    shorthand, image = found.get("background", ""), found.get("background-image", "")
    if "(" in shorthand and not re.match(r"(rgb|hsl)a?\([^()]*\)$", shorthand):
        image = image or shorthand
    elif shorthand.lower() not in _NONE:
        color = color or shorthand
    address = _find_address(image, found) if image.lower() not in _NONE else ""
    if color.lower() in _NONE and not address:
        return None
    if root.get("opacity") or any(each.name in ("opacity", "filter") for each in read_style(root)):
        raise not_whole(_("a background that is partly transparent"))
    return Background("" if color.lower() in _NONE else color, address, _find_fit(found) if address else "")


def _find_address(image: str, found: dict[str, str]) -> str:
    address = _ADDRESS.fullmatch(image)
    if address is None or found.get("background-size", "").lower() not in _FIT:
        raise not_whole(_("a background of gradients or tiles"))
    return next((each for each in address.groups() if each), "").strip()


def _find_fit(found: dict[str, str]) -> str:
    fit = _FIT[found["background-size"].lower()]
    if fit == "none":
        return "none"
    return f"xMidYMid {fit}" if "center" in found.get("background-position", "") else f"xMinYMin {fit}"


def _root_declarations(root: Element) -> list[Declaration]:
    names = {"svg", ":root", "*"}
    names |= {f"{tag}.{each}" for each in root.get("class", "").split() for tag in ("", "svg")}
    names |= {f"{tag}#{root.get('id')}" for tag in ("", "svg")}
    declarations: list[Declaration] = []
    for element, name in walk(root):
        if name == "style":
            for rule in parse_rules("".join(element.itertext())):
                if names.intersection(each.strip() for each in rule.prelude.split(",")):
                    declarations += parse_declarations(rule.body)
    return declarations + read_style(root)
