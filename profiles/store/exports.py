"""Files of people's own data in the object store: `exports/` by a random name, private, streamed both ways."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import closing
from typing import IO

from django.core.files.base import File
from django.core.files.storage import Storage

from profiles import settings
from profiles.store import objects, s3
from profiles.store.errors import errors_translated
from profiles.stores import get_store

EXPORTS = "exports"
CHUNK = 256 * 1024
#: Seconds within which a download from the bucket must begin; it may take longer.
DOWNLOAD_BEGINS = 60


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


def download_url(key: str, name: str) -> str | None:
    """Return a URL at which the bucket itself sends the file for a minute, under this name.

    A slow reader of a large file then holds no thread of a web process. None where browsers may not reach the bucket:
    it takes no uploads of theirs, and serves no signed URLs.
    """
    ours, bucket = settings.current(), s3.as_s3(_store())
    if bucket is None or not (ours.direct_upload or ours.serve_from_store == "signed"):
        return None
    with errors_translated(key):
        return s3.signed_url(bucket, key, seconds=DOWNLOAD_BEGINS, saved_as=name)


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
    return get_store("avatars")
