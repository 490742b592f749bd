"""The checked-in contract artifacts match their sources. `--check` compiles them; these tests compare hashes."""

import importlib.util
import json
import shutil
from pathlib import Path
from types import ModuleType

import pytest

CONTRACTS = Path(__file__).resolve().parents[2] / "contracts"


def _load_builder() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_artifacts", CONTRACTS / "build_artifacts.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


builder = _load_builder()
ARTIFACTS = {path.stem: json.loads(path.read_text()) for path in (CONTRACTS / "artifacts").glob("*.json")}


def _signatures(name: str, kind: str = "function") -> set[str]:
    return {
        f"{entry.get('name', '')}({','.join(argument['type'] for argument in entry['inputs'])})"
        for entry in ARTIFACTS[name]["abi"]
        if entry["type"] == kind
    }


@pytest.fixture
def a_copy(tmp_path: Path) -> Path:
    """A copy of the contracts folder, without generated files, that the test may change."""
    skip = shutil.ignore_patterns("node_modules", "out", "cache")
    return Path(shutil.copytree(CONTRACTS, tmp_path / "contracts", ignore=skip))


def test_artifacts_agree_with_their_sources() -> None:
    builder.check_hashes(CONTRACTS)


def test_an_edited_source_makes_its_artifacts_stale_and_no_other(a_copy: Path) -> None:
    with (a_copy / "demo" / "DemoWallet.sol").open("a") as source:
        source.write("// edited\n")
    with pytest.raises(builder.ArtifactError, match=r": DemoWallet, DemoWalletFactory\."):
        builder.check_hashes(a_copy)


def test_an_edited_import_makes_the_importer_stale(a_copy: Path) -> None:
    with (a_copy / "demo" / "ShapeArt.sol").open("a") as source:
        source.write("// edited\n")
    with pytest.raises(builder.ArtifactError, match=r": OnchainShapes\."):
        builder.check_hashes(a_copy)


def test_another_compiler_setting_makes_all_stale(a_copy: Path) -> None:
    settings = a_copy / "foundry.toml"
    settings.write_text(settings.read_text().replace("optimizer_runs = 1000", "optimizer_runs = 1"))
    with pytest.raises(builder.ArtifactError, match="Aggregate3, DemoDelegateRegistry, DemoEditions"):
        builder.check_hashes(a_copy)


def test_another_release_of_an_imported_package_makes_importers_stale(a_copy: Path) -> None:
    lock = a_copy / "package-lock.json"
    locked = json.loads(lock.read_text())
    locked["packages"]["node_modules/@openzeppelin/contracts"]["integrity"] = "sha512-another"
    lock.write_text(json.dumps(locked))
    with pytest.raises(builder.ArtifactError, match="AvatarToken, DemoEditions, DemoNames, DemoWallet"):
        builder.check_hashes(a_copy)


def test_a_missing_artifact_is_named(a_copy: Path) -> None:
    (a_copy / "artifacts" / "OddLiar.json").unlink()
    with pytest.raises(builder.ArtifactError, match=r"missing.*OddLiar"):
        builder.check_hashes(a_copy)


@pytest.mark.parametrize("name", sorted(ARTIFACTS))
def test_each_artifact_has_exactly_the_agreed_keys(name: str) -> None:
    artifact = ARTIFACTS[name]
    keys = ["contractName", "abi", "bytecode", "deployedBytecode", "compiler", "sourceHash"]
    assert list(artifact) == keys
    assert artifact["contractName"] == name
    assert artifact["compiler"]["version"].startswith("0.8.37")


@pytest.mark.parametrize("name", sorted(ARTIFACTS))
def test_each_runtime_fits_the_24_576_bytes_that_chains_accept(name: str) -> None:
    assert 0 < len(bytes.fromhex(ARTIFACTS[name]["deployedBytecode"].removeprefix("0x"))) <= 24_576


def test_bytecode_needs_no_linking() -> None:
    assert not [name for name, artifact in ARTIFACTS.items() if "__$" in artifact["bytecode"]]


def test_the_signatures_others_call_are_there() -> None:
    token = {
        "mint(address,string)",
        "mintOnce(bytes32,address,string)",
        "tokenURI(uint256)",
        "ownerOf(uint256)",
    }
    assert token | {"safeTransferFrom(address,address,uint256)"} <= _signatures("AvatarToken")
    assert _signatures("AvatarToken", "constructor") == {"(string,string,string,address,bool,uint256)"}
    assert "mint(address,uint256,uint256)" in _signatures("DemoEditions")
    assert "mint(address)" in _signatures("OnchainShapes")
    assert "isValidSignature(bytes32,bytes)" in _signatures("DemoWallet")
    assert "create(address,bytes32)" in _signatures("DemoWalletFactory")
    assert "aggregate3(tuple[])" in _signatures("Aggregate3")
