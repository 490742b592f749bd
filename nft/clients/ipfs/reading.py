"""One file being fetched from IPFS: the blocks verified so far, by whatever gateway, and the time left."""

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
from profiles.errors import ExpectedError, Kind
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop

GetBlock = Callable[[Cid], bytes | None]


class IpfsUnavailable(ExpectedError):
    """No gateway gave all the blocks. A later attempt, or another gateway, may succeed."""

    kind = Kind("ipfs-unavailable", gettext_noop("IPFS does not answer"), 503, permanent=False)


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


class FileFetch:
    """The state of one fetch. Safe for several threads, one for each gateway."""

    def __init__(self, root: Cid, path: str, limits: IpfsLimits) -> None:
        self.root = root
        self.path = path
        self.limits = limits
        self._blocks = ProvedBlocks()
        self._lock = threading.Lock()
        self._scanned: Scan | None = None
        self._ends_at = time.monotonic() + limits.seconds

    def wanted(self) -> tuple[Cid, ...]:
        """Return the blocks missing now. Raises DagError if the verified blocks show that there is no such file."""
        with self._lock:
            return self._scan().missing

    def add(self, cid: Cid, block: bytes) -> None:
        """Add one block. Raises BlockMismatch."""
        with self._lock:
            self._blocks.add(cid, block)

    def add_proved(self, blocks: Iterable[tuple[Cid, Bytes]]) -> None:
        """Add blocks that a CarReader verified."""
        with self._lock:
            self._blocks.add_proved(blocks)

    def drop_unwanted(self) -> None:
        """Drop blocks that are no known part of the file: a gateway may send any block that hashes to its CID."""
        with self._lock:
            self._blocks.keep_only(self._scan().cids_used)

    def add_own(self, own: GetBlock) -> None:
        """Add every block that our own store has, level by level."""
        while wanted := self.wanted():
            found = [(cid, block) for cid in wanted if (block := own(cid)) is not None]
            for cid, block in found:
                self.add(cid, block)
            if not found:
                return

    def seconds_left(self) -> float:
        """Return the seconds left. Raises IpfsUnavailable when there are none."""
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise IpfsUnavailable(
                _("IPFS did not deliver the file within %(seconds)s seconds.", seconds=f"{self.limits.seconds:g}")
            )
        return left

    def fetch_limits(self, accept: str) -> FetchLimits:
        dag = self.limits.dag
        return FetchLimits(dag.max_graph_bytes + 1024 * 1024, self.seconds_left(), accept=accept, packed=False)

    def result(self) -> VerifiedFile:
        """Return the file. Raises BlockMissing where it is not complete."""
        with self._lock:
            read = (self._scanned or self._scan()).result()
            return VerifiedFile(read.data, self.root, self.path, read.cids_used, self._blocks.only(read.cids_used))

    def _scan(self) -> Scan:
        self._scanned = scan_proved(self.root, self.path, self._blocks, self.limits.dag)
        return self._scanned
