"""IPFS through trustless gateways: whoever sends the bytes, each block is hashed against its CID as it arrives.

The best gateway is asked first; when it is slow the next one starts beside it, when it fails at once. A gateway that
sends a wrong, cut or missing block loses its turn and its place in the order. Proved blocks are kept, whoever sent
them. (https://specs.ipfs.tech/http-gateways/trustless-gateway/)
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from urllib.parse import quote

from django.core.cache import caches

from nft.clients.ipfs.blockstore import get_block
from nft.clients.ipfs.race import Race
from nft.clients.ipfs.reading import GetBlock, IpfsLimits, IpfsUnavailable, Reading, VerifiedFile
from nft.clients.ipfs.scores import GatewayScores
from nft.clients.web.errors import BadAnswer, FetchError
from nft.clients.web.fetch import FetchLimits, GuardedHttp, operator_http
from nft.clients.web.sockets import Cancellation
from nft.core.ipfs.car import CarReader
from nft.core.ipfs.cid import Cid
from nft.core.ipfs.errors import BlockMissing
from nft.settings import conf

__all__ = ["Gateways", "IpfsLimits", "IpfsUnavailable", "VerifiedFile", "get_gateways"]
log = logging.getLogger(__name__)

CAR = "application/vnd.ipld.car"
RAW = "application/vnd.ipld.raw"
RACE_DELAY = 1.0
"""Seconds that a gateway is alone before the next one is asked too."""


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
        """The file at `path` below `root`. Raises IpfsUnavailable, or the DagError that the proved blocks lead to:
        no such name, a directory, a limit."""
        reading = Reading(root, path, limits)
        reading.take_own(self._own)
        if reading.wanted():
            race = Race(self._fetch, self.scores, reading)
            race.run(self.scores.in_order(self.urls), self._race_delay)
        try:
            return reading.result()
        except BlockMissing as error:
            raise IpfsUnavailable(_why(len(self.urls))) from error

    def fetch_mutable(self, name: str, path: str, limits: FetchLimits) -> bytes:
        """What an IPNS or DNSLink name points to now, by the word of one gateway: no proof of anything.

        Raises IpfsUnavailable."""
        for url in self.scores.in_order(self.urls):
            try:
                return self._http.fetch(f"{url}/ipns/{quote(name, safe='')}{_quoted(path)}", limits).content
            except FetchError as error:
                log.warning("IPFS gateway %s failed for the name %s: %s", url, name, error)
        raise IpfsUnavailable(_why(len(self.urls)))

    def _fetch(self, url: str, reading: Reading, cancellation: Cancellation) -> None:
        """All that is missing, from one gateway. Raises FetchError, a lie (gateway_race.LYING), or a final DagError."""
        try:
            self._fetch_car(url, reading, cancellation)
        except BadAnswer as error:
            # Not every gateway serves archives, and some answer 404 for a path that is not there, which is no proof.
            log.info("IPFS gateway %s sends no archive of %s: %s", url, reading.root, error)
        while wanted := reading.wanted():  # block by block, whatever the archive left out
            for cid in wanted:
                limits = reading.fetch_limits(RAW)
                reading.add(cid, self._http.fetch(f"{url}/ipfs/{cid}?format=raw", limits, cancellation).content)

    def _fetch_car(self, url: str, reading: Reading, cancellation: Cancellation) -> None:
        accept = f"{CAR}; version=1; order=dfs; dups=n"
        address = f"{url}/ipfs/{reading.root}{_quoted(reading.path)}?format=car&dag-scope=entity"
        reader = CarReader(reading.limits.dag)
        with self._http.stream(address, reading.fetch_limits(accept), cancellation) as answer:
            if answer.content_type != CAR:
                raise BadAnswer("The gateway does not send CAR archives.")
            while piece := answer.body.read(reader.wanted):
                reading.add_proved(reader.feed(piece))
        reader.close()


def get_gateways() -> Gateways:
    """The gateways of the setting NFT_IPFS_GATEWAYS; how they fared is known to all workers by the cache."""
    return Gateways(
        conf().ipfs_gateways,
        scores=GatewayScores(caches["default"]),
        race_delay=conf().ipfs_race_delay_ms / 1000,
    )


def _quoted(path: str) -> str:
    return "".join(f"/{quote(name, safe='')}" for name in path.split("/") if name)


def _why(gateways: int) -> str:
    if not gateways:
        return "The file is on IPFS, and this site has no IPFS gateway to fetch it from."
    asked = "The IPFS gateway" if gateways == 1 else f"None of the {gateways} IPFS gateways"
    return f"{asked} could{'' if gateways > 1 else ' not'} deliver the file."
