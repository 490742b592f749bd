"""Fail if a dependency is not pinned. No registry is asked.

Every Python requirement must be one version with hashes, and every npm package one version with an integrity value. No
file may name a registry, and the installed packages must be compatible.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PINNED = re.compile(r"^[A-Za-z0-9._-]+(\[[A-Za-z0-9,._-]+\])?==[^\s;]+( ; [^\\]+)? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")
EXACT = re.compile(r"^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$")
REGISTRY = re.compile(r"^\s*(--(extra-)?index-url|--find-links|registry\s*=)|\"resolved\"\s*:|git\+", re.MULTILINE)


def main() -> int:
    locks = [*sorted(ROOT.glob("requirements*.txt")), *sorted(ROOT.glob("localstack/requirements-*.txt"))]
    folders = [path.parent for path in sorted(_tracked("package.json"))]
    findings = [finding for lock in locks for finding in unpinned(lock)]
    findings += [finding for folder in folders for finding in loose(folder)]
    findings += [finding for lock in locks for finding in foreign(lock)]
    findings += conflicts()
    for finding in findings:
        print(finding)
    print(f"{len(locks)} Python locks and {len(folders)} npm folders checked, {len(findings)} findings")
    return 1 if findings else 0


def unpinned(lock: Path) -> Iterator[str]:
    """Yield the lines of a lock that are neither `name==version \\` nor a hash nor a comment."""
    for number, line in enumerate(lock.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip() and not line.lstrip().startswith("#") and not PINNED.match(line) and not HASH.match(line):
            yield f"{lock.relative_to(ROOT)}:{number}: not one version with hashes: {line.strip()[:80]}"


def foreign(lock: Path) -> Iterator[str]:
    """Yield a finding if the lock names a registry."""
    if found := REGISTRY.search(lock.read_text(encoding="utf-8")):
        yield f"{lock.relative_to(ROOT)}: names a registry: {found.group().strip()}"


def loose(folder: Path) -> Iterator[str]:
    """Yield version ranges, a missing lock, and locked packages without an integrity value."""
    name = folder.relative_to(ROOT)
    wanted = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    for kind in ("dependencies", "devDependencies"):
        yield from (f"{name}: {package} is {v!r}" for package, v in wanted.get(kind, {}).items() if not EXACT.match(v))
    if not (lock := folder / "package-lock.json").exists():
        yield f"{name}: no package-lock.json"
        return
    yield from foreign(lock)
    packages = json.loads(lock.read_text(encoding="utf-8"))["packages"]
    yield from (
        f"{name}: {path} has no integrity value" for path, p in packages.items() if path and not _has_integrity(p)
    )


def _has_integrity(package: dict[str, object]) -> bool:
    """Return whether a package has an integrity value. npm omits it for optional packages of other platforms."""
    return bool(package.get("integrity") or package.get("optional"))


def conflicts() -> list[str]:
    """Return the conflicts that `pip check` finds among the installed packages, but those that we chose."""
    done = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True, check=False)
    chosen = re.findall(r"^[a-z0-9-]+", (ROOT / "requirements-overrides.in").read_text(encoding="utf-8"), re.MULTILINE)
    ours = re.compile(rf"ethereum-execution \S+ (?:requires|has requirement) (?:{'|'.join(chosen)})\b")
    lines = [line for line in done.stdout.splitlines() if not ours.match(line)] if done.returncode else []
    return [f"pip check: {line}" for line in lines if not line.startswith("No broken")]


def _tracked(name: str) -> Iterator[Path]:
    skipped = {"node_modules", ".venv", ".local", ".git"}
    return (path for path in ROOT.rglob(name) if not skipped & set(path.relative_to(ROOT).parts))


if __name__ == "__main__":
    sys.exit(main())
