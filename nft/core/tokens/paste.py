"""What people paste to name a token: contract and id, a CAIP or DID name, or the address of a page that shows it."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import SplitResult, parse_qs, urlsplit

from nft.core.evm.address import parse_address
from nft.core.evm.caip import check_chain_id, parse_asset_id
from nft.core.evm.ens import looks_like_name
from nft.core.evm.errors import InvalidAddress, InvalidIdentifier
from nft.core.tokens.errors import PasteRefused
from nft.core.tokens.token import MAX_TOKEN_ID, TokenStandard

MAX_PASTED_CHARACTERS = 2048

_PAIR = re.compile(r"(?P<contract>0x[0-9a-fA-F]{40})\s*[\s/:#,]\s*(?P<token>\S+)")
_ONLY_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_TOKEN_ID = re.compile(r"0|[1-9][0-9]{0,77}|0x[0-9a-fA-F]{1,64}")
_NO_EXPLORERS: Mapping[str, int] = MappingProxyType({})


class PasteRefusal(enum.StrEnum):
    """Why what was pasted names no token."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    NO_TOKEN_ID = "no_token_id"  # noqa: S105 - a reason, not a secret
    BAD_TOKEN_ID = "bad_token_id"  # noqa: S105 - a reason, not a secret
    BAD_CONTRACT = "bad_contract"
    BAD_IDENTIFIER = "bad_identifier"
    UNKNOWN_SITE = "unknown_site"
    UNKNOWN_CHAIN = "unknown_chain"
    NOT_A_TOKEN_PAGE = "not_a_token_page"  # noqa: S105 - a reason, not a secret
    NAME = "name"
    NO_RECORD = "no_record"
    NOT_A_TOKEN = "not_a_token"  # noqa: S105 - a reason, not a secret
    NOT_UNDERSTOOD = "not_understood"


@dataclass(frozen=True, slots=True)
class AssetReference:
    """A token as somebody named it. `standard` is None where the text does not tell: ask the contract."""

    chain_id: int
    contract: bytes
    token_id: int
    standard: TokenStandard | None = None


def parse_pasted_token(
    text: str, default_chain_id: int, explorer_hosts: Mapping[str, int] = _NO_EXPLORERS
) -> AssetReference:
    """The token that `text` names; a bare contract and id is taken to be on `default_chain_id`.

    `explorer_hosts` adds hosts (lower case, with port if any) of explorers to the known ones.
    Raises `PasteRefused` for everything else. No address is opened.
    """
    check_chain_id(default_chain_id)
    text = text.strip()
    if not text:
        raise PasteRefused(PasteRefusal.EMPTY, "Nothing was pasted.")
    if len(text) > MAX_PASTED_CHARACTERS:
        raise PasteRefused(PasteRefusal.TOO_LONG, f"More than {MAX_PASTED_CHARACTERS} characters were pasted.")
    if text.startswith(("eip155:", "did:")):
        return _parse_identifier(text)
    if text.lower().startswith(("https://", "http://")):
        return _parse_page(text, explorer_hosts)
    return _parse_pair(text, default_chain_id)


def _parse_identifier(text: str) -> AssetReference:
    try:
        asset = parse_asset_id(text)
    except (InvalidIdentifier, InvalidAddress) as error:
        raise PasteRefused(PasteRefusal.BAD_IDENTIFIER, str(error)) from error
    return AssetReference(asset.chain_id, asset.contract, asset.token_id, asset.standard)


def _parse_pair(text: str, chain_id: int) -> AssetReference:
    if match := _PAIR.fullmatch(text):
        return AssetReference(chain_id, _parse_contract(match["contract"]), _parse_token_id(match["token"]))
    if _ONLY_ADDRESS.fullmatch(text):
        raise PasteRefused(PasteRefusal.NO_TOKEN_ID, "This is only a contract; add a space and the token id.")
    if looks_like_name(text):
        raise PasteRefused(PasteRefusal.NAME, f"“{text[:60]}” is a name; paste the contract and the token id.")
    raise PasteRefused(
        PasteRefusal.NOT_UNDERSTOOD,
        "This names no token. Paste the contract and the token id, or the address of the token's page.",
    )


