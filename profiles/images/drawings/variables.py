"""Put the values of CSS variables in place of var(), which librsvg does not know."""

from __future__ import annotations

import re

from profiles.images.drawings.css import Declaration, Rule, parse_rules, write_declarations
from profiles.images.drawings.tree import Element, not_whole, read_style, walk
from profiles.sentences import gettext as _

_ROOTS = frozenset({":root", "svg", "*", "svg:root"})
_USE = re.compile(r"\bvar\(\s*(--[^\s,)]+)\s*")
#: More steps of replacement than any drawing needs; a variable that names itself has no value.
_MAX_STEPS = 64
_MAX_LENGTH = 10_000

Values = dict[str, str]


class _NoValue(Exception):
    """A variable without a value or fallback: its declaration counts for nothing."""


def resolve_variables(root: Element) -> bool:
    """Replace every var() in the drawing; return whether there was one. Raise `ImageRefused` for values by class."""
    sheets = [(element, parse_rules("".join(element.itertext()))) for element, name in walk(root) if name == "style"]
    used = any("var(" in value for element in root.iter() for value in element.attrib.values())
    if not used and not any("var(" in rule.body for _element, rules in sheets for rule in rules):
        return False
    values = _find_values(root, [rule for _element, rules in sheets for rule in rules])
    varied = {each.name for element in list(root.iter())[1:] for each in _custom(read_style(element))}
    for element, rules in sheets:
        _replace_in_sheet(element, rules, values, varied)
    _replace_below(root, values)
    return True


def _find_values(root: Element, rules: list[Rule]) -> Values:
    values: Values = {}
    for rule in rules:
        custom = _custom(rule.declarations)
        if custom and not _ROOTS.intersection(each.strip() for each in rule.prelude.split(",")):
            raise not_whole(_("CSS variables that differ between its parts"))
        values |= {each.name: each.value for each in custom}
    return values | {each.name: each.value for each in _custom(read_style(root))}


def _custom(declarations: list[Declaration]) -> list[Declaration]:
    return [each for each in declarations if each.name.startswith("--")]


def _replace_in_sheet(element: Element, rules: list[Rule], values: Values, varied: set[str]) -> None:
    texts = []
    for rule in rules:
        if varied.intersection(_USE.findall(rule.body)):
            raise not_whole(_("CSS variables that differ between its parts"))
        body = write_declarations(_replace(rule.declarations, values)) if "var(" in rule.body else rule.body
        texts.append(f"{rule.prelude}{{{body}}}" if rule.body else f"{rule.prelude};")
    for child in list(element):
        element.remove(child)
    element.text = "\n".join(texts)


def _replace_below(root: Element, values: Values) -> None:
    """Replace in attributes. Values set on an element hold for what is in it."""
    waiting = [(root, values)]
    while waiting:
        element, outer = waiting.pop()
        style = read_style(element)
        own = outer | {each.name: each.value for each in _custom(style)}
        if "var(" in element.get("style", ""):
            element.set("style", write_declarations(_replace(style, own)))
        for name, value in list(element.attrib.items()):
            if "var(" in value and name != "style":
                _replace_attribute(element, name, value, own)
        waiting += [(child, own) for child in element]


def _replace_attribute(element: Element, name: str, value: str, values: Values) -> None:
    try:
        element.set(name, _fill_in(value, values))
    except _NoValue:
        del element.attrib[name]


def _replace(declarations: list[Declaration], values: Values) -> list[Declaration]:
    replaced = []
    for each in declarations:
        try:
            replaced.append(Declaration(each.name, _fill_in(each.value, values)))
        except _NoValue:
            continue
    return [each for each in replaced if not each.name.startswith("--")]


def _fill_in(value: str, values: Values) -> str:
    for _step in range(_MAX_STEPS):
        use = _USE.search(value)
        if use is None:
            return value
        end = _find_end(value, use.end())
        fallback = value[use.end() : end].removeprefix(",").strip()
        own = values.get(use[1], fallback)
        if not own or len(value) > _MAX_LENGTH:
            raise _NoValue
        value = value[: use.start()] + own + value[end + 1 :]
    raise _NoValue


def _find_end(value: str, at: int) -> int:
    """Return where the parenthesis that is open at `at` closes."""
    depth = 1
    for place in range(at, len(value)):
        depth += (value[place] == "(") - (value[place] == ")")
        if depth == 0:
            return place
    return len(value)
