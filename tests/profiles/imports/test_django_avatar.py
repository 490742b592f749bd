"""A project that moves from django-avatar keeps its people's pictures: the real app, its table, and its files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

# Its people sign in by e-mail and have a UUID as key. django-avatar is installed, and `profiles` alone of ours.
STORY = """
import json, os, shutil
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
import django
from django.conf import settings

here = Path(os.environ["HERE"])
store = "profiles.store.files.AtomicFileSystemStorage"
settings.configure(
    SECRET_KEY="only-for-tests",
    USE_TZ=True,
    ROOT_URLCONF="__main__",
    AUTH_USER_MODEL="email_users.Person",
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=[
        "django.contrib.contenttypes", "django.contrib.auth", "tests.kit.email_users", "profiles", "avatar"
    ],
    MIGRATION_MODULES=dict.fromkeys(("auth", "contenttypes", "profiles")),  # their tables are made as the models are
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": here / "db.sqlite3"}},
    STORAGES={
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": here / "media"}},
        "avatars": {"BACKEND": store, "OPTIONS": {"location": here / "avatars", "base_url": None}},
    },
    AVATAR_AUTO_GENERATE_SIZES=(48, 80),
)
django.setup()
from django.urls import include, path
urlpatterns = [path("", include("profiles.urls"))]
from avatar.models import Avatar as Theirs
from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from django.core.management import call_command
from profiles.people.profiles import profile_of
from profiles.testing.people import a_picture

call_command("migrate", run_syncdb=True, verbosity=0)
alice, bob, eve, carol = (
    get_user_model().objects.create_user(f"{name}@example.org") for name in ("alice", "bob", "eve", "carol")
)
DAY = datetime(2020, 5, 1, tzinfo=UTC)
COLORS = ["#aa2222", "#22aa22", "#2222aa"]


def add(user, day, color, *, primary=False):
    file = ContentFile(a_picture(color=color), f"{color[1:]}.png")
    return Theirs.objects.create(user=user, avatar=file, primary=primary, date_uploaded=DAY + timedelta(days=day))


first, middle, last = (add(alice, day, COLORS[day], primary=day == 1) for day in range(3))
assert middle.primary
with_sizes = add(bob, 0, COLORS[0])
(here / "media" / with_sizes.avatar.name).unlink()
without = add(eve, 0, COLORS[0], primary=True)
shutil.rmtree(here / "media" / "avatars" / str(eve.pk))
Theirs.objects.filter(pk=add(carol, 0, COLORS[0]).pk).update(avatar="../../db.sqlite3")


def run(*args, **options):
    report = here / "report.jsonl"
    try:
        call_command("import_avatars", *args, report=report, stdout=StringIO(), stderr=StringIO(), **options)
    except SystemExit:
        pass
    lines = map(json.loads, report.read_text().splitlines())
    return {line["key"]: line["outcome"] for line in lines}, report.read_text()


def said(*rest):
    keys = (first, middle, last, with_sizes, without, Theirs.objects.get(user=carol))
    return dict(zip((str(each.pk) for each in keys), rest, strict=True))


options = {"source": "django-avatar", "workers": 1}
rehearsed, _ = run(**options, dry_run=True)
done, _ = run(**options, journal=here / "one")
assert done == rehearsed == said("earlier", "imported", "earlier", "imported", "missing", "refused"), done
more, _ = run(**options, journal=here / "one", history=True)
assert more == said("imported", "imported", "imported", "imported", "missing", "refused"), more

pictures = list(profile_of(alice).avatars.order_by("-chosen_at"))
assert profile_of(alice).avatar == pictures[0]
dates = [(each.created_at - DAY).days for each in pictures]
assert dates == [1, 2, 0], [(each.created_at, each.chosen_at) for each in pictures]
(sized,) = profile_of(bob).avatars.all()
assert (sized.image.width, sized.image.height) == (80, 80), "the largest size that is left"

by_table, text = run(**options, journal=here / "two", history=True, table="avatar_avatar", folder=str(here / "media"))
assert by_table == more, by_table
assert text.count("It was imported before.") == 4
assert profile_of(alice).avatars.count() == 3

dave = get_user_model().objects.create_user("dave@example.org")
key = str(add(dave, 0, COLORS[2]).pk)
by_field, _ = run("avatar.Avatar.avatar", source="field", workers=1, journal=here / "three")
assert by_field[key] == "imported", by_field
assert by_field[str(first.pk)] == "has-one", by_field
print("whole")
"""


def test_pictures_of_django_avatar_and_of_any_image_field(tmp_path: Path) -> None:
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [sys.executable, "-c", STORY],
        check=False,
        env=os.environ | {"HERE": str(tmp_path), "PYTHONPATH": path, "DJANGO_SETTINGS_MODULE": ""},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip().endswith("whole"), done.stdout + done.stderr
