"""The environment decides the clients of the object store, and the rules for browsers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from avatarsite.settings import object_store
from localstack.binaries import ROOT

S3 = {"S3_BUCKET": "pictures", "S3_ENDPOINT_URL": "https://s3.example"}


@pytest.fixture
def options(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in S3.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize(
    ("changes", "posted_to"),
    [
        ({}, "https://s3.example/pictures"),
        ({"S3_ADDRESSING_STYLE": "virtual"}, "https://pictures.s3.example/"),
        ({"S3_BROWSER_ENDPOINT_URL": "https://files.example:8443"}, "https://files.example:8443/pictures"),
        ({"S3_ENDPOINT_URL": "", "S3_REGION": "eu-west-1"}, "https://s3.eu-west-1.amazonaws.com/pictures"),
        ({"S3_BUCKET": ""}, ""),
    ],
)
def test_it_is_known_where_browsers_post_to(
    options: None, monkeypatch: pytest.MonkeyPatch, changes: dict[str, str], posted_to: str
) -> None:
    for name, value in changes.items():
        monkeypatch.setenv(name, value)
    assert object_store.browser_bucket() == posted_to


@pytest.mark.parametrize("style", ["path", "virtual"])
def test_what_is_signed_is_what_the_policy_lets_through(
    options: None, monkeypatch: pytest.MonkeyPatch, style: str
) -> None:
    """Signing calls no server, so any endpoint will do."""
    from storages.backends.s3 import S3Storage

    from profiles.store import s3

    monkeypatch.setenv("S3_ADDRESSING_STYLE", style)
    monkeypatch.setenv("S3_ACCESS_KEY_ID", "KEY")
    monkeypatch.setenv("S3_SECRET_ACCESS_KEY", "secret")
    store = S3Storage(**object_store.storage(Path("/nowhere"), "avatars")["OPTIONS"])
    form = s3.post_form(store, "incoming/one", "image/png", 3, seconds=60)
    assert form.url == object_store.browser_bucket()
    assert s3.signed_url(store, "renditions/one", seconds=60).startswith(object_store.browser_bucket())


def test_checksums_are_the_newer_clients_unless_told_otherwise(options: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def rule() -> object:
        config = vars(object_store.storage(Path("/nowhere"), "avatars")["OPTIONS"]["client_config"])
        return config["request_checksum_calculation"], config["response_checksum_validation"]

    assert rule() == ("when_supported", "when_supported")
    monkeypatch.setenv("S3_CHECKSUMS", "when_required")
    assert rule() == ("when_required", "when_required")
    monkeypatch.setenv("S3_CHECKSUMS", "never")
    with pytest.raises(ImproperlyConfigured, match="S3_CHECKSUMS is 'never'"):
        rule()


@pytest.mark.parametrize(
    ("environment", "images", "connections"),
    [
        ({}, [], []),
        (S3, [], ["https://s3.example/pictures"]),
        (S3 | {"AVATAR_DIRECT_UPLOAD": "0"}, [], []),
        (S3 | {"AVATAR_SERVE_FROM_STORE": "signed"}, ["https://s3.example"], ["https://s3.example/pictures"]),
        (
            S3 | {"AVATAR_SERVE_FROM_STORE": "public", "AVATAR_STORE_PUBLIC_URL": "https://cdn.example/avatars"},
            ["https://cdn.example"],
            ["https://s3.example/pictures"],
        ),
    ],
)
def test_pages_may_reach_the_store_only_as_far_as_they_need(
    environment: dict[str, str], images: list[str], connections: list[str]
) -> None:
    shown = "import json; from avatarsite import settings; print(json.dumps(settings.CONTENT_SECURITY_POLICY))"
    local = {"LOCAL_STACK": "1", "NFT_ENABLED": "0", "PATH": os.environ["PATH"]}
    ran = subprocess.run(
        [sys.executable, "-c", shown], cwd=ROOT, env=local | environment, capture_output=True, check=True, text=True
    )
    rules = json.loads(ran.stdout)["DIRECTIVES"]
    assert rules["img-src"] == ["'self'", "data:", "blob:", *images]
    assert [each for each in rules["connect-src"] if "s3.example" in each] == connections
