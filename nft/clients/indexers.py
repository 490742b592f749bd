"""Services that list an account's tokens, chosen by NFT_INDEXERS. They learn the address they are asked about.

An adapter is a class with the signature of `Indexer`; the setting names it by its dotted path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol
from urllib.parse import urlencode

from django.utils.module_loading import import_string

from nft.clients.transport.errors import BAD_RESPONSE, FetchError
from nft.clients.transport.guard import blaming
from nft.clients.web.fetch import FetchLimits, GuardedHttp, operator_http
from nft.core.evm.address import to_checksum
from nft.core.tokens.indexers import IndexedPage, parse_alchemy_page, parse_blockscout_page
from nft.settings import conf
from profiles.sentences import gettext

LIMITS = FetchLimits(max_bytes=8 * 1024 * 1024, seconds=15.0, accept="application/json")
MAX_PAGES = 50
"""Maximum pages per account, some thousand tokens; a search on the chain finds the rest."""


class Indexer(Protocol):
    """One service for one chain."""

    name: str

    def __init__(self, name: str, url: str, http: GuardedHttp) -> None: ...

    def pages(self, address: bytes) -> Iterator[IndexedPage]:
        """Yield the tokens of `address`, page by page. May raise anything, perhaps after some pages."""
        ...


class _JsonPages:
    def __init__(self, name: str, url: str, http: GuardedHttp) -> None:
        self.name = name
        self._url, self._http = url.rstrip("/"), http

    def _pages(
        self, path: str, query: Mapping[str, str], parse: Callable[[bytes], IndexedPage]
    ) -> Iterator[IndexedPage]:
        more: Mapping[str, str] | None = {}
        for _ in range(MAX_PAGES):
            answer = self._http.fetch(f"{self._url}{path}?{urlencode({**query, **(more or {})})}", LIMITS)
            page = parse(answer.content)
            yield page
            more = page.next_query
            if more is None:
                return


class Alchemy(_JsonPages):
    """Alchemy's NFT API v3; the URL ends in the key: `https://eth-mainnet.g.alchemy.com/nft/v3/<key>`."""

    def pages(self, address: bytes) -> Iterator[IndexedPage]:
        query = {"owner": to_checksum(address), "withMetadata": "true", "pageSize": "100"}
        return self._pages("/getNFTsForOwner", query, parse_alchemy_page)


class Blockscout(_JsonPages):
    """Any Blockscout's open API v2, such as `https://eth.blockscout.com`; needs no key."""

    def pages(self, address: bytes) -> Iterator[IndexedPage]:
        path = f"/api/v2/addresses/{to_checksum(address)}/nft"
        return self._pages(path, {"type": "ERC-721,ERC-1155"}, parse_blockscout_page)


def read_pages(indexer: Indexer, address: bytes) -> Iterator[IndexedPage]:
    """Yield what an indexer lists. Raises FetchError for whatever goes wrong, perhaps after some pages.

    Its sentence names the indexer and never its URL, which may hold a key.
    """
    with blaming(
        lambda: FetchError(gettext("%(name)s did not answer as it should.", name=indexer.name), BAD_RESPONSE),
        passing=(),
    ):
        yield from indexer.pages(address)


def get_indexers(chain_id: int) -> list[Indexer]:
    """Return the indexers configured for a chain, in the order in which they are asked."""
    http = operator_http()
    here = [indexer for indexer in conf().indexers if indexer.chain_id == chain_id]
    return [import_string(indexer.adapter)(indexer.shown_name, indexer.url, http) for indexer in here]
