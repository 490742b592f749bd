"""An object store that errs, dawdles, or hangs up after it did what it was asked (a real one behind a faulty proxy)."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
import requests
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from avatarsite.settings import object_store
from profiles.models import Avatar, Profile, StoredImage, UploadTicket
from profiles.pictures.direct_upload import DirectUpload, issue_ticket
from profiles.pictures.history import remove_avatar
from profiles.serving import content
from profiles.store import objects
from profiles.store.errors import StorageError
from profiles.store.objects import INCOMING
from profiles.store.purge import purge_unreferenced_images
from profiles.testing.people import a_picture, an_upload
from profiles.testing.stores import Bucket, FileStore
from profiles.upkeep.janitor import Cleaning, clean_pictures
from tests.kit.on_s3 import keys_in, use
from tests.servers.faults import Fault, FaultyProxy, faulty

pytestmark = pytest.mark.django_db

AS_IT_WAS = "Nothing was changed."


@pytest.fixture
def proxy(s3: Bucket) -> Iterator[FaultyProxy]:
    with faulty(s3.server.endpoint_url) as proxy:
        yield proxy


@pytest.fixture(autouse=True)
def _through_the_proxy(
    proxy: FaultyProxy, settings: Settings, s3: Bucket, monkeypatch: pytest.MonkeyPatch, store: FileStore
) -> None:
    """As the site is set, but less patient, so that a test of waiting ends."""
    use(settings, s3, monkeypatch, endpoint=proxy.url, connect_timeout=1, read_timeout=1)


@pytest.fixture
def her_browser(client: Client, alice: Profile) -> Client:
    client.force_login(alice.user)
    return client


def send_form(browser: Client, picture: bytes) -> tuple[int, str]:
    """Status and what she is told."""
    file = SimpleUploadedFile("me.png", picture, "image/png")
    answer = browser.post("/settings/picture/", {"content": file}, headers={"Accept": "application/json"})
    return answer.status_code, answer.json().get("detail", "")


def clean(minutes: int = 20) -> dict[str, int]:
    cleaning = Cleaning(timezone.now() + timedelta(minutes=minutes))
    clean_pictures(cleaning)
    return dict(cleaning.counts)


def objects_of(avatar: Avatar) -> set[str]:
    squares = {objects.rendition_key(each.sha256, "webp") for each in avatar.image.renditions.all()}
    return squares | {objects.master_key(avatar.image.sha256)}


# --- storing ----------------------------------------------------------------------------------------------------------


def test_a_lost_answer_is_asked_for_again_and_the_picture_stored_once(
    her_browser: Client, alice: Profile, proxy: FaultyProxy, s3: Bucket
) -> None:
    proxy.faults = [Fault("PUT", is_lost=True, times=2)]
    assert send_form(her_browser, a_picture())[0] == 200
    alice.refresh_from_db()
    assert alice.avatar is not None
    assert keys_in(s3) == objects_of(alice.avatar)
    assert StoredImage.objects.count() == 1


def test_where_every_answer_is_lost_the_person_is_told_the_truth(
    her_browser: Client, alice: Profile, proxy: FaultyProxy, s3: Bucket
) -> None:
    """The store has the object, but who can't know that must not say so."""
    before, picture = an_upload(alice), a_picture()
    proxy.faults = [Fault("PUT", is_lost=True)]
    status, told = send_form(her_browser, picture)
    assert status == 503
    assert AS_IT_WAS in told
    alice.refresh_from_db()
    assert (alice.avatar, Avatar.objects.count()) == (before, 1)
    assert keys_in(s3) > objects_of(before)
    proxy.faults = []
    assert send_form(her_browser, picture)[0] == 200  # as she was asked to: try again
    assert Avatar.objects.count() == 2


def test_what_an_upload_left_behind_lost_answers_goes(
    her_browser: Client, alice: Profile, proxy: FaultyProxy, s3: Bucket
) -> None:
    before = an_upload(alice)
    proxy.faults = [Fault("PUT", is_lost=True)]
    send_form(her_browser, a_picture())
    proxy.faults = []
    assert purge_unreferenced_images(timezone.now() + timedelta(minutes=11)) == 1
    assert keys_in(s3) == objects_of(before)


