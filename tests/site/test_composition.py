"""avatarsite only composes: it has no models, and no pages but its home page and those for operators."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from django.apps import apps
from django.urls import URLPattern, URLResolver, get_resolver

import avatarsite
from localstack.binaries import ROOT

SITE = Path(next(iter(avatarsite.__path__)))
PAGES = {
    "avatarsite.languages",
    "avatarsite.legal_pages",
    "avatarsite.pages",
    "avatarsite.site_files",
    "avatarsite.ops.health",
    "avatarsite.ops.metrics",
    "avatarsite.ops.local_mail",
}
PRODUCT = ("users", "nft", "profiles")


def patterns(resolver: URLResolver) -> list[URLPattern]:
    found: list[URLPattern] = []
    for each in resolver.url_patterns:
        found += patterns(each) if isinstance(each, URLResolver) else [each]
    return found


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return names


def test_the_site_has_no_models_and_no_migrations() -> None:
    assert not list(apps.get_app_config("avatarsite").get_models())
    assert not (SITE / "migrations").exists()


def test_the_site_has_no_pages_but_home_and_those_for_operators() -> None:
    views = {pattern.lookup_str.rpartition(".")[0] for pattern in patterns(get_resolver())}
    assert {module for module in views if module.startswith("avatarsite")} == PAGES


@pytest.mark.parametrize("app", PRODUCT)
def test_no_app_imports_the_site(app: str) -> None:
    guilty = [path for path in (ROOT / app).rglob("*.py") if any(_is_site(name) for name in imported(path))]
    assert not guilty


def _is_site(name: str) -> bool:
    return name.split(".", maxsplit=1)[0] == "avatarsite"
