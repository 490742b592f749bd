"""Blocks in the object store, named by the sha2-256 of their bytes, so CIDv0 and v1 of a block are one object."""

from __future__ import annotations

import hashlib
import hmac

from django.core.files.base import ContentFile
from django.core.files.storage import storages

from nft.core.cid import IDENTITY, Cid

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
    return _read_whole(cid.digest)


def put_block(data: bytes) -> bytes:
    """Stores one block and reads it back; returns its sha2-256. Doing it twice is the same as once.

    Raises BlockStoreError."""
    digest = hashlib.sha256(data).digest()
    if _read_whole(digest) is None:
        _replace(block_name(digest), data)
        if _read_whole(digest) is None:
            raise BlockStoreError("A block could not be read back after it was stored.")
    return digest


def delete_block(digest: bytes) -> None:
    """Absence is no error."""
    try:
        storages[STORAGE].delete(block_name(digest))
    except OSError as error:
        raise BlockStoreError("The object store does not take deletions right now.") from error


def _read_whole(digest: bytes) -> bytes | None:
    try:
        with storages[STORAGE].open(block_name(digest)) as file:
            data: bytes = file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BlockStoreError("The object store can't be read right now.") from error
    return data if hmac.compare_digest(hashlib.sha256(data).digest(), digest) else None


def _replace(name: str, data: bytes) -> None:
    storage = storages[STORAGE]
    try:
        if storage.exists(name):  # torn: it did not hash to its name
            storage.delete(name)
        stored = storage.save(name, ContentFile(data))
        if stored != name:  # somebody stored the same block in this very moment
            storage.delete(stored)
    except OSError as error:
        raise BlockStoreError("The object store takes no files right now.") from error
