"""Refuse drawings that use what librsvg draws otherwise than browsers. Found by drawing 180 features with both."""

from __future__ import annotations

import re
from collections.abc import Iterator

from profiles.images.drawings.css import Declaration, Rule, parse_rules
from profiles.images.drawings.tree import SVG, Element, has_content, not_whole, read_href, read_style, walk
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop

_XINCLUDE = "{http://www.w3.org/2001/XInclude}"
#: Elements, and how a refusal names them. Those of text count only where there is text.
_ELEMENTS = {
    "foreignObject": gettext_noop("HTML inside of the drawing (foreignObject)"),
    "script": gettext_noop("a script"),
    "textPath": gettext_noop("text along a path (textPath)"),
    "feMorphology": gettext_noop("thickened shapes (feMorphology)"),
    "feDiffuseLighting": gettext_noop("lamps (feDiffuseLighting)"),
    "feSpecularLighting": gettext_noop("lamps (feSpecularLighting)"),
    "fePointLight": gettext_noop("lamps (fePointLight)"),
    "feSpotLight": gettext_noop("lamps (feSpotLight)"),
    "tref": gettext_noop("text from elsewhere (tref)"),
    "font-face": gettext_noop("a font of its own"),
}
_TEXT = frozenset({"text", "tspan", "textPath"})
#: Attributes of text whose lists or lengths librsvg ignores.
_TEXT_LAYOUT = ("textLength", "rotate", "alignment-baseline", "word-spacing")
_PER_GLYPH = ("x", "y", "dx", "dy")
#: Finer noise than this, in waves of all octaves a unit, is drawn elsewhere by half a unit.
_FINEST_NOISE = {"fractalNoise": 0.2, "turbulence": 0.05}
_HANDLERS = ("onload", "onbegin", "onend")

_PROPERTIES = frozenset(
    {"d", "rotate", "scale", "translate", "offset", "offset-path", "backdrop-filter", "mask-image"}
    | {"-webkit-mask-image", "transform-origin", "text-shadow", "text-transform", "word-spacing", "zoom"}
    | {"alignment-baseline", "shape-inside", "vector-effect"}
)
#: Properties of which librsvg knows some values only.
_VALUES = {
    "dominant-baseline": re.compile(r"(auto|alphabetic|baseline|middle|central|ideographic)?$"),
    "text-decoration": re.compile(r"(none|underline|inherit)?$"),
}
_NO_VALUE = re.compile(r"(none|normal|auto|initial|unset|0|0px 0px|0 0)?\s*(!important)?$", re.IGNORECASE)
_FUNCTIONS = re.compile(
    r"\b(calc|min|max|clamp|env|attr|lab|lch|oklab|oklch|color|color-mix|light-dark|polygon|circle|ellipse|inset|path|shape"
    r"|blur|invert|grayscale|sepia|saturate|hue-rotate|contrast|brightness|perspective|matrix3d|\w+3d|(?:rotate|translate|scale)[XYZ])"
    r"\(",
    re.IGNORECASE,
)
_UNITS = re.compile(r"(?<![\w#.-])[\d.]+(?:[sdl]?v[whib]|[sdl]?vmin|[sdl]?vmax|rem|cap|ic|lh|rlh)\b", re.IGNORECASE)
_PERCENT_MOVE = re.compile(r"translate\([^)]*%", re.IGNORECASE)
_ADDRESS = re.compile(r"url\(\s*[\"']?\s*([^\"')]*)", re.IGNORECASE)
_SELECTORS = re.compile(r":(is|where|has|nth-child\([^)]*\bof\b)|&", re.IGNORECASE)
_WITHOUT_EFFECT = ("@charset", "@namespace")
_FILTER_INPUTS = frozenset({"BackgroundImage", "BackgroundAlpha", "FillPaint", "StrokePaint"})


def check_whole(root: Element) -> None:
    """Raise `ImageRefused` that names the first thing we would draw otherwise than browsers."""
    _check_reuse(root)
    has_text = any(name == "text" and "".join(element.itertext()).strip() for element, name in walk(root))
    if next(root.iter(f"{_XINCLUDE}include"), None) is not None:
        raise not_whole(_("parts outside of itself"))
    for element, name in walk(root):
        _check_element(element, name)
        _check_attributes(element, name)
        if name == "style":
            _check_sheet(element, has_text=has_text)
    _check_root(root)


def _check_reuse(root: Element) -> None:
    """Refuse rules that look at what an element stands in, where a copy of it stands elsewhere (SVG 2, 5.5)."""
    targets = {read_href(element) for element, name in walk(root) if name == "use"}
    copied = [inner for each in root.iter() if f"#{each.get('id')}" in targets for inner in each.iter()]
    names = {f".{name}" for each in copied for name in each.get("class", "").split()}
    names |= {f"#{each.get('id')}" for each in copied} | {str(each.tag).removeprefix(SVG) for each in copied}
    for element, name in walk(root):
        for rule in parse_rules("".join(element.itertext())) if name == "style" and copied else ():
            for selector in rule.prelude.split(","):
                *outer, last = re.split(r"[\s>+~]+", selector.strip())
                if outer and names.intersection(re.findall(r"[.#]?[\w-]+", last)):
                    raise not_whole(_("CSS selectors that look beyond a copied part"))


