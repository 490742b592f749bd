"""Objects in files: written atomically, verified when read, and failures raised as StorageError."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from pytest_django import Settings

from profiles.store import objects
from profiles.store.errors import ObjectMissing, StorageError
from profiles.store.files import AtomicFileSystemStorage
from profiles.testing.stores import FileStore

CONTENT = b"picture"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
KEY = objects.master_key(SHA256)


def test_stored_bytes_are_read_back(store: FileStore) -> None:
    objects.put(KEY, CONTENT)
    objects.put(KEY, CONTENT)
    assert objects.get(KEY) == CONTENT
    assert store.object_keys() == [f"masters/{SHA256[:2]}/{SHA256}.webp"]


def test_a_key_refuses_bytes_of_another_hash(store: FileStore) -> None:
    objects.put(KEY, CONTENT)
    with pytest.raises(ValueError, match="does not name these bytes"):
        objects.put(KEY, b"other")
    assert objects.get(KEY) == CONTENT


@pytest.mark.parametrize("sha256", ["", "a" * 63, "A" * 64, "../../etc/passwd", SHA256 + "\n"])
def test_only_a_hash_makes_a_key(sha256: str) -> None:
    with pytest.raises(ValueError, match="no sha256"):
        objects.rendition_key(sha256, "webp")


def test_reading_a_missing_object_raises_object_missing() -> None:
    with pytest.raises(ObjectMissing) as missing:
        objects.get(KEY)
    assert missing.value.permanent


def test_deleting_twice_is_no_error(store: FileStore) -> None:
    objects.put(KEY, CONTENT)
    objects.delete(KEY)
    objects.delete(KEY)
    assert store.object_keys() == []


def test_changed_bytes_are_never_returned(store: FileStore) -> None:
    objects.put(KEY, CONTENT)
    store.path(KEY).write_bytes(b"changed")
    with pytest.raises(StorageError, match="other bytes"):
        objects.get(KEY)


def test_an_unwritable_store_raises_a_storage_error(store: FileStore) -> None:
    store.folder.write_bytes(b"a file where the folder should be")
    with pytest.raises(StorageError) as failed:
        objects.put(KEY, CONTENT)
    assert not failed.value.permanent


@pytest.fixture
def plain_files(store: FileStore, settings: Settings) -> FileStore:
    """Django's own storage, which a host project may use: it never replaces a file."""
    plain = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": store.folder}}
    settings.STORAGES = settings.STORAGES | {"avatars": plain}
    return store


def test_a_storage_that_never_replaces_keeps_one_copy(plain_files: FileStore) -> None:
    objects.put(KEY, CONTENT)
    objects.put(KEY, CONTENT)
    assert plain_files.object_keys() == [KEY]


def test_a_half_written_file_is_replaced(plain_files: FileStore) -> None:
    objects.put(KEY, CONTENT)
    plain_files.path(KEY).write_bytes(CONTENT[:3])
    objects.put(KEY, CONTENT)
    assert objects.get(KEY) == CONTENT
    assert plain_files.object_keys() == [KEY]


def test_a_failed_write_leaves_neither_file_nor_draft(tmp_path: Path) -> None:
    class Broken(ContentFile):  # type: ignore[type-arg]
        def chunks(self, chunk_size: int | None = None) -> object:  # type: ignore[override]
            yield b"half"
            raise OSError("the disk is full")

    files = AtomicFileSystemStorage(location=tmp_path)
    with pytest.raises(OSError, match="disk is full"):
        files.save("a/b.webp", Broken(b""))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_files_get_the_mode_of_the_django_setting(tmp_path: Path) -> None:
    files = AtomicFileSystemStorage(location=tmp_path, file_permissions_mode=0o640)
    name = files.save("a/b.webp", ContentFile(CONTENT))
    assert os.stat(files.path(name)).st_mode & 0o777 == 0o640  # noqa: PTH116
