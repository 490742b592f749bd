"""The documentation's links lead somewhere, and the README stays short."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from localstack.binaries import ROOT

LINK = re.compile(r"\]\(([^)\s]+)\)")
PATH = re.compile(r"\bdocs/[\w./-]+\.(?:md|svg|webp)\b")
PAGES = [*sorted(ROOT.glob("*.md")), ROOT / "contracts" / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]
OTHERS = [".env.example", "Makefile"]
README_LINES = 80


def headings(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as forges build them."""
    found = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    targets = [target for target in LINK.findall(page.read_text("utf-8")) if "://" not in target]
    for path, _, anchor in (target.partition("#") for target in targets):
        file = page.parent / path if path else page
        assert file.exists(), f"{path} does not exist"
        assert not anchor or anchor in headings(file), f"{path} has no heading #{anchor}"


@pytest.mark.parametrize("name", OTHERS)
def test_pages_that_other_files_name_exist(name: str) -> None:
    assert [path for path in PATH.findall((ROOT / name).read_text("utf-8")) if not (ROOT / path).exists()] == []


def test_the_index_lists_every_page() -> None:
    index = ROOT / "docs" / "README.md"
    listed = {(index.parent / target).resolve() for target in LINK.findall(index.read_text("utf-8"))}
    assert {page for page in ROOT.glob("docs/*/*.md") if page.resolve() not in listed} == set()


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= README_LINES
