"""Write `artifacts/<Name>.json`, which the Python side deploys and calls. Running the site needs no compiler.

Of the avatar contract also `verification/AvatarToken.json`: the standard JSON input that explorers compile again.

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
#: The contract that is deployed on public chains, and so verified at explorers.
VERIFIED = "AvatarToken"
VERIFICATION = f"verification/{VERIFIED}.json"

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
#: What verifiers read of the compiler's answer.
_OUTPUTS = ["abi", "metadata", "evm.bytecode.object", "evm.deployedBytecode.object"]
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
    """Compile from scratch in a temporary folder; return the text of each file to write, by its path below `root`."""
    if not (root / "node_modules").exists():
        raise ArtifactError(f"There is no compiler in {root}; run `npm ci` there first.")
    with tempfile.TemporaryDirectory() as out:
        command = ["node", "run.cjs", "forge", "build", "--skip", "test", "--out", out]
        command += ["--cache-path", f"{out}/cache"]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise ArtifactError(f"forge could not compile the contracts:\n{done.stdout}{done.stderr}")
        compiled = {name: _compiled(Path(out), name) for name in SOURCES}
    artifacts = {_path(name): _text(_artifact(root, name, built)) for name, built in compiled.items()}
    return artifacts | {VERIFICATION: build_standard_input(root, compiled[VERIFIED]["metadata"])}


def _path(name: str) -> str:
    return f"artifacts/{name}.json"


def _compiled(out: Path, name: str) -> dict[str, Any]:
    built: dict[str, Any] = json.loads((out / Path(SOURCES[name]).name / f"{name}.json").read_text())
    return built


def _artifact(root: Path, name: str, built: dict[str, Any]) -> dict[str, Any]:
    metadata = built["metadata"]
    return {
        "contractName": name,
        "abi": built["abi"],
        "bytecode": built["bytecode"]["object"],
        "deployedBytecode": built["deployedBytecode"]["object"],
        "compiler": {"version": metadata["compiler"]["version"], "settings": metadata["settings"]},
        "sourceHash": source_hash(root, SOURCES[name]),
    }


def build_standard_input(root: Path, metadata: dict[str, Any]) -> str:
    """Return the compiler's input for one contract: all its sources, and the settings of its `metadata`.

    Explorers and Sourcify compile it again and compare the bytes with those on the chain. The keys of `sources` are
    paths below `root`.
    """
    settings = {name: value for name, value in metadata["settings"].items() if name != "compilationTarget"}
    return _text(
        {
            "language": metadata["language"],
            "sources": {path: {"content": (root / path).read_text("utf-8")} for path in sorted(metadata["sources"])},
            "settings": settings | {"outputSelection": {"*": {"*": _OUTPUTS}}},
        }
    )


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=1) + "\n"


def write(root: Path) -> None:
    """Build all artifacts, and remove those of contracts that no longer exist."""
    built = build(root)
    for path, text in built.items():
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_text(text)
    for name in _checked_in(root) - SOURCES.keys():
        (root / _path(name)).unlink()


def check(root: Path) -> None:
    """Raise ArtifactError unless compiling gives exactly the files that are checked in."""
    built = build(root)
    _check_names(root)
    changed = [path for path, text in built.items() if not (root / path).exists() or (root / path).read_text() != text]
    if changed:
        raise ArtifactError(f"Compiling gives different files from those checked in: {', '.join(changed)}.")


def check_hashes(root: Path) -> None:
    """Raise ArtifactError if a source, setting or pinned package changed since an artifact was written."""
    _check_names(root)
    recorded = {name: json.loads(_read(root, name))["sourceHash"] for name in SOURCES}
    stale = [name for name, source in SOURCES.items() if recorded[name] != source_hash(root, source)]
    sources = json.loads((root / VERIFICATION).read_text())["sources"]
    ours = {path: source["content"] for path, source in sources.items() if path.startswith("src/")}
    if any((root / path).read_text("utf-8") != content for path, content in ours.items()):
        stale.append(VERIFICATION)
    if stale:
        raise ArtifactError(f"Sources changed since these artifacts were written: {', '.join(stale)}.")


def _check_names(root: Path) -> None:
    if odd := _checked_in(root) ^ SOURCES.keys():
        raise ArtifactError(
            f"Artifacts are missing, or left from contracts that no longer exist: {', '.join(sorted(odd))}."
        )


def _read(root: Path, name: str) -> str:
    return (root / _path(name)).read_text()


def _checked_in(root: Path) -> set[str]:
    return {path.stem for path in (root / "artifacts").glob("*.json")}


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
