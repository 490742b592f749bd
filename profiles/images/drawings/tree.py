"""Parse, walk and write the XML of a drawing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from xml.etree import ElementTree as ET

from profiles.images import errors
from profiles.images.drawings.css import Declaration, parse_declarations, write_declarations
from profiles.images.errors import ImageRefused
from profiles.sentences import gettext as _

SVG = "{http://www.w3.org/2000/svg}"
HREFS = ("href", "{http://www.w3.org/1999/xlink}href")

Element = ET.Element

#: Deeper trees are none that people draw; Python's own recursion ends soon after.
_MAX_DEPTH = 500
_STYLESHEET = re.compile(rb"<\?xml-stylesheet\b")

ET.register_namespace("", SVG[1:-1])
ET.register_namespace("xlink", HREFS[1][1:-5])


def parse_drawing(content: bytes) -> Element:
    """Return the root element. Raise `ImageRefused` if the text is no whole XML, or nested too deeply."""
    if _STYLESHEET.search(content):
        raise not_whole(_("a style sheet outside of itself"))
    try:
        root = _parse(content)
    except (ET.ParseError, ValueError, LookupError) as error:
        raise ImageRefused(_("This SVG is damaged: it is not well-formed XML."), errors.DAMAGED) from error
    return root


def _parse(content: bytes) -> Element:
    depth = 0
    root: Element | None = None
    # expat limits how far entities may grow, and loads none from outside.
    for event, element in ET.iterparse(BytesIO(content), events=("start", "end")):  # noqa: S314
        root = element if root is None else root
        depth += 1 if event == "start" else -1
        if depth > _MAX_DEPTH:
            raise ImageRefused(
                _("This SVG has groups inside of groups, more than %(depth)s deep.", depth=_MAX_DEPTH),
                errors.TOO_COMPLEX,
            )
    if root is None:
        raise ET.ParseError("no element")
    return root


def write_drawing(root: Element) -> bytes:
    text: bytes = ET.tostring(root, encoding="utf-8")
    return text


def not_whole(what: str) -> ImageRefused:
    """Return the refusal of a drawing that uses `what`."""
    return ImageRefused(
        _("This SVG uses %(what)s, which we can't draw. We show no picture rather than a wrong one.", what=what),
        errors.NOT_WHOLE,
    )


def walk(root: Element) -> Iterator[tuple[Element, str]]:
    """Yield every element of SVG with its local name."""
    for element in root.iter():
        tag: object = element.tag  # a function for comments
        if isinstance(tag, str) and tag.startswith(SVG):
            yield element, tag.removeprefix(SVG)


def find_parents(root: Element) -> dict[Element, Element]:
    return {child: parent for parent in root.iter() for child in parent}


def read_style(element: Element) -> list[Declaration]:
    return parse_declarations(element.get("style", ""))


def add_style(element: Element, name: str, value: str) -> None:
    """Set a property so that it wins over every rule."""
    value = value if name == "transform" else f"{value} !important"  # librsvg drops a transform that is important
    declarations = [each for each in read_style(element) if each.name != name]
    element.set("style", write_declarations([*declarations, Declaration(name, value)]))


def read_href(element: Element) -> str:
    """Return the address that an element refers to, trimmed; empty if it has none."""
    return next((element.get(name, "").strip() for name in HREFS if name in element.attrib), "")


def has_content(element: Element) -> bool:
    return len(element) > 0 or bool((element.text or "").strip())
