"""The package declares what its apps import: each for itself, and what only some projects need as an extra."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions

import pytest

from localstack.binaries import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
OWN = {"profiles", "nft"}
FOR_TYPES = {"_typeshed", "django_stubs_ext"}
OF_THE_DATABASE = {"psycopg"}
UNIMPORTED = {
    "pyvips": "loaded by name in the processes that decode",
    "pyvips-binary": "libvips itself, which pyvips loads",
    "django-storages": "named in STORAGES by its dotted path",
    "ethereum-execution": "loaded by name where a proof is computed",
}


def declared(*lists: str) -> set[str]:
    """Return the names of the distributions in the lists of these extras; "" is the package's own."""
    lines = [
        line for name in lists for line in (PROJECT["optional-dependencies"][name] if name else PROJECT["dependencies"])
    ]
    names = {re.split(r"[\[><=~! ]", line)[0] for line in lines}
    return names - {PROJECT["name"]} - UNIMPORTED.keys()


def imported(app: str) -> set[str]:
    """Return the distributions that the modules of an app import anywhere, but for types."""
    distributions = packages_distributions()
    names = {name for path in (ROOT / app).rglob("*.py") for name in _roots(ast.parse(path.read_text("utf-8")))}
    names -= sys.stdlib_module_names | OWN | FOR_TYPES | OF_THE_DATABASE
    return {distributions[name][0].lower().replace("_", "-") for name in names}


def _roots(tree: ast.AST) -> Iterator[str]:
    """Yield the first part of each absolute import that runs."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]
        yield from _roots(node)


@pytest.mark.parametrize(
    ("app", "extras"),
    [("profiles", ("", "s3", "jobs")), ("nft", ("siwe", "nft", "mint"))],
)
def test_each_app_imports_what_is_declared_for_it(app: str, extras: tuple[str, ...]) -> None:
    found, wanted = imported(app), declared(*extras)
    shared = declared("", "s3", "jobs") if app == "nft" else set()
    assert found - shared == wanted, f"{app}: not declared {found - shared - wanted}, not imported {wanted - found}"
