"""A folder of pictures becomes people's pictures: each once, by the checks of uploads, and nobody's own is lost."""

from __future__ import annotations

import os
import shutil
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.utils import timezone
from pytest_django import Settings

from profiles.blocks.matching import digest
from profiles.images.limits import MIB
from profiles.imports.people import find_people
from profiles.imports.reading import MAX_BYTES
from profiles.models import AuditEntry, Avatar, Block, BlockHash, Notice, Profile, StoredImage
from profiles.moderation.blocking import add_block
from profiles.pictures.history import remove_avatar
from profiles.store import objects
from profiles.testing.people import a_person, a_picture, an_upload
from profiles.testing.pictures import encoded, exif, four_corners, png_claiming
from profiles.testing.stores import FileStore
from tests.profiles.imports.conftest import ImportAvatars, history

pytestmark = pytest.mark.django_db


def verified(user: Any) -> list[str]:
    """Say who confirmed what: `AVATAR_VERIFIED_ADDRESSES` of these tests."""
    return [user.email] if user.first_name == "confirmed" else []


def put(folder: Path, name: str, content: bytes | None = None) -> bytes:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    content = a_picture() if content is None else content
    path.write_bytes(content)
    return content


# --- whose it is ------------------------------------------------------------------------------------------------------


def test_files_are_named_by_username_handle_address_or_key(import_avatars: ImportAvatars, folder: Path) -> None:
    people = [a_person(name) for name in ("by-name", "by-handle", "by-address", "by-key", "unicode")]
    Profile.objects.filter(pk=people[1].pk).update(handle="her-handle")
    get_user_model().objects.filter(pk=people[4].user_id).update(username="jos\u00e9")
    names = ["by-name.png", "Her-Handle.JPG", "By-Address@Example.org", f"sub/{people[3].user_id}.webp"]
    for name in [*names, unicodedata.normalize("NFD", "jos\u00e9.png")]:
        put(folder, name)
    done = import_avatars("folder", folder)
    assert (done.code, done.counts) == (0, {"imported": 5})
    assert [len(history(person)) for person in people] == [1] * 5


def test_who_could_be_two_people_is_nobody(import_avatars: ImportAvatars, folder: Path, alice: Profile) -> None:
    other = a_person(str(alice.user_id))  # named as Alice's key
    for name in ("one", "two"):
        get_user_model().objects.create_user(name, "shared@example.org")
    for name in (f"{alice.user_id}.png", "shared@example.org.png", "nobody.png", "1_0.png", "\u0661.png"):
        put(folder, name)
    done = import_avatars("folder", folder)
    assert done.counts == {"several-users": 2, "no-user": 3}
    assert done.code == 1
    assert not Avatar.objects.exists()
    by_key = import_avatars("folder", folder, by=["key"], retry_failed=True)
    assert by_key.outcome(f"{alice.user_id}.png") == "imported"
    assert (len(history(alice)), len(history(other))) == (1, 0)


def test_an_address_is_whose_who_confirmed_it(import_avatars: ImportAvatars, folder: Path, settings: Settings) -> None:
    settings.AVATAR_VERIFIED_ADDRESSES = f"{__name__}.verified"
    user = get_user_model()
    user.objects.create_user("thief", "her@example.org")
    her = user.objects.create_user("her", "Her@Example.org", first_name="confirmed")
    user.objects.create_user("another", "other@example.org")
    put(folder, "her@example.org.png")
    put(folder, "other@example.org.png")
    done = import_avatars("folder", folder)
    assert (done.outcome("her@example.org.png"), done.outcome("other@example.org.png")) == ("imported", "no-user")
    assert Avatar.objects.get().profile.user == her


def test_of_two_files_of_one_person_the_first_is_theirs(
    import_avatars: ImportAvatars, folder: Path, alice: Profile
) -> None:
    first = put(folder, "alice.jpg", a_picture("JPEG"))
    put(folder, "alice.png")
    put(folder, "alice@example.org.png")
    assert import_avatars("folder", folder).counts == {"imported": 1, "earlier": 1, "duplicate": 1}
    assert history(alice)[0].image.source_sha256 == digest(first)
    again = import_avatars("folder", folder, history=True)
    assert again.counts == {"imported": 3}
    assert [avatar.image.source_sha256 == digest(first) for avatar in history(alice)] == [True, False, False]


