"""Pictures as objects, whatever store lies below. Three folders:

masters/    by sha256 of their bytes; private
renditions/ by sha256 of their bytes; public, if the operator lets the store serve them (`public_url`)
incoming/   by ticket; what browsers sent straight to the store, never served

StorageError            permanent: bool; the store failed
├── ObjectMissing       permanent; no such object
└── ObjectDamaged       it answered other bytes than the name says
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from uuid import UUID

from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages

from profiles import settings
from profiles.store import s3
from profiles.store.s3 import PostForm, StoredObject

MASTERS, RENDITIONS, INCOMING = "masters", "renditions", "incoming"
MASTER_EXTENSION = "webp"
#: File extensions of renditions; also the ones a URL may end in.
EXTENSIONS = {"webp": "webp", "png": "png", "jpeg": "jpg", "avif": "avif"}
_SHA256 = re.compile(r"[0-9a-f]{64}")
#: Answers of an S3 server that another try will not change: a wrong key, bucket or right.
_PERMANENT_CODES = {
    "403",  # all that is said to HEAD, whose answers have no body
    "AccessDenied",
    "InvalidAccessKeyId",
    "InvalidBucketName",
    "NoSuchBucket",
    "SignatureDoesNotMatch",
}
_CONTENT_TYPES = {"webp": "image/webp", "png": "image/png", "jpg": "image/jpeg", "avif": "image/avif"}
_PAGE = 1000


class StorageError(Exception):
    """The object store did not do its work. `permanent` where only a person can mend it."""

    permanent = False

    def __init__(self, sentence: str, *, permanent: bool = False) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.permanent = permanent


class ObjectMissing(StorageError):
    def __init__(self, key: str) -> None:
        super().__init__(f"The object store holds no {key}.", permanent=True)


class ObjectDamaged(StorageError):
    def __init__(self, key: str) -> None:
        super().__init__(f"The object store answered {key} with other bytes than were stored.")


def master_key(sha256: str) -> str:
    return _key(MASTERS, sha256, MASTER_EXTENSION)


def rendition_key(sha256: str, extension: str) -> str:
    return _key(RENDITIONS, sha256, extension)


def incoming_key(ticket_id: UUID) -> str:
    return f"{INCOMING}/{ticket_id}"


def put(key: str, content: bytes) -> None:
    """Store `content` under the key that names its hash. Doing it twice is doing it once."""
    if not hmac.compare_digest(_named_hash(key), hashlib.sha256(content).hexdigest()):
        raise ValueError(f"{key} does not name these bytes")
    store = _store()
    with _translated(key):
        saved = store.save(key, _typed(key, content))
        if saved != key:  # a store that never replaces took another name, as Django's FileSystemStorage does
            store.delete(saved)
            _mend(store, key, content)


def get(key: str) -> bytes:
    """The bytes, proved against the hash in their name. Raises StorageError."""
    content = _read(key)
    if not _is_named_by(key, content):
        raise ObjectDamaged(key)
    return content


def delete(key: str) -> None:
    """Absence is not an error."""
    with _translated(key):
        _store().delete(key)


def size(key: str) -> int:
    """In bytes. Raises ObjectMissing or StorageError."""
    with _translated(key):
        return _store().size(key)


def list_pages(folder: str, after: str = "") -> Iterator[list[StoredObject]]:
    """What lies in MASTERS, RENDITIONS or INCOMING, in the order of keys, up to 1,000 at a time, behind key `after`."""
    store = _store()
    bucket = s3.as_s3(store)
    with _translated(folder):
        yield from s3.list_pages(bucket, folder, after) if bucket else _paged(_walk(store, folder, after))


# --- what browsers do with the store themselves ---------------------------------------------------------------------


def takes_posts() -> bool:
    """Whether browsers may send bytes straight to this store."""
    return s3.as_s3(_store()) is not None


def post_form(key: str, content_type: str, byte_count: int, *, seconds: int) -> PostForm:
    """Leave for a browser to post one object. Only where `takes_posts()`."""
    with _translated(key):
        return s3.post_form(_store(), key, content_type, byte_count, seconds=seconds)


def read_incoming(key: str, most: int) -> bytes:
    """What a browser posted, cut behind `most` bytes whatever lies there. Raises ObjectMissing or StorageError."""
    return _read(key, most)


def public_url(key: str) -> str | None:
    """Where browsers get a rendition from the store itself; None where our pages must send its bytes.

    By AVATAR_SERVE_FROM_STORE: "public" for a bucket, or a cache before it, that shows renditions to everybody;
    "signed" for a private bucket: then an answer that leads there must expire before `conf.signed_seconds()`.
    """
    if not key.startswith(f"{RENDITIONS}/"):
        return None
    mode, bucket = settings.current().serve_from_store, s3.as_s3(_store())
    if mode == "public":
        return f"{settings.current().store_public_url}/{key}"
    if mode == "signed" and bucket:
        with _translated(key):
            return s3.signed_url(bucket, key, seconds=settings.current().signed_seconds)
    return None


# --- below ----------------------------------------------------------------------------------------------------------


def _store() -> Storage:
    return storages["avatars"]


def _read(key: str, most: int | None = None) -> bytes:
    store = _store()
    bucket = s3.as_s3(store)
    with _translated(key):
        if bucket:
            return s3.read(bucket, key, most)
        with store.open(key) as file:
            content: bytes = file.read(most)
    return content


def _typed(key: str, content: bytes) -> ContentFile[bytes]:
    """With its type for stores that serve it: the system's table, which they ask else, may know no WebP."""
    file = ContentFile(content)
    file.content_type = _CONTENT_TYPES[key.rpartition(".")[2]]  # type: ignore[attr-defined]
    return file


