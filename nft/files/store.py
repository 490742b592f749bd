"""Files from IPFS: from our own store where we hold them, else fetched once, proved, and kept for everyone."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from nft.clients.clients import Clients
from nft.clients.ipfs.blockstore import BlockStoreError, delete_block, get_block, put_block
from nft.clients.ipfs.reading import IpfsLimits
from nft.core.buffers import Bytes
from nft.core.ipfs.cid import IDENTITY, Cid
from nft.core.ipfs.dag import DagLimits, read_path
from nft.core.ipfs.errors import BlockMissing
from nft.core.ipfs.unixfs import build_directory, build_file
from nft.core.tokens.uri import IpfsUri
from nft.models import CachedObject, IpfsBlock
from profiles.jobs import job

MAX_URI = 500


def fetch_ipfs(uri: IpfsUri, clients: Clients, limits: IpfsLimits) -> bytes:
    """The proved bytes. Raises IpfsUnavailable, DagError or BlockStoreError."""
    name = ipfs_uri(uri.cid, uri.path)
    if CachedObject.objects.filter(uri=name).update(used_at=timezone.now()):
        try:
            return read_kept(uri.cid, uri.path, limits.dag)
        except BlockMissing:  # lost or rotten in the store: fetched and stored anew below
            pass
    found = clients.ipfs.fetch_verified(uri.cid, uri.path, limits)
    if len(name) <= MAX_URI:
        keep_file(KeptFile(uri.cid, uri.path, found.data, found.blocks), timezone.now())
    return found.data


# Publishing files on IPFS from our own store, and keeping those we fetched: CIDs computed by us before anything else.
#
# A block's row is written before its object and deleted after it, so every object can be found from a row, whatever
# dies in between. A row that no file uses is invisible, and goes after UNUSED_AFTER.

Origin = CachedObject.Origin
UNUSED_AFTER = timedelta(minutes=15)
JANITOR_BATCH = 500


@dataclass(frozen=True)
class Pinned:
    cid: Cid
    uri: str
    """ipfs://<cid>, with the path for a file in a directory."""


@dataclass(frozen=True)
class KeptFile:
    """A whole file, proved: what CachedObject records. `media_type` is empty for what others made."""

    root: Cid
    path: str
    data: bytes
    blocks: Mapping[Cid, Bytes]
    media_type: str = ""


def ipfs_uri(root: Cid, path: str = "") -> str:
    return f"ipfs://{root}/{path}" if path else f"ipfs://{root}"


def pin_file(data: bytes, media_type: str, now: datetime) -> Pinned:
    """Publishes one file and reads it back through its CID. Doing it twice is the same as once.

    Raises BlockStoreError."""
    dag = build_file(data)
    keep_file(KeptFile(dag.root, "", data, dag.blocks, media_type), now)
    return Pinned(dag.root, ipfs_uri(dag.root))


def pin_directory(files: Mapping[str, tuple[bytes, str]], now: datetime) -> Pinned:
    """Publishes files, name → (bytes, media type), in one directory; `uri` is the directory's."""
    dags = {name: build_file(data) for name, (data, _) in files.items()}
    directory = build_directory({name: (dag.root, dag.size) for name, dag in dags.items()})
    for name, dag in dags.items():
        blocks = {**directory.blocks, **dag.blocks}
        data, media_type = files[name]
        keep_file(KeptFile(directory.root, name, data, blocks, media_type), now)
    return Pinned(directory.root, ipfs_uri(directory.root))


def keep_file(kept: KeptFile, now: datetime) -> CachedObject:
    """Stores a file's blocks, proves them from the store, and only then makes the file visible.

    Raises BlockStoreError."""
    digests = _store_blocks(kept.blocks, now)
    _check_readable(kept)
    with transaction.atomic():
        found, is_new = CachedObject.objects.get_or_create(
            uri=ipfs_uri(kept.root, kept.path),
            defaults={
                "root_cid": str(kept.root),
                "origin": Origin.PINNED if kept.media_type else Origin.FETCHED,
                "media_type": kept.media_type,
                "byte_count": len(kept.data),
                "sha256": hashlib.sha256(kept.data).hexdigest(),
                "proved_at": now,
                "used_at": now,
            },
        )
        found.blocks.add(*IpfsBlock.objects.filter(sha256__in=digests))
        if not is_new:
            _refresh(found, kept.media_type, now)
    return found


def read_kept(root: Cid, path: str, limits: DagLimits) -> bytes:
    """A file from our own store, every block proved. Raises BlockMissing, another DagError, or BlockStoreError."""
    return read_path(root, path, _own_block, limits).data


@job(every=timedelta(minutes=10), expires=None)
def forget_unused_blocks(now: datetime) -> int:
    """Deletes blocks that belong to no file, objects first, a batch at a time; how many went."""
    unused = IpfsBlock.objects.filter(objects_using=None, touched_at__lt=now - UNUSED_AFTER).values_list(
        "pk", flat=True
    )
    return sum(_forget_block(pk, now) for pk in unused[:JANITOR_BATCH])


def _forget_block(pk: int, now: datetime) -> int:
    """The row stays locked while its object goes: a new use of the block waits, and stores it anew."""
    with transaction.atomic():
        old = IpfsBlock.objects.select_for_update().filter(pk=pk, touched_at__lt=now - UNUSED_AFTER).first()
        if old is None or old.objects_using.exists():
            return 0
        delete_block(bytes.fromhex(old.sha256))
        old.delete()
        return 1


def _store_blocks(blocks: Mapping[Cid, Bytes], now: datetime) -> list[str]:
    real = {cid: data for cid, data in blocks.items() if cid.hash_code != IDENTITY}
    sizes = {cid.digest.hex(): len(data) for cid, data in real.items()}
    _touch_rows(sizes, now)
    for cid, data in real.items():
        put_block(bytes(data), cid.digest)
    return list(sizes)


def _touch_rows(sizes: Mapping[str, int], now: datetime) -> None:
    rows = [IpfsBlock(sha256=name, byte_count=size, touched_at=now) for name, size in sorted(sizes.items())]
    IpfsBlock.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["sha256"], update_fields=["touched_at"], batch_size=500
    )


def _check_readable(kept: KeptFile) -> None:
    limits = DagLimits(max_bytes=max(len(kept.data), 1), max_blocks=10_000)
    try:
        stored = read_kept(kept.root, kept.path, limits)
    except BlockMissing as error:
        raise BlockStoreError("A stored file could not be read back.") from error
    if stored != kept.data:
        raise BlockStoreError("A stored file reads differently from what was stored.")


def _refresh(found: CachedObject, media_type: str, now: datetime) -> None:
    """What we made ourselves stays pinned, whoever fetches it later."""
    found.proved_at = found.used_at = now
    found.damaged_at = None
    if media_type:
        found.origin, found.media_type = Origin.PINNED, media_type
    found.save(update_fields=["proved_at", "used_at", "damaged_at", "origin", "media_type"])


def _own_block(cid: Cid) -> bytes:
    block = get_block(cid)
    if block is None:
        raise BlockMissing(cid)
    return block
