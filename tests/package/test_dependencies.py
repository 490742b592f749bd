"""The package declares what its apps import: each for itself, and what only some projects need as an extra."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

from localstack.binaries import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
OWN = {"profiles", "nft"}
APART = {"static", "testing"}  # programs that people download, and the test kit
FOR_TYPES = {"_typeshed", "django_stubs_ext", "mypy_boto3_s3"}
OF_THE_DATABASE = {"psycopg"}
UNIMPORTED = {
    "pyvips": "loaded by name in the processes that decode",
    "pyvips-binary": "libvips itself, which pyvips loads",
    "django-storages": "named in STORAGES by its dotted path",
    "ethereum-execution": "loaded by name where a proof is computed",
    "flask": "the server of moto is written with it",
    "flask-cors": "the server of moto is written with it",
    "pytest-django": "its fixtures are asked for by name",
}


def declared(*lists: str) -> set[str]:
    """Return the names of the distributions in the lists of these extras; "" is the package's own."""
    lines = [
        line for name in lists for line in (PROJECT["optional-dependencies"][name] if name else PROJECT["dependencies"])
    ]
    names = {re.split(r"[\[><=~! ]", line)[0] for line in lines}
    return names - {PROJECT["name"]} - UNIMPORTED.keys()


def imported(paths: Iterable[Path]) -> set[str]:
    """Return the distributions that modules import anywhere, but for types."""
    distributions = packages_distributions()
    names = {name for path in paths for name in _roots(ast.parse(path.read_text("utf-8")))}
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


def modules(app: str) -> list[Path]:
    folder = ROOT / app
    return [path for path in folder.rglob("*.py") if path.relative_to(folder).parts[0] not in APART]


def test_profiles_imports_what_is_declared_for_it() -> None:
    assert imported(modules("profiles")) == declared("", "s3", "jobs", "libravatar", "libravatar")


def test_nft_imports_what_is_declared_for_it() -> None:
    shared = declared("", "s3", "jobs", "libravatar")
    assert imported(modules("nft")) - shared == declared("siwe", "nft", "mint")


def test_the_test_kit_imports_what_is_declared_for_it() -> None:
    shared = declared("", "s3", "jobs", "libravatar", "siwe", "nft", "mint")
    kit = [*(ROOT / "profiles/testing").rglob("*.py"), *(ROOT / "nft/testing").rglob("*.py")]
    assert imported(kit) - shared == declared("test") - shared
