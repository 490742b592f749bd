from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # conftest files are read before Django is set up
    from profiles.models import Profile
    from profiles.testing.stores import FileStore


@pytest.fixture(autouse=True)
def store(avatar_store: FileStore) -> FileStore:
    """Every test of this folder keeps its pictures in a folder of its own."""
    return avatar_store


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
    from profiles.testing.people import a_person

    return a_person(username)
