"""IPFS through trustless gateways: whoever sends the bytes, each block is hashed against its CID as it arrives.

A gateway that sends a wrong, cut or missing block loses its turn and its place in the order; the next one is asked for
what is still missing. Proved blocks are kept, whoever sent them. (https://specs.ipfs.tech/http-gateways/trustless-gateway/)
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from django.conf import settings

from nft.clients.blockstore import get_block
from nft.clients.fetch_errors import BadAnswer, FetchError
from nft.clients.http import FetchLimits, GuardedHttp, operator_http
from nft.core.car import CarReader
from nft.core.cid import Cid
from nft.core.dag import DagLimits, ProvedBlocks, read_proved, wanted_blocks
from nft.core.errors import BlockMismatch, CarError, InvalidCid

log = logging.getLogger(__name__)

CAR = "application/vnd.ipld.car"
RAW = "application/vnd.ipld.raw"
FORGIVEN_AFTER = 300.0
"""Seconds until a gateway's failure no longer puts it behind the others."""

GetBlock = Callable[[Cid], bytes | None]
LYING = (BlockMismatch, CarError, InvalidCid)


class IpfsUnavailable(Exception):
    """No gateway gave all the blocks. Later, or from another gateway, they may come."""

    permanent = False


@dataclass(frozen=True)
class IpfsLimits:
    """`seconds` for everything together: all gateways and all blocks."""

    dag: DagLimits
    seconds: float


@dataclass(frozen=True)
class VerifiedFile:
    """A file and its proof: the blocks from the root to every byte of it."""

    data: bytes
    root: Cid
    path: str
    cids: tuple[Cid, ...]
    blocks: Mapping[Cid, bytes]


class Gateways:
    """The configured gateways, best first; our own store before all of them."""

    def __init__(self, urls: Sequence[str], http: GuardedHttp | None = None, own: GetBlock = get_block) -> None:
        self._urls = [url.rstrip("/") for url in urls]
        self._http = http or operator_http()
        self._own = own
        self._failed_at: dict[str, float] = {}

    def fetch_verified(self, root: Cid, path: str, limits: IpfsLimits) -> VerifiedFile:
        """The file at `path` below `root`. Raises IpfsUnavailable, or the DagError that the proved blocks lead to:
        no such name, a directory, a limit."""
        reading = _Reading(root, path, limits)
        reading.take_own(self._own)
        for url in self._in_order():
            if not reading.wanted():
                break
            self._try(url, reading)
        if reading.wanted():
            raise IpfsUnavailable(_why(len(self._urls)))
        return reading.result()

    def fetch_mutable(self, name: str, path: str, limits: FetchLimits) -> bytes:
        """What an IPNS or DNSLink name points to now, by the word of one gateway: no proof of anything.

        Raises IpfsUnavailable."""
        for url in self._in_order():
            try:
                return self._http.fetch(f"{url}/ipns/{quote(name, safe='')}{_quoted(path)}", limits).content
            except FetchError as error:
                log.warning("IPFS gateway %s failed for the name %s: %s", url, name, error)
        raise IpfsUnavailable(_why(len(self._urls)))

    def _try(self, url: str, reading: _Reading) -> None:
        try:
            self._fetch_car_if_served(url, reading)
            self._fetch_blocks(url, reading)
        except (FetchError, *LYING) as error:
            log.warning("IPFS gateway %s failed for %s: %s", url, reading.root, error)
            self._failed_at[url] = time.monotonic()
            reading.check_time()

    def _fetch_car_if_served(self, url: str, reading: _Reading) -> None:
        """Not every gateway serves archives, and some answer 404 for a path that is not there, which is no proof."""
        try:
            self._fetch_car(url, reading)
        except BadAnswer as error:
            log.info("IPFS gateway %s sends no archive of %s: %s", url, reading.root, error)

    def _fetch_car(self, url: str, reading: _Reading) -> None:
        accept = f"{CAR}; version=1; order=dfs; dups=n"
        address = f"{url}/ipfs/{reading.root}{_quoted(reading.path)}?format=car&dag-scope=entity"
        reader = CarReader(reading.limits.dag)
        with self._http.stream(address, reading.fetch_limits(accept)) as answer:
            if answer.content_type != CAR:
                raise BadAnswer("The gateway does not send CAR archives.")
            for chunk in answer.chunks:
                reading.blocks.add_proved(reader.feed(chunk))
        reader.close()

    def _fetch_blocks(self, url: str, reading: _Reading) -> None:
        """Block by block, whatever the archive left out."""
        while wanted := reading.wanted():
            for cid in wanted:
                answer = self._http.fetch(f"{url}/ipfs/{cid}?format=raw", reading.fetch_limits(RAW))
                reading.blocks.add(cid, answer.content)

    def _in_order(self) -> list[str]:
        """Those that failed lately come last, the most recent failure at the very end."""
        now = time.monotonic()
        recent = {url: at for url, at in self._failed_at.items() if now - at < FORGIVEN_AFTER}
        return sorted(self._urls, key=lambda url: recent.get(url, 0.0))


class _Reading:
    """One file on its way: what is proved so far, and the time left."""

    def __init__(self, root: Cid, path: str, limits: IpfsLimits) -> None:
        self.root = root
        self.path = path
        self.limits = limits
        self.blocks = ProvedBlocks()
        self._ends_at = time.monotonic() + limits.seconds

    def wanted(self) -> tuple[Cid, ...]:
        return wanted_blocks(self.root, self.path, self.blocks, self.limits.dag)

    def take_own(self, own: GetBlock) -> None:
        """Everything our own store has, level by level."""
        while wanted := self.wanted():
            found = [(cid, block) for cid in wanted if (block := own(cid)) is not None]
            for cid, block in found:
                self.blocks.add(cid, block)
            if not found:
                return

    def check_time(self) -> float:
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise IpfsUnavailable(f"IPFS did not deliver the file within {self.limits.seconds:g} seconds.")
        return left

    def fetch_limits(self, accept: str) -> FetchLimits:
        dag = self.limits.dag
        return FetchLimits(dag.max_graph_bytes + 1024 * 1024, self.check_time(), accept=accept)

    def result(self) -> VerifiedFile:
        read = read_proved(self.root, self.path, self.blocks, self.limits.dag)
        return VerifiedFile(read.data, self.root, self.path, read.cids_used, self.blocks.only(read.cids_used))


def get_gateways() -> Gateways:
    """The gateways of the setting NFT_IPFS_GATEWAYS, remembered with their failures as long as it stays the same."""
    urls = tuple(settings.NFT_IPFS_GATEWAYS)
    if urls not in _remembered:
        _remembered.clear()
        _remembered[urls] = Gateways(urls)
    return _remembered[urls]


_remembered: dict[tuple[str, ...], Gateways] = {}


def _quoted(path: str) -> str:
    return "".join(f"/{quote(name, safe='')}" for name in path.split("/") if name)


def _why(gateways: int) -> str:
    if not gateways:
        return "The file is on IPFS, and this site has no IPFS gateway to fetch it from."
    asked = "The IPFS gateway" if gateways == 1 else f"None of the {gateways} IPFS gateways"
    return f"{asked} could{'' if gateways > 1 else ' not'} deliver the file."
