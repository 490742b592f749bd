"""Ask an advisory database about every pinned package: `make audit`. Standard library only, with uv and npm.

No answer is not a pass: if the database can't be reached, that is said, and the exit code is 2.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from localstack import binaries, bootstrap
from localstack.binaries import ROOT, VENV

PIN = re.compile(r"^([A-Za-z0-9._-]+(?:\[[A-Za-z0-9,._-]+\])?==[^\s;]+(?: ; [^\\]+?)?) *\\?$", re.MULTILINE)
FOUND, NOT_REACHED = 1, 2


def audit() -> int:
    """Print what is known of the packages. Return 0 for nothing, FOUND, or NOT_REACHED."""
    bootstrap.prepare("lint")
    folders = [lock.parent for lock in sorted(ROOT.glob("*/package-lock.json"))]
    folders += [lock.parent for lock in sorted(ROOT.glob("tests/*/*/package-lock.json"))]
    return max([audit_python(ROOT / "requirements-dev.txt"), *map(audit_npm, folders)])


def audit_python(lock: Path, *options: str) -> int:
    """Ask OSV by uv. `options` are further ones of `uv audit`."""
    pins = PIN.findall(lock.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        # As overrides, too: the lock holds versions that one package caps lower (requirements-overrides.in).
        project = (
            f'[project]\nname = "audited"\nversion = "0"\nrequires-python = ">=3.11"\ndependencies = {_toml(pins)}\n'
        )
        overrides = f"[tool.uv]\noverride-dependencies = {_toml(pins)}\n"
        Path(folder, "pyproject.toml").write_text(project + overrides, encoding="utf-8")
        uv = [str(VENV / "bin" / "uv"), "audit", "--preview-features", "audit-command", "--quiet"]
        done = _run([*uv, *options], Path(folder))
    title = f"{lock.name}, {len(pins)} packages"
    if done.returncode == 0:
        return _tell(title, "no advisory", 0)
    if done.returncode == 1 and done.stdout.strip():
        return _tell(title, f"advisories\n{done.stdout}", FOUND)
    return _not_reached(title, done.stderr)


def audit_npm(folder: Path) -> int:
    title = f"{folder.relative_to(ROOT)}/package-lock.json"
    done = _run(["npm", "audit", "--json", "--package-lock-only"], folder)
    try:
        answer = json.loads(done.stdout)
        count = answer["metadata"]["vulnerabilities"]["total"]
    except (ValueError, KeyError, TypeError):
        return _not_reached(title, done.stderr or done.stdout)
    if count == 0:
        return _tell(title, "no advisory", 0)
    lines = [f"  {name}: {found['severity']}, {found['range']}" for name, found in answer["vulnerabilities"].items()]
    return _tell(title, "advisories\n" + "\n".join(lines), FOUND)


def _toml(words: Sequence[str]) -> str:
    return json.dumps(list(words))  # a TOML array of strings is written the same


def _run(command: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"UV_PYTHON": binaries.python()}
    return subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def _not_reached(title: str, why: str) -> int:
    lines = [line.strip() for line in why.splitlines() if line.strip() and "complete log" not in line]
    reason = "; ".join(lines[:3])[:300] or "it gave no answer"
    return _tell(
        title, f"NOT CHECKED: no advisory database gave an answer, so nothing is known. ({reason})", NOT_REACHED
    )


def _tell(title: str, what: str, code: int) -> int:
    print(f"{title}: {what}", flush=True)
    return code
