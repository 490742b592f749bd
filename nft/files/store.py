"""Our own store of IPFS files: those that we publish, and those of strangers that were fetched and verified.

CIDs are computed here before anything else. A block's row is written before its object and deleted after it, so a
crash leaves no object without a row. Rows that no file uses are invisible, and deleted after UNUSED_AFTER.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from nft.clients.bundle import Clients
from nft.clients.ipfs.blockstore import delete_block, get_block, put_block
from nft.clients.ipfs.reading import IpfsLimits
from nft.core.buffers import Bytes
from nft.core.ipfs.cid import IDENTITY, Cid
from nft.core.ipfs.dag import DagLimits, read_path
from nft.core.ipfs.errors import BlockMissing
from nft.core.ipfs.unixfs import build_directory, build_file
from nft.core.tokens.uri import IpfsUri
from nft.files.blocked import check_fetched
from nft.models import CachedObject, IpfsBlock
from nft.settings import conf
from profiles.jobs import job
from profiles.leases import fresh
from profiles.sentences import gettext
from profiles.store.errors import StorageError

Origin = CachedObject.Origin
# Longer URIs do not fit the column, so their files are fetched each time.
MAX_URI = 500
UNUSED_AFTER = timedelta(minutes=15)
# Blocks that one run of the job deletes.
DELETE_BATCH = 500


@dataclass(frozen=True)
class Pinned:
    """A published file or directory. `uri` is ipfs://<cid>."""

    cid: Cid
    uri: str


@dataclass(frozen=True)
class IpfsFile:
    """A whole, verified file with all blocks from its root down. `media_type` is empty for files of strangers."""

    root: Cid
    path: str
    data: bytes
    blocks: Mapping[Cid, Bytes]
    media_type: str = ""


def ipfs_uri(root: Cid, path: str = "") -> str:
    """Return the URI by which `CachedObject` knows a file. The path is not percent-encoded."""
    return f"ipfs://{root}/{path}" if path else f"ipfs://{root}"


def fetch_ipfs(uri: IpfsUri, clients: Clients, limits: IpfsLimits) -> bytes:
    """Return a verified file from our store, else fetch and store it.

    Raise IpfsUnavailable, DagError, StorageError, or ContentRefused if its CID is blocked.
    """
    check_fetched(uri.cid)
    name = ipfs_uri(uri.cid, uri.path)
    if CachedObject.objects.filter(uri=name).update(used_at=timezone.now()):
        try:
            return read_stored(uri.cid, uri.path, limits.dag)
        except BlockMissing:  # a block is lost or damaged: the file is fetched and stored again
            pass
    found = clients.ipfs.fetch_verified(uri.cid, uri.path, limits)
    if len(name) <= MAX_URI:
        store_file(IpfsFile(uri.cid, uri.path, found.data, found.blocks), timezone.now())
    return found.data


def read_stored(root: Cid, path: str, limits: DagLimits) -> bytes:
    """Return a file from our store and verify every block. Raise BlockMissing, another DagError or StorageError."""
    return read_path(root, path, _read_block, limits).data


def pin_file(data: bytes, media_type: str, now: datetime) -> Pinned:
    """Publish one file and read it back through its CID. Idempotent. Raise StorageError."""
    dag = build_file(data)
    store_file(IpfsFile(dag.root, "", data, dag.blocks, media_type), now)
    return Pinned(dag.root, ipfs_uri(dag.root))


def pin_directory(files: Mapping[str, tuple[bytes, str]], now: datetime) -> Pinned:
    """Publish files, name → (bytes, media type), in one directory, and return the directory."""
    dags = {name: build_file(data) for name, (data, _) in files.items()}
    directory = build_directory({name: (dag.root, dag.size) for name, dag in dags.items()})
    for name, dag in dags.items():
        blocks = {**directory.blocks, **dag.blocks}
        data, media_type = files[name]
        store_file(IpfsFile(directory.root, name, data, blocks, media_type), now)
    return Pinned(directory.root, ipfs_uri(directory.root))


