"""These tests call the site over HTTP, as other people's programs do."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django import Settings


@pytest.fixture(scope="session", autouse=True)
def _static_root() -> None:
    from django.conf import settings

    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)  # WhiteNoise warns where there is none


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, settings: Settings) -> None:
    avatars = {
        "BACKEND": "profiles.store.files.AtomicFileSystemStorage",
        "OPTIONS": {"location": tmp_path / "avatars", "base_url": None},
    }
    settings.STORAGES = settings.STORAGES | {"avatars": avatars}
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
