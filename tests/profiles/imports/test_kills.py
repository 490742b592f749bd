"""An import that is killed goes on: every person has their picture once, whatever moment it was."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connections

from profiles.models import AuditEntry, Avatar, Profile, StoredImage
from profiles.testing.people import a_picture
from profiles.testing.stores import FileStore
from tests.kit.dying import dies_at
from tests.profiles.imports.conftest import ImportAvatars

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[3]


def people_with_files(folder: Path, count: int) -> None:
    for number in range(count):
        get_user_model().objects.create_user(f"person{number}")
        (folder / f"person{number}.png").write_bytes(a_picture(size=(64, 64)))


def check_whole(count: int) -> None:
    assert Avatar.objects.count() == AuditEntry.objects.filter(action="avatar.import").count() == count
    assert StoredImage.objects.count() == count
    assert Profile.objects.filter(avatar__isnull=False, avatar_version=1).count() == count


def import_in_child(folder: Path, journal: Path) -> None:
    with Path(os.devnull).open("w") as nowhere:
        call_command(
            "import_avatars", str(folder), source="folder", workers=1, journal=journal, stdout=nowhere, stderr=nowhere
        )


def killed_at(moments: list[int], folder: Path, journal: Path) -> int:
    """Run the import once for each moment, and kill it there. Return how many runs were killed before their end."""
    return sum(dies_at(moment, partial(import_in_child, folder, journal)) for moment in moments)


def test_a_run_that_is_killed_while_it_writes_goes_on(
    import_avatars: ImportAvatars, folder: Path, tmp_path: Path, store: FileStore
) -> None:
    people_with_files(folder, 3)
    assert killed_at([2, 7], folder, tmp_path / "journal") == 2
    assert Avatar.objects.count() < 3
    done = import_avatars("folder", folder)
    assert (done.code, done.counts) == (0, {"imported": 3})
    check_whole(3)


@pytest.mark.long
def test_a_run_that_is_killed_at_every_moment_goes_on(
    import_avatars: ImportAvatars, folder: Path, tmp_path: Path, store: FileStore
) -> None:
    moment = 1
    while True:
        number = Profile.objects.count()
        get_user_model().objects.create_user(f"m{moment}")
        (folder / f"m{moment}.png").write_bytes(a_picture(size=(64, 64)))
        if not killed_at([moment], folder, tmp_path / "journal"):
            break
        assert import_avatars("folder", folder).counts == {"imported": moment}
        check_whole(moment)
        assert Profile.objects.count() == number + 1
        moment += 1
    assert moment > 6, "there were that many writes"


@pytest.mark.long
def test_processes_with_several_workers_that_are_killed_again_and_again(
    import_avatars: ImportAvatars, folder: Path, tmp_path: Path, store: FileStore
) -> None:
    count, kills = 400, 0
    people_with_files(folder, count)
    connections.close_all()
    chance = random.Random(7)
    command = command_on(store, folder, tmp_path / "journal")
    while kills < 8:
        child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        time.sleep(chance.uniform(3, 8))
        if child.poll() is not None:
            assert child.returncode == 0, child.communicate()[1].decode()
            break
        child.send_signal(signal.SIGKILL)
        child.communicate()
        kills += 1
    assert kills
    done = import_avatars("folder", folder, workers=2)
    assert (done.code, done.counts) == (0, {"imported": count})
    check_whole(count)


def command_on(store: FileStore, folder: Path, journal: Path) -> list[str]:
    """Return the command of another process that imports the folder on the tests' database and store."""
    used = connections["default"].settings_dict
    database = {**used, "NAME": str(used["NAME"]), "TEST": {}}
    options = {"location": str(store.folder), "base_url": None}
    program = f"""
import sys
import django
from django.conf import settings
settings.DATABASES["default"] = {database!r}
settings.STORAGES["avatars"]["OPTIONS"] = {options!r}
django.setup()
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", "import_avatars", *sys.argv[1:]])
"""
    return [sys.executable, "-c", program, "--from", "folder", str(folder), "--journal", str(journal)]
