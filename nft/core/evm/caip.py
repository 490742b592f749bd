"""Chain-agnostic identifiers: CAIP-10 accounts, CAIP-19 assets (with CAIP-22, CAIP-29) and `did:nft`.

Only the `eip155` namespace is supported: every chain here is an EVM chain.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from nft.core.errors import InvalidIdentifier
from nft.core.evm.address import check_length, parse_address, to_checksum
from nft.core.evm.token import TokenStandard, check_token_id
from profiles.sentences import gettext as _

MAX_CHAIN_ID = 9_223_372_036_854_775_771  # EIP-2294

_NUMBER = r"(?:0|[1-9][0-9]{0,77})"
_ACCOUNT = re.compile(r"eip155:(?P<chain>[1-9][0-9]{0,18}):(?P<address>0x[0-9a-fA-F]{40})")
_ASSET = re.compile(
    r"eip155:(?P<chain>[1-9][0-9]{0,18})/(?P<standard>[-a-z0-9]{3,8}):"
    rf"(?P<contract>0x[0-9a-fA-F]{{40}})/(?P<token>{_NUMBER})"
)
_DID = "did:nft:"


@dataclass(frozen=True, slots=True)
class AccountId:
    """An account on one chain; its text is CAIP-10 with an EIP-55 address."""

    chain_id: int
    address: bytes

    def __post_init__(self) -> None:
        check_chain_id(self.chain_id)
        check_length(self.address)

    def __str__(self) -> str:
        return f"eip155:{self.chain_id}:{to_checksum(self.address)}"


@dataclass(frozen=True, slots=True)
class AssetId:
    """One token; its text is CAIP-19 with an EIP-55 contract address."""

    chain_id: int
    standard: TokenStandard
    contract: bytes
    token_id: int

    def __post_init__(self) -> None:
        check_chain_id(self.chain_id)
        check_length(self.contract)
        check_token_id(self.token_id)

    def __str__(self) -> str:
        return f"eip155:{self.chain_id}/{self.standard}:{to_checksum(self.contract)}/{self.token_id}"


def parse_account_id(text: str) -> AccountId:
    """Parse a CAIP-10 account such as `eip155:1:0x…`. Raise `InvalidIdentifier`."""
    match = _ACCOUNT.fullmatch(text)
    if not match:
        raise InvalidIdentifier(_("This is not a CAIP-10 account: eip155:<chain id>:0x<address> is expected."))
    return AccountId(int(match["chain"]), parse_address(match["address"]))


def parse_asset_id(text: str) -> AssetId:
    """Parse a CAIP-19 asset of ERC-721 (CAIP-22) or ERC-1155 (CAIP-29), or its `did:nft:` form.

    Raise `InvalidIdentifier`.
    """
    match = _ASSET.fullmatch(_without_did(text))
    if not match:
        raise InvalidIdentifier(
            _("This is not a CAIP-19 asset: eip155:<chain id>/erc721:0x<contract>/<token id> is expected.")
        )
    return AssetId(
        int(match["chain"]),
        _parse_standard(match["standard"]),
        parse_address(match["contract"]),
        int(match["token"]),
    )


def check_chain_id(chain_id: int) -> None:
    """Raise `InvalidIdentifier` unless EIP-155 and EIP-2294 allow the chain id."""
    if not 1 <= chain_id <= MAX_CHAIN_ID:
        raise InvalidIdentifier(_("A chain id is a whole number from 1 to %(chain_id)s.", chain_id=str(MAX_CHAIN_ID)))


def _without_did(text: str) -> str:
    """Return the CAIP-19 form of a `did:nft`, which writes `_` in place of `/`."""
    if not text.startswith(_DID):
        return text
    if "?" in text:
        raise InvalidIdentifier(_("A did:nft with a version asks for the past; only the present owner can be checked."))
    return text.removeprefix(_DID).replace("_", "/")


def _parse_standard(text: str) -> TokenStandard:
    try:
        return TokenStandard(text)
    except ValueError:
        raise InvalidIdentifier(
            _("“%(text)s” is not a token standard we know; erc721 and erc1155 are supported.", text=text)
        ) from None