def _paged(objects: Iterator[StoredObject]) -> Iterator[list[StoredObject]]:
    while page := list(islice(objects, _PAGE)):
        yield page


def _walk(store: Storage, folder: str, after: str) -> Iterator[StoredObject]:
    """The same listing by Django's interface. Flat in memory as long as a folder's names are: masters and renditions
    lie in 256 each."""
    try:
        folders, names = store.listdir(folder)
    except FileNotFoundError:
        return
    for key in sorted(f"{folder}/{name}" for name in names):
        if key > after and (found := _look_at(store, key)):
            yield found
    for name in sorted(folders):
        if f"{folder}/{name}/~" > after:  # "~" sorts behind all that our keys are made of
            yield from _walk(store, f"{folder}/{name}", after)


def _look_at(store: Storage, key: str) -> StoredObject | None:
    try:
        return StoredObject(key, store.size(key), store.get_modified_time(key))
    except FileNotFoundError:  # deleted since it was listed
        return None


def _mend(store: Storage, key: str, content: bytes) -> None:
    """Leave what is already there if it is whole; half a file from a crash is written anew."""
    with store.open(key) as file:
        if _is_named_by(key, file.read()):
            return
    store.delete(key)
    store.save(key, _typed(key, content))


def _key(folder: str, sha256: str, extension: str) -> str:
    if not _SHA256.fullmatch(sha256):
        raise ValueError(f"{sha256!r} is no sha256")
    return f"{folder}/{sha256[:2]}/{sha256}.{extension}"


def _named_hash(key: str) -> str:
    return key.rpartition("/")[2].partition(".")[0]


def _is_named_by(key: str, content: bytes) -> bool:
    return hmac.compare_digest(_named_hash(key), hashlib.sha256(content).hexdigest())


@contextmanager
def _translated(key: str) -> Iterator[None]:
    """Turn what the libraries below raise into our own family."""
    try:
        yield
    except FileNotFoundError:
        raise ObjectMissing(key) from None
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in {"404", "NoSuchKey"}:
            raise ObjectMissing(key) from None
        raise StorageError(f"The object store refused {key}: {code}.", permanent=code in _PERMANENT_CODES) from error
    except PermissionError as error:
        raise StorageError(
            f"The folder of the object store can't be used: {error.strerror}.", permanent=True
        ) from error
    except (BotoCoreError, OSError) as error:
        raise StorageError(f"The object store can't be reached: {type(error).__name__}.") from error
