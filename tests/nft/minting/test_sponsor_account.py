"""The commands that let the site's account mint, fund it and show its state, on a real chain."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from web3.contract import Contract

from nft.testing.chain import Chain
from nft.testing.genesis import CHAIN_ID

pytestmark = pytest.mark.django_db
SPONSOR = "0x" + "5a" * 32


def run(name: str, *arguments: str) -> str:
    output = io.StringIO()
    call_command(name, *arguments, stdout=output, stderr=output)
    return output.getvalue()


@pytest.fixture
def sponsor(chain: Chain, contract: Contract, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A new account that pays, without role and money, and the contract's administrator as the operator's key."""
    from eth_account import Account

    settings.NFT_SPONSOR_CHAINS, settings.NFT_SPONSOR_KEYS = [CHAIN_ID], {CHAIN_ID: SPONSOR}
    administrator = next(account for account in chain.accounts if contract.functions.hasRole(bytes(32), account).call())
    use_key(chain.keys[administrator], tmp_path, monkeypatch)
    return str(Account.from_key(SPONSOR).address)


def use_key(key: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "key").write_text(key + "\n")
    monkeypatch.setenv("DEPLOYER_KEY_FILE", str(folder / "key"))


def is_minter(contract: Contract, account: str) -> bool:
    role = contract.functions.MINTER_ROLE().call()
    return bool(contract.functions.hasRole(role, account).call())


def test_the_role_is_granted_once_and_revoked(contract: Contract, sponsor: str) -> None:
    assert "no MINTER_ROLE: grant_minter --chain 31337" in run("sponsor_status")
    assert f"{sponsor} now has MINTER_ROLE" in run("grant_minter", "--chain", str(CHAIN_ID))
    assert is_minter(contract, sponsor)
    assert "has MINTER_ROLE already" in run("grant_minter")
    assert "has MINTER_ROLE\n" in run("sponsor_status")
    assert "no longer has" in run("grant_minter", "--revoke", "--account", sponsor)
    assert not is_minter(contract, sponsor)


def test_only_the_administrators_key_grants_it(
    chain: Chain, contract: Contract, sponsor: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_key(chain.keys[chain.accounts[7]], tmp_path, monkeypatch)
    with pytest.raises(CommandError, match=f"{chain.accounts[7]} does not administer the contract"):
        run("grant_minter")
    assert not is_minter(contract, sponsor)


def test_the_account_is_funded(chain: Chain, sponsor: str) -> None:
    before = chain.w3.eth.get_balance(sponsor)  # type: ignore[arg-type]
    assert "now has" in run("fund_sponsor", "--amount", "0.25")
    assert chain.w3.eth.get_balance(sponsor) - before == 25 * 10**16  # type: ignore[arg-type]
    for amount in ("0", "-1", "much", "NaN", "1e40"):
        with pytest.raises(CommandError):
            run("fund_sponsor", "--amount", amount)


def test_without_a_chain_that_pays_there_is_nobody_to_fund(settings: Any, sponsor: str) -> None:
    settings.NFT_SPONSOR_CHAINS = []
    assert "pays for no tokens" in run("sponsor_status")
    for command in (["grant_minter"], ["fund_sponsor", "--amount", "1"]):
        with pytest.raises(CommandError, match="NFT_SPONSOR_CHAINS"):
            run(*command)
