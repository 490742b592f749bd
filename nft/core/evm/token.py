"""Tokens, their standards and ids."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from nft.core.errors import InvalidIdentifier
from profiles.sentences import gettext as _

MAX_TOKEN_ID = 2**256 - 1
# `{id}`, as it stands or percent-encoded by a tool that read the address as a URI.
_PLACE = re.compile(r"\{id\}|%7[Bb]id%7[Dd]")


class TokenStandard(enum.StrEnum):
    """The token standards we support. The value is the asset namespace of CAIP-19."""

    ERC721 = "erc721"
    ERC1155 = "erc1155"


@dataclass(frozen=True, slots=True)
class Token:
    """One token of a contract.

    `standard` is None until the contract has answered a call of one. `vault` is the holder found at the last check if
    the token was held by delegation.
    """

    contract: bytes
    token_id: int
    standard: TokenStandard | None = None
    vault: bytes | None = None


def check_token_id(token_id: int) -> None:
    """Raise `InvalidIdentifier` unless `token_id` is a uint256."""
    if not 0 <= token_id <= MAX_TOKEN_ID:
        raise InvalidIdentifier(_("A token id is a whole number from 0 to 2^256 - 1."))


def substitute_id(uri: str, token_id: int) -> str:
    """Replace each `{id}` in `uri` by the token id: 64 lower-case hexadecimal digits without 0x (ERC-1155)."""
    check_token_id(token_id)
    return _PLACE.sub(f"{token_id:064x}", uri)


def substitute_decimal_id(uri: str, token_id: int) -> str:
    """Like `substitute_id`, by decimal digits: against the standard, but many contracts mean these."""
    check_token_id(token_id)
    return _PLACE.sub(str(token_id), uri)
