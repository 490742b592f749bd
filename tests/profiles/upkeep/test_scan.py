"""The janitor's walk in parts: leased, resumed, paced by its cost."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from pytest_django import Settings

from profiles.models import Profile, StoreShard
from profiles.row_queue import WAITING, queue_due_rows
from profiles.store import objects
from profiles.store.objects import MASTERS, RENDITIONS
from profiles.testing.people import an_upload
from profiles.testing.stores import FileStore
from profiles.upkeep import janitor, scan
from profiles.upkeep.scan import PARTS, REPEATED_AFTER, clean_abandoned_uploads, clean_shard, get_scan_age
from tests.kit.on_s3 import use

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["files", "s3"], autouse=True)
def _any_store(request: pytest.FixtureRequest, store: FileStore, settings: Settings) -> None:
    if request.param == "s3":
        use(settings, request.getfixturevalue("s3"), request.getfixturevalue("monkeypatch"))


def in_(minutes: float) -> datetime:
    return timezone.now() + timedelta(minutes=minutes)


def keys() -> set[str]:
    return {each.key for folder in (MASTERS, RENDITIONS) for page in objects.list_pages(folder) for each in page}


def orphans(count: int, prefix: str = "") -> list[str]:
    """Put objects into renditions/ that no row names, with hashes that begin with `prefix`. Sorted."""
    found: list[str] = []
    number = 0
    while len(found) < count:
        content = f"nobody's {number}".encode()
        number += 1
        sha256 = hashlib.sha256(content).hexdigest()
        if sha256.startswith(prefix):
            found.append(objects.rendition_key(sha256, "webp"))
            objects.put(found[-1], content)
    return sorted(found)


def shard(folder: str, prefix: str) -> StoreShard:
    return StoreShard.objects.get(folder=folder, prefix=prefix)


def clean_all(minutes: float = 20) -> Counter[str]:
    now, counts = in_(minutes), Counter[str]()
    clean_abandoned_uploads(now)
    for row in StoreShard.objects.all():
        counts += clean_shard(row.pk, now)
    return counts


def test_all_parts_together_are_the_whole_store(alice: Profile) -> None:
    an_upload(alice)
    named = keys()
    orphans(40)
    assert clean_all() == {"object deleted": 40}
    assert keys() == named
    assert sum(StoreShard.objects.values_list("object_count", flat=True)) == len(named) + 40


def test_rows_without_objects_are_found_in_each_part(alice: Profile) -> None:
    square = an_upload(alice).image.renditions.order_by("size")[0]
    key = objects.rendition_key(square.sha256, "webp")
    objects.delete(key)
    assert clean_all() == {"drawn anew": 1}
    square.refresh_from_db()
    assert objects.rendition_key(square.sha256, "webp") in keys()


def test_the_next_walk_is_due_after_what_the_last_one_took(settings: Settings) -> None:
    clean_all()
    row = shard(RENDITIONS, "a")
    assert row.due_at is not None
    assert row.begun_at is None
    assert row.finished_at is not None
    assert row.due_at - row.finished_at == REPEATED_AFTER
    # 32 parts of 47 s each are 1,504 s, for which 5 % of a core take 8.4 hours.
    row.cpu_seconds = 47
    assert scan._interval(row) == timedelta(seconds=47 * 32 / 0.05)
    settings.AVATAR_SCAN_PERCENT = 50
    assert scan._interval(row) == timedelta(seconds=47 * 32 / 0.5)


def test_a_part_is_cleaned_by_one_worker_at_a_time() -> None:
    clean_abandoned_uploads(in_(20))
    orphans(1, "a")
    row = shard(RENDITIONS, "a")
    StoreShard.objects.filter(pk=row.pk).update(attempt=uuid4(), due_at=in_(25))
    assert clean_shard(row.pk, in_(20)) == {}
    assert clean_shard(row.pk, in_(26)) == {"object deleted": 1}


class TestAnInterruptedWalk:
    @pytest.fixture(autouse=True)
    def _small_pages(self, _any_store: None, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
        if "s3" in request.node.name:
            pytest.skip("pages of S3 have 1,000 objects")
        monkeypatch.setattr(objects, "_PAGE", 2)

    def test_that_ran_out_of_time_goes_on_where_it_was(self) -> None:
        clean_abandoned_uploads(in_(20))
        names, row = orphans(6, "a"), shard(RENDITIONS, "a")
        assert clean_shard(row.pk, in_(20), seconds=-1) == {"object deleted": 2}
        row.refresh_from_db()
        assert (row.position, row.object_count) == (names[1], 2)
        assert row.begun_at is not None
        assert clean_shard(row.pk, in_(20)) == {"object deleted": 4}
        assert StoreShard.objects.filter(pk=row.pk, position="", object_count=6, begun_at=None).exists()

    def test_whose_worker_was_killed_goes_on_where_it_was(self, monkeypatch: pytest.MonkeyPatch) -> None:
        clean_abandoned_uploads(in_(20))
        names, row = orphans(6, "a"), shard(RENDITIONS, "a")
        killed_in(names[4], monkeypatch)
        with pytest.raises(Killed):
            clean_shard(row.pk, in_(20))
        row.refresh_from_db()
        assert row.position == names[3]
        assert row.attempt is not None
        monkeypatch.undo()
        assert clean_shard(row.pk, in_(21)) == {}
        assert clean_shard(row.pk, in_(27)) == {"object deleted": 2}
        row.refresh_from_db()
        assert (row.object_count, row.crashes) == (6, 0)

    def test_that_another_worker_took_over_ends(self, monkeypatch: pytest.MonkeyPatch) -> None:
        clean_abandoned_uploads(in_(20))
        orphans(6, "a")
        row, really = shard(RENDITIONS, "a"), janitor._clean_window

        def take_over(*details: object) -> None:
            really(*details)  # type: ignore[arg-type]
            StoreShard.objects.filter(pk=row.pk).update(attempt=uuid4())

        monkeypatch.setattr(janitor, "_clean_window", take_over)
        assert clean_shard(row.pk, in_(20)) == {"object deleted": 2}


class Killed(BaseException):
    """What a worker that is killed leaves is what it wrote before: nothing is written afterwards."""


def killed_in(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the worker end when it would delete this object."""
    delete = objects.delete

    def kill(name: str) -> None:
        if name == key:
            monkeypatch.setattr(StoreShard, "keep", lambda *_, **__: False)
            raise Killed
        delete(name)

    monkeypatch.setattr(objects, "delete", kill)


def test_the_age_is_that_of_the_part_walked_through_longest_ago() -> None:
    assert get_scan_age(in_(0)) is None
    clean_all()
    StoreShard.objects.filter(pk=shard(MASTERS, "3").pk).update(finished_at=in_(-60))
    age = get_scan_age(in_(0))
    assert age is not None
    assert 3600 <= age < 3700


def test_due_parts_are_queued_with_all_other_work() -> None:
    clean_abandoned_uploads(in_(20))
    assert queue_due_rows(in_(20)) == min(len(PARTS), WAITING)
    assert queue_due_rows(in_(20)) == 0


def test_bad_counts_are_logged_as_errors(alice: Profile, caplog: pytest.LogCaptureFixture) -> None:
    image = an_upload(alice).image
    objects.delete(objects.master_key(image.sha256))
    clean_all()
    lines = [(each.levelname, each.message) for each in caplog.records if each.message.startswith("Pictures cleaned")]
    assert lines == [("ERROR", "Pictures cleaned: 1 master missing.")]
