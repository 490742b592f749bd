"""Grant MINTER_ROLE on our avatar contract to the account that pays for people's tokens, or revoke it."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from eth_utils.address import to_checksum_address
from web3.exceptions import ContractLogicError

from nft.clients.evm.chain import get_chain
from nft.clients.evm.errors import ChainError
from nft.clients.evm.signers import SignerError, get_signer
from nft.core.errors import InvalidIdentifier
from nft.core.evm.abi.avatar_token import MINTER_ROLE
from nft.core.evm.address import parse_address, to_checksum
from nft.management.operator_account import build_fields, connect, get_configured_chain, load_account, send
from nft.minting.sponsor_account import fetch_is_minter
from nft.settings.chains import default_chain_id

ABI: Any = [
    {
        "type": "function",
        "name": name,
        "stateMutability": "nonpayable",
        "inputs": [{"name": "role", "type": "bytes32"}, {"name": "account", "type": "address"}],
        "outputs": [],
    }
    for name in ("grantRole", "revokeRole")
]


class Command(BaseCommand):
    help = (
        "Grants MINTER_ROLE on the chain's avatar_contract, by default to the account of NFT_SPONSOR_KEY or "
        "NFT_SPONSOR_SIGNER; --revoke takes it back. The transaction is signed by the contract's administrator, whose "
        "key is read from DEPLOYER_KEY_FILE (or DEPLOYER_KEY). Run twice, it sends nothing the second time."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--chain", type=int, default=default_chain_id(), help="chain id (EIP-155)")
        parser.add_argument("--account", default="", help="the address; by default the account that pays")
        parser.add_argument("--revoke", action="store_true", help="take the role from the account")

    def handle(self, *_: object, chain: int, account: str, revoke: bool, **__: object) -> None:
        contract = get_configured_chain(chain).avatar_contract
        if contract is None:
            raise CommandError(
                f"In NFT_CHAINS, chain {chain} has no avatar_contract. manage.py deploy_contract makes one."
            )
        holder = _read_account(account, chain)
        if _is_minter(chain, contract, holder) is not revoke:
            self.stdout.write(f"{to_checksum(holder)} {'does not have' if revoke else 'has'} MINTER_ROLE already.")
            return
        _change(chain, contract, holder, "revokeRole" if revoke else "grantRole")
        if _is_minter(chain, contract, holder) is revoke:
            raise CommandError("The transaction is in a block, but the role is as it was.")
        done = "no longer has" if revoke else "now has"
        self.stdout.write(self.style.SUCCESS(f"{to_checksum(holder)} {done} MINTER_ROLE on chain {chain}."))


def _read_account(given: str, chain: int) -> bytes:
    try:
        signer = None if given else get_signer(chain)
        if not given and signer is None:
            raise CommandError(f"Chain {chain} is not in NFT_SPONSOR_CHAINS. Add it, or name an --account.")
        return signer.address if signer else parse_address(given)
    except (InvalidIdentifier, SignerError) as error:
        raise CommandError(str(error)) from error


def _is_minter(chain: int, contract: bytes, account: bytes) -> bool:
    try:
        return fetch_is_minter(get_chain(chain), contract, account)
    except ChainError as error:
        raise CommandError(str(error)) from error


def _change(chain: int, contract: bytes, account: bytes, name: str) -> None:
    w3, administrator = connect(chain), load_account()
    functions = w3.eth.contract(address=to_checksum_address(contract), abi=ABI).functions
    try:
        call = functions[name](MINTER_ROLE, to_checksum(account))
        transaction = call.build_transaction(build_fields(w3, administrator))
    except ContractLogicError:
        sentence = (
            f"{administrator.address} does not administer the contract. Use the key that deployed it, or --admin's."
        )
        raise CommandError(sentence) from None
    send(w3, administrator, transaction)
