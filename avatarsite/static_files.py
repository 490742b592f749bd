"""Collected static files: scripts and styles joined with what they import, with their content hash in the name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

from avatarsite.static_joining import imports_others, join_script, join_styles

#: Our own scripts and styles. Packages bring theirs joined.
JOINED_FOLDERS = {
    f"{app}{folder}": join
    for app in ("", "profiles/", "nft/")
    for folder, join in (("css", join_styles), ("js", join_script))
}


class HashedStaticFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    support_js_module_import_aggregation = True

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self._addresses: dict[str, str] = {}

    def url(self, name: str, force: bool = False) -> str:
        """Return the address, computed once for each name: a page has a dozen, and the manifest is read once anyway."""
        if settings.DEBUG or force:
            return str(super().url(name, force))
        if name not in self._addresses:
            self._addresses[name] = super().url(name)
        return self._addresses[name]

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        """Hash and compress the collected files, each script and stylesheet joined with what it imports."""
        yield from super().post_process(paths if dry_run else _join(paths), dry_run=dry_run, **options)


def _join(paths: dict[str, Any]) -> dict[str, Any]:
    """Return `paths` with those files replaced that import others: of each name, its storage and its path there."""

    def read(name: str) -> str:
        storage, path = paths[name]
        with storage.open(path) as file:
            content: bytes = file.read()
        return content.decode()

    joined = InMemoryStorage()
    for name in paths:
        join = JOINED_FOLDERS.get(str(PurePosixPath(name).parent))
        if join and name.endswith((".js", ".css")) and imports_others(read(name)):
            joined.save(name, ContentFile(join(name, read).encode()))
    return paths | {name: (joined, name) for name in paths if joined.exists(name)}
