"""Blocks, verified against their CIDs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from nft.core.buffers import Bytes
from nft.core.errors import InvalidIdentifier
from nft.core.ipfs.cid import IDENTITY, SHA2_256, UNSUPPORTED_CID, Cid
from nft.core.ipfs.dag_pb import PbNode
from nft.core.ipfs.errors import BlockMismatch, BlockMissing
from nft.core.ipfs.unixfs import UnixFsNode
from profiles.sentences import gettext as _

DecodedNodes = dict[Cid, tuple[PbNode, UnixFsNode]]


def verify_block(cid: Cid, data: Bytes) -> None:
    """Raise `BlockMismatch` unless `data` is exactly the block that `cid` names."""
    if cid.hash_code == SHA2_256:
        matches = hashlib.sha256(data).digest() == cid.digest
    elif cid.hash_code == IDENTITY:
        matches = bytes(data) == cid.digest
    else:
        raise InvalidIdentifier(
            _("Hash %(hash_code)s is not one we prove bytes against.", hash_code=f"{cid.hash_code:#x}"), UNSUPPORTED_CID
        )
    if not matches:
        raise BlockMismatch(cid)


class ProvedBlocks:
    """Blocks that were verified when they were added, so that reading them need not hash them again."""

    def __init__(self) -> None:
        self._blocks: dict[Cid, Bytes] = {}
        self.nodes: DecodedNodes = {}
        """Cache of decoded nodes, filled by the reader."""

    def add(self, cid: Cid, data: Bytes) -> None:
        """Keep `data` if it hashes to `cid`; raise `BlockMismatch` otherwise."""
        verify_block(cid, data)
        self._blocks[cid] = data

    def add_proved(self, blocks: Iterable[tuple[Cid, Bytes]]) -> None:
        """Keep blocks that are already verified: only those that a `CarReader` returned."""
        self._blocks.update(blocks)

    def get(self, cid: Cid) -> Bytes:
        """Return the block; raise `BlockMissing` if it was not added."""
        try:
            return self._blocks[cid]
        except KeyError:
            raise BlockMissing(cid) from None

    def __contains__(self, cid: Cid) -> bool:
        return cid in self._blocks

    def __len__(self) -> int:
        return len(self._blocks)

    def keep_only(self, cids: Iterable[Cid]) -> None:
        """Drop all other blocks."""
        self._blocks = {cid: self._blocks[cid] for cid in cids if cid in self._blocks}

    def only(self, cids: Iterable[Cid]) -> dict[Cid, Bytes]:
        """Return the named blocks. Raise `BlockMissing`."""
        return {cid: self.get(cid) for cid in cids}
