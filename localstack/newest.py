"""Run tests against the newest versions of all dependencies: `make test-newest`. Standard library only, with uv.

The hand-written requirements*.in are resolved without their exact pins, into an environment of their own below .local/.
Ranges stay: they say what the site supports. Only Django's does not: the site is on a release with long support, but
its apps promise to run on the newest.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from localstack import binaries, bootstrap, verify
from localstack.binaries import ROOT, VENV

FOLDER = ROOT / ".local" / "newest"
#: One for each Python: the newest Django does not run on the oldest Python that the site supports.
ENVIRONMENT = FOLDER / f"venv-{sys.version_info.major}.{sys.version_info.minor}"
ALL = "tests"
#: What every library is used by; `make test-newest T=tests` runs all tests.
CORE = ["users", "nft/core", "nft/clients", "nft/accounts", "nft/minting", "profiles/decoding", "profiles/store"]
CORE_TESTS = [f"tests/{name}" for name in CORE]
INCLUDED = re.compile(r"^-r (requirements[a-z-]*)\.txt$", re.MULTILINE)
DJANGO_RANGE = re.compile(r"^django~=.*$", re.MULTILINE)
EXACT = re.compile(r"^([A-Za-z0-9._-]+(?:\[[A-Za-z0-9,._-]+\])?)==[^\s;]+", re.MULTILINE)
VERSION = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)


def test_newest(arguments: Sequence[str]) -> int:
    """Install the newest versions and run pytest with `arguments`, else CORE_TESTS. Print what the lock has not."""
    bootstrap.prepare("test")
    names = resolve()
    _install()
    changes = describe_changes(_installed(VENV, names), _installed(ENVIRONMENT, names))
    print(f"Packages that are not as in requirements-dev.txt: {len(changes)}", flush=True)
    print("\n".join(changes), flush=True)
    environment = os.environ | {binaries.VENV_VARIABLE: str(ENVIRONMENT)}
    at_once = [*verify.SIDE_BY_SIDE, *verify.IN_TIME] if list(arguments) in ([], [ALL]) else []
    command = [str(ENVIRONMENT / "bin" / "python"), "-m", "pytest", "-q", *at_once, *(arguments or CORE_TESTS)]
    code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    print("\n".join(["", *changes, f"the newest versions {'pass' if code == 0 else 'FAIL'}"]), flush=True)
    return code


def resolve() -> set[str]:
    """Write the newest versions to FOLDER, for any Python. Return the names of all packages in them or in the lock."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for source in ROOT.glob("requirements*.in"):
        (FOLDER / source.name).write_text(unpinned(source.read_text(encoding="utf-8")), encoding="utf-8")
    options = ["--quiet", "--universal", "--no-header", "--no-annotate", "--python-version", "3.11", "--upgrade"]
    overrides = ["--override", "requirements-overrides.in"]
    uv = [str(VENV / "bin" / "uv"), "pip", "compile", *options, *overrides]
    sources = [str(ROOT / "pyproject.toml"), "--all-extras", "requirements-dev.in"]
    subprocess.run([*uv, *sources, "--output-file", "newest.txt"], cwd=FOLDER, check=True)
    lists = (ROOT / "requirements-dev.txt", FOLDER / "newest.txt")
    return {name for path in lists for name in versions_in(path.read_text(encoding="utf-8"))}


def unpinned(requirements: str) -> str:
    """Return the lines without exact versions, each file including others as they are written by hand."""
    return DJANGO_RANGE.sub("django", EXACT.sub(r"\1", INCLUDED.sub(r"-r \1.in", requirements)))


def versions_in(lock: str) -> dict[str, str]:
    """Return the version of each package, the last one where the lock has several for different Pythons."""
    return dict(VERSION.findall(lock))


def describe_changes(locked: Mapping[str, str], newest: Mapping[str, str]) -> list[str]:
    names = sorted(locked.keys() | newest.keys())
    pairs = [(name, locked.get(name, "not there"), newest.get(name, "gone")) for name in names]
    return [f"  {name}: {old} → {new}" for name, old, new in pairs if old != new]


def _installed(environment: Path, names: set[str]) -> dict[str, str]:
    """Return the versions in an environment, of the packages with these names."""
    command = [str(VENV / "bin" / "uv"), "pip", "list", "--quiet", "--format", "freeze", "--python"]
    listed = subprocess.run([*command, str(environment)], check=True, capture_output=True, text=True).stdout
    return {name: version for name, version in versions_in(listed).items() if name in names}


def _install() -> None:
    uv = str(VENV / "bin" / "uv")
    python = ENVIRONMENT / "bin" / "python"
    if not python.exists():
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(ENVIRONMENT)], check=True)
    subprocess.run([uv, "pip", "sync", "--quiet", "--python", str(python), str(FOLDER / "newest.txt")], check=True)
    beside = ["pip", "-r", str(ROOT / "localstack" / "requirements-uv.txt")]
    subprocess.run([uv, "pip", "install", "--quiet", "--python", str(python), *beside], check=True)
