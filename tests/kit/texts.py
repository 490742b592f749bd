"""What people read, found in the sources: texts that are marked for translation, and templates' texts that are not."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation.template import templatize

from localstack.binaries import ROOT

APPS = ("avatarsite", "users", "profiles", "nft")
SCRIPTS = sorted(
    [*ROOT.glob("static/js/*.js"), *(path for app in APPS for path in ROOT.glob(f"{app}/static/*/js/*.js"))]
)
_NAMES = frozenset({"gettext", "gettext_lazy", "ngettext", "ngettext_lazy"})
_CALL = re.compile(r"\bn?gettext\(\s*u?(\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|\"\"\"(?:.*?)\"\"\")", re.DOTALL)
_MARKED = re.compile(
    r"\{%\s*(comment|blocktrans(?:late)?)\b.*?%\}.*?\{%\s*end\1.*?%\}|\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", re.DOTALL
)
_NO_TEXT = re.compile(r"<(script|style|code|pre)\b.*?</\1>", re.DOTALL)
_ATTRIBUTE = re.compile(r"\s(?:title|aria-label|placeholder|alt|data-verb)=\"([^\"]*)\"", re.DOTALL)
#: Arguments of {% include %} and filters that are shown.
_ARGUMENT = re.compile(r"\b(?:title|text|about|action|what|verb|default)[=:]([\"'])([A-Z].*?|[^\"']* .*?)\1")
_WORD = re.compile(r"[A-Za-z]{2}")
_SENTENCE = re.compile(r"[A-Za-z’]{2,} [a-z]")


def templates() -> list[Path]:
    """Return every template of the project and of the apps."""
    roots = [ROOT / "templates", *[ROOT / app / "templates" for app in APPS]]
    return sorted(path for root in roots for path in root.rglob("*") if path.suffix in {".html", ".txt"})


def modules() -> list[Path]:
    return sorted(path for app in APPS for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts)


def marked_in_template(source: str) -> set[str]:
    return {str(ast.literal_eval(text)) for text in _CALL.findall(templatize(source))}


def marked_in_script(source: str) -> set[str]:
    return {str(ast.literal_eval(text)) for text in _CALL.findall(source)}


def marked_in_module(source: str) -> set[str]:
    """Return the texts in calls of gettext and its relatives, under whatever names they were imported."""
    if "gettext" not in source:
        return set()
    nodes = list(ast.walk(ast.parse(source)))
    imported = [each for node in nodes if isinstance(node, ast.ImportFrom) for each in node.names]
    names = {each.asname or each.name for each in imported if each.name in _NAMES}
    calls = [node for node in nodes if isinstance(node, ast.Call) and node.args and _name(node.func) in names | _NAMES]
    texts = [call.args[0].value for call in calls if isinstance(call.args[0], ast.Constant)]
    return {text for text in texts if isinstance(text, str)}


def unmarked_in_template(source: str) -> Iterator[str]:
    """Yield what stands between tags, in shown attributes and in arguments, with no mark around it."""
    shown = _MARKED.sub(lambda found: " " if found[0].startswith("{#") or "comment" in found[0][:12] else "\0", source)
    shown = _NO_TEXT.sub("", shown)
    for element in re.findall(r"<[^>]*>", shown):
        yield from (text for text in _ATTRIBUTE.findall(element) if _SENTENCE.search(text) or text[:1].isupper())
    for text in re.sub(r"<[^>]*>", "\n\n", shown).replace("\0", " ").split("\n\n"):
        if _WORD.search(text):
            yield " ".join(text.split())
    for tag in re.findall(r"\{[%{].*?[%}]\}", source, re.DOTALL):
        yield from (text for _, text in _ARGUMENT.findall(tag))


def unmarked_in_script(source: str) -> Iterator[str]:
    """Yield literals that look like a sentence, outside of marks, comments, thrown errors and the console."""
    code = re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL)
    code = re.sub(r"(?m)(^|\s)//.*$", "", code)
    code = re.sub(r"new Error\([^;]*?\)|console\.\w+\([^;]*?\)|ProviderError\([^;]*?\)", "", code)
    code = re.sub(r"\bn?gettext\((?:\s*\"(?:[^\"\\]|\\.)*\",?){1,2}", "", code)
    for text in re.findall(r"\"[^\"\n]*\"|`[^`]*`", code):
        if re.search(r"[A-Z][a-z’]+ [a-z]{2,}", text):
            yield text


def _name(function: ast.expr) -> str:
    return (
        function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""
    )
