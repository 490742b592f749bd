"""Blocks in the object store, named by the sha2-256 of their bytes, so CIDv0 and v1 of a block are one object."""

from __future__ import annotations

import hashlib
import hmac

from django.core.files.base import ContentFile
from django.core.files.storage import storages

from nft.core.ipfs.cid import IDENTITY, Cid

STORAGE = "ipfs"


class BlockStoreError(Exception):
    """The object store failed; trying again later may help."""

    permanent = False


def block_name(digest: bytes) -> str:
    text = digest.hex()
    return f"blocks/{text[:2]}/{text}"


def get_block(cid: Cid) -> bytes | None:
    """The block if we hold it whole. It is hashed on every read: a torn or rotten file is as good as none."""
    if cid.hash_code == IDENTITY:
        return cid.digest
    stored = _read(cid.digest)
    return stored if stored is not None and _is_whole(stored, cid.digest) else None


def put_block(data: bytes, digest: bytes | None = None) -> bytes:
    """Stores one block unless we hold it whole; returns its sha2-256, which may be given where it is proved already.

    Whether the store kept it is seen by reading it back, as keep_file does for all blocks of a file at once.
    Raises BlockStoreError."""
    digest = digest or hashlib.sha256(data).digest()
    stored = _read(digest)
    if stored is None or not _is_whole(stored, digest):
        _save(block_name(digest), data, is_torn=stored is not None)
    return digest


def delete_block(digest: bytes) -> None:
    """Absence is no error."""
    try:
        storages[STORAGE].delete(block_name(digest))
    except OSError as error:
        raise BlockStoreError("The object store does not take deletions right now.") from error


def _read(digest: bytes) -> bytes | None:
    try:
        with storages[STORAGE].open(block_name(digest)) as file:
            data: bytes = file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BlockStoreError("The object store can't be read right now.") from error
    return data


def _is_whole(data: bytes, digest: bytes) -> bool:
    return hmac.compare_digest(hashlib.sha256(data).digest(), digest)


def _save(name: str, data: bytes, *, is_torn: bool) -> None:
    storage = storages[STORAGE]
    try:
        if is_torn:  # it did not hash to its name
            storage.delete(name)
        stored = storage.save(name, ContentFile(data))
        if stored != name:  # somebody stored the same block in this very moment
            storage.delete(stored)
    except OSError as error:
        raise BlockStoreError("The object store takes no files right now.") from error
