"""Proving a file again: from our own store, from an archive somebody gave, or from a gateway of one's choice.

CheckRefused    a sentence: what is asked for is no CID, or is not proved
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nft.clients.ipfs.blockstore import BlockStoreError, get_block
from nft.clients.ipfs.gateways import Gateways
from nft.clients.ipfs.reading import IpfsLimits, IpfsUnavailable
from nft.clients.transport.errors import FetchError
from nft.core.buffers import Bytes
from nft.core.errors import CoreError
from nft.core.ipfs.car import read_car
from nft.core.ipfs.cid import IDENTITY, Cid
from nft.core.ipfs.dag import DagLimits, read_path
from nft.core.ipfs.errors import BlockMissing
from nft.core.tokens.uri import IpfsUri, parse_token_uri

SECONDS = 60.0


class CheckRefused(Exception):
    permanent = True


@dataclass(frozen=True)
class Checked:
    """A proved file and the blocks that prove it, from the root down."""

    data: bytes
    cids: tuple[Cid, ...]

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


def parse_reference(text: str) -> IpfsUri:
    """`<cid>[/path]`, with or without `ipfs://`, and every other way to write it. Raises CheckRefused."""
    try:
        uri = parse_token_uri(text)
    except CoreError as error:
        raise CheckRefused(str(error)) from error
    if not isinstance(uri, IpfsUri):
        raise CheckRefused("That names no CID, so there is nothing to check it against.")
    return uri


def check_own(uri: IpfsUri, limits: DagLimits) -> Checked:
    """From our own store."""

    def get(cid: Cid) -> bytes:
        block = cid.digest if cid.hash_code == IDENTITY else get_block(cid)
        if block is None:
            raise BlockMissing(cid)
        return block

    try:
        read = read_path(uri.cid, uri.path, get, limits)
    except (CoreError, BlockStoreError) as error:
        raise CheckRefused(str(error)) from error
    return Checked(read.data, read.cids_used)


def check_archive(uri: IpfsUri, archive: Path, limits: DagLimits) -> Checked:
    """From a CARv1 file; whatever root it names, ours is read."""

    def get(cid: Cid) -> Bytes:
        if cid not in blocks:
            raise BlockMissing(cid)
        return blocks[cid]

    try:
        _, blocks = read_car(archive.read_bytes(), limits)
        read = read_path(uri.cid, uri.path, get, limits)
    except (CoreError, OSError) as error:
        raise CheckRefused(str(error)) from error
    return Checked(read.data, read.cids_used)


def check_gateways(uri: IpfsUri, urls: Sequence[str], limits: DagLimits) -> Checked:
    """From gateways, without our own store."""
    try:
        found = Gateways(urls, own=lambda _: None).fetch_verified(uri.cid, uri.path, IpfsLimits(limits, SECONDS))
    except (CoreError, FetchError, IpfsUnavailable) as error:
        raise CheckRefused(str(error)) from error
    return Checked(found.data, found.cids)