@pytest.mark.parametrize("status", [500, 503])
def test_an_erring_store_is_tried_again(status: int, her_browser: Client, proxy: FaultyProxy, alice: Profile) -> None:
    proxy.faults = [Fault("PUT", status=status, times=2)]
    assert send_form(her_browser, a_picture())[0] == 200


@pytest.mark.parametrize("status", [500, 503])
@pytest.mark.parametrize("skip", [0, 3])
def test_a_store_that_keeps_erring_leaves_the_earlier_picture(
    status: int, skip: int, her_browser: Client, alice: Profile, proxy: FaultyProxy, client: Client
) -> None:
    """From the first object on, and in the middle of a picture's twenty."""
    before = an_upload(alice)
    proxy.faults = [Fault("PUT", status=status, skip=skip)]
    answered, told = send_form(her_browser, a_picture())
    assert (answered, AS_IT_WAS in told) == (503, True)
    alice.refresh_from_db()
    assert (alice.avatar, Avatar.objects.count(), alice.avatar_version) == (before, 1, 1)
    assert client.get("/avatar/alice?d=404").status_code == 200


def test_a_store_that_forbids_is_not_asked_twice(
    her_browser: Client, alice: Profile, proxy: FaultyProxy, caplog: pytest.LogCaptureFixture
) -> None:
    before = an_upload(alice)
    puts = proxy.count("PUT")
    proxy.faults = [Fault("PUT", status=403)]
    assert send_form(her_browser, a_picture())[0] == 503
    assert proxy.count("PUT") == puts + 1
    alice.refresh_from_db()
    assert alice.avatar == before
    assert "AccessDenied" in caplog.text


def test_a_store_that_never_answers_costs_a_bounded_time(
    her_browser: Client, alice: Profile, proxy: FaultyProxy
) -> None:
    proxy.faults = [Fault("PUT", seconds=3)]
    began = time.monotonic()
    assert send_form(her_browser, a_picture())[0] == 503
    assert time.monotonic() - began < object_store.ATTEMPTS * (1 + 1) + 6


def test_a_store_that_dawdles_over_each_object_costs_a_bounded_time(
    her_browser: Client, alice: Profile, proxy: FaultyProxy, settings: Settings
) -> None:
    settings.AVATAR_STORE_SECONDS = 1
    proxy.faults = [Fault("PUT", seconds=0.4)]
    began = time.monotonic()
    assert send_form(her_browser, a_picture())[0] == 503
    assert time.monotonic() - began < 5
    assert not Avatar.objects.exists()


def test_our_own_patience_is_bounded_too() -> None:
    longest_call = object_store.ATTEMPTS * (object_store.CONNECT_SECONDS + object_store.READ_SECONDS)
    assert longest_call <= 35


# --- showing ----------------------------------------------------------------------------------------------------------


