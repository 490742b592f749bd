"""IPFS through trustless gateways: each block is hashed against its CID as it arrives, whatever gateway sends it.

The best gateway is asked first. When it is slow the next one starts in parallel, when it fails the next one starts at
once. A gateway that sends a false or truncated block, or none, loses its turn and its place in the order. Verified
blocks are kept, whatever gateway sent them. (https://specs.ipfs.tech/http-gateways/trustless-gateway/)
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from urllib.parse import quote

from django.core.cache import caches

from nft.clients.ipfs.blockstore import get_block
from nft.clients.ipfs.race import Race
from nft.clients.ipfs.reading import FileFetch, GetBlock, IpfsLimits, IpfsUnavailable, VerifiedFile
from nft.clients.ipfs.scores import GatewayScores
from nft.clients.transport.deadline import Cancellation
from nft.clients.transport.errors import BAD_RESPONSE, FetchError, host_of
from nft.clients.web.fetch import FetchLimits, GuardedHttp, operator_http
from nft.core.ipfs.car import CarReader
from nft.core.ipfs.cid import Cid
from nft.core.ipfs.errors import BlockMissing
from nft.settings import conf
from profiles.sentences import gettext as _
from profiles.sentences import ngettext

log = logging.getLogger(__name__)

CAR = "application/vnd.ipld.car"
RAW = "application/vnd.ipld.raw"
HTML = "text/html"
RACE_DELAY = 1.0
"""Seconds before the next gateway is asked in parallel."""


class Gateways:
    """The configured gateways, best first; our own store before all of them."""

    def __init__(
        self,
        urls: Sequence[str],
        http: GuardedHttp | None = None,
        own: GetBlock = get_block,
        *,
        scores: GatewayScores | None = None,
        race_delay: float = RACE_DELAY,
    ) -> None:
        self.urls = [url.rstrip("/") for url in urls]
        self.scores = scores or GatewayScores()
        self._http = http or operator_http()
        self._own = own
        self._race_delay = race_delay

    def fetch_verified(self, root: Cid, path: str, limits: IpfsLimits) -> VerifiedFile:
        """Return the file at `path` below `root`.

        Raises IpfsUnavailable, or the DagError that the verified blocks lead to: no such name, a directory, a limit.
        """
        fetch = FileFetch(root, path, limits)
        fetch.add_own(self._own)
        if fetch.wanted():
            race = Race(self._fetch_from, self.scores, fetch)
            race.run(self.scores.in_order(self.urls), self._race_delay)
        try:
            return fetch.result()
        except BlockMissing as error:
            raise IpfsUnavailable(_describe_failure(len(self.urls))) from error

    def fetch_mutable(self, name: str, path: str, limits: FetchLimits) -> bytes:
        """Return what an IPNS or DNSLink name points to now, as reported by one gateway (not verifiable).

        A web page only counts if every gateway sends one: it is what a gateway shows in place of a file that it does
        not have. Raises IpfsUnavailable.
        """
        pages: list[bytes] = []
        for url in self.scores.in_order(self.urls):
            try:
                found = self._http.fetch(f"{url}/ipns/{quote(name, safe='')}{_quoted(path)}", limits)
            except FetchError as error:
                log.warning("IPFS gateway %s failed for the name %s: %s", host_of(url), name, error)
                self.scores.record_failure(url)
                continue
            if found.content_type != HTML:
                return found.content
            pages.append(found.content)
        if pages and len(pages) == len(self.urls):
            return pages[0]
        raise IpfsUnavailable(_describe_failure(len(self.urls)))

    def _fetch_from(self, url: str, fetch: FileFetch, cancellation: Cancellation) -> None:
        """Fetch what is missing from one gateway. Raises FetchError, one of race.FALSE_DATA, or a final DagError."""
        try:
            self._fetch_car(url, fetch, cancellation)
        except FetchError as error:
            if not error.is_a(BAD_RESPONSE):
                raise
            # Not every gateway serves archives, and some answer 404 for a path that is not there, which is no proof.
            log.info("IPFS gateway %s sends no archive of %s: %s", host_of(url), fetch.root, error)
        while wanted := fetch.wanted():  # block by block, whatever the archive left out
            for cid in wanted:
                limits = fetch.fetch_limits(RAW)
                fetch.add(cid, self._http.fetch(f"{url}/ipfs/{cid}?format=raw", limits, cancellation).content)

    def _fetch_car(self, url: str, fetch: FileFetch, cancellation: Cancellation) -> None:
        accept = f"{CAR}; version=1; order=dfs; dups=n"
        address = f"{url}/ipfs/{fetch.root}{_quoted(fetch.path)}?format=car&dag-scope=entity"
        reader = CarReader(fetch.limits.dag)
        with self._http.stream(address, fetch.fetch_limits(accept), cancellation) as answer:
            if answer.content_type != CAR:
                raise FetchError(_("The gateway does not send CAR archives."), BAD_RESPONSE)
            while piece := answer.body.read(reader.wanted):
                fetch.add_proved(reader.feed(piece))
        reader.close()


def get_gateways() -> Gateways:
    """Return the gateways of NFT_IPFS_GATEWAYS, their scores shared by all workers through the cache."""
    return Gateways(
        conf().ipfs_gateways,
        scores=GatewayScores(caches["default"]),
        race_delay=conf().ipfs_race_delay_ms / 1000,
    )


def _quoted(path: str) -> str:
    return "".join(f"/{quote(name, safe='')}" for name in path.split("/") if name)


def _describe_failure(gateways: int) -> str:
    if not gateways:
        return _("The file is on IPFS, and this site has no IPFS gateway to fetch it from.")
    return ngettext(
        "The IPFS gateway could not deliver the file.",
        "None of the %(count)s IPFS gateways could deliver the file.",
        gateways,
    )
