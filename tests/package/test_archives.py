"""The wheel and the sdist have what git has of the apps, and say what is true of them."""

from __future__ import annotations

import re
import subprocess
import tarfile
import tomllib
import zipfile
from pathlib import Path, PurePosixPath

import pytest
from packaging.metadata import Metadata
from packaging.requirements import Requirement

from localstack import dist
from localstack.binaries import ROOT
from tests.package.conftest import Archives
from tests.package.matrix import CELLS, DJANGOS, PYTHONS

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
PIN = re.compile(r"^([a-z0-9-]+)(?:\[[a-z0-9,-]+\])?==([^ ;]+)", re.MULTILINE)


def tracked(*folders: str) -> set[str]:
    listed = subprocess.run(["git", "ls-files", *folders], cwd=ROOT, check=True, capture_output=True, text=True)
    return {name for name in listed.stdout.splitlines() if (ROOT / name).exists()}


def test_the_wheel_has_the_files_of_both_apps_and_no_others(archives: Archives) -> None:
    with zipfile.ZipFile(archives.wheel) as wheel:
        names = {name for name in wheel.namelist() if ".dist-info/" not in name}
        [license_file] = [name for name in wheel.namelist() if name.endswith("/licenses/LICENSE")]
        assert wheel.read(license_file) == (ROOT / "LICENSE").read_bytes()
    assert names == tracked("profiles", "nft")
    kinds = {PurePosixPath(name).suffix for name in names}
    assert {".py", ".typed", ".mo", ".po", ".json", ".conf", ".html", ".css", ".js"} <= kinds
    assert {"profiles/migrations/0001_initial.py", "nft/migrations/0001_initial.py"} <= names


def test_the_sdist_builds_the_same_wheel_to_the_byte(archives: Archives, tmp_path: Path) -> None:
    with tarfile.open(archives.sdist) as sdist:
        sdist.extractall(tmp_path, filter="data")
    [tree] = tmp_path.iterdir()
    files = {path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file()}
    made = {"PKG-INFO", ".gitignore"}
    assert files - made == tracked("profiles", "nft", *_beside_the_apps())
    again, _ = dist.build(tree, tmp_path / "dist")
    assert again.read_bytes() == archives.wheel.read_bytes()


def _beside_the_apps() -> list[str]:
    return ["LICENSE", "CHANGELOG.md", "pyproject.toml", PROJECT["readme"]]


def test_its_metadata_are_valid_and_name_what_is_tested(archives: Archives) -> None:
    with zipfile.ZipFile(archives.wheel) as wheel:
        [name] = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
        metadata = Metadata.from_email(wheel.read(name), validate=True)
    named = set(metadata.classifiers or [])
    assert {each.rpartition(" ")[2] for each in named if each.startswith("Framework :: Django ::")} == set(DJANGOS)
    pythons = {each.rpartition(" ")[2] for each in named if re.search(r":: Python :: 3\.\d+$", each)}
    assert pythons == set(PYTHONS)
    assert "Typing :: Typed" in named
    links = re.findall(r"\]\((?!https?://|#)([^)]+)\)", metadata.description or "")
    assert not links, "an index shows the page without the files beside it"


def test_it_names_the_license_of_each_library_that_it_bundles(archives: Archives) -> None:
    with zipfile.ZipFile(archives.wheel) as wheel:
        [texts] = [name for name in wheel.namelist() if ".dist-info/licenses/" in name and "vendor" in name]
        headings = re.findall(r"^--- .* \((.+)\) ---$", wheel.read(texts).decode(), re.MULTILINE)
    bundled = {each for heading in headings for each in re.findall(r"[\w.-]+", heading)} - {"AND"}
    assert set(PROJECT["license"].split(" AND ")) == {"MIT", *bundled}


def test_the_page_of_the_package_lists_what_is_tested() -> None:
    page = (ROOT / PROJECT["readme"]).read_text("utf-8")
    rows = re.findall(r"^\| (3\.\d+) \| (\d\.\d) \| ([^|]+) \|$", page, re.MULTILINE)
    listed = {(python, django, database.lower()) for python, django, names in rows for database in names.split(", ")}
    assert listed == {(cell.python, cell.django, cell.database) for cell in CELLS}
    extras = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    assert extras == PROJECT["optional-dependencies"].keys()


def test_the_metadata_fit_the_schemas(archives: Archives) -> None:
    dist.check_metadata(archives.tree)


def declared(*extras: str) -> list[Requirement]:
    """Return what pyproject.toml declares for the package and for these extras, without the package's own name."""
    lists = [PROJECT["dependencies"], *(PROJECT["optional-dependencies"][extra] for extra in extras)]
    requirements = [Requirement(line) for each in lists for line in each]
    return [requirement for requirement in requirements if requirement.name != PROJECT["name"]]


@pytest.mark.parametrize("requirement", declared("s3", "jobs", "libravatar", "siwe", "nft", "mint", "proofs"), ids=str)
def test_the_site_runs_on_what_the_package_declares(requirement: Requirement) -> None:
    """`make lock` reads both. A lock that was made without pyproject.toml would miss some."""
    pinned = dict(PIN.findall((ROOT / "requirements.txt").read_text("utf-8")))
    assert requirement.specifier.contains(pinned[requirement.name])


def test_nothing_is_declared_twice() -> None:
    inputs = [(ROOT / name).read_text("utf-8") for name in ("requirements.in", "requirements-dev.in")]
    own = {Requirement(line).name for text in inputs for line in text.splitlines() if line[:1].isalpha()}
    both = own & {requirement.name for requirement in declared(*PROJECT["optional-dependencies"])}
    assert both == {"django"}, "the site stays on a release with long support"


def test_the_changelog_has_this_version() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert re.search(rf"^## \[({re.escape(PROJECT['version'])}|Unreleased)\]", changes, re.MULTILINE)


def test_the_weekly_jobs_try_each_promised_python() -> None:
    ci, weekly = ((ROOT / ".github/workflows" / name).read_text("utf-8") for name in ("ci.yml", "newest.yml"))
    [listed] = re.findall(r"python: \[(.+)\]", ci)
    assert tuple(re.findall(r"[\d.]+", listed)) == PYTHONS
    assert f"uv python install {' '.join(PYTHONS)}\n" in weekly
    assert "localstack test --long tests/package\n" in weekly
    assert f"image: python:{PYTHONS[-1]}-" in weekly, "the newest Django is tried on the newest Python"
