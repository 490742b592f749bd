"""The command that deploys our contract: once, with a key it reads from a file."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from eth_utils.address import to_checksum_address

from tests.servers.chain import Chain


def deploy(record: Path, *arguments: str) -> str:
    output = io.StringIO()
    call_command("deploy_contract", "--record", str(record), *arguments, stdout=output)
    return output.getvalue()


@pytest.fixture
def key(chain: Chain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "key"
    file.write_text(chain.keys[chain.accounts[4]] + "\n")
    monkeypatch.setenv("DEPLOYER_KEY_FILE", str(file))


@pytest.mark.usefixtures("key")
def test_it_deploys_once_and_finds_it_again(chain: Chain, tmp_path: Path) -> None:
    record = tmp_path / "deployed.json"
    first = deploy(record, "--closed", "--quota", "3")
    address = json.loads(record.read_text())["31337"]
    assert address in first
    assert "avatar_contract" in first
    contract = chain.contract("AvatarToken", to_checksum_address(address))
    assert (contract.functions.openMint().call(), contract.functions.quotaPerAddress().call()) == (False, 3)
    assert f"Deployed before, at {address}." in deploy(record)


def test_without_a_key_it_says_where_to_put_one(chain: Chain, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="DEPLOYER_KEY_FILE"):
        deploy(tmp_path / "deployed.json")


def test_an_unknown_chain_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no chain 5"):
        deploy(tmp_path / "deployed.json", "--chain", "5")
