"""The account that pays for people's tokens, as the chain knows it: its role, its balance and what a token costs."""

from __future__ import annotations

from dataclasses import dataclass

from nft.clients.evm.answers import parse_number
from nft.clients.evm.chain import HEAD, ChainClient
from nft.clients.evm.errors import ChainError
from nft.clients.evm.fees import fetch_fees
from nft.clients.evm.signers import get_signer
from nft.core.evm.abi.avatar_token import build_is_minter, parse_is_minter
from nft.core.evm.address import to_checksum
from nft.core.evm.errors import BadAnswer
from nft.minting.sponsored_steps import MAX_GAS
from nft.settings.chains import describe_chain
from profiles.sentences import gettext as _


@dataclass(frozen=True)
class SponsorAccount:
    """`is_minter` is None without a contract of ours. Amounts are in wei; `mint_cost` is the most a mint may cost."""

    address: bytes
    contract: bytes | None
    is_minter: bool | None
    balance: int
    mint_cost: int

    @property
    def can_pay(self) -> bool:
        return self.balance >= self.mint_cost


def fetch_sponsor_account(client: ChainClient) -> SponsorAccount | None:
    """Return None where the site pays for nobody. Raises ChainError and SignerError."""
    signer = get_signer(client.chain_id)
    if signer is None:
        return None
    contract = describe_chain(client.chain_id).avatar_contract
    return SponsorAccount(
        address=signer.address,
        contract=contract,
        is_minter=fetch_is_minter(client, contract, signer.address) if contract else None,
        balance=client.ask("eth_getBalance", [to_checksum(signer.address), "latest"], parse_number),
        mint_cost=MAX_GAS * fetch_fees(client).max_fee,
    )


def fetch_is_minter(client: ChainClient, contract: bytes, account: bytes) -> bool:
    """Return whether the account may mint for others. Raises ChainError, also if the contract is none of ours."""
    try:
        return parse_is_minter(client.call(contract, build_is_minter(account), HEAD))
    except BadAnswer as error:
        raise ChainError(_("The avatar_contract of NFT_CHAINS is no contract of ours.")) from error
