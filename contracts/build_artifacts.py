"""Write `artifacts/<Name>.json`, which the Python side deploys and calls. Running the site needs no compiler.

    python contracts/build_artifacts.py            compile and write
    python contracts/build_artifacts.py --check    compile into a temporary folder; fail on any difference
    python contracts/build_artifacts.py --hashes   without a compiler: fail if a source changed since then

Standard library only. Compiling needs `npm ci` in this folder first.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import posixpath
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ARTIFACTS = "artifacts"

SOURCES = {
    "AccountsFactory": "demo/Accounts.sol",
    "AvatarToken": "src/AvatarToken.sol",
    "Aggregate3": "demo/Aggregate3.sol",
    "DemoDelegateRegistry": "demo/DemoDelegateRegistry.sol",
    "DemoEditions": "demo/DemoEditions.sol",
    "DemoNames": "demo/DemoNames.sol",
    "DemoWallet": "demo/DemoWallet.sol",
    "DemoWalletFactory": "demo/DemoWallet.sol",
    "FramedWallet": "demo/Accounts.sol",
    "LateWallet": "demo/LateWallet.sol",
    "LayoutAssembly": "demo/Layouts.sol",
    "LayoutBeacon": "demo/Layouts.sol",
    "LayoutBeaconProxy": "demo/Layouts.sol",
    "LayoutBlock": "demo/Layouts.sol",
    "LayoutLibrary": "demo/Layouts.sol",
    "LayoutNames": "demo/Layouts.sol",
    "LayoutPrecompiled": "demo/Layouts.sol",
    "LayoutProxy": "demo/Layouts.sol",
    "LayoutPunks": "demo/Layouts.sol",
    "LayoutScan": "demo/Layouts.sol",
    "LayoutSlow": "demo/Layouts.sol",
    "LayoutWrapped": "demo/Layouts.sol",
    "LayoutWriting": "demo/Layouts.sol",
    "NestedWallet": "demo/Accounts.sol",
    "OnchainShapes": "demo/OnchainShapes.sol",
    "OwnersLibrary": "demo/Layouts.sol",
    "OddBothStandards": "demo/Odd.sol",
    "OddBurnsGas": "demo/Odd.sol",
    "OddDirtyOwner": "demo/Odd.sol",
    "OddHugeAnswer": "demo/Odd.sol",
    "OddLiar": "demo/Odd.sol",
    "OddMirror": "demo/Odd.sol",
    "OddRefusesTokens": "demo/Odd.sol",
    "OddReverts": "demo/Odd.sol",
    "OddShifty": "demo/Odd.sol",
    "OddShortAnswer": "demo/Odd.sol",
    "OddSilent": "demo/Odd.sol",
    "OddZeroOwner": "demo/Odd.sol",
    "PasskeyDelegate": "demo/Accounts.sol",
    "SignatureTrial": "src/SignatureTrial.sol",
}

_COMPILER_SETTINGS = (
    "remappings",
    "evm_version",
    "optimizer",
    "optimizer_runs",
    "bytecode_hash",
    "cbor_metadata",
)
_IMPORT = re.compile(r'^import\b[^;"]*"([^"]+)"\s*;', re.MULTILINE)
_NPM_PACKAGE = re.compile(r"@[^/]+/[^/]+")


class ArtifactError(Exception):
    """The artifacts can't be built or don't match the sources. The message names them."""


def source_hash(root: Path, source: str) -> str:
    """Return the SHA-256 (hex) of everything that determines the bytecode of `source`.

    That is the file and our files it imports, the compiler's settings, and the locked integrity of the npm packages
    it imports and of the compiler.
    """
    ours, packages = _imported(root, source)
    locked = json.loads((root / "package-lock.json").read_text())["packages"]
    profile = tomllib.loads((root / "foundry.toml").read_text())["profile"]["default"]
    parts = {
        "sources": {path: hashlib.sha256((root / path).read_bytes()).hexdigest() for path in ours},
        "packages": {name: locked[f"node_modules/{name}"]["integrity"] for name in (*packages, "solc")},
        "settings": {name: profile[name] for name in _COMPILER_SETTINGS},
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _imported(root: Path, source: str) -> tuple[set[str], set[str]]:
    """Return our files that `source` imports (including itself), and the npm packages they import."""
    ours: set[str] = set()
    packages: set[str] = set()
    waiting = [source]
    while waiting:
        path = waiting.pop()
        if path in ours:
            continue
        ours.add(path)
        for target in _IMPORT.findall((root / path).read_text()):
            if package := _NPM_PACKAGE.match(target):
                packages.add(package[0])
            else:
                waiting.append(posixpath.normpath(posixpath.join(posixpath.dirname(path), target)))
    return ours, packages


def build(root: Path) -> dict[str, str]:
    """Compile from scratch in a temporary folder; return each artifact's text by contract name."""
    if not (root / "node_modules").exists():
        raise ArtifactError(f"There is no compiler in {root}; run `npm ci` there first.")
    with tempfile.TemporaryDirectory() as out:
        command = ["node", "run.cjs", "forge", "build", "--skip", "test", "--out", out]
        command += ["--cache-path", f"{out}/cache"]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise ArtifactError(f"forge could not compile the contracts:\n{done.stdout}{done.stderr}")
        return {name: _text(_artifact(root, Path(out), name)) for name in SOURCES}


