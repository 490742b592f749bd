"""Split CSS into rules and declarations: as much of CSS Syntax 3 as drawings use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_COMMENT = re.compile(r"/\*.*?\*/|<!--|-->", re.DOTALL)
#: What may hold braces, colons and semicolons that separate nothing.
_OPAQUE = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|url\([^)\"']*\)", re.DOTALL)


@dataclass(frozen=True)
class Declaration:
    """One property and its value; `!important` stays in the value. Names are in lower case unless custom."""

    name: str
    value: str


@dataclass(frozen=True)
class Rule:
    """A selector or at-rule with what stands between its braces (empty for a statement such as @import)."""

    prelude: str
    body: str

    @property
    def declarations(self) -> list[Declaration]:
        return parse_declarations(self.body)


def parse_rules(css: str) -> list[Rule]:
    """Return the top-level rules of a style sheet."""
    return list(_split_rules(_COMMENT.sub(" ", css)))


def parse_declarations(text: str) -> list[Declaration]:
    """Return the declarations of a style attribute or of a rule's body."""
    found = []
    for part in _split(_COMMENT.sub(" ", text), ";"):
        name, colon, value = part.partition(":")
        if colon and name.strip():
            plain = name.strip()
            found.append(Declaration(plain if plain.startswith("--") else plain.lower(), value.strip()))
    return found


def write_declarations(declarations: list[Declaration]) -> str:
    return ";".join(f"{each.name}:{each.value}" for each in declarations)


def _split_rules(css: str) -> Iterator[Rule]:
    start = depth = opened = 0
    for at, character in _structure(css):
        if character == "{":
            opened = at if depth == 0 else opened
            depth += 1
        elif character == "}" and depth:
            depth -= 1
            if depth == 0:
                yield Rule(css[start:opened].strip(), css[opened + 1 : at].strip())
                start = at + 1
        elif character == ";" and depth == 0:
            yield Rule(css[start:at].strip(), "")
            start = at + 1
    if depth:  # what is not closed is closed by the end
        yield Rule(css[start:opened].strip(), css[opened + 1 :].strip())


def _split(text: str, separator: str) -> list[str]:
    parts, start, depth = [], 0, 0
    for at, character in _structure(text):
        depth += (character == "(") - (character == ")" and depth > 0)
        if character == separator and depth == 0:
            parts.append(text[start:at])
            start = at + 1
    return [*parts, text[start:]]


def _structure(text: str) -> Iterator[tuple[int, str]]:
    """Yield the characters outside of strings and addresses."""
    end = 0
    for opaque in _OPAQUE.finditer(text):
        yield from enumerate(text[end : opaque.start()], end)
        end = opaque.end()
    yield from enumerate(text[end:], end)
