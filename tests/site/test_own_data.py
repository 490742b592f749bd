"""A person can take everything along, leave, and change their mind; then nothing of them stays but what is named."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tracemalloc
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID
from zipfile import ZipFile

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.core.files.storage import storages
from django.db.models import CASCADE, SET_NULL, ForeignKey, Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from localstack.binaries import ROOT
from nft.models import SponsoredTransaction
from profiles.errors import ExpectedError
from profiles.leases import Leased, fresh
from profiles.models import AccountDeletion, Avatar, Block, DataExport, Notice, Profile, RetiredHandle, StoredImage
from profiles.own_data import archive, deletion, export, parts
from profiles.own_data.archive import columns_of
from profiles.people.handles import RETIRED_FOR, HandleError, release_handles
from profiles.people.profiles import ProfileText, profile_of, update_profile
from profiles.serving.lookup import find_avatar_view
from profiles.store import exports, objects
from profiles.store.purge import purge_unreferenced_images
from profiles.testing.people import a_person, a_picture, an_upload
from profiles.upkeep.janitor import Cleaning, clean_uploads
from tests.kit.any_job import make
from tests.kit.at_once import at_once
from tests.kit.routes import belongings_of, routes
from users.notice_mails import send_due

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_chain")]
DAYS = timedelta(days=14, minutes=1)
# What names a person who is deleted, and stays.
STAYS = {
    Block: "without who made it: what is blocked stays so",
    RetiredHandle: "the hash of the handle, so that nobody else gets it at once",
    SponsoredTransaction: "without its person: a nonce of the site's that is never used blocks all later ones",
}


def leads_to_person(model: type[Model], seen: frozenset[type[Model]] = frozenset()) -> bool:
    """Tell whether a path of foreign keys leads from the model to the user."""
    targets = {each.related_model for each in model._meta.concrete_fields if isinstance(each, ForeignKey)} - seen
    return get_user_model() in targets | {model} or any(
        leads_to_person(each, seen | {model}) for each in targets if each != model
    )


@pytest.fixture
def alice() -> Profile:
    """Return Alice, who has something in every table that leads to a person."""
    profile = a_person("alice", display_name="Alice Liddell")
    an_upload(profile)
    EmailAddress.objects.create(user=profile.user, email="alice@example.org", verified=True, primary=True)
    belongings_of(profile.user)
    for part in parts.get_parts():
        if not part.rows_of(profile.user).exists():
            first = part.owner.partition("__")[0]
            owner = part.model._meta.get_field(first).related_model
            due = fresh(timezone.now()) if issubclass(part.model, Leased) else {}
            make(part.model, **due, **{first: owner._base_manager.first()})  # type: ignore[union-attr]
    return profile


def sign_in(user: User) -> Client:
    client = Client()
    client.force_login(user, "users.backends.PasswordBackend")
    session = client.session
    session["signed_in_at"] = timezone.now().timestamp()
    session.save()
    return client


def files_of(client: Client) -> dict[str, bytes]:
    content = b"".join(client.get(reverse("profiles:data_download")).streaming_content)  # type: ignore[attr-defined]
    with ZipFile(io.BytesIO(content)) as file:
        assert file.testzip() is None
        return {name: file.read(name) for name in file.namelist()}


def build(profile: Profile) -> None:
    export.build_export(str(DataExport.objects.get(profile=profile).pk), timezone.now())


# --- every table ------------------------------------------------------------------------------------------------------


def test_every_table_that_leads_to_a_person_is_exported_or_left_out_with_a_reason() -> None:
    exported = {part.model: part for part in parts.get_parts()}
    left_out = parts.get_left_out()
    for model in apps.get_models():
        known = model in exported or model in left_out
        assert known == leads_to_person(model), f"{model.__name__}: register a Part, or leave it out with a reason"
    assert all(reason.endswith(".") for reason in left_out.values())
    assert not exported.keys() & left_out.keys()


@pytest.mark.parametrize("part", parts.get_parts(), ids=lambda part: part.name)
def test_every_column_is_exported_or_left_out_with_a_reason(part: parts.Part) -> None:
    structure = {part.model._meta.pk.attname, f"{part.owner.partition('__')[0]}_id"} - set(part.columns)
    named = set(part.columns) | set(part.left_out) | structure
    is_job = {"due_at", "attempt"} <= columns_of(part.model)
    assert columns_of(part.model) - named - (parts.JOB_COLUMNS if is_job else set()) == set()
    assert named - structure <= columns_of(part.model)
    assert all(reason.endswith(".") for reason in [part.about, *part.left_out.values()])


def test_format_1_loses_no_file_and_no_field() -> None:
    """Programs read these files. To take one away, count `archive.VERSION` up."""
    first = json.loads((ROOT / "tests/site/export_format.json").read_text("utf-8"))
    now = {part.name: set(part.columns) for part in parts.get_parts()}
    assert archive.VERSION == 1
    gone = {name: sorted(set(columns) - now.get(name, set())) for name, columns in first.items()}
    assert not any(gone.values()), gone


def test_the_documentation_names_every_file() -> None:
    page = (ROOT / "docs/use/data.md").read_text("utf-8")
    assert [part.name for part in parts.get_parts() if f"| `{part.name}.json` | {part.about} |" not in page] == []
    assert [files.folder for files in parts.get_files() if f"| `{files.folder}/` |" not in page] == []


def test_no_table_keeps_a_deleted_person_by_its_foreign_keys() -> None:
    for model in filter(leads_to_person, apps.get_models()):
        keys = [each for each in model._meta.concrete_fields if isinstance(each, ForeignKey)]
        ways = {each.name: each.remote_field.on_delete for each in keys if leads_to_person(each.related_model)}
        assert set(ways.values()) <= {CASCADE, SET_NULL}, f"{model.__name__}: {ways}"
        assert CASCADE in ways.values() or model in {*STAYS, User}, f"{model.__name__} stays"


# --- export -----------------------------------------------------------------------------------------------------------


def test_a_person_gets_everything_and_nobody_elses(alice: Profile, settings: Any) -> None:
    bob = a_person("bobby-bystander")
    an_upload(bob)
    client, page = sign_in(alice.user), reverse("profiles:data")
    for _ in range(2):  # a double click
        assert client.post(reverse("profiles:data_export")).headers["Location"] == page
    assert client.get(reverse("profiles:data_status")).json()["done"] is False
    assert client.get(reverse("profiles:data_download")).status_code == 404
    Profile.objects.update(language="de")
    build(alice)
    Profile.objects.update(language="")
    assert client.get(reverse("profiles:data_status")).json()["done"] is True
    assert b"Your file is ready" in client.get(page).content

    files = files_of(client)
    readme = files["README.txt"].decode()
    for part in parts.get_parts():
        rows = json.loads(files[f"{part.name}.json"])
        assert rows, part.name
        assert {tuple(row) for row in rows} == {part.columns}
        assert part.name in readme
    assert "Dein Konto." in readme
    avatar = Avatar.objects.get(profile=alice)
    assert files[f"pictures/{avatar.pk}-kept.webp"] == objects.get(objects.master_key(avatar.image.sha256))
    assert files[f"pictures/{avatar.pk}-shown.webp"][8:12] == b"WEBP"
    assert json.loads(files["receipts/current.json"])["sha256"] == avatar.image.sha256
    assert json.loads(files["export.json"])["format"] == "avatarsite-export"
    assert json.loads(files["account.json"])[0]["email"] == "alice@example.org"
    assert b"bystander" not in b"".join(files.values())
    assert alice.user.password.encode() not in b"".join(files.values())


def test_the_file_is_only_for_its_person_and_only_after_a_fresh_proof(alice: Profile, settings: Any) -> None:
    export.ask_export(alice, alice.user, timezone.now())
    build(alice)
    download = reverse("profiles:data_download")
    assert "/accounts/login/" in Client().get(download).headers["Location"]
    assert sign_in(a_person("bob").user).get(download).status_code == 404
    stale = sign_in(alice.user)
    session = stale.session
    session["signed_in_at"] = 1
    session.save()
    alice.user.set_password("correct horse")
    alice.user.save()
    stale.force_login(alice.user, "users.backends.PasswordBackend")
    session = stale.session
    session["signed_in_at"] = 1
    session.save()
    for answer in (stale.get(download), stale.post(reverse("profiles:data_export"))):
        assert "/reauthenticate/" in answer.headers["Location"]


def test_a_file_is_replaced_limited_and_deleted_when_its_time_is_over(alice: Profile, mailoutbox: list[Any]) -> None:
    now, store = timezone.now(), storages["avatars"]
    export.ask_export(alice, alice.user, now)
    build(alice)
    assert Notice.objects.get(kind=Notice.Kind.EXPORT_READY).is_on_site
    send_due(timezone.now())
    (mail,) = mailoutbox
    assert (mail.to, mail.subject) == (["alice@example.org"], "[avatarsite] Your data is ready to download")
    first = DataExport.objects.get()
    second = export.ask_export(alice, alice.user, now)
    build(alice)
    assert first.key != second.key
    assert not store.exists(first.key)
    assert store.exists(second.key)
    assert export.delete_expired_exports(now + timedelta(days=6)) == 0
    assert export.delete_expired_exports(now + timedelta(days=8)) == 1
    assert not store.exists(second.key)
    export.ask_export(alice, alice.user, now)
    build(alice)
    answer = sign_in(alice.user).post(reverse("profiles:data_export"), follow=True)
    assert b"too often" in answer.content.lower() or b"too many" in answer.content.lower(), answer.content


def test_a_file_that_no_row_names_is_found_in_the_store(alice: Profile) -> None:
    now, lost = timezone.now(), exports.new_key()
    with io.BytesIO(b"of a person who left while it was built") as file:
        exports.put(lost, file)
    export.ask_export(alice, alice.user, now)
    build(alice)
    clean_uploads(Cleaning(now + timedelta(hours=1)))
    assert not storages["avatars"].exists(lost)
    assert storages["avatars"].exists(DataExport.objects.get().key)


def test_a_lost_picture_is_named_and_the_rest_is_there(alice: Profile) -> None:
    avatar = Avatar.objects.get(profile=alice)
    objects.delete(objects.master_key(avatar.image.sha256))
    export.ask_export(alice, alice.user, timezone.now())
    build(alice)
    files = files_of(sign_in(alice.user))
    assert f"pictures/{avatar.pk}-kept.webp" not in files
    assert f"pictures/{avatar.pk}-kept.webp" in files["README.txt"].decode()
    assert f"pictures/{avatar.pk}-shown.webp" in files


def add_pictures(profile: Profile, count: int, size: int) -> None:
    """Add pictures to the history without decoding them: only their bytes matter."""
    now = timezone.now()
    for _ in range(count):
        data = os.urandom(size)
        sha256 = hashlib.sha256(data).hexdigest()
        objects.put(objects.master_key(sha256), data)
        facts = {"mime": "image/webp", "width": 9, "height": 9, "byte_count": size, "source_format": "webp"}
        image = StoredImage.objects.create(sha256=sha256, touched_at=now, **facts)
        Avatar.objects.create(profile=profile, image=image, source="upload", chosen_at=now)


def peak_of_an_export(profile: Profile) -> int:
    export.ask_export(profile, profile.user, timezone.now())
    tracemalloc.start()
    try:
        build(profile)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_pictures(alice: Profile) -> None:
    add_pictures(alice, 40, 500_000)
    assert peak_of_an_export(alice) < 12_000_000
    assert DataExport.objects.get().byte_count > 20_000_000


@pytest.mark.long
def test_memory_of_a_thousand_pictures(alice: Profile) -> None:
    add_pictures(alice, 1000, 200_000)
    assert peak_of_an_export(alice) < 16_000_000
    assert DataExport.objects.get().byte_count > 200_000_000


# --- deletion ---------------------------------------------------------------------------------------------------------


def rows_with(words: list[str]) -> list[str]:
    """Return every column of every row that holds one of these words."""
    found = []
    for model in apps.get_models():
        for row in model._base_manager.values():
            texts = {name: value.hex() if isinstance(value, bytes) else str(value) for name, value in row.items()}
            found += [f"{model.__name__}.{name}" for name, text in texts.items() if any(word in text for word in words)]
    return found


def test_nothing_of_a_deleted_person_stays_but_what_is_named(
    alice: Profile, mailoutbox: list[Any], django_capture_on_commit_callbacks: Any
) -> None:
    user, now, store = alice.user, timezone.now(), storages["avatars"]
    bob = a_person("bob")
    shared = Avatar.objects.get(profile=alice).image
    Avatar.objects.create(profile=bob, image=shared, source="upload", chosen_at=now)
    own = an_upload(alice).image
    root = User.objects.create_superuser("root", "root@example.org")
    LogEntry.objects.log_actions(root.pk, [user], 2, "Changed alice.")
    SponsoredTransaction.objects.update(sender=b"\7" * 20)  # the site's own account
    export.ask_export(alice, user, now)
    build(alice)
    send_due(timezone.now())
    key = DataExport.objects.get().key
    client = sign_in(user)
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(reverse("profiles:data_delete")).headers["Location"] == reverse("profiles:keep")
    client.get(reverse("profiles:keep"))

    deletion.erase_account(alice.pk, now + timedelta(days=13))
    assert User.objects.filter(pk=user.pk).exists(), "the time to undo it is not over"
    deletion.erase_account(alice.pk, now + DAYS)
    deletion.erase_account(alice.pk, now + DAYS)  # delivered twice

    assert not User.objects.filter(pk=user.pk).exists()
    assert [part.name for part in parts.get_parts() if part.rows_of(user).exists()] == []
    assert rows_with(["alice", "Alice", "Liddell", "01" * 20]) == []
    assert RetiredHandle.objects.count() == 2
    assert not store.exists(key)
    purge_unreferenced_images(now + DAYS)
    assert not StoredImage.objects.filter(pk=own.pk).exists()
    assert not store.exists(objects.master_key(own.sha256))
    assert store.exists(objects.master_key(shared.sha256))
    assert "/accounts/login/" in client.get(reverse("profiles:data")).headers["Location"]
    subjects = ["Your data is ready to download", "Your account will be deleted", "Your account is deleted"]
    assert [mail.subject for mail in mailoutbox] == [f"[avatarsite] {subject}" for subject in subjects]
    assert {mail.to[0] for mail in mailoutbox} == {"alice@example.org"}


def test_a_handle_is_nobodys_for_a_while(alice: Profile) -> None:
    now = timezone.now()
    deletion.ask_deletion(alice, alice.user, now)
    deletion.erase_account(alice.pk, now + DAYS)
    bob, again = a_person("bob"), a_person("alice")
    assert again.handle != "alice"
    with pytest.raises(HandleError, match="taken"):
        update_profile(bob, ProfileText("alice"), actor=bob.user, now=now)
    User.objects.filter(pk=again.user_id).update(username="again")  # a sign-in name is nobody else's handle either
    release_handles(now + DAYS + RETIRED_FOR + timedelta(days=1))
    assert update_profile(bob, ProfileText("alice"), actor=bob.user, now=now).handle == "alice"


def test_a_person_who_leaves_sees_one_page_only_until_they_keep_their_account() -> None:
    alice = a_person("alice")
    an_upload(alice)
    ids = belongings_of(alice.user)
    client, keep = sign_in(alice.user), reverse("profiles:keep")
    client.post(reverse("profiles:data_delete"))
    open_to_all = ("/avatar/", "/pictures/")  # answered without a session
    for route in routes(ids):
        if route.name in {"keep", "account_logout", "privacy", "terms", "contact", "help"}:
            continue
        for answer in (client.get(route.path), client.post(route.path, **route.content)):
            if not route.path.startswith(open_to_all) and answer.status_code != 404:
                assert (answer.status_code, answer.headers.get("Location")) == (302, keep), route
    assert client.get(reverse("home"), headers={"Accept": "application/json"}).status_code == 403
    assert b"Keep my account" in client.get(keep).content
    assert client.post(keep).headers["Location"] == reverse("profiles:data")
    assert client.get(reverse("home")).status_code == 200
    assert find_avatar_view("alice", timezone.now()) is not None
    assert client.get(keep).headers["Location"] == reverse("profiles:data")


def test_staff_stay(alice: Profile) -> None:
    alice.user.is_staff = True
    alice.user.save()
    with pytest.raises(ExpectedError, match="team"):
        deletion.ask_deletion(alice, alice.user, timezone.now())
    assert not AccountDeletion.objects.exists()


def test_a_deletion_that_crashes_halfway_goes_on(alice: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
    now = timezone.now()
    deletion.ask_deletion(alice, alice.user, now)
    failing = iter([True, True, False])

    def erase(user: User, at: datetime) -> None:
        if next(failing):
            raise OSError("the store is down")

    monkeypatch.setattr(deletion, "get_erasers", lambda: [*parts.get_erasers(), erase])
    for hours in (1, 2):
        deletion.erase_account(alice.pk, now + DAYS + timedelta(hours=hours))
        assert AccountDeletion.objects.get().begun_at is not None
        assert not deletion.keep_account(alice, alice.user), "it can't be undone halfway"
    assert b"being deleted" in sign_in(alice.user).get(reverse("profiles:keep")).content
    deletion.erase_account(alice.pk, now + DAYS + timedelta(hours=9))
    assert not Profile.objects.filter(pk=alice.pk).exists()


@pytest.fixture
def committed(transactional_db: None) -> Profile:
    profile = a_person("alice")
    an_upload(profile, a_picture())
    return profile


@pytest.mark.django_db(transaction=True)
def test_to_keep_and_to_delete_at_the_same_moment_ends_in_one_of_both(committed: Profile) -> None:
    user, now = committed.user, timezone.now()
    asked = at_once(*[partial(deletion.ask_deletion, committed, user, now) for _ in range(4)])
    assert {wish.pk for wish in asked} == {committed.pk}

    def keep() -> object:
        try:
            return deletion.keep_account(committed, user)
        except ExpectedError:  # the person is gone
            return False

    def erase() -> object:
        deletion.erase_account(committed.pk, now + DAYS)
        return False

    kept = any(at_once(*[erase, keep] * 3))
    assert User.objects.filter(pk=user.pk).exists() == kept
    assert AccountDeletion.objects.count() == 0
    if kept:
        assert profile_of(user).is_hidden is False


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, None),
        (True, True),
        (7, 7),
        (2**60, str(2**60)),
        (b"\1\2", "0x0102"),
        (Decimal("1.50"), "1.50"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (datetime(2026, 1, 2, 3, tzinfo=UTC), "2026-01-02T03:00:00+00:00"),
        (date(2026, 1, 2), "2026-01-02"),
        (timedelta(hours=1), "1:00:00"),
        ({"a": [1]}, {"a": [1]}),
    ],
)
def test_a_column_of_any_kind_is_written(value: object, written: object) -> None:
    assert archive.to_json(value) == written
