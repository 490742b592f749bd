"""A file from a CAR archive with every block verified: at once, in pieces and over HTTP; and the bare hashing.

Arguments: the name of the work, the archive, the URL of a gateway that serves it, and "kept" to keep freed memory as
our workers do.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from avatarsite.memory import keep_freed_memory
from bench.serve import serve
from nft.clients.ipfs.gateways import Gateways
from nft.clients.ipfs.reading import IpfsLimits
from nft.core.ipfs.blocks import ProvedBlocks
from nft.core.ipfs.car import CarReader
from nft.core.ipfs.cid import Cid
from nft.core.ipfs.dag import DagLimits, scan_proved

PIECE, HASHED = 64 * 1024, 256 * 1024
LIMITS = DagLimits()


def hashing(archive: bytes, _gateway: str) -> Callable[[], object]:
    """Hash each 256 KiB with sha256: the minimum that verification needs."""
    view = memoryview(archive)
    return lambda: [hashlib.sha256(view[at : at + HASHED]).digest() for at in range(0, len(view), HASHED)]


def memory(archive: bytes, _gateway: str) -> Callable[[], object]:
    return lambda: _read([archive])


def pieces(archive: bytes, _gateway: str) -> Callable[[], object]:
    """Read pieces as they come from a socket."""
    return lambda: _read([archive[at : at + PIECE] for at in range(0, len(archive), PIECE)])


def gateway(archive: bytes, url: str) -> Callable[[], object]:
    """Fetch the file like the site: guarded client, streamed archive, every block verified."""
    (root,), gateways = _roots(archive), Gateways([url], own=_nothing)
    return partial(gateways.fetch_verified, root, "", IpfsLimits(LIMITS, 30.0))


def _read(parts: list[bytes]) -> bytes:
    reader, blocks = CarReader(LIMITS), ProvedBlocks()
    for part in parts:
        blocks.add_proved(reader.feed(part))
    reader.close()
    return scan_proved(reader.roots[0], "", blocks, LIMITS).result().data


def _roots(archive: bytes) -> tuple[Cid, ...]:
    reader = CarReader(LIMITS)
    reader.feed(archive)
    return reader.roots


def _nothing(_cid: Cid) -> bytes | None:
    return None


if __name__ == "__main__":
    if sys.argv[4:] == ["kept"]:
        keep_freed_memory()
    works = {each.__name__: each for each in (hashing, memory, pieces, gateway)}
    serve(works[sys.argv[1]](Path(sys.argv[2]).read_bytes(), sys.argv[3]))
