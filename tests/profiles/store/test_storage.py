"""Keys, listings, posts by browsers, and public URLs: on files and on a real S3 server."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import requests
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from profiles.models import Profile
from profiles.pictures.history import remove_avatar
from profiles.store import objects, s3
from profiles.store.errors import ObjectMissing, StorageError
from profiles.store.objects import INCOMING, MASTERS, RENDITIONS
from profiles.stores import get_store
from profiles.testing.people import a_picture, an_upload
from profiles.testing.stores import Bucket, FileStore
from tests.kit.on_s3 import LOCATION, keys_in, use


@pytest.fixture
def on_s3(settings: Settings, s3: Bucket, monkeypatch: pytest.MonkeyPatch, store: FileStore) -> Bucket:
    use(settings, s3, monkeypatch)
    return s3


@pytest.fixture(params=["files", "s3"])
def any_store(request: pytest.FixtureRequest, store: FileStore) -> None:
    if request.param == "s3":
        request.getfixturevalue("on_s3")


def some_objects(count: int) -> list[str]:
    contents = [str(number).encode() for number in range(count)]
    keys = [objects.rendition_key(hashlib.sha256(each).hexdigest(), "webp") for each in contents]
    for key, content in zip(keys, contents, strict=True):
        objects.put(key, content)
    return sorted(keys)


@pytest.mark.usefixtures("any_store")
def test_stored_objects_are_listed_in_the_order_of_their_keys() -> None:
    keys = some_objects(5)
    (*pages,) = objects.list_pages(RENDITIONS)
    found = [each for page in pages for each in page]
    assert [each.key for each in found] == keys
    assert {each.byte_count for each in found} == {1}
    assert all(abs(timezone.now() - each.changed_at) < timedelta(minutes=5) for each in found)


@pytest.mark.usefixtures("any_store")
def test_a_listing_continues_after_any_key() -> None:
    keys = some_objects(6)
    assert [each.key for page in objects.list_pages(RENDITIONS, keys[2]) for each in page] == keys[3:]


@pytest.mark.usefixtures("any_store")
def test_an_empty_store_lists_nothing_and_folders_are_separate() -> None:
    assert [each for page in objects.list_pages(INCOMING) for each in page] == []
    some_objects(1)
    assert [each for page in objects.list_pages(MASTERS) for each in page] == []


def test_more_than_a_page_is_listed_completely(on_s3: Bucket) -> None:
    for number in range(1005):
        on_s3.client.put_object(Bucket=on_s3.name, Key=f"{LOCATION}/{INCOMING}/{number:04}", Body=b"")
    pages = [len(page) for page in objects.list_pages(INCOMING)]
    assert pages == [1000, 5]


@pytest.mark.usefixtures("any_store")
def test_size_and_absence_are_known_without_reading() -> None:
    (key,) = some_objects(1)
    assert objects.size(key) == 1
    objects.delete(key)
    with pytest.raises(ObjectMissing):
        objects.size(key)


@pytest.mark.usefixtures("any_store")
def test_an_incoming_object_is_read_up_to_the_limit() -> None:
    (key,) = some_objects(1)
    objects.delete(key)
    content = b"x" * 100
    key = objects.master_key(hashlib.sha256(content).hexdigest())
    objects.put(key, content)
    assert objects.read_incoming(key, 7) == b"x" * 7


@pytest.mark.usefixtures("any_store")
def test_a_key_must_name_its_bytes() -> None:
    with pytest.raises(ValueError, match="does not name these bytes"):
        objects.put(objects.master_key("0" * 64), b"other bytes")


def test_objects_are_stored_with_their_type_and_cached_for_ever(on_s3: Bucket, alice: Profile) -> None:
    avatar = an_upload(alice)
    for key in keys_in(on_s3):
        head = on_s3.client.head_object(Bucket=on_s3.name, Key=f"{LOCATION}/{key}")
        assert (head["ContentType"], head["CacheControl"]) == ("image/webp", "public, max-age=31536000, immutable")
    assert objects.master_key(avatar.image.sha256) in keys_in(on_s3)


@pytest.mark.parametrize("rule", ["when_supported", "when_required"])
def test_both_checksum_modes_work(
    rule: str, settings: Settings, s3: Bucket, monkeypatch: pytest.MonkeyPatch, alice: Profile
) -> None:
    monkeypatch.setenv("S3_CHECKSUMS", rule)
    use(settings, s3, monkeypatch)
    avatar = an_upload(alice)
    assert objects.get(objects.master_key(avatar.image.sha256))
    s3.client.put_object(Bucket=s3.name, Key=f"{LOCATION}/{objects.master_key(avatar.image.sha256)}", Body=b"changed")
    with pytest.raises(StorageError, match="other bytes"):
        objects.get(objects.master_key(avatar.image.sha256))


def test_a_missing_right_is_an_outage_even_without_a_body(
    on_s3: Bucket, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("S3_SECRET_ACCESS_KEY", "wrong")
    use(settings, on_s3, monkeypatch)
    monkeypatch.setenv("S3_SECRET_ACCESS_KEY", "wrong")
    settings.STORAGES["avatars"]["OPTIONS"]["secret_key"] = "wrong"
    with pytest.raises(StorageError) as failed:
        objects.size(objects.master_key("0" * 64))
    assert not failed.value.permanent


def test_a_file_store_has_no_public_urls(alice: Profile, settings: Settings) -> None:
    rendition = an_upload(alice).image.renditions.earliest("size")
    settings.AVATAR_SERVE_FROM_STORE = "signed"
    assert objects.public_url(objects.rendition_key(rendition.sha256, "webp")) is None
    assert not objects.takes_posts()


def test_by_default_the_store_serves_nothing(on_s3: Bucket, alice: Profile) -> None:
    an_upload(alice)
    for key in keys_in(on_s3):
        assert objects.public_url(key) is None
        assert requests.get(f"{on_s3.server.endpoint_url}/{on_s3.name}/{LOCATION}/{key}", timeout=10).status_code == 403


def test_a_signed_url_serves_a_rendition_and_expires(on_s3: Bucket, alice: Profile, settings: Settings) -> None:
    rendition = an_upload(alice).image.renditions.earliest("size")
    key = objects.rendition_key(rendition.sha256, "webp")
    settings.AVATAR_SERVE_FROM_STORE = "signed"
    url = objects.public_url(key)
    assert url is not None
    answer = requests.get(url, timeout=10)
    assert hashlib.sha256(answer.content).hexdigest() == rendition.sha256
    assert answer.headers["Content-Type"] == "image/webp"
    assert requests.get(url.replace("/renditions/", "/masters/"), timeout=10).status_code == 403
    store = s3.as_s3(get_store("avatars"))
    assert store is not None
    late = s3.signed_url(store, key, seconds=-60)
    assert requests.get(late, timeout=10).status_code == 403


def test_masters_and_incoming_objects_have_no_public_url(on_s3: Bucket, settings: Settings) -> None:
    settings.AVATAR_STORE_PUBLIC_URL = "https://cdn.example/avatars/"
    for mode in ("", "signed", "public"):
        settings.AVATAR_SERVE_FROM_STORE = mode
        assert objects.public_url(objects.master_key("0" * 64)) is None
        assert objects.public_url(f"{INCOMING}/one") is None
    key = objects.rendition_key("0" * 64, "webp")
    assert objects.public_url(key) == f"https://cdn.example/avatars/{key}"


def test_the_printed_rules_publish_renditions_only(on_s3: Bucket, alice: Profile) -> None:
    from django.core.management import call_command

    avatar = an_upload(alice)
    on_s3.client.put_object(Bucket=on_s3.name, Key=f"{LOCATION}/{INCOMING}/one", Body=b"just came in")
    call_command("prepare_bucket", "--apply", "--public")
    base = f"{on_s3.server.endpoint_url}/{on_s3.name}/{LOCATION}"
    rendition = objects.rendition_key(avatar.image.renditions.earliest("size").sha256, "webp")
    master = objects.master_key(avatar.image.sha256)
    status = {
        key: requests.get(f"{base}/{key}", timeout=10).status_code for key in (rendition, master, f"{INCOMING}/one")
    }
    assert list(status.values()) == [200, 403, 403]
    assert requests.get(f"{on_s3.server.endpoint_url}/{on_s3.name}", timeout=10).status_code == 403


def test_signed_urls_name_the_host_that_browsers_reach(on_s3: Bucket, settings: Settings) -> None:
    settings.AVATAR_SERVE_FROM_STORE = "signed"
    settings.AVATAR_BROWSER_S3_ENDPOINT = "https://s3.example"
    url = objects.public_url(objects.rendition_key("0" * 64, "webp"))
    assert urlsplit(url or "").netloc == "s3.example"
    form = objects.post_form(f"{INCOMING}/one", "image/png", 3, seconds=60)
    assert urlsplit(form.url).netloc == "s3.example"
    assert json.dumps(form.fields)


def test_pictures_are_served_from_s3(on_s3: Bucket, alice: Profile, client: Client) -> None:
    an_upload(alice, a_picture())
    assert client.get("/avatar/alice?d=404").status_code == 200


def test_a_picture_url_redirects_to_the_store_only_if_configured(
    on_s3: Bucket, alice: Profile, client: Client, settings: Settings
) -> None:
    rendition = an_upload(alice).image.renditions.earliest("size")
    path = f"/pictures/{rendition.sha256}.webp"
    assert client.get(path).status_code == 200
    settings.AVATAR_SERVE_FROM_STORE = "signed"
    answer = client.get(path)
    assert (answer.status_code, answer["Cache-Control"]) == (302, "public, max-age=1800")
    assert hashlib.sha256(requests.get(answer["Location"], timeout=10).content).hexdigest() == rendition.sha256
    assert client.get(f"/pictures/{'0' * 64}.webp").status_code == 404


def test_a_removed_picture_has_no_signed_url(on_s3: Bucket, alice: Profile, client: Client, settings: Settings) -> None:
    avatar = an_upload(alice)
    path = f"/pictures/{avatar.image.renditions.earliest('size').sha256}.webp"
    settings.AVATAR_SERVE_FROM_STORE = "signed"
    remove_avatar(alice, avatar.pk, alice.user)
    assert client.get(path).status_code == 404
