"""Send money to the account that pays for people's tokens: `manage.py fund_sponsor --chain 1 --amount 0.1`."""

from __future__ import annotations

from argparse import ArgumentParser
from decimal import Decimal, InvalidOperation

from django.core.management.base import BaseCommand, CommandError
from eth_utils.address import to_checksum_address

from nft.clients.evm.signers import SignerError, get_signer
from nft.core.evm.address import to_checksum
from nft.management.operator_account import build_fields, connect, get_configured_chain, load_account, send
from nft.settings import ETHER
from nft.settings.chains import default_chain_id

# A plain transfer; an account that is a contract may need a little more.
GAS = 50_000


class Command(BaseCommand):
    help = (
        "Sends an amount of the chain's currency to the account of NFT_SPONSOR_KEY or NFT_SPONSOR_SIGNER, from the "
        "account whose key is in DEPLOYER_KEY_FILE (or DEPLOYER_KEY). Keep there little more than a few days' budget."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--chain", type=int, default=default_chain_id(), help="chain id (EIP-155)")
        parser.add_argument("--amount", required=True, help="in the chain's currency, such as 0.1")

    def handle(self, *_: object, chain: int, amount: str, **__: object) -> None:
        currency = get_configured_chain(chain).currency
        wei, address = _read_amount(amount), _sponsor_address(chain)
        w3, sender = connect(chain), load_account()
        if w3.eth.get_balance(sender.address) <= wei:
            raise CommandError(f"{sender.address} has too little {currency}.")
        fees = {"gas": GAS, "gasPrice": w3.eth.gas_price, "chainId": chain}
        send(w3, sender, {**build_fields(w3, sender), **fees, "to": to_checksum(address), "value": wei})  # type: ignore[typeddict-item]
        balance = Decimal(w3.eth.get_balance(to_checksum_address(address))) / ETHER
        self.stdout.write(self.style.SUCCESS(f"{to_checksum(address)} now has {balance.normalize():f} {currency}."))


def _read_amount(text: str) -> int:
    try:
        wei = int(Decimal(text) * ETHER)
    except (InvalidOperation, OverflowError, ValueError):
        wei = 0
    if wei <= 0:
        raise CommandError(f"--amount is {text!r}: write an amount above 0, such as 0.1.")
    return wei


def _sponsor_address(chain: int) -> bytes:
    try:
        signer = get_signer(chain)
    except SignerError as error:
        raise CommandError(str(error)) from error
    if signer is None:
        raise CommandError(f"Chain {chain} is not in NFT_SPONSOR_CHAINS, so nobody pays there.")
    return signer.address
