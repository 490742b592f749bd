"""Rewrite style sheets for librsvg: media conditions decided, and CSS animations as they begin."""

from __future__ import annotations

import re
from dataclasses import replace

from profiles.images.drawings.css import Declaration, Rule, parse_rules, write_declarations
from profiles.images.drawings.tree import Element, add_style, find_parents, not_whole, read_style, walk
from profiles.sentences import gettext as _

#: Media conditions that hold, and that do not, for a picture on an ordinary screen.
_TRUE = re.compile(
    r"((only )?screen|all|\(\s*prefers-(color-scheme\s*:\s*light|reduced-motion\s*:\s*no-preference)\s*\))$",
    re.IGNORECASE,
)
_FALSE = re.compile(
    r"(print|speech|\(\s*prefers-(color-scheme\s*:\s*dark|reduced-motion\s*:\s*reduce)\s*\))$", re.IGNORECASE
)
_KEYFRAMES = re.compile(r"@(?:-webkit-)?keyframes\s+[\"']?([^\s\"']+)", re.IGNORECASE)
_TIME = re.compile(r"(?<![\w.-])(-?\d*\.?\d+)m?s\b", re.IGNORECASE)
_BACKWARDS = re.compile(r"\b(backwards|both)\b", re.IGNORECASE)

_CSS_TYPES = frozenset({"", "text/css"})

Keyframes = dict[str, list[Declaration]]


def drop_other_sheets(root: Element) -> bool:
    """Remove style elements of a type that is not CSS, as browsers ignore them; return whether there were any."""
    parents = find_parents(root)
    others = [each for each, name in walk(root) if name == "style" and each.get("type", "").lower() not in _CSS_TYPES]
    for element in others:
        parents[element].remove(element)
    return bool(others)


def settle_sheets(root: Element) -> bool:
    """Rewrite the style sheets and styles that need it; return whether any did. Raise `ImageRefused`."""
    sheets = [element for element, name in walk(root) if name == "style"]
    rules = {element: _decide_media(element) for element in sheets}
    keyframes = {name: first for each in rules.values() for rule in each for name, first in _read_keyframes(rule)}
    changed = False
    for element in sheets:
        wanted = [rule for each in rules[element] for rule in _begin(each, keyframes)]
        if wanted != parse_rules("".join(element.itertext())) or element.get("media"):
            _write(element, wanted)
            changed = True
    return _begin_inline(root, keyframes) or changed


def _decide_media(element: Element) -> list[Rule]:
    """Return the rules that count. A condition that we can't decide stays, to be refused."""
    media = element.get("media", "").strip()
    if _FALSE.match(media):
        return []
    rules = []
    for rule in parse_rules("".join(element.itertext())):
        condition = rule.prelude[6:].strip() if rule.prelude.lower().startswith("@media") else None
        if condition is None:
            rules.append(rule)
        elif _TRUE.match(condition):
            rules += parse_rules(rule.body)
        elif not _FALSE.match(condition):
            rules.append(rule)
    return rules


def _read_keyframes(rule: Rule) -> list[tuple[str, list[Declaration]]]:
    named = _KEYFRAMES.match(rule.prelude)
    if named is None:
        return []
    for frame in parse_rules(rule.body):
        if {"from", "0%"}.intersection(each.strip().lower() for each in frame.prelude.split(",")):
            return [(named[1], frame.declarations)]
    return [(named[1], [])]


def _begin(rule: Rule, keyframes: Keyframes) -> list[Rule]:
    """Return a rule without its animation, and one more with what that sets at its beginning."""
    if rule.prelude.startswith("@"):
        return [] if _KEYFRAMES.match(rule.prelude) else [rule]
    if "animation" not in rule.body:
        return [rule]
    declarations = rule.declarations
    plain = [each for each in declarations if not _animates(each)]
    set_first = [
        each if each.name == "transform" else replace(each, value=f"{each.value} !important")
        for each in _find_first(declarations, keyframes)
    ]
    return [Rule(rule.prelude, write_declarations(each)) for each in (plain, set_first) if each]


def _begin_inline(root: Element, keyframes: Keyframes) -> bool:
    changed = False
    for element in root.iter():
        if "animation" not in element.get("style", ""):
            continue
        declarations = read_style(element)
        element.set("style", write_declarations([each for each in declarations if not _animates(each)]))
        for each in _find_first(declarations, keyframes):
            add_style(element, each.name, each.value)
        changed = True
    return changed


def _animates(declaration: Declaration) -> bool:
    return declaration.name.removeprefix("-webkit-").startswith("animation")


def _find_first(declarations: list[Declaration], keyframes: Keyframes) -> list[Declaration]:
    """Return what animations set at 0 seconds. Raise `ImageRefused` for those that begin in their middle."""
    animation = " ".join(each.value for each in declarations if _animates(each))
    delays = [float(time) for each in declarations for time in _read_delay(each)]
    if any(delay < 0 for delay in delays) or "," in animation:
        raise not_whole(_("an animation whose beginning we can't tell"))
    if any(delays) and not _BACKWARDS.search(animation):
        return []
    words = animation.replace(",", " ").split()
    return [each for word in words for each in keyframes.get(word.strip("\"'"), [])]


def _read_delay(declaration: Declaration) -> list[str]:
    """Return the numbers of the delays: in the short form, the second time is one."""
    times: list[str] = _TIME.findall(declaration.value)
    name = declaration.name.removeprefix("-webkit-")
    return {"animation": times[1:2], "animation-delay": times[:1]}.get(name, [])


def _write(element: Element, rules: list[Rule]) -> None:
    for child in list(element):
        element.remove(child)
    element.attrib.pop("media", None)
    element.text = "\n".join(f"{rule.prelude}{{{rule.body}}}" if rule.body else f"{rule.prelude};" for rule in rules)
