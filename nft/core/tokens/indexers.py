"""What indexers answer about an account's tokens, taken apart. Hints, not facts: a bad entry is left out."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from nft.core.errors import CoreError
from nft.core.evm.address import parse_address
from nft.core.evm.errors import BadAnswer
from nft.core.text import clean_text
from nft.core.tokens.token import TokenStandard, check_token_id

NAME_CHARACTERS = 200
MAX_DIGITS = 78
_STANDARDS = {
    "ERC721": TokenStandard.ERC721,
    "ERC-721": TokenStandard.ERC721,
    "ERC1155": TokenStandard.ERC1155,
    "ERC-1155": TokenStandard.ERC1155,
}


@dataclass(frozen=True, slots=True)
class IndexedToken:
    """A token as an indexer lists it. Names are cleaned; no address of a picture is taken over."""

    contract: bytes
    token_id: int
    standard: TokenStandard
    name: str = ""
    collection: str = ""
    is_spam: bool = False


@dataclass(frozen=True, slots=True)
class IndexedPage:
    """Some of an account's tokens; `next_query` asks for more, None where there are none."""

    tokens: tuple[IndexedToken, ...]
    next_query: Mapping[str, str] | None = field(default=None)


def parse_alchemy_page(raw: bytes) -> IndexedPage:
    """Alchemy's NFT API v3, `getNFTsForOwner`. Raises BadAnswer."""
    document = _document(raw)
    key = document.get("pageKey")
    return IndexedPage(
        _tokens(document.get("ownedNfts"), _alchemy_token), {"pageKey": key} if isinstance(key, str) and key else None
    )


def parse_blockscout_page(raw: bytes) -> IndexedPage:
    """Blockscout's API v2, `/addresses/<address>/nft`. Raises BadAnswer."""
    document = _document(raw)
    following = document.get("next_page_params")
    query = {str(name): str(value) for name, value in following.items()} if isinstance(following, dict) else None
    return IndexedPage(_tokens(document.get("items"), _blockscout_token), query or None)


def _alchemy_token(entry: Mapping[str, Any]) -> IndexedToken:
    contract = entry["contract"]
    return IndexedToken(
        parse_address(contract["address"]),
        _token_id(entry["tokenId"]),
        _STANDARDS[entry.get("tokenType") or contract["tokenType"]],
        _text(entry.get("name")),
        _text(contract.get("name")),
        contract.get("isSpam") in (True, "true"),
    )


def _blockscout_token(entry: Mapping[str, Any]) -> IndexedToken:
    token, metadata = entry["token"], entry.get("metadata")
    return IndexedToken(
        parse_address(token.get("address_hash") or token["address"]),
        _token_id(entry["id"]),
        _STANDARDS[entry.get("token_type") or token["type"]],
        _text(metadata.get("name")) if isinstance(metadata, dict) else "",
        _text(token.get("name")),
        token.get("reputation") in ("spam", "scam"),
    )


def _document(raw: bytes) -> dict[str, Any]:
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise BadAnswer("The indexer's answer is not JSON.") from error
    if not isinstance(document, dict):
        raise BadAnswer("The indexer's answer is not an object.")
    return document


def _tokens(entries: object, read: Callable[[Mapping[str, Any]], IndexedToken]) -> tuple[IndexedToken, ...]:
    if not isinstance(entries, list):
        raise BadAnswer("The indexer's answer lists no tokens.")
    found = []
    for entry in entries:
        try:
            found.append(read(entry))
        except (KeyError, TypeError, AttributeError, CoreError):
            continue  # of a kind we don't show, or not an entry at all
    return tuple(found)


def _token_id(value: object) -> int:
    text = str(value)
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS):
        raise BadAnswer("The indexer's answer has a token id that is no number.")
    number = int(text)
    check_token_id(number)
    return number


def _text(value: object) -> str:
    return clean_text(value, NAME_CHARACTERS) if isinstance(value, str) else ""
