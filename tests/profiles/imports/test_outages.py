"""What is down is waited for, or stops the import; nothing of it is said of a picture."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import FileSystemStorage
from django.core.management import CommandError
from django.db import OperationalError
from pytest_django import Settings

from profiles.decoding import Decoder, DecoderUnavailable
from profiles.imports import outage_waits
from profiles.imports.entries import By, Entry, Outcome, SourceOptions, Unusable
from profiles.imports.journal import Journal
from profiles.imports.reading import read_stored
from profiles.imports.run import Part
from profiles.models import Avatar, Profile
from profiles.store import objects
from profiles.store.errors import StorageError
from profiles.store.images import keep_image
from profiles.testing.people import a_person, a_picture
from tests.profiles.imports.conftest import ImportAvatars, history

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outage_waits, "_FIRST_PAUSE", 0.01)


class Failing:
    """Raises an error so many times before it works."""

    def __init__(self, works: Any, error: Exception, times: int) -> None:
        self.works, self.error, self.left = works, error, times

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.left:
            self.left -= 1
            raise self.error
        return self.works(*args, **kwargs)


@pytest.mark.parametrize("error", [StorageError("The object store can't be reached."), OperationalError("gone")])
def test_an_outage_is_waited_for(
    error: Exception, import_avatars: ImportAvatars, folder: Path, alice: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "alice.png").write_bytes(a_picture())
    monkeypatch.setattr("profiles.imports.one_person.keep_image", Failing(keep_image, error, 2))
    assert import_avatars("folder", folder, patience=60).counts == {"imported": 1}


def test_an_outage_that_lasts_stops_the_import_and_loses_nothing(
    import_avatars: ImportAvatars, folder: Path, alice: Profile, bob: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "alice.png").write_bytes(a_picture())
    (folder / "bob.png").write_bytes(a_picture())
    with monkeypatch.context() as patch:
        patch.setattr(objects, "put", Failing(objects.put, StorageError("The object store can't be reached."), 10**9))
        stopped = import_avatars("folder", folder)
    assert (stopped.code, stopped.lines) == (3, [])
    assert "The object store can't be reached. Run the same command again to go on." in stopped.err
    assert not Avatar.objects.exists()
    assert import_avatars("folder", folder).counts == {"imported": 2}
    assert len(history(alice)) == len(history(bob)) == 1


def test_a_picture_that_stops_its_decoder_stops_no_import(
    import_avatars: ImportAvatars, folder: Path, alice: Profile, bob: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "alice.png").write_bytes(deadly := a_picture())
    (folder / "bob.png").write_bytes(a_picture())
    decode = Decoder.decode

    def die_of_one(decoder: Decoder, content: bytes, *rest: Any) -> Any:
        if content == deadly:
            raise DecoderUnavailable("The decoder was stopped.")
        return decode(decoder, content, *rest)

    monkeypatch.setattr(Decoder, "decode", die_of_one)
    done = import_avatars("folder", folder)
    assert (done.outcome("alice.png"), done.outcome("bob.png")) == ("failed", "imported")
    monkeypatch.setattr(Decoder, "decode", Failing(decode, DecoderUnavailable("It can't be started."), 10**9))
    assert import_avatars("folder", folder, retry_failed=True).code == 3


def test_an_error_nobody_expected_fails_one_entry_and_is_logged(
    import_avatars: ImportAvatars,
    folder: Path,
    alice: Profile,
    bob: Profile,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for name in ("alice", "bob"):
        (folder / f"{name}.png").write_bytes(a_picture())
    monkeypatch.setattr("profiles.imports.one_person.keep_image", Failing(keep_image, ZeroDivisionError(), 1))
    with caplog.at_level(logging.ERROR):
        done = import_avatars("folder", folder)
    assert done.counts == {"failed": 1, "imported": 1}
    assert "ZeroDivisionError" in done.reason("alice.png")
    assert caplog.records


def test_a_storage_that_fails_is_no_missing_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = FileSystemStorage(tmp_path)
    monkeypatch.setattr(storage, "open", Failing(storage.open, OSError(5, "Input/output error"), 1))
    with pytest.raises(StorageError):
        read_stored(storage, "a.png")


def test_a_file_that_alone_can_not_be_opened_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = FileSystemStorage(tmp_path)
    (tmp_path / "folder").mkdir()
    with pytest.raises(Unusable, match="can't be opened") as caught:
        read_stored(storage, "folder")
    assert caught.value.outcome is Outcome.MISSING
    for name in ("../a.png", "a\0.png"):
        with pytest.raises(Unusable) as refused:
            read_stored(storage, name)
        assert refused.value.outcome is Outcome.REFUSED


class OwnSource:
    """A source of a project's own, as the documentation shows one."""

    name = "our old site"

    def __init__(self, options: SourceOptions) -> None:
        self.pictures = {"alice": a_picture(), "bob": a_picture()}
        self.greeting = options.argument

    def count(self) -> None:
        return None

    def entries(self) -> Iterator[Entry]:
        for name in self.pictures:
            yield Entry(name, name, partial(self.pictures.__getitem__, name), (By.USERNAME,), alt_text=self.greeting)


def test_a_project_names_a_source_of_its_own(import_avatars: ImportAvatars, alice: Profile, bob: Profile) -> None:
    done = import_avatars(f"{__name__}.OwnSource", "Hello")
    assert done.counts == {"imported": 2}
    assert history(alice)[0].alt_text == "Hello"
    assert "2 entries" in done.err
    with pytest.raises(CommandError, match="There is no source"):
        import_avatars("nothing.Here")


@pytest.mark.django_db(transaction=True)
def test_several_workers_import_each_picture_once(import_avatars: ImportAvatars, folder: Path) -> None:
    people = [a_person(f"person{number}") for number in range(6)]
    for number in range(6):
        (folder / f"person{number}.png").write_bytes(a_picture(size=(64, 64)) if number else b"damaged")
    done = import_avatars("folder", folder, workers=2)
    assert done.counts == {Outcome.IMPORTED: 5, Outcome.DAMAGED: 1}
    assert sum(len(history(person)) for person in people) == 5
    assert "6 of 6 entries" in done.err


def test_processes_share_the_people_of_a_source(import_avatars: ImportAvatars, folder: Path, tmp_path: Path) -> None:
    for number in range(8):
        a_person(f"person{number}")
        (folder / f"person{number}.png").write_bytes(a_picture(size=(64, 64)))
    (folder / "nobody.png").write_bytes(b"")
    parts = [
        import_avatars("folder", folder, part=Part(number, 2), journal=tmp_path / f"journal{number}")
        for number in (1, 2)
    ]
    keys = [line["key"] for part in parts for line in part.lines]
    assert all(part.lines for part in parts)
    assert (len(keys), len(set(keys))) == (9, 9)
    assert Avatar.objects.count() == 8


def test_a_journal_is_used_by_one_import_and_for_one_source(
    import_avatars: ImportAvatars, folder: Path, tmp_path: Path, settings: Settings
) -> None:
    import_avatars("folder", folder)
    with pytest.raises(CommandError, match="of another import"):
        import_avatars("folder", tmp_path)
    with (
        closing(Journal(tmp_path / "journal", f"folder {folder}")),
        pytest.raises(CommandError, match="another import"),
    ):
        import_avatars("folder", folder)
    (tmp_path / "text").write_text("no database " * 100, "utf-8")
    with pytest.raises(CommandError, match="can't be used"):
        import_avatars("folder", folder, journal=tmp_path / "text")
