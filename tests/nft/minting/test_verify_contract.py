"""The command that verifies our contract's source: at the chain byte for byte, and at a server that compiles it."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from eth_typing import ChecksumAddress

from nft.testing.chain import Chain
from tests.servers.sourcify import Sourcify, compile_standard_input

CONTRACTS = Path(__file__).resolve().parents[3] / "contracts"


def verify(address: str, *arguments: str) -> str:
    output = io.StringIO()
    call_command("verify_contract", "--address", address, *arguments, stdout=output)
    return output.getvalue()


@pytest.fixture
def contract(chain: Chain) -> ChecksumAddress:
    deployed = chain.deploy("AvatarToken", "Avatars", "AVATAR", "", chain.accounts[0], True, 0)
    return deployed.address


def test_the_checked_in_sources_compile_to_the_checked_in_bytes() -> None:
    document = json.loads((CONTRACTS / "verification" / "AvatarToken.json").read_text())
    artifact = json.loads((CONTRACTS / "artifacts" / "AvatarToken.json").read_text())
    evm = compile_standard_input(document)["contracts"]["src/AvatarToken.sol"]["AvatarToken"]["evm"]
    assert f"0x{evm['bytecode']['object']}" == artifact["bytecode"]
    assert f"0x{evm['deployedBytecode']['object']}" == artifact["deployedBytecode"]


def test_the_server_compiles_the_sources_and_finds_the_same_bytes(
    contract: ChecksumAddress, sourcify: Sourcify, tmp_path: Path
) -> None:
    out = tmp_path / "input.json"
    said = verify(contract, "--server", f"{sourcify.url}/", "--out", str(out))
    assert f"The code at {contract} is this release's AvatarToken, compiled by solc 0.8.37" in said
    assert "The server compiled the sources: exact match." in said
    assert out.read_bytes() == (CONTRACTS / "verification" / "AvatarToken.json").read_bytes()
    assert "verified before" in verify(contract, "--server", sourcify.url)


def test_a_server_that_is_down_is_named(contract: ChecksumAddress, sourcify: Sourcify) -> None:
    sourcify.matches[contract] = "exact_match"
    sourcify.is_down = True
    with pytest.raises(CommandError, match=r"/v2/verify/31337/0x.* does not answer as a Sourcify server"):
        verify(contract, "--server", sourcify.url)


def test_another_contract_is_not_ours(chain: Chain) -> None:
    other = chain.deploy("DemoDelegateRegistry").address
    with pytest.raises(CommandError, match="is not that of this release's AvatarToken"):
        verify(other)


def test_an_account_without_code_is_no_contract(chain: Chain) -> None:
    with pytest.raises(CommandError, match="There is no contract at"):
        verify(chain.accounts[7])


def test_text_that_is_no_address_is_refused() -> None:
    with pytest.raises(CommandError, match="--address: "):
        verify("0x12")
