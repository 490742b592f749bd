from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pytest_django import Settings

if TYPE_CHECKING:  # conftest files are read before Django is set up
    from profiles.models import Profile


class FileStore:
    """The object store of one test: a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def object_keys(self) -> list[str]:
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file())

    def path(self, key: str) -> Path:
        return self.folder / key


@pytest.fixture(autouse=True)
def store(tmp_path: Path, settings: Settings) -> FileStore:
    folder = tmp_path / "avatars"
    avatars = {
        "BACKEND": "profiles.store.files.AtomicFileSystemStorage",
        "OPTIONS": {"location": folder, "base_url": None},
    }
    settings.STORAGES = settings.STORAGES | {"avatars": avatars}
    return FileStore(folder)


@pytest.fixture(autouse=True)
def _no_other_app(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put aside what other apps registered at the start: these tests are about profiles and a source without hooks."""
    from profiles import sources
    from profiles.sources import Source

    own = {"upload": Source("upload", "Upload"), "nft": Source("nft", "NFT")}
    monkeypatch.setattr(sources, "_sources", own)
    monkeypatch.setattr(sources, "_resolvers", {})


@pytest.fixture
def alice(db: None) -> Profile:
    return _person("alice")


@pytest.fixture
def bob(db: None) -> Profile:
    return _person("bob")


def _person(username: str) -> Profile:
    from tests.kit.people import a_person

    return a_person(username)
