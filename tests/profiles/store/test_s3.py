"""Uploads, removals and failures on a real S3 server."""

from __future__ import annotations

import os
import tempfile
from datetime import timedelta

import pytest
import requests
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from profiles.models import Avatar, Profile, StoredImage
from profiles.pictures.history import remove_avatar
from profiles.store import exports
from profiles.store import objects as store_objects
from profiles.store.errors import ObjectMissing, StorageError
from profiles.store.purge import purge_unreferenced_images
from profiles.testing.people import a_picture, an_animation, an_upload
from profiles.testing.stores import REGION, Bucket

pytestmark = pytest.mark.django_db

KEY = store_objects.master_key("0" * 64)


def stored_in(bucket: Bucket) -> list[str]:
    listed = bucket.client.list_objects_v2(Bucket=bucket.name)
    return [item["Key"] for item in listed.get("Contents", [])]


def use(settings: Settings, bucket: Bucket, **changes: object) -> None:
    options = {
        "bucket_name": bucket.name,
        "location": "avatars",
        "endpoint_url": bucket.server.endpoint_url,
        "region_name": REGION,
        "access_key": bucket.server.access_key,
        "secret_key": bucket.server.secret_key,
        "addressing_style": "path",
        "signature_version": "s3v4",
        "file_overwrite": True,
    }
    s3 = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options | changes}
    settings.STORAGES = settings.STORAGES | {"avatars": s3}


@pytest.fixture(autouse=True)
def _on_s3(settings: Settings, s3: Bucket, store: object) -> None:
    use(settings, s3)


def test_an_upload_is_stored_shown_and_deleted(alice: Profile, client: Client, s3: Bucket) -> None:
    avatar = an_upload(alice, an_animation())
    objects = {store_objects.master_key(avatar.image.sha256)}
    objects |= {store_objects.rendition_key(each.sha256, "webp") for each in avatar.image.renditions.all()}
    assert set(stored_in(s3)) == {f"avatars/{key}" for key in objects}
    assert client.get("/avatar/alice?d=404").status_code == 200
    remove_avatar(alice, avatar.pk, alice.user)
    assert purge_unreferenced_images(timezone.now() + timedelta(hours=1)) == 1
    assert stored_in(s3) == []


def test_the_same_content_twice_is_stored_once(alice: Profile, bob: Profile, s3: Bucket) -> None:
    content = a_picture()
    an_upload(alice, content)
    keys = stored_in(s3)
    an_upload(bob, content)
    assert stored_in(s3) == keys
    assert StoredImage.objects.count() == 1


def test_a_missing_object_raises_and_deleting_it_is_no_error() -> None:
    with pytest.raises(ObjectMissing):
        store_objects.get(KEY)
    store_objects.delete(KEY)


def test_changed_bytes_are_never_returned(alice: Profile, s3: Bucket) -> None:
    key = store_objects.master_key(an_upload(alice).image.sha256)
    s3.client.put_object(Bucket=s3.name, Key=f"avatars/{key}", Body=b"changed")
    with pytest.raises(StorageError, match="other bytes"):
        store_objects.get(key)


def test_a_wrong_key_is_an_outage_that_leaves_the_old_picture(alice: Profile, s3: Bucket, settings: Settings) -> None:
    before = an_upload(alice)
    use(settings, s3, secret_key="wrong")
    with pytest.raises(StorageError) as failed:
        an_upload(alice)
    assert not failed.value.permanent  # its operator can repair it
    alice.refresh_from_db()
    assert (alice.avatar, Avatar.objects.count()) == (before, 1)


def test_an_unreachable_server_is_a_temporary_failure(alice: Profile, s3: Bucket, settings: Settings) -> None:
    use(settings, s3, endpoint_url="http://127.0.0.1:9")
    with pytest.raises(StorageError) as failed:
        an_upload(alice)
    assert not failed.value.permanent


def test_the_remains_of_a_failed_upload_are_purged(alice: Profile, s3: Bucket, settings: Settings) -> None:
    use(settings, s3, endpoint_url="http://127.0.0.1:9")
    with pytest.raises(StorageError):
        an_upload(alice)
    use(settings, s3)
    assert StoredImage.objects.count() == 1  # the row that would lead to its objects; nobody can see it
    purge_unreferenced_images(timezone.now() + timedelta(hours=1))
    assert (StoredImage.objects.count(), stored_in(s3)) == (0, [])


def test_a_file_of_own_data_goes_through_in_pieces_and_is_private(s3: Bucket, settings: Settings) -> None:
    key, content = exports.new_key(), os.urandom(6 * 1024 * 1024)
    with tempfile.TemporaryFile() as file:
        file.write(content)
        exports.put(key, file)
    pieces = list(exports.stream(key))
    assert b"".join(pieces) == content
    assert len(pieces) > 10
    assert store_objects.public_url(key) is None
    settings.AVATAR_DIRECT_UPLOAD, settings.AVATAR_SERVE_FROM_STORE = False, ""
    assert exports.download_url(key, "alice.zip") is None
    settings.AVATAR_DIRECT_UPLOAD = True
    sent = requests.get(exports.download_url(key, "alice.zip") or "", timeout=20)
    assert sent.content == content
    assert sent.headers["Content-Disposition"] == 'attachment; filename="alice.zip"'
    exports.delete(key)
    exports.delete(key)
    with pytest.raises(ObjectMissing):
        exports.stream(key)