def _parse_page(text: str, explorer_hosts: Mapping[str, int]) -> AssetReference:
    try:
        page = urlsplit(text)
        host = (page.netloc.rpartition("@")[2]).lower().removeprefix("www.")
    except ValueError as error:
        raise PasteRefused(PasteRefusal.NOT_UNDERSTOOD, "This is not a web address.") from error
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
        raise PasteRefused(
            PasteRefusal.UNKNOWN_SITE,
            f"The site “{host[:60]}” is not one we read. Paste the contract and the token id instead.",
        )
    return _parse_explorer(page, chain_id)


def _parse_opensea(page: SplitResult, host: str) -> AssetReference:
    """`/assets/<chain>/<contract>/<id>` or `/item/…`, perhaps behind a language; old pages name no chain."""
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
    """`/token/<contract>:<id>`, `/token/<chain>/<contract>:<id>` or `/<chain>/items/<contract>:<id>`."""
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
    """`/item-details/<chain>/<contract>/<id>`; pages of other ledgers name no contract."""
    match _segments(page):
        case ["item-details", slug, contract, token, *_] if contract.startswith("0x"):
            return AssetReference(_parse_slug(slug), _parse_contract(contract), _parse_token_id(token))
        case _:
            raise _not_a_token_page("Magic Eden")


def _parse_looksrare(page: SplitResult, chain_id: int) -> AssetReference:
    """`/collections/<contract>/<id>`."""
    match _segments(page):
        case ["collections", contract, token, *_] if contract.startswith("0x"):
            return AssetReference(chain_id, _parse_contract(contract), _parse_token_id(token))
        case _:
            raise _not_a_token_page("LooksRare")


def _parse_explorer(page: SplitResult, chain_id: int) -> AssetReference:
    """Etherscan's `/nft/<contract>/<id>` and `/token/<contract>?a=<id>`, Blockscout's `/token/…/instance/<id>`."""
    match _segments(page):
        case ["nft", contract, token, *_] | ["token", contract, "instance", token, *_]:
            pass
        case ["token", contract]:
            token = parse_qs(page.query, max_num_fields=20).get("a", [""])[0] if page.query.count("&") < 20 else ""
        case _:
            raise _not_a_token_page("The explorer")
    if _ONLY_ADDRESS.fullmatch(token):
        raise PasteRefused(PasteRefusal.NO_TOKEN_ID, "This page lists one holder's tokens; open the token itself.")
    return AssetReference(chain_id, _parse_contract(contract), _parse_token_id(token))


def _segments(page: SplitResult) -> list[str]:
    return [segment for segment in page.path.split("/") if segment]


def _parse_slug(slug: str) -> int:
    chain_id = CHAIN_SLUGS.get(slug.lower())
    if chain_id is None:
        raise PasteRefused(
            PasteRefusal.UNKNOWN_CHAIN,
            f"The chain “{slug[:40]}” is not one we know by name. Paste eip155:<chain id>/erc721:0x…/<id> instead.",
        )
    return chain_id


def _main_chain(host: str) -> int:
    if is_testnet_host(host):
        raise PasteRefused(PasteRefusal.UNKNOWN_CHAIN, "This address does not say which test chain it means.")
    return ETHEREUM


def _parse_contract(text: str) -> bytes:
    try:
        return parse_address(text)
    except InvalidAddress as error:
        raise PasteRefused(PasteRefusal.BAD_CONTRACT, str(error)) from error


def _parse_token_id(text: str) -> int:
    if not text:
        raise PasteRefused(PasteRefusal.NO_TOKEN_ID, "The token id is missing.")
    if not _TOKEN_ID.fullmatch(text):
        raise PasteRefused(PasteRefusal.BAD_TOKEN_ID, f"“{text[:80]}” is not a token id.")
    token_id = int(text, 16) if text.startswith("0x") else int(text)
    if token_id > MAX_TOKEN_ID:
        raise PasteRefused(PasteRefusal.BAD_TOKEN_ID, "The token id is larger than 2^256 - 1.")
    return token_id


