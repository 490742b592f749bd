"""Both ways, on files and on a real S3 server: no object without a row, no row without its object (V3)."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from profiles.models import AuditEntry, Avatar, Profile, Rendition, StoredImage, UploadTicket
from profiles.store import objects
from profiles.store.errors import StorageError
from profiles.store.objects import INCOMING, MASTERS, RENDITIONS
from profiles.store.purge import purge_unreferenced_images
from profiles.testing.people import a_person, a_picture, an_animation, an_upload
from profiles.testing.stores import Bucket, FileStore
from profiles.upkeep import janitor
from profiles.upkeep.janitor import Cleaning, clean_pictures
from profiles.upkeep.repair import LOST
from tests.kit.at_once import at_once
from tests.kit.on_s3 import LOCATION, use
from tests.kit.token_pictures import a_token_picture

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["files", "s3"], autouse=True)
def _any_store(request: pytest.FixtureRequest, store: FileStore, settings: Settings) -> None:
    if request.param == "s3":
        use(settings, request.getfixturevalue("s3"), request.getfixturevalue("monkeypatch"))


def keys() -> set[str]:
    return {
        each.key for folder in (MASTERS, RENDITIONS, INCOMING) for page in objects.list_pages(folder) for each in page
    }


def in_(minutes: int) -> datetime:
    return timezone.now() + timedelta(minutes=minutes)


def clean(minutes: int = 20, *, force: bool = False) -> dict[str, int]:
    """As if the janitor came so many minutes from now."""
    cleaning = Cleaning(in_(minutes), force=force)
    clean_pictures(cleaning)
    return dict(cleaning.counts)


def an_orphan(folder: str = RENDITIONS, content: bytes = b"nobody's") -> str:
    make = objects.rendition_key if folder == RENDITIONS else lambda sha256, _: objects.master_key(sha256)
    key = make(hashlib.sha256(content).hexdigest(), "webp")
    objects.put(key, content)
    return key


def lose(*names: str) -> None:
    for key in names:
        objects.delete(key)


def keys_of(avatar: Avatar) -> list[str]:
    """The squares', smallest first."""
    return [objects.rendition_key(each.sha256, "webp") for each in avatar.image.renditions.order_by("size")]


# --- objects without rows ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", [MASTERS, RENDITIONS])
def test_an_object_no_row_names_goes_once_it_is_old(folder: str, alice: Profile) -> None:
    an_upload(alice)
    named = keys()
    an_orphan(folder)
    assert clean(14) == {}
    assert clean(16) == {"object deleted": 1}
    assert keys() == named


def test_where_all_is_well_nothing_is_done(alice: Profile, bob: Profile) -> None:
    an_upload(alice, an_animation())
    an_upload(bob)
    before = keys()
    assert clean(60) == {}
    assert keys() == before


def test_a_dry_run_only_says_what_it_would_do(alice: Profile) -> None:
    key, avatar = an_orphan(), an_upload(alice)
    lose(keys_of(avatar)[0])
    said: list[str] = []
    cleaning = Cleaning(in_(20), dry_run=True, say=said.append)
    clean_pictures(cleaning)
    assert sorted(said) == sorted([f"object deleted: {key}", f"object missing: {keys_of(avatar)[0]}"])
    assert key in keys()
    assert keys_of(avatar)[0] not in keys()