def test_a_picture_that_can_not_be_read_is_said_to_be_unavailable_and_never_kept(
    alice: Profile, client: Client, proxy: FaultyProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    an_upload(alice)
    monkeypatch.setattr(content, "_recent", content._RecentlyUsed(content.CACHE_BYTES))
    proxy.faults = [Fault("GET", status=503)]
    answer = client.get("/avatar/alice?d=404")
    assert (answer.status_code, answer["Cache-Control"]) == (503, "no-store")
    proxy.faults = []
    assert client.get("/avatar/alice?d=404").status_code == 200


# --- deleting ---------------------------------------------------------------------------------------------------------


def test_a_delete_that_failed_is_done_by_the_next_purge(alice: Profile, proxy: FaultyProxy, s3: Bucket) -> None:
    avatar = an_upload(alice)
    remove_avatar(alice, avatar.pk, alice.user)
    proxy.faults = [Fault("DELETE", status=503)]
    assert purge_unreferenced_images(timezone.now() + timedelta(minutes=11)) == 0
    assert StoredImage.objects.count() == 1  # the row that leads to what is left
    proxy.faults = []
    assert purge_unreferenced_images(timezone.now() + timedelta(minutes=13)) == 1
    assert (keys_in(s3), StoredImage.objects.count()) == (set(), 0)


def test_a_delete_whose_answer_was_lost_is_done(alice: Profile, proxy: FaultyProxy, s3: Bucket) -> None:
    avatar = an_upload(alice)
    remove_avatar(alice, avatar.pk, alice.user)
    proxy.faults = [Fault("DELETE", is_lost=True, times=2)]
    assert purge_unreferenced_images(timezone.now() + timedelta(minutes=11)) == 1
    assert keys_in(s3) == set()


def test_the_janitor_tries_again_what_it_could_not_delete(proxy: FaultyProxy, s3: Bucket) -> None:
    s3.client.put_object(Bucket=s3.name, Key=f"avatars/{INCOMING}/other", Body=b"abc")
    proxy.faults = [Fault("DELETE", status=500)]
    assert clean() == {"failed": 1}
    proxy.faults = []
    assert clean() == {"object deleted": 1}
    assert keys_in(s3) == set()


def test_a_janitor_that_can_not_list_deletes_nothing(alice: Profile, proxy: FaultyProxy, s3: Bucket) -> None:
    before = an_upload(alice)
    proxy.faults = [Fault("GET", status=503, about="list-type=2")]
    with pytest.raises(StorageError, match="SlowDown"):
        clean()
    assert keys_in(s3) == objects_of(before)


# --- straight to the store --------------------------------------------------------------------------------------------


def arrive(alice: Profile, picture: bytes) -> DirectUpload:
    way = issue_ticket(alice, len(picture), "image/png", timezone.now())
    sent = requests.post(way.form.url, way.form.fields, files={"file": picture}, timeout=10)
    assert sent.status_code == 204
    return way


def finish(browser: Client, way: DirectUpload) -> int:
    return browser.post(f"/settings/picture/direct/{way.ticket.pk}/done/").status_code


def test_what_arrived_but_can_not_be_read_changes_nothing_and_goes(
    her_browser: Client, alice: Profile, proxy: FaultyProxy, s3: Bucket
) -> None:
    before = an_upload(alice)
    way = arrive(alice, a_picture())
    proxy.faults = [Fault("GET", status=503)]
    assert finish(her_browser, way) == 503
    alice.refresh_from_db()
    assert alice.avatar == before
    assert keys_in(s3) == objects_of(before)


def test_what_was_accepted_but_not_deleted_is_deleted_by_the_janitor(
    her_browser: Client, alice: Profile, proxy: FaultyProxy, s3: Bucket, caplog: pytest.LogCaptureFixture
) -> None:
    way = arrive(alice, a_picture())
    proxy.faults = [Fault("DELETE", status=503)]
    with caplog.at_level(logging.WARNING):
        assert finish(her_browser, way) == 200
    assert "the janitor will" in caplog.text
    assert f"{INCOMING}/{way.ticket.pk}" in keys_in(s3)
    proxy.faults = []
    assert clean(3) == {"ticket ended": 1}
    alice.refresh_from_db()
    assert alice.avatar is not None
    assert keys_in(s3) == objects_of(alice.avatar)
    assert not UploadTicket.objects.exists()


def test_a_post_whose_answer_was_lost_still_becomes_a_picture(
    her_browser: Client, alice: Profile, proxy: FaultyProxy
) -> None:
    picture = a_picture()
    way = issue_ticket(alice, len(picture), "image/png", timezone.now())
    proxy.faults = [Fault("POST", is_lost=True)]
    with pytest.raises(requests.ConnectionError):
        requests.post(way.form.url, way.form.fields, files={"file": picture}, timeout=10)
    assert finish(her_browser, way) == 200


def test_a_picture_that_arrived_but_can_not_be_stored_leaves_the_earlier_one(
    her_browser: Client, alice: Profile, proxy: FaultyProxy, s3: Bucket
) -> None:
    before = an_upload(alice)
    way = arrive(alice, a_picture())
    proxy.faults = [Fault("PUT", status=500)]
    assert finish(her_browser, way) == 503
    alice.refresh_from_db()
    assert alice.avatar == before
    assert f"{INCOMING}/{way.ticket.pk}" not in keys_in(s3)