def _check_element(element: Element, name: str) -> None:
    if name in _ELEMENTS and (has_content(element) or read_href(element) or name.startswith("fe")):
        raise not_whole(_(_ELEMENTS[name]))
    address = read_href(element)
    if address and name != "a" and not address.startswith("#") and address[:5].lower() != "data:":
        raise not_whole(_("parts outside of itself"))
    if name == "feTurbulence" and _is_fine_noise(element):
        raise not_whole(_("fine noise (feTurbulence)"))
    if name == "feImage" and address.startswith("#"):
        raise not_whole(_("its own parts as a filter (feImage)"))
    if name in _TEXT and "".join(element.itertext()).strip():
        _check_text(element)


def _is_fine_noise(element: Element) -> bool:
    kind = "fractalNoise" if element.get("type", "").strip() == "fractalNoise" else "turbulence"
    frequencies = re.findall(r"[\d.eE-]+", element.get("baseFrequency", "0"))
    octaves = element.get("numOctaves", "1").strip()
    try:
        return max(map(float, frequencies), default=0.0) * float(octaves or 1) > _FINEST_NOISE[kind]
    except ValueError:
        return True


def _check_text(element: Element) -> None:
    for name in _TEXT_LAYOUT:
        if not _NO_VALUE.match(element.get(name, "").strip()):
            raise not_whole(_("text laid out by %(name)s", name=name))
    for name in _PER_GLYPH:
        if len(element.get(name, "").replace(",", " ").split()) > 1:
            raise not_whole(_("letters that are placed one by one"))


def _check_attributes(element: Element, name: str) -> None:
    if any(each in element.attrib for each in _HANDLERS):
        raise not_whole(_("a script"))
    if "kernelUnitLength" in element.attrib:
        raise not_whole(_("filters with pixels of their own (kernelUnitLength)"))
    if "pathLength" in element.attrib and name not in ("text", "tspan"):
        raise not_whole(_("dashes by a length of their own (pathLength)"))
    if element.get("color-interpolation") == "linearRGB":
        raise not_whole(_("colors mixed as linear light"))
    if {element.get("in"), element.get("in2")} & _FILTER_INPUTS:
        raise not_whole(_("its background as part of a filter"))
    for attribute in ("transform-origin", "vector-effect", *_VALUES):
        _check_declaration(Declaration(attribute, element.get(attribute, "")))
    for declaration in read_style(element):
        _check_declaration(declaration)
    for attribute, value in element.attrib.items():
        if attribute not in ("style", "id", "class", "d", "points") and "href" not in attribute:
            _check_value(attribute, value)


def _check_root(root: Element) -> None:
    style = {each.name for each in read_style(root)}
    for name in ("transform", "filter"):
        if root.get(name) or name in style:
            raise not_whole(_("a %(name)s of the whole drawing", name=name))


def _check_sheet(element: Element, *, has_text: bool) -> None:
    for rule in parse_rules("".join(element.itertext())):
        _check_rule(rule, has_text=has_text)


def _check_rule(rule: Rule, *, has_text: bool) -> None:
    prelude = rule.prelude.lower()
    if prelude.startswith("@font-face"):
        if has_text:
            raise not_whole(_("a font of its own"))
    elif prelude.startswith("@"):
        if not prelude.startswith(_WITHOUT_EFFECT):
            raise not_whole(_("the CSS rule %(rule)s", rule=rule.prelude.split()[0]))
    elif _SELECTORS.search(rule.prelude) or "{" in rule.body:
        raise not_whole(_("CSS selectors of newer kinds"))
    else:
        for declaration in rule.declarations:
            _check_declaration(declaration)


def _check_declaration(declaration: Declaration) -> None:
    name = declaration.name
    if name in _PROPERTIES and not _NO_VALUE.match(declaration.value):
        raise not_whole(_("the property %(name)s", name=name))
    if name == "transform" and "!important" in declaration.value:
        raise not_whole(_("an important transform"))
    if name in _VALUES and not _VALUES[name].match(declaration.value.replace("!important", "").strip().lower()):
        raise not_whole(_("%(value)s as %(name)s", value=declaration.value, name=name))
    if not name.startswith(("--", "background", "font", "-")):
        _check_value(name, declaration.value)


def _check_value(name: str, value: str) -> None:
    if function := _FUNCTIONS.search(value):
        raise not_whole(_("%(function)s() in %(name)s", function=function[1], name=name))
    if _UNITS.search(value) or _PERCENT_MOVE.search(value):
        raise not_whole(_("lengths of the window in %(name)s", name=name))
    for address in _addresses(value):
        if address and not address.startswith(("#", "data:")):
            raise not_whole(_("parts outside of itself"))


def _addresses(value: str) -> Iterator[str]:
    return (each[1].strip() for each in _ADDRESS.finditer(value))