def _artifact(root: Path, out: Path, name: str) -> dict[str, Any]:
    source = SOURCES[name]
    built = json.loads((out / Path(source).name / f"{name}.json").read_text())
    metadata = built["metadata"]
    return {
        "contractName": name,
        "abi": built["abi"],
        "bytecode": built["bytecode"]["object"],
        "deployedBytecode": built["deployedBytecode"]["object"],
        "compiler": {"version": metadata["compiler"]["version"], "settings": metadata["settings"]},
        "sourceHash": source_hash(root, source),
    }


def _text(artifact: dict[str, Any]) -> str:
    return json.dumps(artifact, indent=1) + "\n"


def write(root: Path) -> None:
    """Build all artifacts, and remove those of contracts that no longer exist."""
    built = build(root)
    folder = root / ARTIFACTS
    folder.mkdir(exist_ok=True)
    for name, text in built.items():
        (folder / f"{name}.json").write_text(text)
    for name in _checked_in(root) - built.keys():
        (folder / f"{name}.json").unlink()


def check(root: Path) -> None:
    """Raise ArtifactError unless compiling gives exactly the files that are checked in."""
    built = build(root)
    _check_names(root)
    changed = [name for name, text in built.items() if _read(root, name) != text]
    if changed:
        raise ArtifactError(f"Compiling gives different artifacts from those checked in: {', '.join(changed)}.")


def check_hashes(root: Path) -> None:
    """Raise ArtifactError if a source, setting or pinned package changed since an artifact was written."""
    _check_names(root)
    recorded = {name: json.loads(_read(root, name))["sourceHash"] for name in SOURCES}
    stale = [name for name, source in SOURCES.items() if recorded[name] != source_hash(root, source)]
    if stale:
        raise ArtifactError(f"Sources changed since these artifacts were written: {', '.join(stale)}.")


def _check_names(root: Path) -> None:
    if odd := _checked_in(root) ^ SOURCES.keys():
        raise ArtifactError(
            f"Artifacts are missing, or left from contracts that no longer exist: {', '.join(sorted(odd))}."
        )


def _read(root: Path, name: str) -> str:
    return (root / ARTIFACTS / f"{name}.json").read_text()


def _checked_in(root: Path) -> set[str]:
    return {path.stem for path in (root / ARTIFACTS).glob("*.json")}


def main() -> int:
    parser = argparse.ArgumentParser(description="Build or check the contracts' artifacts.")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", dest="act", action="store_const", const=check, help="compile and compare")
    mode.add_argument("--hashes", dest="act", action="store_const", const=check_hashes, help="do not compile")
    parser.set_defaults(act=write)
    parser.add_argument("--root", type=Path, default=HERE, help="the contracts folder")
    options = parser.parse_args()
    try:
        options.act(options.root)
    except ArtifactError as error:
        sys.stderr.write(f"{error}\nTo rebuild them: python contracts/build_artifacts.py\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