# --- the checks of uploads --------------------------------------------------------------------------------------------


def test_what_is_imported_is_an_upload_without_its_secrets(
    import_avatars: ImportAvatars, folder: Path, alice: Profile, store: FileStore
) -> None:
    put(folder, "alice.jpg", encoded(four_corners(), "JPEG", exif=exif(6, gps=True)))
    import_avatars("folder", folder)
    (avatar,) = history(alice)
    assert (alice.avatar, avatar.source, avatar.attested_at) == (avatar, "upload", None)
    assert (avatar.image.width, avatar.image.height) == (60, 80)
    assert b"SecretCameraMaker" not in objects.get(objects.master_key(avatar.image.sha256))
    entry = AuditEntry.objects.get(profile=alice, action="avatar.import")
    assert (entry.actor, entry.detail["origin"], entry.detail["avatar"]) == (None, "folder", str(avatar.pk))


def test_nobody_is_notified(import_avatars: ImportAvatars, folder: Path, alice: Profile) -> None:
    put(folder, "alice.png")
    import_avatars("folder", folder)
    assert not Notice.objects.exists()
    assert not mail.outbox


def test_a_blocked_picture_is_blocked_and_one_like_it_held(
    import_avatars: ImportAvatars, folder: Path, alice: Profile, bob: Profile
) -> None:
    staff = get_user_model().objects.create_superuser("root")
    content = encoded(four_corners(320, 240), "PNG")
    blocked = an_upload(a_person("eve"), content)
    add_block("similar", blocked.image.sha256, "Not here.", staff, timezone.now())
    put(folder, "alice.png", content)
    put(folder, "bob.jpg", encoded(four_corners(320, 240), "JPEG", quality=60))
    rehearsed = import_avatars("folder", folder, dry_run=True)
    assert rehearsed.counts == {"blocked": 1, "imported-held": 1}
    done = import_avatars("folder", folder)
    assert done.counts == {"blocked": 1, "imported-held": 1}
    assert "Not here." in done.reason("alice.png")
    assert (len(history(alice)), [avatar.state for avatar in history(bob)]) == (0, ["held"])
    assert BlockHash.objects.exists()
    assert Block.objects.count() == 1


def test_bombs_and_damage_are_told_apart_from_what_is_only_large(
    import_avatars: ImportAvatars, folder: Path, settings: Settings, store: FileStore
) -> None:
    settings.AVATAR_MAX_PIXELS, settings.AVATAR_MAX_BYTES = 100_000, 60_000
    for name in ("large", "heavy", "bomb", "text", "cut", "empty", "huge"):
        a_person(name)
    put(folder, "large.png", a_picture(size=(500, 400)))
    put(folder, "heavy.bmp", a_picture("BMP", size=(200, 200)))
    put(folder, "bomb.png", png_claiming(30_000, 30_000))
    put(folder, "text.png", b"no picture")
    put(folder, "cut.png", a_picture()[:200])
    put(folder, "empty.png", b"")
    with (folder / "huge.png").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    for is_dry in (True, False):
        done = import_avatars("folder", folder, dry_run=is_dry)
        assert done.counts == {"imported-smaller": 2, "too-large": 2, "damaged": 3}
        assert done.outcome("huge.png") == done.outcome("bomb.png") == "too-large"
        assert f"{MAX_BYTES // MIB} MiB" in done.reason("huge.png")
        assert done.reason("empty.png") == "This file is empty."
        assert done.code == 1
        assert bool(StoredImage.objects.count()) is not is_dry
    assert StoredImage.objects.count() == 2


# --- hostile folders --------------------------------------------------------------------------------------------------


