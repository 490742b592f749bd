"""Tokens and accounts that staff blocked, besides collections (`nft.tokens.collection_policy`)."""

from __future__ import annotations

import re

from django.db.models import Q

from nft.core.errors import InvalidIdentifier
from nft.core.evm.address import parse_address, to_checksum
from nft.core.evm.caip import AssetId, parse_account_id, parse_asset_id
from nft.core.evm.token import TokenStandard
from nft.tokens.collection_policy import get_refusal
from profiles.blocks.kinds import BlockRefused
from profiles.blocks.matching import active_blocks, describe_block
from profiles.sentences import gettext as _

TOKEN, ACCOUNT, CONTRACT = "token", "account", "contract"
_COLLECTION = re.compile(r"(eip155:[1-9][0-9]{0,18})/[-a-z0-9]{3,8}:(0x[0-9a-fA-F]{40})")


def get_token_refusal(chain_id: int, contract: bytes, token_id: int, *holders: bytes | None) -> str:
    """Return why a token is not shown here, in a sentence; empty if it is. Three queries.

    holders: the accounts that hold it or let others act for them, where they are known.
    """
    if refusal := get_refusal(chain_id, contract):
        return refusal
    wanted = Q(kind=TOKEN, value__in=token_values(chain_id, contract, token_id))
    known = [to_checksum(holder) for holder in holders if holder is not None]
    if known:
        wanted |= Q(kind=ACCOUNT, value__in=known)
    block = active_blocks().filter(wanted).first()
    return "" if block is None else describe_block(block.reason)


def get_account_refusal(address: bytes) -> str:
    """Return why nothing of an account is shown, and nothing is made for it; empty if nothing speaks against it."""
    block = active_blocks().filter(kind=ACCOUNT, value=to_checksum(address)).first()
    if block is None:
        return ""
    return _(
        "This site has blocked the account %(account)s: %(reason)s", account=to_checksum(address), reason=block.reason
    )


def token_values(chain_id: int, contract: bytes, token_id: int) -> list[str]:
    """Return the values that a block of this token may have: whoever blocked it may have named either standard."""
    return [str(AssetId(chain_id, standard, contract, token_id)) for standard in TokenStandard]


def contract_value(chain_id: int, contract: bytes) -> str:
    return f"eip155:{chain_id}:{to_checksum(contract)}"


def parse_token(text: str) -> str:
    """Return a token in CAIP-19 form. Raise BlockRefused."""
    try:
        return str(parse_asset_id(text.strip()))
    except InvalidIdentifier as error:
        raise BlockRefused(str(error)) from error


def parse_contract(text: str) -> str:
    """Return a contract as eip155:<chain>:<address>. Raise BlockRefused."""
    text = text.strip()
    if match := _COLLECTION.fullmatch(text):
        text = f"{match[1]}:{match[2]}"
    try:
        return str(parse_account_id(text))
    except InvalidIdentifier:
        raise BlockRefused(_("A contract is written eip155:<chain id>:0x<address>.")) from None


def parse_account(text: str) -> str:
    """Return the address of an account, whatever chain was named: a key has the same on all. Raise BlockRefused."""
    text = text.strip()
    try:
        return to_checksum(parse_account_id(text).address if text.startswith("eip155:") else parse_address(text))
    except InvalidIdentifier as error:
        raise BlockRefused(str(error)) from error
