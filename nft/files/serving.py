"""What `/ipfs/<cid>` answers: blocks and CAR archives of files we pinned or keep, whole files only of those we made.

Strangers' bytes leave only as blocks, to be proved by whoever asked; never as a page or picture of ours.

ContentRefused            slug, sentence, status
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
from nft.core.ipfs.dag import DagLimits, ReadResult, read_path
from nft.core.ipfs.errors import NOT_A_FILE, BlockMissing, DagError
from nft.files.store import ipfs_uri
from nft.models import CachedObject, IpfsBlock

LIMITS = DagLimits()
RAW_TYPE = "application/vnd.ipld.raw"
CAR_TYPE = "application/vnd.ipld.car; version=1; order=dfs; dups=n"


class Format(StrEnum):
    FILE = "file"
    RAW = "raw"
    CAR = "car"


class Scope(StrEnum):
    """`dag-scope` of a CAR: the block alone, what makes one file whole, or everything below."""

    BLOCK = "block"
    ENTITY = "entity"
    ALL = "all"


class ContentRefused(Exception):
    permanent = True

    def __init__(self, slug: str, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.slug = slug
        self.status = status
        self.sentence = sentence


@dataclass(frozen=True)
class Content:
    data: bytes
    media_type: str
    etag: str


def parse_root(text: str) -> Cid:
    try:
        return parse_cid(text)
    except InvalidIdentifier as error:
        raise ContentRefused("bad-cid", 400, str(error)) from error


def read_content(root: Cid, path: str, form: Format, scope: Scope) -> Content:
    """Raises ContentRefused, BlockStoreError."""
    try:
        if form is Format.RAW:
            leaf = _leaf(root, path)
            return Content(_visible_block(leaf), RAW_TYPE, f'"{leaf}.raw"')
        if form is Format.CAR:
            return Content(_car(root, path, scope), CAR_TYPE, f'W/"{_tag(root, path)}.car.{scope}"')
        return _file(root, path)
    except BlockMissing as error:
        raise ContentRefused("not-here", 404, "We do not hold this content.") from error
    except DagError as error:
        raise ContentRefused("no-such-file", 404, str(error)) from error


def _file(root: Cid, path: str) -> Content:
    made_here = CachedObject.objects.filter(uri=ipfs_uri(root, path), origin=CachedObject.Origin.PINNED)
    media_type = made_here.values_list("media_type", flat=True).first()
    if not media_type:
        raise ContentRefused(
            "not-here", 404, "No file made here has this CID. Blocks are served with ?format=raw or car."
        )
    return Content(_read(root, path).data, media_type, f'"{_tag(root, path)}"')


def _tag(root: Cid, path: str) -> str:
    """Names in a directory may hold anything, quotes and line ends too."""
    return f"{root}/{quote(path)}" if path else str(root)


def _leaf(root: Cid, path: str) -> Cid:
    return _read(root, path).leaf_cid if path else root


def _read(root: Cid, path: str) -> ReadResult:
    return read_path(root, path, _OwnBlocks(root).read, LIMITS)


def _car(root: Cid, path: str, scope: Scope) -> bytes:
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


def _visible_block(cid: Cid) -> bytes:
    return _OwnBlocks(cid).read(cid)


class _OwnBlocks(Mapping[Cid, bytes]):
    """Our store as readers and `build_car` want it: only blocks that belong to a whole file, as half-stored and
    forgotten ones are nobody's business. Those of the root's own files are found by one query."""

    def __init__(self, root: Cid) -> None:
        of_root = IpfsBlock.objects.filter(objects_using__root_cid=str(root))
        self._visible = set(of_root.values_list("sha256", flat=True).distinct())

    def read(self, cid: Cid) -> bytes:
        """Raises BlockMissing."""
        if cid.hash_code == IDENTITY:
            return cid.digest
        block = get_block(cid) if self._is_visible(cid.digest.hex()) else None
        if block is None:
            raise BlockMissing(cid)
        return block

    def _is_visible(self, name: str) -> bool:
        if name in self._visible:
            return True
        return IpfsBlock.objects.filter(sha256=name, objects_using__isnull=False).exists()

    def __getitem__(self, cid: Cid) -> bytes:
        try:
            return self.read(cid)
        except BlockMissing as error:
            raise KeyError(cid) from error

    def __iter__(self) -> Iterator[Cid]:
        raise NotImplementedError("The whole store is never listed.")

    def __len__(self) -> int:
        raise NotImplementedError("The whole store is never counted.")
