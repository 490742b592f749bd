"""Files of people's own data in the object store: `exports/` by a random name, private, streamed both ways."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import closing
from typing import IO

from django.core.files.base import File
from django.core.files.storage import Storage, storages

from profiles.store import objects, s3
from profiles.store.errors import errors_translated

EXPORTS = "exports"
CHUNK = 256 * 1024


def new_key() -> str:
    return f"{EXPORTS}/{secrets.token_hex(20)}.zip"


def put(key: str, content: IO[bytes]) -> None:
    """Store a file from its beginning, in pieces, in place of what an earlier attempt left. Raise StorageError."""
    content.seek(0)
    store = _store()
    with errors_translated(key):
        store.delete(key)
        store.save(key, File(content, name=key))


def delete(key: str) -> None:
    """Delete a file. A missing one is no error."""
    objects.delete(key)


def stream(key: str) -> Iterator[bytes]:
    """Return the file in pieces. It is opened now: raise ObjectMissing or StorageError."""
    pieces = _pieces(key)
    return _chain(next(pieces, b""), pieces)


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _pieces(key: str) -> Iterator[bytes]:
    store = _store()
    bucket = s3.as_s3(store)
    with errors_translated(key):
        if bucket:
            yield from s3.stream(bucket, key, CHUNK)
            return
        with closing(store.open(key)) as file:
            yield from file.chunks(CHUNK)


def _store() -> Storage:
    return storages["avatars"]