def test_nothing_outside_of_the_folder_is_read(
    import_avatars: ImportAvatars, folder: Path, tmp_path: Path, store: FileStore
) -> None:
    for name in ("out", "dir", "loop", "pipe", "in", "gone"):
        a_person(name)
    put(tmp_path, "elsewhere/secret.png")
    put(folder, "kept/really.png")
    (folder / "out.png").symlink_to(tmp_path / "elsewhere/secret.png")
    (folder / "dir").symlink_to(tmp_path / "elsewhere")
    (folder / "loop.png").symlink_to(folder / "loop.png")
    (folder / "in.png").symlink_to(folder / "kept/really.png")
    (folder / "gone.png").symlink_to(folder / "nothing.png")
    os.mkfifo(folder / "pipe.png")
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff\xfe.png")).write_bytes(a_picture())
    put(folder, ".hidden/alice.png")
    done = import_avatars("folder", folder)
    assert done.outcome("in.png") == "imported"
    assert done.outcome("gone.png") == "missing"
    refused = {line["key"] for line in done.lines if line["outcome"] == "refused"}
    assert refused >= {"out.png", "dir", "pipe.png"}
    assert done.outcome("loop.png") in {"refused", "missing"}
    assert done.outcome("\\xff\\xfe.png") == "no-user"
    assert Avatar.objects.count() == 1


def test_a_folder_that_is_gone_is_an_outage_and_no_missing_file(
    import_avatars: ImportAvatars, folder: Path, alice: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(folder, "alice.png")

    def unmount(*given: Any) -> Any:
        shutil.rmtree(folder)
        return find_people(*given)

    with monkeypatch.context() as patch:
        patch.setattr("profiles.imports.run.find_people", unmount)
        stopped = import_avatars("folder", folder)
    assert (stopped.code, stopped.lines) == (3, [])
    assert "can't be read" in stopped.err
    put(folder, "alice.png")
    assert import_avatars("folder", folder).counts == {"imported": 1}


# --- again and again --------------------------------------------------------------------------------------------------


def test_who_has_a_picture_or_removed_one_keeps_it_so(
    import_avatars: ImportAvatars, folder: Path, alice: Profile, bob: Profile
) -> None:
    own = an_upload(alice)
    remove_avatar(bob, an_upload(bob).pk, bob.user)
    put(folder, "alice.png")
    put(folder, "bob.png", b"never read")
    done = import_avatars("folder", folder)
    assert (done.code, done.counts) == (0, {"has-one": 2})
    assert history(alice) == [own]
    replaced = import_avatars("folder", folder, replace=True)
    assert (replaced.outcome("alice.png"), replaced.outcome("bob.png")) == ("imported", "damaged")
    assert history(alice)[1] == own
    assert alice.avatar != own


def test_a_second_run_adds_nothing_with_the_journal_or_without(
    import_avatars: ImportAvatars, folder: Path, tmp_path: Path, alice: Profile, bob: Profile
) -> None:
    put(folder, "alice.png")
    put(folder, "bob.png", b"damaged")
    import_avatars("folder", folder)
    before = history(alice)
    versions = alice.avatar_version
    put(folder, "bob.png")
    assert import_avatars("folder", folder).counts == {"imported": 1, "damaged": 1}
    retried = import_avatars("folder", folder, retry_failed=True)
    assert retried.counts == {"imported": 2}
    assert "0.0 a second" not in retried.err
    anew = import_avatars("folder", folder, journal=tmp_path / "another")
    assert {line["reason"] for line in anew.lines} == {"It was imported before."}
    assert history(alice) == before
    assert (alice.avatar_version, len(history(bob))) == (versions, 1)


def test_what_the_person_does_after_the_import_stays(
    import_avatars: ImportAvatars, folder: Path, tmp_path: Path, alice: Profile
) -> None:
    put(folder, "alice.png")
    import_avatars("folder", folder)
    remove_avatar(alice, history(alice)[0].pk, alice.user)
    done = import_avatars("folder", folder, journal=tmp_path / "another")
    assert done.counts == {"has-one": 1}
    alice.refresh_from_db()
    assert alice.avatar is None


def test_a_dry_run_writes_nothing(
    import_avatars: ImportAvatars, folder: Path, tmp_path: Path, store: FileStore
) -> None:
    get_user_model().objects.create_user("newcomer")
    put(folder, "newcomer.png")
    assert import_avatars("folder", folder, dry_run=True).counts == {"imported": 1}
    assert not (tmp_path / "journal").exists()
    assert not Profile.objects.exists()
    assert not store.object_keys()
    assert import_avatars("folder", folder).counts == {"imported": 1}