def store_file(file: IpfsFile, now: datetime) -> CachedObject:
    """Store a file's blocks, verify them by reading them back, and only then make the file visible.

    Raise StorageError.
    """
    digests = _store_blocks(file.blocks, now)
    _check_readable(file)
    with transaction.atomic():
        row, is_new = CachedObject.objects.get_or_create(
            uri=ipfs_uri(file.root, file.path),
            defaults={
                "root_cid": str(file.root),
                "origin": Origin.PINNED if file.media_type else Origin.FETCHED,
                "media_type": file.media_type,
                "byte_count": len(file.data),
                "sha256": hashlib.sha256(file.data).hexdigest(),
                "used_at": now,
                **verified(now),
            },
        )
        row.blocks.add(*IpfsBlock.objects.filter(sha256__in=digests))
        IpfsBlock.objects.filter(sha256__in=digests).update(touched_at=None)
        if not is_new:
            _update(row, file.media_type, now)
    return row


def verified(now: datetime) -> dict[str, object]:
    """Return the columns of a file whose blocks were all verified just now."""
    return {**fresh(now + timedelta(days=conf().rehash_days)), "proved_at": now, "damaged_at": None}


def delete_files(pks: Sequence[int], now: datetime) -> int:
    """Delete the rows of files, within the caller's transaction. Return how many. Their blocks may be unused now."""
    left = list(IpfsBlock.objects.filter(objects_using__in=pks).values_list("pk", flat=True))
    _, deleted = CachedObject.objects.filter(pk__in=pks).delete()
    IpfsBlock.objects.filter(pk__in=left).update(touched_at=now)
    return deleted.get(CachedObject._meta.label, 0)  # noqa: SLF001 - Django documents it as public


@job(every=timedelta(minutes=10), expires=None)
def delete_unused_blocks(now: datetime, *, seconds: float = 60.0) -> int:
    """Delete blocks that belong to no file, each object before its row, for about `seconds`. Return how many.

    Only those are looked at that somebody began to store, or that a deleted file left, UNUSED_AFTER ago.
    """
    loose = IpfsBlock.objects.filter(touched_at__lt=now - UNUSED_AFTER).order_by("touched_at", "pk")
    ends_at, deleted = time.monotonic() + seconds, 0
    while batch := list(loose.values_list("pk", flat=True)[:DELETE_BATCH]):
        deleted += sum(_delete_block(pk, now) for pk in batch)
        if len(batch) < DELETE_BATCH or time.monotonic() > ends_at:
            break
    return deleted


def _delete_block(pk: int, now: datetime) -> int:
    """Delete a block unless it is used again. The row is locked meanwhile: a new user waits and stores it again."""
    with transaction.atomic():
        old = IpfsBlock.objects.select_for_update().filter(pk=pk, touched_at__lt=now - UNUSED_AFTER).first()
        if old is None:
            return 0
        if old.objects_using.exists():
            IpfsBlock.objects.filter(pk=pk).update(touched_at=None)
            return 0
        delete_block(bytes.fromhex(old.sha256))
        old.delete()
        return 1


def _store_blocks(blocks: Mapping[Cid, Bytes], now: datetime) -> list[str]:
    """Write the rows, then the objects. Return the rows' hashes. Identity CIDs contain their data and are skipped."""
    real = {cid: data for cid, data in blocks.items() if cid.hash_code != IDENTITY}
    sizes = {cid.digest.hex(): len(data) for cid, data in real.items()}
    rows = [IpfsBlock(sha256=sha256, byte_count=size, touched_at=now) for sha256, size in sorted(sizes.items())]
    IpfsBlock.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["sha256"], update_fields=["touched_at"], batch_size=500
    )
    for cid, data in real.items():
        put_block(bytes(data), cid.digest)
    return list(sizes)


def _check_readable(file: IpfsFile) -> None:
    limits = DagLimits(max_bytes=max(len(file.data), 1), max_blocks=10_000)
    try:
        stored = read_stored(file.root, file.path, limits)
    except BlockMissing as error:
        raise StorageError(gettext("A stored file could not be read back.")) from error
    if stored != file.data:
        raise StorageError(gettext("A stored file reads differently from what was stored."))


def _update(row: CachedObject, media_type: str, now: datetime) -> None:
    """Record that a known file was verified and used. A file that we made stays PINNED if it is fetched later."""
    made_here: dict[str, object] = {"origin": Origin.PINNED, "media_type": media_type} if media_type else {}
    CachedObject.objects.filter(pk=row.pk).update(used_at=now, **verified(now), **made_here)
    row.refresh_from_db()


def _read_block(cid: Cid) -> bytes:
    block = get_block(cid)
    if block is None:
        raise BlockMissing(cid)
    return block
