"""Blocks in the object store, named by the sha2-256 of their bytes, so CIDv0 and v1 of a block are one object."""

from __future__ import annotations

import hashlib
import hmac

from django.core.files.base import ContentFile

from nft.core.ipfs.cid import IDENTITY, Cid
from profiles.store.errors import ObjectMissing, errors_translated
from profiles.store.objects import read_from
from profiles.stores import get_store

STORAGE = "ipfs"


def block_name(digest: bytes) -> str:
    text = digest.hex()
    return f"blocks/{text[:2]}/{text}"


def get_block(cid: Cid) -> bytes | None:
    """Return the block, or None. It is hashed on every read: a truncated or damaged file counts as missing."""
    if cid.hash_code == IDENTITY:
        return cid.digest
    stored = _read(cid.digest)
    return stored if stored is not None and _is_whole(stored, cid.digest) else None


def put_block(data: bytes, digest: bytes | None = None) -> bytes:
    """Store one block unless it is stored already, and return its sha2-256, which may be given if verified before.

    Only reading it back shows that the store kept it; store_file does that for all blocks of a file at once.
    Raises StorageError.
    """
    digest = digest or hashlib.sha256(data).digest()
    stored = _read(digest)
    if stored is None or not _is_whole(stored, digest):
        _save(block_name(digest), data, is_damaged=stored is not None)
    return digest


def delete_block(digest: bytes) -> None:
    """Delete the block; a missing one is no error. Raises StorageError."""
    name = block_name(digest)
    with errors_translated(name):
        get_store(STORAGE).delete(name)


def _read(digest: bytes) -> bytes | None:
    try:
        return read_from(get_store(STORAGE), block_name(digest))
    except ObjectMissing:
        return None


def _is_whole(data: bytes, digest: bytes) -> bool:
    return hmac.compare_digest(hashlib.sha256(data).digest(), digest)


def _save(name: str, data: bytes, *, is_damaged: bool) -> None:
    storage = get_store(STORAGE)
    with errors_translated(name):
        if is_damaged:
            storage.delete(name)
        stored = storage.save(name, ContentFile(data))
        if stored != name:  # another worker stored the same block at the same moment
            storage.delete(stored)