def _not_a_token_page(site: str) -> PasteRefused:
    return PasteRefused(
        PasteRefusal.NOT_A_TOKEN_PAGE,
        f"{site} page addresses that name one token are read; this one names none.",
    )


# The marketplaces and block explorers whose page addresses name a token, and the chains they mean.

ETHEREUM = 1

# How OpenSea and Rarible name chains in their page addresses.
CHAIN_SLUGS: Mapping[str, int] = MappingProxyType({
    "ethereum": ETHEREUM, "matic": 137, "polygon": 137, "base": 8453, "optimism": 10, "arbitrum": 42161,
    "arbitrum-nova": 42170, "arbitrum_nova": 42170, "avalanche": 43114, "bsc": 56, "klaytn": 8217,
    "zora": 7777777, "blast": 81457, "celo": 42220, "zksync": 324, "scroll": 534352, "linea": 59144,
    "mantle": 5000, "abstract": 2741, "ape_chain": 33139, "apechain": 33139, "shape": 360, "unichain": 130,
    "soneium": 1868, "ronin": 2020, "sei": 1329, "gnosis": 100, "sepolia": 11155111,
    "base_sepolia": 84532, "base-sepolia": 84532, "amoy": 80002,
})  # fmt: skip

OPENSEA_HOSTS = frozenset({"opensea.io", "testnets.opensea.io", "pro.opensea.io"})
RARIBLE_HOSTS = frozenset({"rarible.com", "testnet.rarible.com", "og.rarible.com"})
MAGIC_EDEN_HOSTS = frozenset({"magiceden.io", "magiceden.us"})
LOOKSRARE_HOSTS: Mapping[str, int] = MappingProxyType({"looksrare.org": ETHEREUM, "sepolia.looksrare.org": 11155111})
_TESTNET_PREFIX = "testnet"

# Etherscan and Blockscout run one host a chain.
EXPLORER_HOSTS: Mapping[str, int] = MappingProxyType({
    "etherscan.io": ETHEREUM, "sepolia.etherscan.io": 11155111, "holesky.etherscan.io": 17000,
    "hoodi.etherscan.io": 560048, "optimistic.etherscan.io": 10, "sepolia-optimism.etherscan.io": 11155420,
    "polygonscan.com": 137, "amoy.polygonscan.com": 80002, "basescan.org": 8453, "sepolia.basescan.org": 84532,
    "arbiscan.io": 42161, "nova.arbiscan.io": 42170, "sepolia.arbiscan.io": 421614, "bscscan.com": 56,
    "testnet.bscscan.com": 97, "snowscan.xyz": 43114, "testnet.snowscan.xyz": 43113, "gnosisscan.io": 100,
    "lineascan.build": 59144, "scrollscan.com": 534352, "blastscan.io": 81457, "celoscan.io": 42220,
    "mantlescan.xyz": 5000, "moonscan.io": 1284, "apescan.io": 33139, "uniscan.xyz": 130,
    "eth.blockscout.com": ETHEREUM, "eth-sepolia.blockscout.com": 11155111, "base.blockscout.com": 8453,
    "base-sepolia.blockscout.com": 84532, "optimism.blockscout.com": 10, "explorer.optimism.io": 10,
    "polygon.blockscout.com": 137, "arbitrum.blockscout.com": 42161, "gnosis.blockscout.com": 100,
    "zksync.blockscout.com": 324, "scroll.blockscout.com": 534352, "celo.blockscout.com": 42220,
    "explorer.zora.energy": 7777777, "soneium.blockscout.com": 1868, "unichain.blockscout.com": 130,
})  # fmt: skip


def is_testnet_host(host: str) -> bool:
    """Whether the site shows test chains, so that a missing chain name does not mean Ethereum."""
    return host.startswith(_TESTNET_PREFIX)
