"""Verify a file against its CID: from our own store, a CAR archive, or chosen gateways.

Every function raises ContentRefused: the reference names no CID, the file is not proved, or, with the kind NOT_CHECKED,
the blocks could not be had.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nft.clients.ipfs.blockstore import get_block
from nft.clients.ipfs.gateways import Gateways
from nft.clients.ipfs.reading import IpfsLimits, IpfsUnavailable
from nft.clients.transport.errors import FetchError
from nft.core.buffers import Bytes
from nft.core.errors import CoreError
from nft.core.ipfs.car import iterate_reachable, read_car
from nft.core.ipfs.cid import IDENTITY, Cid
from nft.core.ipfs.dag import DagLimits, read_path
from nft.core.ipfs.errors import BlockMissing
from nft.core.tokens.uri import IpfsUri, parse_token_uri
from nft.files.errors import BAD_CID, NOT_CHECKED, NOT_VERIFIED, ContentRefused
from profiles.store.errors import StorageError

SECONDS = 60.0
# More than any archive that `read_car` accepts. The rest of a longer file, or of a device, is not read.
MAX_ARCHIVE_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class VerifiedFile:
    """A verified file and the CIDs of the blocks that prove it, from the root down."""

    data: bytes
    cids: tuple[Cid, ...]

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


def parse_ipfs_reference(text: str) -> IpfsUri:
    """Parse `<cid>[/path]`, an IPFS URI, or the address of a gateway."""
    try:
        uri = parse_token_uri(text)
    except CoreError as error:
        raise ContentRefused(str(error), BAD_CID) from error
    if not isinstance(uri, IpfsUri):
        raise ContentRefused("That names no CID, so there is nothing to check it against.", BAD_CID)
    return uri


def verify_stored(uri: IpfsUri, limits: DagLimits) -> VerifiedFile:
    """Verify a file in our own store."""
    return _verify(uri, lambda cid: cid.digest if cid.hash_code == IDENTITY else get_block(cid), limits)


def verify_archive(uri: IpfsUri, archive: Path, limits: DagLimits) -> VerifiedFile:
    """Verify a file in a CARv1 archive. Blocks that belong neither to it nor to a declared root are refused."""
    try:
        with archive.open("rb") as file:
            content = file.read(MAX_ARCHIVE_BYTES)
    except (OSError, ValueError) as error:
        raise ContentRefused(f"The archive can't be read: {error}", NOT_CHECKED) from error
    try:
        roots, blocks = read_car(content, limits)
        found = _verify(uri, blocks.get, limits)
        strays = blocks.keys() - {cid for cid, _ in iterate_reachable([uri.cid, *roots], blocks)}
    except CoreError as error:
        raise ContentRefused(str(error), NOT_VERIFIED) from error
    if strays:
        raise ContentRefused(f"{len(strays):,} blocks of the archive belong to none of its roots.", NOT_VERIFIED)
    return found


def verify_from_gateways(uri: IpfsUri, urls: Sequence[str], limits: DagLimits) -> VerifiedFile:
    """Fetch a file from gateways, without our own store, and verify it."""
    try:
        found = Gateways(urls, own=lambda _: None).fetch_verified(uri.cid, uri.path, IpfsLimits(limits, SECONDS))
    except (FetchError, IpfsUnavailable) as error:
        raise ContentRefused(str(error), NOT_CHECKED) from error
    except CoreError as error:
        raise ContentRefused(str(error), NOT_VERIFIED) from error
    return VerifiedFile(found.data, found.cids)


def _verify(uri: IpfsUri, get: Callable[[Cid], Bytes | None], limits: DagLimits) -> VerifiedFile:
    def read(cid: Cid) -> Bytes:
        block = get(cid)
        if block is None:
            raise BlockMissing(cid)
        return block

    try:
        found = read_path(uri.cid, uri.path, read, limits)
    except StorageError as error:
        raise ContentRefused(str(error), NOT_CHECKED) from error
    except CoreError as error:
        raise ContentRefused(str(error), NOT_VERIFIED) from error
    return VerifiedFile(found.data, found.cids_used)
