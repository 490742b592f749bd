"""Parse the answers of indexers about an account's tokens.

They are hints, not facts: a malformed entry is skipped. A malformed answer raises `BadAnswer`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from nft.core.errors import CoreError
from nft.core.evm.address import parse_address
from nft.core.evm.errors import BadAnswer
from nft.core.evm.token import TokenStandard, check_token_id
from nft.core.text import clean_text
from profiles.sentences import gettext as _
from profiles.text import is_text, load_json

NAME_CHARACTERS = 200
# Digits of the largest uint256.
MAX_DIGITS = 78
_STANDARDS = {
    "ERC721": TokenStandard.ERC721,
    "ERC-721": TokenStandard.ERC721,
    "ERC1155": TokenStandard.ERC1155,
    "ERC-1155": TokenStandard.ERC1155,
}


@dataclass(frozen=True, slots=True)
class IndexedToken:
    """A token as an indexer lists it. Names are cleaned; picture URLs are ignored."""

    contract: bytes
    token_id: int
    standard: TokenStandard
    name: str = ""
    collection: str = ""
    is_spam: bool = False


@dataclass(frozen=True, slots=True)
class IndexedPage:
    """Some of an account's tokens. `next_query` holds the query parameters of the next page, None on the last one."""

    tokens: tuple[IndexedToken, ...]
    next_query: Mapping[str, str] | None = None


def parse_alchemy_page(raw: bytes) -> IndexedPage:
    """Parse Alchemy's NFT API v3, `getNFTsForOwner`. Raise `BadAnswer`."""
    document = _parse_document(raw)
    key = document.get("pageKey")
    query = {"pageKey": key} if isinstance(key, str) and key else {}
    return IndexedPage(_parse_tokens(document.get("ownedNfts"), _parse_alchemy_token), _check_query(query))


def parse_blockscout_page(raw: bytes) -> IndexedPage:
    """Parse Blockscout's API v2, `/addresses/<address>/nft`. Raise `BadAnswer`."""
    document = _parse_document(raw)
    following = document.get("next_page_params")
    query = {str(name): str(value) for name, value in following.items()} if isinstance(following, dict) else {}
    return IndexedPage(_parse_tokens(document.get("items"), _parse_blockscout_token), _check_query(query))


def _check_query(query: Mapping[str, str]) -> Mapping[str, str] | None:
    """Return what leads to the next page; None if there is none."""
    if not all(is_text(text) for pair in query.items() for text in pair):
        raise BadAnswer(_("The indexer's answer has a next page that is no text."))
    return query or None


def _parse_alchemy_token(entry: Mapping[str, object]) -> IndexedToken:
    contract = _object(entry["contract"])
    return IndexedToken(
        parse_address(_text(contract["address"])),
        _parse_token_id(entry["tokenId"]),
        _STANDARDS[_text(entry.get("tokenType") or contract["tokenType"])],
        _clean(entry.get("name")),
        _clean(contract.get("name")),
        contract.get("isSpam") in (True, "true"),
    )


def _parse_blockscout_token(entry: Mapping[str, object]) -> IndexedToken:
    token, metadata = _object(entry["token"]), entry.get("metadata")
    return IndexedToken(
        parse_address(_text(token.get("address_hash") or token["address"])),
        _parse_token_id(entry["id"]),
        _STANDARDS[_text(entry.get("token_type") or token["type"])],
        _clean(metadata.get("name")) if isinstance(metadata, dict) else "",
        _clean(token.get("name")),
        token.get("reputation") in ("spam", "scam"),
    )


def _parse_document(raw: bytes) -> Mapping[str, object]:
    try:
        document = load_json(raw)
    except ValueError as error:
        raise BadAnswer(_("The indexer's answer is not JSON.")) from error
    if not isinstance(document, dict):
        raise BadAnswer(_("The indexer's answer is not an object."))
    return document


def _parse_tokens(entries: object, parse: Callable[[Mapping[str, object]], IndexedToken]) -> tuple[IndexedToken, ...]:
    if not isinstance(entries, list):
        raise BadAnswer(_("The indexer's answer lists no tokens."))
    found = []
    for entry in entries:
        try:
            found.append(parse(_object(entry)))
        except (KeyError, CoreError):
            continue  # another standard, or not a token
    return tuple(found)


def _parse_token_id(value: object) -> int:
    text = str(value)
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS):
        raise BadAnswer(_("The indexer's answer has a token id that is no number."))
    number = int(text)
    check_token_id(number)
    return number


def _object(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise BadAnswer(_("The indexer's answer has a value that is not an object."))
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise BadAnswer(_("The indexer's answer has a value that is not a text."))
    return value


def _clean(value: object) -> str:
    return clean_text(value, NAME_CHARACTERS) if isinstance(value, str) else ""
