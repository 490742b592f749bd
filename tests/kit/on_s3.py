"""Store the site's pictures on a real S3 server, with the site's own options."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from pytest_django import Settings

from avatarsite.settings import object_store
from profiles.testing.stores import REGION, Bucket

LOCATION = "avatars"


def use(
    settings: Settings, bucket: Bucket, monkeypatch: pytest.MonkeyPatch, *, endpoint: str = "", **timing: Any
) -> None:
    """Use this bucket. `endpoint` replaces the server's, e.g. by a proxy; `timing` changes botocore's Config."""
    for name, value in environment(bucket).items():
        monkeypatch.setenv(name, value)
    if endpoint:
        monkeypatch.setenv("S3_ENDPOINT_URL", endpoint)
    chosen = object_store.storage(Path("/nowhere"), LOCATION)
    config = chosen["OPTIONS"]["client_config"]
    assert isinstance(config, Config)
    chosen["OPTIONS"]["client_config"] = config.merge(Config(**timing))
    settings.STORAGES = settings.STORAGES | {"avatars": chosen}
    settings.AVATAR_DIRECT_UPLOAD = True


def environment(bucket: Bucket) -> dict[str, str]:
    """Return the environment with which the settings use this bucket."""
    return {
        "S3_BUCKET": bucket.name,
        "S3_ENDPOINT_URL": bucket.server.endpoint_url,
        "S3_REGION": REGION,
        "S3_ACCESS_KEY_ID": bucket.server.access_key,
        "S3_SECRET_ACCESS_KEY": bucket.server.secret_key,
    }


def keys_in(bucket: Bucket) -> set[str]:
    """Return the keys of the bucket without the location."""
    return {key.removeprefix(f"{LOCATION}/") for key in bucket.object_keys()}
