"""Build the answers of `/ipfs/<cid>`: blocks and CAR archives of all files we keep, whole files only of those we made.

Files that strangers made are served as blocks only, which the reader verifies. They are never served as a page or a
picture from our origin.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote

from nft.clients.ipfs.blockstore import get_block
from nft.core.errors import InvalidIdentifier
from nft.core.ipfs.car import build_car
from nft.core.ipfs.cid import IDENTITY, Cid, parse_cid
from nft.core.ipfs.dag import DagLimits, read_path
from nft.core.ipfs.errors import NOT_A_FILE, BlockMissing, DagError
from nft.files.blocked import BlockedFiles
from nft.files.errors import BAD_CID, NO_SUCH_FILE, NOT_HERE, ContentRefused
from nft.files.store import ipfs_uri
from nft.models import CachedObject, IpfsBlock

LIMITS = DagLimits()
RAW_TYPE = "application/vnd.ipld.raw"
CAR_TYPE = "application/vnd.ipld.car; version=1; order=dfs; dups=n"


class Format(StrEnum):
    """What is served of a CID."""

    FILE = "file"
    RAW = "raw"
    CAR = "car"


class Scope(StrEnum):
    """The `dag-scope` of a CAR: one block, the blocks of one file, or everything below."""

    BLOCK = "block"
    ENTITY = "entity"
    ALL = "all"


@dataclass(frozen=True)
class Content:
    """The body of an answer. `etag` is quoted."""

    data: bytes
    media_type: str
    etag: str


def parse_root(text: str) -> Cid:
    """Parse the CID in an address. Raise ContentRefused."""
    try:
        return parse_cid(text)
    except InvalidIdentifier as error:
        raise ContentRefused(str(error), BAD_CID) from error


def read_content(root: Cid, path: str, form: Format, scope: Scope) -> Content:
    """Return what our store has at a path. `scope` only matters for a CAR. Raise ContentRefused or StorageError."""
    # Names in a directory may contain anything, also quotes and line breaks.
    tag = f"{root}/{quote(path)}" if path else str(root)
    blocked = BlockedFiles()
    blocked.check_cid(root)
    try:
        if form is Format.RAW:
            leaf = read_path(root, path, _OwnBlocks(root).read, LIMITS).leaf_cid if path else root
            blocked.check_block(leaf)
            return Content(_OwnBlocks(leaf).read(leaf), RAW_TYPE, f'"{leaf}.raw"')
        if form is Format.CAR:
            blocked.check_root(root)
            blocked.check_block(root)
            return Content(_build_archive(root, path, scope), CAR_TYPE, f'W/"{tag}.car.{scope}"')
        media_type = _get_media_type(root, path)
        blocked.check_file(ipfs_uri(root, path))
        found = read_path(root, path, _OwnBlocks(root).read, LIMITS)
        blocked.check_cid(found.leaf_cid)
        return Content(found.data, media_type, f'"{tag}"')
    except BlockMissing as error:
        raise ContentRefused("We do not hold this content.", NOT_HERE) from error
    except DagError as error:
        raise ContentRefused(str(error), NO_SUCH_FILE) from error


def _get_media_type(root: Cid, path: str) -> str:
    """Return the media type of a file that was made here. Raise ContentRefused for any other."""
    made_here = CachedObject.objects.filter(uri=ipfs_uri(root, path), origin=CachedObject.Origin.PINNED)
    media_type = made_here.values_list("media_type", flat=True).first()
    if not media_type:
        sentence = "No file made here has this CID. Blocks are served with ?format=raw or car."
        raise ContentRefused(sentence, NOT_HERE)
    return media_type


def _build_archive(root: Cid, path: str, scope: Scope) -> bytes:
    own = _OwnBlocks(root)
    if scope is Scope.BLOCK and not path:
        return build_car(root, {root: own.read(root)})
    if scope is Scope.ALL and not path:
        return build_car(root, own)
    try:
        used = read_path(root, path, own.read, LIMITS).cids_used
    except DagError as error:
        if path or not error.is_a(NOT_A_FILE):
            raise
        used = (root,)  # the entity of a directory is its own block
    return build_car(root, {cid: own.read(cid) for cid in used})


class _OwnBlocks(Mapping[Cid, bytes]):
    """The blocks of our store that belong to a whole file, as `build_car` takes them.

    Blocks of files that are still being stored, or were deleted, are not served. The blocks of all files of the root
    are found by one query.
    """

    def __init__(self, root: Cid) -> None:
        of_root = IpfsBlock.objects.filter(objects_using__root_cid=str(root))
        self._visible = set(of_root.values_list("sha256", flat=True).distinct())

    def read(self, cid: Cid) -> bytes:
        """Return a block. Raise BlockMissing."""
        if cid.hash_code == IDENTITY:
            return cid.digest
        block = get_block(cid) if self._is_visible(cid.digest.hex()) else None
        if block is None:
            raise BlockMissing(cid)
        return block

    def _is_visible(self, sha256: str) -> bool:
        if sha256 in self._visible:
            return True
        return IpfsBlock.objects.filter(sha256=sha256, objects_using__isnull=False).exists()

    def __getitem__(self, cid: Cid) -> bytes:
        try:
            return self.read(cid)
        except BlockMissing as error:
            raise KeyError(cid) from error

    def __iter__(self) -> Iterator[Cid]:
        raise NotImplementedError("The whole store is never listed.")

    def __len__(self) -> int:
        raise NotImplementedError("The whole store is never counted.")
