"""Texts of `profiles` and `nft` that people read are marked for translation.

Programs and operators read English: the API, IPFS files, management commands, imports, checks and settings, and the
details of outages.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps

import nft.field_names
import profiles.field_names

ROOT = Path(__file__).resolve().parents[2]
ENGLISH = (
    *("migrations/", "management/", "profiles/imports/", "/checks.py", "/settings"),
    *("profiles/api/", "profiles/programs/", "nft/api/"),
)
FILES = {
    *("nft/views/ipfs.py", "nft/files/serving.py", "nft/files/verify.py"),
    *("profiles/serving/request.py", "profiles/serving/signing.py", "profiles/views/avatar.py"),
    *("profiles/decoding/pipes.py", "profiles/decoding/messages.py"),
}
#: Words of no language.
WORDS = {"CID", "image"}
#: Their text is for the operator's log.
FOR_OPERATORS = {"Outage", "StorageError", "ObjectMissing", "BadSigningKey"}
#: Calls whose arguments of these places people read.
READ = {
    "Kind": {1},
    "ValidationError": {0},
    "Http404": {0},
    "Pill": {0},
    "Action": {0},
    "Confirmation": {0, 1},
    "Fact": {0, 1},
    "Empty": {0, 1},
    "Decision": {2},
    "success": {1},
    "info": {1},
    "warning": {1},
    "error": {1},
    "message_user": {1},
    "not_whole": {0},
    "withdraw_avatar": {1},
}
KEYWORDS = {
    *("label", "help_text", "verbose_name", "verbose_name_plural", "description", "what", "sentence"),
    *("last_error", "reason_sentence", "trouble", "if_cache_is_down"),
}
ATTRIBUTES = {"search_help_text", "title", "verbose_name", "verbose_name_plural", "TITLE", "_TITLE"}


def sources() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted([*ROOT.glob("profiles/**/*.py"), *ROOT.glob("nft/**/*.py")]):
        name = str(path.relative_to(ROOT))
        if name not in FILES and not any(each in name for each in ENGLISH):
            yield name, ast.parse(path.read_text(encoding="utf-8"))


def name_of(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def expected_errors(modules: list[tuple[str, ast.Module]]) -> set[str]:
    """Return the names of the classes that lead to ExpectedError."""
    bases = {
        node.name: {name_of(base) for base in node.bases}
        for _, module in modules
        for node in ast.walk(module)
        if isinstance(node, ast.ClassDef)
    }
    found = {"ExpectedError"}
    while more := {name for name, above in bases.items() if above & found} - found:
        found |= more
    return found - FOR_OPERATORS


def is_bare(node: ast.expr) -> bool:
    """Return whether the expression is, or may become, a text with letters that nothing marks."""
    match node:
        case ast.Constant(value=str(text)):
            return text not in WORDS and any(letter.isalpha() for letter in text)
        case ast.JoinedStr(values=parts):
            return any(is_bare(part) for part in parts if isinstance(part, ast.Constant))
        case ast.IfExp(body=one, orelse=other) | ast.BinOp(left=one, right=other):
            return is_bare(one) or is_bare(other)
        case ast.BoolOp(values=parts):
            return any(map(is_bare, parts))
    return False


def read_parts(node: ast.AST, errors: set[str]) -> Iterator[ast.expr]:
    """Yield the expressions within a node that end before people's eyes."""
    match node:
        case ast.Call(func=function, args=arguments, keywords=keywords):
            name = name_of(function)
            owner = name_of(function.value) if isinstance(function, ast.Attribute) else ""
            is_log = owner in {"log", "logger", "_log"} or (
                name in {"info", "warning", "error"} and owner != "messages"
            )
            places = {0} if name in errors else set() if is_log else READ.get(name, set())
            yield from (argument for place, argument in enumerate(arguments) if place in places)
            yield from (each.value for each in keywords if each.arg in KEYWORDS)
        case ast.ClassDef(bases=bases, body=body):
            for each in body:
                match each:
                    case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in ATTRIBUTES:
                        yield value
                    case ast.Assign(value=ast.Tuple(elts=[_, label])) if "TextChoices" in map(name_of, bases):
                        yield label


def find_bare() -> Iterator[str]:
    modules = list(sources())
    errors = expected_errors(modules)
    for name, module in modules:
        for node in ast.walk(module):
            for part in read_parts(node, errors):
                if is_bare(part):
                    yield f"{name}:{part.lineno}: {ast.unparse(part)[:80]}"


def test_every_text_that_people_read_is_marked() -> None:
    assert list(find_bare()) == []


@pytest.mark.parametrize(("app", "names"), [("profiles", profiles.field_names.NAMES), ("nft", nft.field_names.NAMES)])
def test_names_of_columns_are_marked(app: str, names: tuple[str, ...]) -> None:
    found = set()
    for model in apps.get_app_config(app).get_models():
        found |= {str(model._meta.verbose_name), str(model._meta.verbose_name_plural)}
        found |= {str(field.verbose_name) for field in model._meta.local_fields}
    known = {*names, "ID"} | (set(profiles.field_names.NAMES) if app == "nft" else set())
    assert found - known == set(), "Add them to field_names.py, then run make messages."
    assert set(names) - found == set()


@pytest.mark.parametrize(
    "code",
    [
        'raise ExpectedError(f"No {name} here.")',
        'Kind("gone", "It is gone")',
        'messages.success(request, "Done." if done else "")',
        'forms.CharField(label="Name")',
        'class State(models.TextChoices):\n    A = "a", "A state"',
    ],
)
def test_an_unmarked_text_is_found(code: str) -> None:
    parts = [part for node in ast.walk(ast.parse(code)) for part in read_parts(node, {"ExpectedError"})]
    assert any(map(is_bare, parts))
