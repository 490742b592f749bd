"""The export of all that belongs to a person: asked for on a page, built by a job, kept for some days."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.urls import reverse

from profiles import settings
from profiles.audit import record
from profiles.errors import ExpectedError, Kind
from profiles.jobs import job
from profiles.leases import fresh, lease_row
from profiles.limits import spend
from profiles.models import DataExport, Notice, Profile
from profiles.notices.recording import NewNotice, record_notice
from profiles.own_data.archive import write_archive
from profiles.pictures.changing import lock_profile
from profiles.row_queue import queue_due
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop
from profiles.store import exports
from profiles.store.errors import ObjectMissing

State = DataExport.State
DAY = 86_400  # seconds
# Below the time after which the broker delivers again, and below the lease.
TIME_LIMIT = timedelta(minutes=9)
# What a file may take of a worker's memory; past it, it goes on in a temporary file.
IN_MEMORY = 4 * 1024 * 1024
# Expired files that one run deletes.
PAGE = 200


class NoExport(ExpectedError):
    """There is no file to download."""

    kind = Kind("no-export", gettext_noop("No such file"), 404)

    def __init__(self) -> None:
        super().__init__(_("There is no file of your data, or it has been deleted. Ask for a new one."))


class TakenOver(Exception):
    """Another attempt holds the row, or the row is gone."""


def ask_export(profile: Profile, actor: AbstractBaseUser, now: datetime) -> DataExport:
    """Have a job build the file, in place of an earlier one. Asked twice, it is built once.

    Raise TooMany past AVATAR_EXPORTS_PER_DAY, and StorageError if the earlier file can't be deleted.
    """
    building = DataExport.objects.filter(profile=profile, state=State.BUILDING, gave_up_at=None).first()
    if building is not None:
        return building
    spend("exports", profile.pk, settings.current().exports_per_day, seconds=DAY)
    with lock_profile(profile.pk) as owner:
        earlier = DataExport.objects.filter(profile=owner).first()
        if earlier is not None:
            if earlier.state == State.BUILDING and earlier.gave_up_at is None:
                return earlier
            exports.delete(earlier.key)
            earlier.delete()
        ends = now + timedelta(days=settings.current().export_days)
        export = DataExport(profile=owner, key=exports.new_key(), asked_at=now, expires_at=ends, **fresh(now))
        export.save(force_insert=True)
        record(owner, "data.export", actor)
        queue_due(build_export)
    return export


@job(queue="slow", rows=DataExport, time_limit=TIME_LIMIT)
def build_export(export_id: str, now: datetime) -> None:
    """Build the file, store it and tell the person. After a crash it is built anew under the same key."""
    export = lease_row(DataExport.objects.filter(pk=export_id), now)
    if export is None:
        return
    with export.attempting(now):
        profile = Profile.objects.select_related("user").get(pk=export.profile_id)
        try:
            size = _build(export, profile, now)
        except TakenOver:
            return
        if not _finish(export, size, now) and not DataExport.objects.filter(pk=export.pk).exists():
            exports.delete(export.key)  # the person left meanwhile


def _finish(export: DataExport, size: int, now: datetime) -> bool:
    """Record that the file is ready, with the notice of it. False if another attempt took over, or the row is gone."""
    with transaction.atomic():
        is_mine = export.release(state=State.READY, percent=100, byte_count=size)
        if is_mine:
            facts = {"expires_at": export.expires_at.isoformat(), "path": reverse("profiles:data")}
            record_notice(export.profile_id, NewNotice(Notice.Kind.EXPORT_READY, now, str(export.pk), facts=facts))
    return is_mine


def _build(export: DataExport, profile: Profile, now: datetime) -> int:
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as file:
        write_archive(file, profile, now, partial(_report, export))
        size = file.tell()
        exports.put(export.key, file)
    return size


def _report(export: DataExport, percent: int) -> None:
    """Store how far the job is. Raise TakenOver if the row is no longer this attempt's."""
    if percent != export.percent and not export.keep(percent=percent):
        raise TakenOver


def find_export(profile: Profile, now: datetime) -> DataExport | None:
    """Return the person's file, in whatever state."""
    return DataExport.objects.filter(profile=profile, expires_at__gt=now).first()


def get_ready_export(profile: Profile, now: datetime) -> DataExport:
    """Return the file that can be downloaded. Raise NoExport."""
    ready = DataExport.objects.filter(profile=profile, state=State.READY, expires_at__gt=now).first()
    if ready is None:
        raise NoExport
    return ready


def read_export(export: DataExport) -> Iterator[bytes]:
    """Return a ready file in pieces. Raise NoExport or StorageError."""
    try:
        return exports.stream(export.key)
    except ObjectMissing as error:
        raise NoExport from error


@job(every=timedelta(minutes=10))
def delete_expired_exports(now: datetime) -> int:
    """Delete files whose time is over, each object before its row. Return how many."""
    expired = list(DataExport.objects.filter(expires_at__lt=now).order_by("expires_at")[:PAGE])
    for export in expired:
        exports.delete(export.key)
        export.delete()
    return len(expired)
