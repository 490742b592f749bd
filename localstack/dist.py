"""Build the package that other projects install, wheel and sdist: `python3 -m localstack dist`. Standard library only.

The same commit gives the same bytes on any machine: only files that git tracks are copied, and their time in the
archives is the commit's. The backend that builds is the one that requirements-dev.txt pins.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from localstack import binaries, bootstrap
from localstack.binaries import ROOT


def dist() -> int:
    """Build both archives into dist/, check what they say about themselves, and print their hashes."""
    bootstrap.prepare("lint")
    out = ROOT / "dist"
    shutil.rmtree(out, ignore_errors=True)
    with tempfile.TemporaryDirectory() as name:
        tree = Path(name)
        export(tree)
        check_metadata(tree)
        built = build(tree, out)
    for path in built:
        print(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  dist/{path.name}")
    if _git("status", "--porcelain"):
        print("Not from a commit: files that git tracks were changed, or it does not track all of them.")
    return 0


def export(folder: Path) -> None:
    """Copy all files that git tracks, as they are now, into an existing folder."""
    for name in filter(None, _git("ls-files", "-z").split("\0")):
        if (ROOT / name).exists():  # a file that was deleted and not yet committed does not
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, target, follow_symlinks=False)


def build(tree: Path, out: Path) -> list[Path]:
    """Build wheel and sdist of an exported tree into `out`, and return their paths. Raise CalledProcessError."""
    command = [binaries.python(), "-m", "hatchling", "build", "--directory", str(out)]
    environment = os.environ | {"SOURCE_DATE_EPOCH": _git("log", "-1", "--format=%ct").strip()}
    _run(command, tree, environment)
    return sorted(out.iterdir())


def check_metadata(tree: Path) -> None:
    """Check pyproject.toml by the schemas of its standards and tools. Raise CalledProcessError."""
    _run([binaries.python(), "-m", "validate_pyproject", "pyproject.toml"], tree, dict(os.environ))


def _run(command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
    """Run a command that says nothing of interest unless it fails. Raise CalledProcessError."""
    done = subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True, text=True)
    if done.returncode:
        print(done.stdout, done.stderr, sep="")
    done.check_returncode()


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout
