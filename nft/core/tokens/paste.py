"""Parse what people paste to name a token: contract and id, a CAIP or DID identifier, or the address of its page.

Every refusal is an `InvalidIdentifier` with one of the kinds below.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import SplitResult, parse_qs, urlsplit

from nft.core.errors import InvalidIdentifier
from nft.core.evm.address import parse_address
from nft.core.evm.caip import check_chain_id, parse_asset_id
from nft.core.evm.ens import looks_like_name
from nft.core.evm.token import MAX_TOKEN_ID, TokenStandard
from nft.core.tokens.sites import (
    CHAIN_SLUGS,
    ETHEREUM,
    EXPLORER_HOSTS,
    LOOKSRARE_HOSTS,
    MAGIC_EDEN_HOSTS,
    OPENSEA_HOSTS,
    RARIBLE_HOSTS,
)
from profiles.errors import Kind
from profiles.sentences import gettext, gettext_noop

MAX_PASTED_CHARACTERS = 2048

_PAIR = re.compile(r"(?P<contract>0x[0-9a-fA-F]{40})\s*[\s/:#,]\s*(?P<token>\S+)")
_ONLY_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_TOKEN_ID = re.compile(r"0|[1-9][0-9]{0,77}|0x[0-9a-fA-F]{1,64}")
_NO_EXPLORERS: Mapping[str, int] = MappingProxyType({})


EMPTY = Kind("paste-empty", gettext_noop("Nothing was pasted"))
TOO_LONG = Kind("paste-too-long", gettext_noop("The text is too long for a token"))
NO_TOKEN_ID = Kind("paste-no-token-id", gettext_noop("The token id is missing"))
BAD_TOKEN_ID = Kind("paste-bad-token-id", gettext_noop("The token id is wrong"))
BAD_CONTRACT = Kind("paste-bad-contract", gettext_noop("The contract's address is wrong"))
BAD_IDENTIFIER = Kind("paste-bad-identifier", gettext_noop("The identifier of the token is malformed"))
UNKNOWN_SITE = Kind("paste-unknown-site", gettext_noop("The site of the page is unknown"))
UNKNOWN_CHAIN = Kind("paste-unknown-chain", gettext_noop("The token is on an unknown chain"))
NOT_A_TOKEN_PAGE = Kind("paste-not-a-token-page", gettext_noop("The page is not that of a token"))
ENS_NAME = Kind("paste-ens-name", gettext_noop("An ENS name is no token"))
NOT_UNDERSTOOD = Kind("paste-not-understood", gettext_noop("The text names no token"))


@dataclass(frozen=True, slots=True)
class AssetReference:
    """A token as a person named it. `standard` is None if the text does not tell; then ask the contract."""

    chain_id: int
    contract: bytes
    token_id: int
    standard: TokenStandard | None = None


def parse_pasted_token(
    text: str, default_chain_id: int, explorer_hosts: Mapping[str, int] = _NO_EXPLORERS
) -> AssetReference:
    """Return the token that `text` names. A bare contract and id is taken to be on `default_chain_id`.

    `explorer_hosts` adds explorers to the known ones: host (lower case, with port if any) → chain id. No page is
    opened. Raise `InvalidIdentifier`.
    """
    check_chain_id(default_chain_id)
    text = text.strip()
    if not text:
        raise InvalidIdentifier(gettext("Nothing was pasted."), EMPTY)
    if len(text) > MAX_PASTED_CHARACTERS:
        raise InvalidIdentifier(
            gettext("More than %(pasted_characters)s characters were pasted.", pasted_characters=MAX_PASTED_CHARACTERS),
            TOO_LONG,
        )
    if text.startswith(("eip155:", "did:")):
        return _parse_identifier(text)
    if text.lower().startswith(("https://", "http://")):
        return _parse_page(text, explorer_hosts)
    return _parse_pair(text, default_chain_id)


def _parse_identifier(text: str) -> AssetReference:
    try:
        asset = parse_asset_id(text)
    except InvalidIdentifier as error:
        raise InvalidIdentifier(error.sentence, BAD_IDENTIFIER) from error
    return AssetReference(asset.chain_id, asset.contract, asset.token_id, asset.standard)


def _parse_pair(text: str, chain_id: int) -> AssetReference:
    if match := _PAIR.fullmatch(text):
        return AssetReference(chain_id, _parse_contract(match["contract"]), _parse_token_id(match["token"]))
    if _ONLY_ADDRESS.fullmatch(text):
        raise InvalidIdentifier(gettext("This is only a contract; add a space and the token id."), NO_TOKEN_ID)
    if looks_like_name(text):
        raise InvalidIdentifier(
            gettext("“%(text)s” is a name; paste the contract and the token id.", text=text[:60]), ENS_NAME
        )
    raise InvalidIdentifier(
        gettext("This names no token. Paste the contract and the token id, or the address of the token's page."),
        NOT_UNDERSTOOD,
    )


def _parse_page(text: str, explorer_hosts: Mapping[str, int]) -> AssetReference:
    try:
        page = urlsplit(text)
        host = (page.netloc.rpartition("@")[2]).lower().removeprefix("www.")
    except ValueError as error:
        raise InvalidIdentifier(gettext("This is not a web address."), NOT_UNDERSTOOD) from error
    if host in OPENSEA_HOSTS:
        return _parse_opensea(page, host)
    if host in RARIBLE_HOSTS:
        return _parse_rarible(page, host)
    if host in MAGIC_EDEN_HOSTS:
        return _parse_magic_eden(page)
    if host in LOOKSRARE_HOSTS:
        return _parse_looksrare(page, LOOKSRARE_HOSTS[host])
    chain_id = explorer_hosts.get(host) or EXPLORER_HOSTS.get(host)
    if chain_id is None:
        raise InvalidIdentifier(
            gettext(
                "The site “%(host)s” is not one we read. Paste the contract and the token id instead.", host=host[:60]
            ),
            UNKNOWN_SITE,
        )
    return _parse_explorer(page, chain_id)


def _parse_opensea(page: SplitResult, host: str) -> AssetReference:
    """Parse `/assets/<chain>/<contract>/<id>` or `/item/…`, perhaps after a language. Old pages name no chain."""
    segments = _segments(page)
    start = next((i for i, segment in enumerate(segments[:2]) if segment in ("assets", "item")), None)
    if start is None:
        raise _not_a_token_page("OpenSea")
    match segments[start + 1 :]:
        case [slug, contract, token, *_] if contract.startswith("0x"):
            return AssetReference(_parse_slug(slug), _parse_contract(contract), _parse_token_id(token))
        case [contract, token, *_] if contract.startswith("0x"):
            return AssetReference(_main_chain(host), _parse_contract(contract), _parse_token_id(token))
        case _:
            raise _not_a_token_page("OpenSea")


def _parse_rarible(page: SplitResult, host: str) -> AssetReference:
    """Parse `/token/<contract>:<id>`, `/token/<chain>/<contract>:<id>` or `/<chain>/items/<contract>:<id>`."""
    match _segments(page):
        case ["token", item, *_] if item.startswith("0x"):
            chain_id = _main_chain(host)
        case ["token", slug, item, *_] | [slug, "items", item, *_]:
            chain_id = _parse_slug(slug)
        case _:
            raise _not_a_token_page("Rarible")
    contract, _, token = item.partition(":")
    return AssetReference(chain_id, _parse_contract(contract), _parse_token_id(token))


def _parse_magic_eden(page: SplitResult) -> AssetReference:
    """Parse `/item-details/<chain>/<contract>/<id>`. Pages of other ledgers name no contract."""
    match _segments(page):
        case ["item-details", slug, contract, token, *_] if contract.startswith("0x"):
            return AssetReference(_parse_slug(slug), _parse_contract(contract), _parse_token_id(token))
        case _:
            raise _not_a_token_page("Magic Eden")


def _parse_looksrare(page: SplitResult, chain_id: int) -> AssetReference:
    """Parse `/collections/<contract>/<id>`."""
    match _segments(page):
        case ["collections", contract, token, *_] if contract.startswith("0x"):
            return AssetReference(chain_id, _parse_contract(contract), _parse_token_id(token))
        case _:
            raise _not_a_token_page("LooksRare")


def _parse_explorer(page: SplitResult, chain_id: int) -> AssetReference:
    """Parse pages of Etherscan and Blockscout.

    Etherscan has `/nft/<contract>/<id>` and `/token/<contract>?a=<id>`, Blockscout `/token/<contract>/instance/<id>`.
    """
    match _segments(page):
        case ["nft", contract, token, *_] | ["token", contract, "instance", token, *_]:
            pass
        case ["token", contract]:
            token = parse_qs(page.query, max_num_fields=20).get("a", [""])[0] if page.query.count("&") < 20 else ""
        case _:
            raise _not_a_token_page(gettext("The explorer"))
    if _ONLY_ADDRESS.fullmatch(token):
        raise InvalidIdentifier(gettext("This page lists one holder's tokens; open the token itself."), NO_TOKEN_ID)
    return AssetReference(chain_id, _parse_contract(contract), _parse_token_id(token))


def _segments(page: SplitResult) -> list[str]:
    return [segment for segment in page.path.split("/") if segment]


def _parse_slug(slug: str) -> int:
    chain_id = CHAIN_SLUGS.get(slug.lower())
    if chain_id is None:
        raise InvalidIdentifier(
            gettext(
                "The chain “%(slug)s” is not one we know by name. Paste eip155:<chain id>/erc721:0x…/<id> instead.",
                slug=slug[:40],
            ),
            UNKNOWN_CHAIN,
        )
    return chain_id


def _main_chain(host: str) -> int:
    """Return the chain of a page whose address names none. Raise `InvalidIdentifier` for sites of test chains."""
    if host.startswith("testnet"):
        raise InvalidIdentifier(gettext("This address does not say which test chain it means."), UNKNOWN_CHAIN)
    return ETHEREUM


def _parse_contract(text: str) -> bytes:
    try:
        return parse_address(text)
    except InvalidIdentifier as error:
        raise InvalidIdentifier(error.sentence, BAD_CONTRACT) from error


def _parse_token_id(text: str) -> int:
    if not text:
        raise InvalidIdentifier(gettext("The token id is missing."), NO_TOKEN_ID)
    if not _TOKEN_ID.fullmatch(text):
        raise InvalidIdentifier(gettext("“%(text)s” is not a token id.", text=text[:80]), BAD_TOKEN_ID)
    token_id = int(text, 16) if text.startswith("0x") else int(text)
    if token_id > MAX_TOKEN_ID:
        raise InvalidIdentifier(gettext("The token id is larger than 2^256 - 1."), BAD_TOKEN_ID)
    return token_id


def _not_a_token_page(site: str) -> InvalidIdentifier:
    return InvalidIdentifier(
        gettext("%(site)s page addresses that name one token are read; this one names none.", site=site),
        NOT_A_TOKEN_PAGE,
    )
