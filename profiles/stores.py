"""The project's stores of files, by their names in STORAGES."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.core.files.storage import FileSystemStorage, Storage, storages


def get_store(alias: str) -> Storage:
    """Return the store of this name. Without one, files are kept in a folder of this name within MEDIA_ROOT."""
    return storages[alias] if has_own_store(alias) else _folder(str(Path(settings.MEDIA_ROOT or "media") / alias))


def has_own_store(alias: str) -> bool:
    return alias in settings.STORAGES


@lru_cache(maxsize=8)
def _folder(path: str) -> Storage:
    return FileSystemStorage(path)
