"""Build the documentation site: `make docs`. Standard library only, with Sphinx as a program.

The pages are the Markdown files of the repository, which forges show as they are. Only the reference is written from
the code. A warning of Sphinx is an error, and so is a page that would load something from elsewhere.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

from localstack import binaries, bootstrap
from localstack.binaries import ROOT

SOURCE, SITE = ROOT / ".local" / "docs" / "source", ROOT / ".local" / "docs" / "site"
NAVIGATION = ROOT / "docs" / "navigation.toml"
LINK = re.compile(r"\]\(([^)\s:#]+)[^)\s:]*\)")
# What a browser loads by itself. Links lead away, and load nothing.
LOADED = re.compile(r"<(?:script|img|iframe|source|video|audio)\b[^>]*\bsrc=[\"'](?:https?:)?//[^\"']+|<link\b[^>]*>")
FOREIGN = re.compile(r"\b(?:src|href)=[\"']?(?:https?:)?//")
FOREIGN_STYLE = re.compile(r"(?:url\(|@import )\s*[\"']?(?:https?:)?//[^)\s]+")


def docs() -> int:
    """Build the site and say where it is. Return the exit code."""
    bootstrap.prepare("lint")
    code = build()
    if code == 0:
        print(f"The documentation site is {SITE.relative_to(ROOT)}/index.html")
    return code


def build() -> int:
    stage()
    python = binaries.python()
    environment = os.environ | {"LOCAL_STACK": "1", "DATA_DIR": str(SOURCE.parent / "data")}
    reference = [python, "-W", "ignore", "manage.py", "write_reference", str(SOURCE / "docs" / "reference")]
    subprocess.run(reference, cwd=ROOT, env=environment, check=True)
    shutil.rmtree(SITE, ignore_errors=True)
    sphinx = [
        python,
        "-m",
        "sphinx",
        "--quiet",
        "--fail-on-warning",
        "--builder",
        "html",
        "--conf-dir",
        str(SOURCE / "docs"),
    ]
    code = subprocess.run([*sphinx, str(SOURCE), str(SITE)], cwd=ROOT, check=False).returncode
    found = list(foreign(SITE))
    print("".join(f"{line}\n" for line in found), end="")
    return code or (1 if found else 0)


def stage() -> None:
    """Copy the pages and what they show, each to its own path, and write the index."""
    shutil.rmtree(SOURCE, ignore_errors=True)
    shutil.copytree(ROOT / "docs", SOURCE / "docs")
    for page in pages():
        file = ROOT / f"{page}.md"
        if file.exists() and not page.startswith("docs/"):
            (SOURCE / page).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, SOURCE / f"{page}.md")
    for file in linked_files():
        (SOURCE / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, SOURCE / file)
    (SOURCE / "index.md").write_text(index(), encoding="utf-8")


def linked_files() -> Iterator[Path]:
    """Yield the files of the repository that pages link to and that are no pages, such as examples of settings."""
    for page in pages():
        source = ROOT / f"{page}.md"
        text = source.read_text(encoding="utf-8") if source.exists() else ""
        for target in LINK.findall(text):
            file = (source.parent / target).resolve()
            if (
                file.is_file()
                and file.suffix != ".md"
                and file.is_relative_to(ROOT)
                and "docs" not in file.relative_to(ROOT).parts[:1]
            ):
                yield file.relative_to(ROOT)


def parts() -> dict[str, list[str]]:
    content = tomllib.loads(NAVIGATION.read_text(encoding="utf-8"))
    return {part["title"]: part["pages"] for part in content["parts"]}


def pages() -> list[str]:
    return [page for each in parts().values() for page in each]


def index() -> str:
    """Return the site's first page: what the README says first, and the navigation."""
    intro = (ROOT / "README.md").read_text(encoding="utf-8").partition("\n## ")[0]
    intro = re.sub(r"^!\[.*\n", "", intro, flags=re.MULTILINE)
    trees = [
        f"```{{toctree}}\n:caption: {title}\n:maxdepth: 1\n\n{chr(10).join(each)}\n```"
        for title, each in parts().items()
    ]
    return "\n\n".join([intro.strip(), *trees]) + "\n"


def foreign(site: Path) -> Iterator[str]:
    """Yield what a page or style of the site would load from another host."""
    for page in sorted(site.rglob("*.html")):
        text = page.read_text(encoding="utf-8")
        yield from (f"{page.name} loads {tag}" for tag in LOADED.findall(text) if FOREIGN.search(tag))
    for style in sorted(site.rglob("*.css")):
        yield from (f"{style.name} loads {url}" for url in FOREIGN_STYLE.findall(style.read_text(encoding="utf-8")))


if __name__ == "__main__":
    raise SystemExit(build())
