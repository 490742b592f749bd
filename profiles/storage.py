"""Pictures as objects: addressed by the sha256 of their bytes, whatever store lies below.

StorageError            permanent: bool; the store failed, or holds other bytes than the name says
└── ObjectMissing       permanent; no such object
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages

MASTER_EXTENSION = "webp"
#: File extensions of renditions; also the ones a URL may end in.
EXTENSIONS = {"webp": "webp", "png": "png", "jpeg": "jpg", "avif": "avif"}
_SHA256 = re.compile(r"[0-9a-f]{64}")
#: Answers of an S3 server that another try will not change: a wrong key, bucket or right.
_PERMANENT_CODES = {"AccessDenied", "InvalidAccessKeyId", "NoSuchBucket", "SignatureDoesNotMatch", "InvalidBucketName"}


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


def master_key(sha256: str) -> str:
    return _key("masters", sha256, MASTER_EXTENSION)


def rendition_key(sha256: str, extension: str) -> str:
    return _key("renditions", sha256, extension)


def put(key: str, content: bytes) -> None:
    """Store `content` under the key that names its hash. Doing it twice is doing it once."""
    if not hmac.compare_digest(_named_hash(key), hashlib.sha256(content).hexdigest()):
        raise ValueError(f"{key} does not name these bytes")
    store = _store()
    with _translated(key):
        saved = store.save(key, ContentFile(content))
        if saved != key:  # a store that never replaces took another name, as Django's FileSystemStorage does
            store.delete(saved)
            _mend(store, key, content)


def get(key: str) -> bytes:
    """The bytes, proved against the hash in their name. Raises ObjectMissing or StorageError."""
    with _translated(key), _store().open(key) as file:
        content: bytes = file.read()
    if not _is_named_by(key, content):
        raise StorageError(f"The object store answered {key} with other bytes than were stored.")
    return content


def delete(key: str) -> None:
    """Absence is not an error."""
    with _translated(key):
        _store().delete(key)


def _store() -> Storage:
    return storages["avatars"]


def _mend(store: Storage, key: str, content: bytes) -> None:
    """Leave what is already there if it is whole; half a file from a crash is written anew."""
    with store.open(key) as file:
        if _is_named_by(key, file.read()):
            return
    store.delete(key)
    store.save(key, ContentFile(content))


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
