"""Run tests against the newest versions of all dependencies: `make test-newest`. Standard library only, with uv.

The hand-written requirements*.in are resolved without their exact pins, into an environment of their own below .local/.
Ranges stay: they say what the site supports.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from localstack import binaries, bootstrap
from localstack.binaries import ROOT, VENV

FOLDER = ROOT / ".local" / "newest"
ENVIRONMENT = FOLDER / "venv"
#: What every library is used by; `make test-newest T=tests` runs all tests.
CORE = ["users", "nft/core", "nft/clients", "nft/accounts", "nft/minting", "profiles/decoding", "profiles/store"]
CORE_TESTS = [f"tests/{name}" for name in CORE]
INCLUDED = re.compile(r"^-r (requirements[a-z-]*)\.txt$", re.MULTILINE)
EXACT = re.compile(r"^([A-Za-z0-9._-]+(?:\[[A-Za-z0-9,._-]+\])?)==[^\s;]+", re.MULTILINE)
VERSION = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)


def test_newest(arguments: Sequence[str]) -> int:
    """Install the newest versions and run pytest with `arguments`, else CORE_TESTS. Print what the lock has not."""
    bootstrap.prepare("test")
    changes = resolve()
    print(f"{len(changes)} packages are newer than in requirements-dev.txt:", flush=True)
    print("\n".join(changes) or "  none", flush=True)
    _install()
    environment = os.environ | {binaries.VENV_VARIABLE: str(ENVIRONMENT)}
    command = [str(ENVIRONMENT / "bin" / "python"), "-m", "pytest", "-q", *(arguments or CORE_TESTS)]
    code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    print("\n".join(["", *changes, f"the newest versions {'pass' if code == 0 else 'FAIL'}"]), flush=True)
    return code


def resolve() -> list[str]:
    """Write the newest versions to FOLDER. Return a line for each that is not the lock's."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for source in ROOT.glob("requirements*.in"):
        (FOLDER / source.name).write_text(unpinned(source.read_text(encoding="utf-8")), encoding="utf-8")
    options = ["--quiet", "--universal", "--no-header", "--no-annotate", "--python-version", "3.11", "--upgrade"]
    overrides = ["--override", "requirements-overrides.in"]
    uv = [str(VENV / "bin" / "uv"), "pip", "compile", *options, *overrides]
    sources = [str(ROOT / "pyproject.toml"), "--all-extras", "requirements-dev.in"]
    subprocess.run([*uv, *sources, "--output-file", "newest.txt"], cwd=FOLDER, check=True)
    return describe_changes(
        versions_in((ROOT / "requirements-dev.txt").read_text(encoding="utf-8")),
        versions_in((FOLDER / "newest.txt").read_text(encoding="utf-8")),
    )


def unpinned(requirements: str) -> str:
    """Return the lines without exact versions, each file including others as they are written by hand."""
    return EXACT.sub(r"\1", INCLUDED.sub(r"-r \1.in", requirements))


def versions_in(lock: str) -> dict[str, str]:
    return dict(VERSION.findall(lock))


def describe_changes(locked: Mapping[str, str], newest: Mapping[str, str]) -> list[str]:
    names = sorted(locked.keys() | newest.keys())
    pairs = [(name, locked.get(name, "not there"), newest.get(name, "gone")) for name in names]
    return [f"  {name}: {old} → {new}" for name, old, new in pairs if old != new]


def _install() -> None:
    uv = str(VENV / "bin" / "uv")
    python = ENVIRONMENT / "bin" / "python"
    if not python.exists():
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(ENVIRONMENT)], check=True)
    subprocess.run([uv, "pip", "sync", "--quiet", "--python", str(python), str(FOLDER / "newest.txt")], check=True)
    subprocess.run(
        [
            uv,
            "pip",
            "install",
            "--quiet",
            "--python",
            str(python),
            "pip",
            "-r",
            str(Path("localstack/requirements-uv.txt")),
        ],
        cwd=ROOT,
        check=True,
    )
