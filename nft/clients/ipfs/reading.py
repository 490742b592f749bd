"""One file on its way from IPFS: what is proved so far, whoever sent it, and the time left."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from nft.clients.web.fetch import FetchLimits
from nft.core.buffers import Bytes
from nft.core.ipfs.blocks import ProvedBlocks
from nft.core.ipfs.cid import Cid
from nft.core.ipfs.dag import DagLimits, Scan, scan_proved

GetBlock = Callable[[Cid], bytes | None]


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
    blocks: Mapping[Cid, Bytes]


class Reading:
    """Several gateways may add to it at the same time; each of its steps leaves it whole."""

    def __init__(self, root: Cid, path: str, limits: IpfsLimits) -> None:
        self.root = root
        self.path = path
        self.limits = limits
        self._blocks = ProvedBlocks()
        self._lock = threading.Lock()
        self._scanned: Scan | None = None
        self._ends_at = time.monotonic() + limits.seconds

    def wanted(self) -> tuple[Cid, ...]:
        """What is missing now. Raises the DagError that the proved blocks lead to."""
        with self._lock:
            return self._scan().missing

    def add(self, cid: Cid, block: bytes) -> None:
        """Raises BlockMismatch."""
        with self._lock:
            self._blocks.add(cid, block)

    def add_proved(self, blocks: Iterable[tuple[Cid, Bytes]]) -> None:
        """What a CarReader gave."""
        with self._lock:
            self._blocks.add_proved(blocks)

    def drop_unwanted(self) -> None:
        """Forgets blocks that belong to nothing known of the file: a gateway may send anything that hashes well."""
        with self._lock:
            self._blocks.keep_only(self._scan().cids_used)

    def take_own(self, own: GetBlock) -> None:
        """Everything our own store has, level by level."""
        while wanted := self.wanted():
            found = [(cid, block) for cid in wanted if (block := own(cid)) is not None]
            for cid, block in found:
                self.add(cid, block)
            if not found:
                return

    def seconds_left(self) -> float:
        """Raises IpfsUnavailable when there are none."""
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise IpfsUnavailable(f"IPFS did not deliver the file within {self.limits.seconds:g} seconds.")
        return left

    def fetch_limits(self, accept: str) -> FetchLimits:
        dag = self.limits.dag
        return FetchLimits(dag.max_graph_bytes + 1024 * 1024, self.seconds_left(), accept=accept, packed=False)

    def result(self) -> VerifiedFile:
        """Raises BlockMissing where it is not whole."""
        with self._lock:
            read = (self._scanned or self._scan()).result()
            return VerifiedFile(read.data, self.root, self.path, read.cids_used, self._blocks.only(read.cids_used))

    def _scan(self) -> Scan:
        self._scanned = scan_proved(self.root, self.path, self._blocks, self.limits.dag)
        return self._scanned
