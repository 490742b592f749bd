"""The janitor: finds objects without a row and rows without their object, by walking through both.

Nothing that people delete waits for it: the purge finds that by rows (profiles.store.images), and a crash leaves no
object without a row, since rows are written first and deleted last. The janitor finds what no row leads to: objects
that the store lost or changed, and what a restored backup or a late answer of the store left behind.
`profiles.upkeep.scan` runs it in parts.

It only touches what is older than AVATAR_GRACE_SECONDS: the counterpart of younger things may still come. It may run at
any time, and twice at once. If most of what it sees has no counterpart, it stops and reports that: more likely the site
has a wrong bucket or database than that the pictures are garbage.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from profiles import settings
from profiles.images.errors import PictureError
from profiles.models import DataExport, Rendition, StoredImage, UploadTicket
from profiles.pictures.direct_upload import LATE
from profiles.store import objects as store_objects
from profiles.store.errors import StorageError
from profiles.store.exports import EXPORTS
from profiles.store.files import DRAFT
from profiles.store.objects import INCOMING, MASTERS, RENDITIONS
from profiles.store.s3 import StoredObject
from profiles.upkeep.matching import NamedObject, Window, hash_in, windows
from profiles.upkeep.repair import Outcome, handle_missing_master, is_there, repair_rendition

logger = logging.getLogger(__name__)

# From this number on, more than half without a counterpart means a wrong setting.
SUSPICIOUS = 20
# After this number of failures the store is taken to be down; the next run tries again.
FAILURES = 5
_PAGE = 1000


@dataclass
class Cleaning:
    """One run: what it may do, and what it did (`counts`, by the first words of its log lines).

    `position` is the key up to which everything was checked; "" after the last one. `ends_at` is a time.monotonic().
    `keep` is told after each page; the run ends if it returns False.
    """

    now: datetime
    dry_run: bool = False
    force: bool = False
    ends_at: float = float("inf")
    say: Callable[[str], object] = logger.info
    position: str = ""
    windows: int = 0
    objects: int = 0
    keep: Callable[[Cleaning], bool] = lambda _: True
    counts: Counter[str] = field(default_factory=Counter)

    def record(self, what: str, about: object) -> None:
        """Count and log one thing done."""
        self.counts[what] += 1
        self.say(f"{what}: {about}")

    def is_old(self, since: datetime) -> bool:
        return since < self.now - settings.current().grace_time

    def is_credible(self, what: str, orphans: int, of: int) -> bool:
        if self.force or orphans < SUSPICIOUS or 2 * orphans <= of:
            return True
        self.record(
            "held back", f"{orphans} of {of} {what}. Are these the right bucket and database? --force overrules."
        )
        return False

    def attempt(self, act: Callable[[], object], about: str) -> None:
        """Go on after a failure, which concerns one thing. Raise at FAILURES."""
        try:
            act()
        except (StorageError, PictureError) as error:
            self.record("failed", f"{about}: {error}")
            if self.counts["failed"] >= FAILURES:
                raise


def clean_pictures(cleaning: Cleaning) -> None:
    """Check everything. Raise StorageError or PictureError if store or decoder fail repeatedly."""
    clean_uploads(cleaning)
    clean_folder(cleaning, MASTERS)
    clean_folder(cleaning, RENDITIONS)


def clean_uploads(cleaning: Cleaning) -> None:
    """Delete ended tickets, what arrived for deleted ones, and files of own data that no row names."""
    _end_tickets(cleaning)
    _clean_unnamed(cleaning, INCOMING, UploadTicket)
    _clean_unnamed(cleaning, EXPORTS, DataExport)


def clean_folder(cleaning: Cleaning, folder: str, prefix: str = "") -> bool:
    """Go on from `cleaning.position` to the end of the folder's keys with this prefix of their hash.

    Return False if time was up before. Raise StorageError or PictureError if store or decoder fail repeatedly.
    """
    for window in windows(folder, cleaning.position, prefix):
        if window.objects and time.monotonic() > cleaning.ends_at and cleaning.windows:
            return False
        cleaning.windows += 1
        cleaning.objects += len(window.objects)
        # Moved before the work: an object that always fails must not stop the rest.
        cleaning.position = window.last_key or cleaning.position
        _clean_window(cleaning, folder, window)
        if not cleaning.keep(cleaning):
            return False
    cleaning.position = ""
    return True


def log_counts(counts: Counter[str]) -> None:
    bad = {"failed", "held back", Outcome.LOST, Outcome.MASTER_MISSING} & counts.keys()
    level = logging.ERROR if bad else logging.INFO
    logger.log(level, "Pictures cleaned: %s.", summary(counts))


def summary(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {what}" for what, count in sorted(counts.items())) or "nothing to do"


def _end_tickets(cleaning: Cleaning) -> None:
    """Delete ended tickets, objects first. A used ticket is given the time that its one use may take."""
    over = Q(used_at__lt=cleaning.now - LATE) | Q(expires_at__lt=cleaning.now - LATE)
    after = UUID(int=0)
    while page := list(UploadTicket.objects.filter(over, pk__gt=after).order_by("pk")[:_PAGE]):
        after = page[-1].pk  # a deleted row has none
        for ticket in page:
            cleaning.attempt(partial(_end_ticket, cleaning, ticket), ticket.key)
        if time.monotonic() > cleaning.ends_at:
            return


def _end_ticket(cleaning: Cleaning, ticket: UploadTicket) -> None:
    if not cleaning.dry_run:
        store_objects.delete(ticket.key)
        ticket.delete()
    cleaning.record("ticket ended", ticket.key)


def _clean_unnamed(cleaning: Cleaning, folder: str, model: type[UploadTicket] | type[DataExport]) -> None:
    """Delete the objects of a folder whose key no row has.

    They arrived after the row was deleted: a post can be repeated until its signature expires.
    """
    for page in store_objects.list_pages(folder):
        rows: QuerySet[UploadTicket | DataExport] = QuerySet(model)
        named = set(rows.filter(key__in=[each.key for each in page]).values_list("key", flat=True))
        for each in page:
            if each.key not in named and cleaning.is_old(each.changed_at):
                _delete(cleaning, each.key, partial(store_objects.delete, each.key))


def _clean_window(cleaning: Cleaning, folder: str, window: Window) -> None:
    named: set[str] = set()
    for rows in window.rows:
        named |= {row.key for row in rows} & window.objects.keys()
        _repair_rows(cleaning, folder, rows, window.objects)
    orphans = [each for key, each in window.objects.items() if key not in named and cleaning.is_old(each.changed_at)]
    if cleaning.is_credible(f"objects in {folder}/ without row", len(orphans), len(window.objects)):
        for each in orphans:
            delete = _delete_master if folder == MASTERS else _delete_rendition
            _delete(cleaning, each.key, partial(delete, cleaning.now, each.key))
    _clean_others(cleaning, window.others)


def _repair_rows(cleaning: Cleaning, folder: str, rows: list[NamedObject], objects: dict[str, StoredObject]) -> None:
    """Repair rows without an object. One of another size counts as none: it is cut short or was overwritten."""
    sizes = {key: each.byte_count for key, each in objects.items()}
    missing = [row for row in rows if sizes.get(row.key) != row.byte_count and cleaning.is_old(row.touched_at)]
    if not cleaning.is_credible(f"rows of {folder}/ without object", len(missing), len(rows)):
        return
    for row in missing:
        cleaning.attempt(partial(_repair_row, cleaning, folder, row), row.key)


def _repair_row(cleaning: Cleaning, folder: str, row: NamedObject) -> None:
    if is_there(row.key, row.byte_count):  # stored since it was listed
        return
    if cleaning.dry_run:
        cleaning.record("object missing", row.key)
        return
    outcome = handle_missing_master(row.pk) if folder == MASTERS else repair_rendition(row.pk)
    if outcome is not Outcome.NOT_NEEDED:
        cleaning.record(outcome, row.key)


def _clean_others(cleaning: Cleaning, others: Iterable[StoredObject]) -> None:
    for each in others:
        is_draft = each.key.rpartition("/")[2].startswith(DRAFT)
        if not is_draft:
            cleaning.record("not ours", each.key)
        elif cleaning.is_old(each.changed_at):
            _delete(cleaning, each.key, partial(store_objects.delete, each.key))


def _delete(cleaning: Cleaning, key: str, delete: Callable[[], object]) -> None:
    def act() -> None:
        if cleaning.dry_run or delete() is not False:
            cleaning.record("object deleted", key)

    cleaning.attempt(act, key)


def _delete_master(now: datetime, key: str) -> bool:
    """Delete a master under a row of its name: storing the same picture now waits, then puts it again."""
    sha256 = hash_in(key) or ""
    try:
        with transaction.atomic():
            ours = StoredImage.objects.create(sha256=sha256, touched_at=now, width=0, height=0, byte_count=0)
            store_objects.delete(key)
            ours.delete()
    except IntegrityError:  # a row was created meanwhile
        return False
    return True


def _delete_rendition(_now: datetime, key: str) -> bool:
    """Delete a rendition unless a row names it. No lock covers a hash that pictures share: check again, with a copy."""
    named = Rendition.objects.filter(sha256=hash_in(key))
    if named.exists():
        return False
    copy = store_objects.get_if_intact(key)
    store_objects.delete(key)
    if copy and named.exists():
        store_objects.put(key, copy)
        return False
    return True
