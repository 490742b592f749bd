"""Show an animated drawing as it begins: what SMIL animations set at 0 seconds becomes its plain value.

librsvg ignores them, and would draw a state that nobody sees.
"""

from __future__ import annotations

import re

from profiles.images.drawings.tree import Element, add_style, find_parents, not_whole, read_href, walk
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop

_KINDS = frozenset({"animate", "set", "animateTransform", "animateMotion", "animateColor"})
#: Properties that rules can set, too; SMIL wins over rules.
_PROPERTIES = frozenset(
    {"fill", "fill-opacity", "stroke", "stroke-opacity", "stroke-width", "stroke-dashoffset", "stroke-dasharray"}
    | {"opacity", "visibility", "display", "color", "stop-color", "stop-opacity", "flood-color", "flood-opacity"}
    | {"font-size", "letter-spacing", "transform"}
)
_CLOCK = re.compile(r"([+-]?)\s*(?:\d+:)*(\d*\.?\d+)\s*(?:h|min|s|ms)?$")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?", re.IGNORECASE)
_WHAT = gettext_noop("an animation whose beginning we can't tell")


def freeze_motion(root: Element) -> bool:
    """Put the values at 0 seconds in place of animations; return whether there were any. Raise `ImageRefused`."""
    animations = [(element, name) for element, name in walk(root) if name in _KINDS]
    parents = find_parents(root)
    by_id = {element.get("id"): element for element in root.iter() if element.get("id")}
    for element, kind in animations:
        target = by_id.get(read_href(element).removeprefix("#")) if read_href(element) else parents[element]
        if target is not None and _runs_at_start(element):
            _apply(element, kind, target)
    for element, _kind in animations:
        parents[element].remove(element)
    return bool(animations)


def _runs_at_start(element: Element) -> bool:
    begins = False
    for text in element.get("begin", "0s").split(";"):
        clock = _CLOCK.match(text.strip())
        if clock is None:
            continue  # waits for an event
        if clock[1] == "-" and float(clock[2]):
            raise not_whole(_(_WHAT))
        begins = begins or not float(clock[2])
    return begins


def _apply(element: Element, kind: str, target: Element) -> None:
    if kind == "animateMotion":
        _apply_motion(element, target)
        return
    name, value = element.get("attributeName", ""), _first_value(element, kind)
    if value is None or not name:
        return
    if kind == "animateTransform":
        value = f"{element.get('type', 'translate')}({value})"
        if element.get("additive") == "sum":
            value = f"{target.get(name, '')} {value}".strip()
        target.set(name, value)
        return
    if element.get("additive") == "sum":
        if any(float(number) for number in _NUMBER.findall(value)):
            raise not_whole(_(_WHAT))
        return
    _set(target, name, value)


def _set(target: Element, name: str, value: str) -> None:
    if name == "href":
        raise not_whole(_("an animation that exchanges its parts"))
    if name in _PROPERTIES:
        add_style(target, name, value)
    else:
        target.set(name, value)


def _first_value(element: Element, kind: str) -> str | None:
    """Return the value at the start, None if that is the plain one."""
    if kind == "set":
        return element.get("to")
    listed = element.get("values", "").split(";")[0].strip()
    return listed or element.get("from")


def _apply_motion(element: Element, target: Element) -> None:
    path = element.get("path") or element.get("values") or element.get("from") or ""
    numbers = _NUMBER.findall(path)
    if len(element) or element.get("rotate", "0") != "0" or len(numbers) < 2 or element.get("keyPoints"):
        raise not_whole(_("a motion along a path whose beginning we can't tell"))
    if float(numbers[0]) or float(numbers[1]):
        target.set("transform", f"translate({numbers[0]} {numbers[1]}) {target.get('transform', '')}".strip())
