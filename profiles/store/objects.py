"""Pictures as objects, whatever store lies below, in these folders:

masters/    by sha256 of their bytes; private
renditions/ by sha256 of their bytes; public, if the operator lets the store serve them (`public_url`)
incoming/   by ticket: files that browsers sent straight to the store; never served
exports/    files of people's own data (profiles.store.exports); private
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator
from itertools import islice
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import Storage

from profiles import settings
from profiles.store import s3
from profiles.store.errors import ObjectMissing, StorageError, errors_translated
from profiles.store.s3 import PostForm, StoredObject
from profiles.stores import get_store

MASTERS, RENDITIONS, INCOMING = "masters", "renditions", "incoming"
MASTER_EXTENSION = "webp"
PROBE = "health/probe.txt"
#: File extension by format; also the ones a URL may end in.
EXTENSIONS = {"webp": "webp", "png": "png", "jpeg": "jpg", "avif": "avif"}
_CONTENT_TYPES = {"webp": "image/webp", "png": "image/png", "jpg": "image/jpeg", "avif": "image/avif"}
_SHA256 = re.compile(r"[0-9a-f]{64}")
_PAGE = 1000


def master_key(sha256: str) -> str:
    return _build_key(MASTERS, sha256, MASTER_EXTENSION)


def rendition_key(sha256: str, extension: str) -> str:
    return _build_key(RENDITIONS, sha256, extension)


def incoming_key(ticket_id: UUID) -> str:
    return f"{INCOMING}/{ticket_id}"


def put(key: str, content: bytes) -> None:
    """Store `content` under the key that names its hash. Idempotent. Raise StorageError."""
    if not _is_named_by(key, content):
        raise ValueError(f"{key} does not name these bytes")
    store = _store()
    with errors_translated(key):
        saved = store.save(key, _with_type(key, content))
        if saved != key:  # a store that never replaces chose another name, as Django's FileSystemStorage does
            store.delete(saved)
            _replace_if_damaged(store, key, content)


def get(key: str) -> bytes:
    """Return the bytes, verified against the hash in their key. Raise StorageError."""
    content = read_from(_store(), key)
    if not _is_named_by(key, content):
        raise StorageError(f"The object store answered {key} with other bytes than were stored.")
    return content


def get_if_intact(key: str) -> bytes | None:
    """Return the bytes, None if they are missing or damaged. Raise StorageError if that can't be determined."""
    try:
        content = read_from(_store(), key)
    except ObjectMissing:
        return None
    return content if _is_named_by(key, content) else None


def delete(key: str) -> None:
    """Delete an object. A missing one is no error."""
    with errors_translated(key):
        _store().delete(key)


def size(key: str) -> int:
    """Return the size in bytes. Raise ObjectMissing or StorageError."""
    with errors_translated(key):
        return _store().size(key)


def probe() -> None:
    """Write a small object, always the same one, and look it up. Raise StorageError if the store does not work."""
    store = _store()
    with errors_translated(PROBE):
        saved = store.save(PROBE, ContentFile(b"ready"))
        store.size(saved)
        if saved != PROBE:  # a store that never replaces
            store.delete(saved)


def list_pages(folder: str, after: str = "", prefix: str = "") -> Iterator[list[StoredObject]]:
    """Yield the objects of a folder after the key `after`, in the order of keys, up to 1,000 at a time.

    `prefix`: the first letters of the hash in their keys, at most two.
    """
    store = _store()
    bucket = s3.as_s3(store)
    with errors_translated(folder):
        if bucket:
            yield from s3.list_pages(bucket, f"{folder}/{prefix}", after)
            return
        found = _walk(store, folder, after, prefix)
        while page := list(islice(found, _PAGE)):
            yield page


def takes_posts() -> bool:
    """Return whether browsers can send bytes straight to this store."""
    return s3.as_s3(_store()) is not None


def post_form(key: str, content_type: str, byte_count: int, *, seconds: int) -> PostForm:
    """Return the form with which a browser may post one object. Only if `takes_posts()`."""
    bucket = s3.as_s3(_store())
    if bucket is None:
        raise TypeError("this store takes no posts")
    with errors_translated(key):
        return s3.post_form(bucket, key, content_type, byte_count, seconds=seconds)


def read_incoming(key: str, most: int) -> bytes:
    """Return at most `most` bytes of what a browser posted. Raise ObjectMissing or StorageError."""
    return read_from(_store(), key, most)


def public_url(key: str) -> str | None:
    """Return the URL at which the store itself serves a rendition, None if our own pages must send its bytes.

    It depends on AVATAR_SERVE_FROM_STORE: "public" for a bucket, or a cache before it, that shows renditions to
    everybody; "signed" for a private bucket. A response that leads to a signed URL must expire before
    AVATAR_SIGNED_SECONDS.
    """
    if not key.startswith(f"{RENDITIONS}/"):
        return None
    mode, bucket = settings.current().serve_from_store, s3.as_s3(_store())
    if mode == "public":
        return f"{settings.current().store_public_url}/{key}"
    if mode == "signed" and bucket:
        with errors_translated(key):
            return s3.signed_url(bucket, key, seconds=settings.current().signed_seconds)
    return None


def _store() -> Storage:
    return get_store("avatars")


def read_from(store: Storage, key: str, most: int | None = None) -> bytes:
    """Return an object of any of the site's stores, or its first `most` bytes. Raise ObjectMissing or StorageError."""
    bucket = s3.as_s3(store)
    with errors_translated(key):
        if bucket:
            return s3.read(bucket, key, most)
        with store.open(key) as file:
            content: bytes = file.read(most)
    return content


def _with_type(key: str, content: bytes) -> ContentFile[bytes]:
    """Return a file with its content type: stores would otherwise use the system's table, which may lack WebP."""
    file = ContentFile(content)
    file.content_type = _CONTENT_TYPES[key.rpartition(".")[2]]  # type: ignore[attr-defined]
    return file


def _walk(store: Storage, folder: str, after: str, prefix: str = "") -> Iterator[StoredObject]:
    """Yield the objects of a folder by Django's interface, in the order of keys.

    Memory holds one folder's names at a time; masters and renditions are spread over 256 folders each, by the first two
    letters of the hash.
    """
    try:
        folders, names = store.listdir(folder)
    except FileNotFoundError:
        return
    for key in sorted(f"{folder}/{name}" for name in names if name.startswith(prefix)):
        if key > after and (found := _describe(store, key)):
            yield found
    for name in sorted(each for each in folders if each.startswith(prefix)):
        if f"{folder}/{name}/~" > after:  # "~" sorts after every character of our keys
            yield from _walk(store, f"{folder}/{name}", after)


def _describe(store: Storage, key: str) -> StoredObject | None:
    try:
        return StoredObject(key, store.size(key), store.get_modified_time(key))
    except FileNotFoundError:  # deleted since it was listed
        return None


def _replace_if_damaged(store: Storage, key: str, content: bytes) -> None:
    """Keep an existing object that is intact; write it again if a crash left half of it."""
    with store.open(key) as file:
        if _is_named_by(key, file.read()):
            return
    store.delete(key)
    store.save(key, _with_type(key, content))


def _build_key(folder: str, sha256: str, extension: str) -> str:
    if not _SHA256.fullmatch(sha256):
        raise ValueError(f"{sha256!r} is no sha256")
    return f"{folder}/{sha256[:2]}/{sha256}.{extension}"


def _is_named_by(key: str, content: bytes) -> bool:
    named = key.rpartition("/")[2].partition(".")[0]
    return hmac.compare_digest(named, hashlib.sha256(content).hexdigest())