def test_what_becomes_wanted_during_the_run_stays(alice: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody stores the same picture between the janitor's look and its delete."""
    content = a_picture()
    image = an_upload(alice, content).image
    named = keys()
    alice.user.delete()
    Rendition.objects.all().delete()
    StoredImage.objects.all().delete()
    delete = objects.delete

    def delete_while_another_begins(key: str) -> None:
        monkeypatch.setattr(objects, "delete", delete)
        if key.startswith(RENDITIONS):
            an_upload(a_person("bob"), content)
        delete(key)

    monkeypatch.setattr(objects, "delete", delete_while_another_begins)
    clean(20)
    monkeypatch.undo()
    again = StoredImage.objects.filter(sha256=image.sha256).first()
    assert keys() == (named if again else set())


def test_a_wrong_database_deletes_nothing(alice: Profile) -> None:
    for number in range(25):
        an_orphan(RENDITIONS, str(number).encode())
    assert clean() == {"held back": 1}
    assert len(keys()) == 25
    assert clean(force=True) == {"object deleted": 25}
    assert keys() == set()


def test_a_wrong_bucket_withdraws_nothing(alice: Profile, bob: Profile) -> None:
    for person in (alice, bob):
        for _ in range(4):
            an_upload(person, a_picture(size=(600, 600)))
    lose(*keys())
    counts = clean()
    assert counts.keys() <= {"held back", "master missing"}
    assert not Avatar.objects.exclude(state=Avatar.State.ACTIVE).exists()
    assert Rendition.objects.count() > 20


def test_names_that_are_not_ours_are_told_and_left(store: FileStore, request: pytest.FixtureRequest) -> None:
    if "s3" in request.node.name:
        bucket: Bucket = request.getfixturevalue("s3")
        bucket.client.put_object(Bucket=bucket.name, Key=f"{LOCATION}/{MASTERS}/README", Body=b"hello")
    else:
        store.path(MASTERS).mkdir(parents=True)
        store.path(f"{MASTERS}/README").write_bytes(b"hello")
    assert clean(60) == {"not ours": 1}
    assert keys() == {f"{MASTERS}/README"}


def test_half_a_file_left_by_a_crash_goes(store: FileStore, request: pytest.FixtureRequest) -> None:
    if "s3" in request.node.name:
        pytest.skip("S3 has no half files")
    draft = store.path(f"{RENDITIONS}/ab/.draft-1")
    draft.parent.mkdir(parents=True)
    draft.write_bytes(b"half")
    assert clean(14) == {}
    assert clean(16) == {"object deleted": 1}
    assert not draft.exists()


@pytest.mark.django_db(transaction=True)
def test_cleaning_and_storing_the_same_picture_at_once_leave_it_whole(
    store: FileStore, request: pytest.FixtureRequest
) -> None:
    if "s3" in request.node.name:
        pytest.skip("Nobody can make an object of S3 look old")
    alice, content = a_person(), a_picture()
    for _ in range(6):
        an_upload(alice, content)
        Avatar.objects.all().delete()
        StoredImage.objects.all().delete()
        for key in store.object_keys():
            os.utime(store.path(key), (1, 1))
        acts: list[Callable[[], object]] = [partial(an_upload, alice, content), partial(clean, 0)]
        at_once(*acts)
        image = StoredImage.objects.get()
        assert objects.get(objects.master_key(image.sha256))
        for each in image.renditions.all():
            assert objects.get(objects.rendition_key(each.sha256, "webp"))


# --- rows without objects ---------------------------------------------------------------------------------------------


def test_a_missing_square_is_drawn_anew(alice: Profile, client: Client) -> None:
    avatar = an_upload(alice, a_picture(size=(400, 400)))
    lose(keys_of(avatar)[0], keys_of(avatar)[2])
    assert clean(14) == {}
    assert clean(16) == {"drawn anew": 2}
    assert set(keys_of(avatar)) | {objects.master_key(avatar.image.sha256)} == keys()
    assert client.get("/avatar/alice?s=32&d=404").status_code == 200
    assert clean(60) == {}


def test_moving_squares_are_drawn_moving(alice: Profile) -> None:
    avatar = an_upload(alice, an_animation())
    before = {(each.size, each.is_still) for each in avatar.image.renditions.all()}
    lose(*keys_of(avatar)[:2])
    assert clean() == {"drawn anew": 2}
    assert {(each.size, each.is_still) for each in avatar.image.renditions.all()} == before
    assert clean() == {}


def test_a_square_that_was_written_over_is_drawn_anew(
    alice: Profile, store: FileStore, request: pytest.FixtureRequest
) -> None:
    key = keys_of(an_upload(alice))[0]
    if "s3" in request.node.name:
        bucket: Bucket = request.getfixturevalue("s3")
        bucket.client.put_object(Bucket=bucket.name, Key=f"{LOCATION}/{key}", Body=b"half")
    else:
        store.path(key).write_bytes(b"half")
    assert clean()["drawn anew"] == 1
    clean()
    for each in Rendition.objects.all():
        assert objects.get(objects.rendition_key(each.sha256, "webp"))


def test_without_the_master_a_larger_square_serves(alice: Profile, client: Client) -> None:
    avatar = an_upload(alice, a_picture(size=(400, 400)))
    master = objects.master_key(avatar.image.sha256)
    lose(master, keys_of(avatar)[0])
    assert clean() == {"master missing": 1, "drawn anew": 1}
    alice.refresh_from_db()
    assert alice.avatar == avatar
    assert client.get("/avatar/alice?s=32&d=404").status_code == 200


def test_a_size_that_can_not_be_drawn_is_no_longer_offered(alice: Profile, client: Client) -> None:
    avatar = an_upload(alice, a_picture(size=(400, 400)))
    lose(objects.master_key(avatar.image.sha256), keys_of(avatar)[-1])
    assert clean() == {"master missing": 1, "size dropped": 1}
    assert client.get("/avatar/alice?s=512&d=404").status_code == 200


def test_a_picture_lost_whole_is_withdrawn_and_the_earlier_one_shows(alice: Profile) -> None:
    earlier, lost = an_upload(alice), an_upload(alice)
    lose(objects.master_key(lost.image.sha256), *keys_of(lost))
    counts = clean()
    assert counts["picture lost"] == 1
    alice.refresh_from_db()
    lost.refresh_from_db()
    assert alice.avatar == earlier
    assert (lost.state, lost.reason) == (Avatar.State.WITHDRAWN, LOST)
    assert AuditEntry.objects.get(action="avatar.lost").detail["avatar"] == str(lost.pk)
    assert clean() == {}


def test_a_lost_picture_is_back_when_its_person_sends_it_again(alice: Profile, client: Client) -> None:
    content = a_picture()
    lost = an_upload(alice, content)
    lose(objects.master_key(lost.image.sha256), *keys_of(lost))
    clean()
    assert an_upload(alice, content) == lost
    assert client.get("/avatar/alice?d=404").status_code == 200
    assert clean() == {}


def test_a_lost_token_picture_loses_its_mark_too(alice: Profile) -> None:
    token = a_token_picture(alice, timezone.now())
    lose(objects.master_key(token.image.sha256), *keys_of(token))
    clean()
    token.refresh_from_db()
    assert (token.state, token.attested_at) == (Avatar.State.WITHDRAWN, None)


def test_what_the_purge_will_erase_is_left_to_it(alice: Profile) -> None:
    avatar = an_upload(alice)
    lose(objects.master_key(avatar.image.sha256), *keys_of(avatar))
    alice.user.delete()
    assert clean() == {}
    assert purge_unreferenced_images(in_(20)) == 1


# --- tickets ----------------------------------------------------------------------------------------------------------


def a_ticket(profile: Profile, **columns: object) -> UploadTicket:
    key = f"{INCOMING}/{UploadTicket.objects.count()}"
    return UploadTicket.objects.create(
        profile=profile, key=key, byte_count=3, content_type="image/png", **({"expires_at": in_(10)} | columns)
    )


def arrive(key: str, store: FileStore, request: pytest.FixtureRequest) -> None:
    if "s3" in request.node.name:
        bucket: Bucket = request.getfixturevalue("s3")
        bucket.client.put_object(Bucket=bucket.name, Key=f"{LOCATION}/{key}", Body=b"abc")
    else:
        store.path(key).parent.mkdir(parents=True, exist_ok=True)
        store.path(key).write_bytes(b"abc")


def test_a_ticket_ends_with_what_came_for_it(alice: Profile, store: FileStore, request: pytest.FixtureRequest) -> None:
    arrive(a_ticket(alice).key, store, request)
    a_ticket(alice)
    assert clean(11) == {}
    assert clean(13) == {"ticket ended": 2}
    assert (keys(), UploadTicket.objects.count()) == (set(), 0)


def test_a_used_ticket_ends_soon(alice: Profile, store: FileStore, request: pytest.FixtureRequest) -> None:
    """Its object should be gone already; where deleting it failed, it goes now."""
    arrive(a_ticket(alice, used_at=timezone.now()).key, store, request)
    assert clean(1) == {}
    assert clean(3) == {"ticket ended": 1}
    assert keys() == set()


def test_what_came_for_no_ticket_goes(alice: Profile, store: FileStore, request: pytest.FixtureRequest) -> None:
    arrive(a_ticket(alice).key, store, request)
    arrive(f"{INCOMING}/other", store, request)
    alice.user.delete()
    assert clean(14) == {}
    assert clean(16) == {"object deleted": 2}
    assert keys() == set()


# --- runs -------------------------------------------------------------------------------------------------------------


def test_the_command_says_what_it_did(alice: Profile, settings: Settings) -> None:
    settings.AVATAR_GRACE_SECONDS = 0
    key = an_orphan()
    said = StringIO()
    call_command("clean_pictures", "--dry-run", stdout=said)
    assert said.getvalue() == f"object deleted: {key}\nWould do: 1 object deleted.\n"
    said = StringIO()
    call_command("clean_pictures", stdout=said)
    call_command("clean_pictures", stdout=said)
    assert said.getvalue() == f"object deleted: {key}\nDone: 1 object deleted.\nDone: nothing to do.\n"


def test_one_thing_that_can_not_be_deleted_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    stuck, *rest = sorted(an_orphan(RENDITIONS, str(number).encode()) for number in range(4))
    delete = objects.delete

    def refuse_one(key: str) -> None:
        if key == stuck:
            raise StorageError("Not this one.")
        delete(key)

    monkeypatch.setattr(objects, "delete", refuse_one)
    assert clean() == {"failed": 1, "object deleted": 3}
    assert keys() == {stuck}
    assert not keys() & set(rest)


def test_a_store_that_is_down_ends_the_run_with_its_reason(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    settings.AVATAR_GRACE_SECONDS = 0
    for number in range(8):
        an_orphan(RENDITIONS, str(number).encode())

    def refuse(key: str) -> None:
        raise StorageError("The object store can't be reached.")

    monkeypatch.setattr(objects, "delete", refuse)
    with pytest.raises(CommandError, match=r"Stopped: The object store can't be reached. Until then: 5 failed"):
        call_command("clean_pictures", stdout=StringIO())


def test_most_is_enough_to_be_suspicious() -> None:
    cleaning = Cleaning(timezone.now())
    assert cleaning.is_credible("objects", janitor.SUSPICIOUS - 1, janitor.SUSPICIOUS - 1)
    assert cleaning.is_credible("objects", 50, 100)
    assert not cleaning.is_credible("objects", 51, 100)
