"""The janitor: no object without a row, no row without its object (V3), whatever died, was lost or was restored.

It only touches what is older than `conf.grace_time()`: younger things may be on their way to their counterpart. It
may run at any time and twice at once. Where most of what it looks at has no counterpart it stops and says so: then
rather the site is joined to a wrong bucket or database than the pictures are rubbish.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.db.models import Q

from profiles import settings
from profiles.images.errors import PictureError
from profiles.jobs import job
from profiles.models import Rendition, StoredImage, UploadTicket
from profiles.pictures.direct_upload import LATE
from profiles.store import objects as store_objects
from profiles.store.files import DRAFT
from profiles.store.objects import INCOMING, MASTERS, RENDITIONS, StorageError
from profiles.store.s3 import StoredObject
from profiles.upkeep.matching import NamedObject, Window, hash_in, windows
from profiles.upkeep.repair import Outcome, is_there, judge_missing_master, repair_rendition

logger = logging.getLogger(__name__)

#: From so many on, more than half without counterpart is a wrong setting, not rubbish.
SUSPICIOUS = 20
#: The store is taken to be down after so many failures; the next run tries again.
FAILURES = 5
_RUNNING, _POSITION = "janitor:running", "janitor:position"


@dataclass
class Cleaning:
    """One run: what it may do, and what it did (`counts`, by the words its lines begin with).

    `position` is the key up to which everything was seen; "" once all was. `ends_at` is a time.monotonic().
    """

    now: datetime
    dry_run: bool = False
    force: bool = False
    ends_at: float = float("inf")
    say: Callable[[str], object] = logger.info
    position: str = ""
    windows: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    def note(self, what: str, about: object) -> None:
        self.counts[what] += 1
        self.say(f"{what}: {about}")

    def is_old(self, since: datetime) -> bool:
        return since < self.now - settings.grace_time()

    def is_credible(self, what: str, lonely: int, of: int) -> bool:
        if self.force or lonely < SUSPICIOUS or 2 * lonely <= of:
            return True
        self.note("held back", f"{lonely} of {of} {what}. Are these the right bucket and database? --force overrules.")
        return False

    def attempt(self, act: Callable[[], object], about: str) -> None:
        """A failure concerns one thing; the run goes on unless they pile up."""
        try:
            act()
        except (StorageError, PictureError) as error:
            self.note("failed", f"{about}: {error}")
            if self.counts["failed"] >= FAILURES:
                raise


def clean_pictures(cleaning: Cleaning) -> None:
    """Go on from `cleaning.position` until all was seen or time is up. Raises StorageError or PictureError where
    store or decoder fail again and again."""
    if not cleaning.position:
        _end_tickets(cleaning)
        _clean_incoming(cleaning)
        cleaning.position = f"{MASTERS}/"
    if cleaning.position.startswith(f"{MASTERS}/") and _clean_folder(cleaning, MASTERS):
        cleaning.position = f"{RENDITIONS}/"
    if cleaning.position.startswith(f"{RENDITIONS}/") and _clean_folder(cleaning, RENDITIONS):
        cleaning.position = ""


@job(every=timedelta(minutes=5), time_limit=timedelta(minutes=5))
def clean_for_a_while(now: datetime, *, seconds: int = 200) -> Counter[str]:
    """`clean_pictures` for a scheduler: bounded, one at a time, going on where the last run ended. Logs its counts."""
    if not cache.add(_RUNNING, 1, timeout=seconds + 120):
        return Counter()
    cleaning = Cleaning(now, ends_at=time.monotonic() + seconds, position=cache.get(_POSITION, ""))
    try:
        clean_pictures(cleaning)
    finally:
        cache.set(_POSITION, cleaning.position, timeout=None)
        cache.delete(_RUNNING)
        log_counts(cleaning.counts)
    return cleaning.counts


def log_counts(counts: Counter[str]) -> None:
    bad = {"failed", "held back", Outcome.LOST, Outcome.MASTER_MISSING} & counts.keys()
    level = logging.ERROR if bad else logging.INFO
    logger.log(level, "Pictures cleaned: %s.", summary(counts))


def summary(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {what}" for what, count in sorted(counts.items())) or "nothing to do"


# --- uploads that went straight to the store --------------------------------------------------------------------------


def _end_tickets(cleaning: Cleaning) -> None:
    """Objects first, rows after. A used ticket is given the time its one use may take."""
    over = Q(used_at__lt=cleaning.now - LATE) | Q(expires_at__lt=cleaning.now - LATE)
    for ticket in UploadTicket.objects.filter(over).order_by("expires_at")[:1000]:
        cleaning.attempt(partial(_end_ticket, cleaning, ticket), ticket.key)


def _end_ticket(cleaning: Cleaning, ticket: UploadTicket) -> None:
    if not cleaning.dry_run:
        store_objects.delete(ticket.key)
        ticket.delete()
    cleaning.note("ticket ended", ticket.key)


def _clean_incoming(cleaning: Cleaning) -> None:
    """What came for a ticket that is gone: a ticket's post can be repeated while its signature lasts."""
    for page in store_objects.list_pages(INCOMING):
        tickets = UploadTicket.objects.filter(key__in=[each.key for each in page])
        awaited = set(tickets.values_list("key", flat=True))
        for each in page:
            if each.key not in awaited and cleaning.is_old(each.changed_at):
                _delete(cleaning, each.key, partial(store_objects.delete, each.key))


# --- masters and renditions -------------------------------------------------------------------------------------------


def _clean_folder(cleaning: Cleaning, folder: str) -> bool:
    """False where time was up before all behind `cleaning.position` was seen."""
    for window in windows(folder, cleaning.position):
        if window.objects and time.monotonic() > cleaning.ends_at and cleaning.windows:
            return False
        cleaning.windows += 1
        cleaning.position = window.last_key or cleaning.position  # already: what always fails must not stop the rest
        _clean_window(cleaning, folder, window)
    return True


def _clean_window(cleaning: Cleaning, folder: str, window: Window) -> None:
    named: set[str] = set()
    for rows in window.rows:
        named |= {row.key for row in rows} & window.objects.keys()
        _mend_rows(cleaning, folder, rows, window.objects)
    lonely = [each for key, each in window.objects.items() if key not in named and cleaning.is_old(each.changed_at)]
    if cleaning.is_credible(f"objects in {folder}/ without row", len(lonely), len(window.objects)):
        for each in lonely:
            delete = _delete_master if folder == MASTERS else _delete_rendition
            _delete(cleaning, each.key, partial(delete, cleaning.now, each.key))
    _look_at_others(cleaning, window.others)


def _mend_rows(cleaning: Cleaning, folder: str, rows: list[NamedObject], objects: dict[str, StoredObject]) -> None:
    """An object of another size is as good as none: half of it, or somebody wrote over it."""
    sizes = {key: each.byte_count for key, each in objects.items()}
    bare = [row for row in rows if sizes.get(row.key) != row.byte_count and cleaning.is_old(row.touched_at)]
    if not cleaning.is_credible(f"rows of {folder}/ without object", len(bare), len(rows)):
        return
    for row in bare:
        cleaning.attempt(partial(_mend_row, cleaning, folder, row), row.key)


def _mend_row(cleaning: Cleaning, folder: str, row: NamedObject) -> None:
    if is_there(row.key, row.byte_count):  # stored since it was listed
        return
    if cleaning.dry_run:
        cleaning.note("object missing", row.key)
        return
    outcome = judge_missing_master(row.pk) if folder == MASTERS else repair_rendition(row.pk)
    if outcome is not Outcome.NOT_NEEDED:
        cleaning.note(outcome, row.key)


def _look_at_others(cleaning: Cleaning, others: Iterable[StoredObject]) -> None:
    for each in others:
        is_draft = each.key.rpartition("/")[2].startswith(DRAFT)
        if not is_draft:
            cleaning.note("not ours", each.key)
        elif cleaning.is_old(each.changed_at):
            _delete(cleaning, each.key, partial(store_objects.delete, each.key))


def _delete(cleaning: Cleaning, key: str, delete: Callable[[], object]) -> None:
    def act() -> None:
        if cleaning.dry_run or delete() is not False:
            cleaning.note("object deleted", key)

    cleaning.attempt(act, key)


def _delete_master(now: datetime, key: str) -> bool:
    """Under a row of its name: whoever begins to store the same picture now waits for us, then puts it anew."""
    sha256 = hash_in(key) or ""
    try:
        with transaction.atomic():
            ours = StoredImage.objects.create(sha256=sha256, touched_at=now, width=0, height=0, byte_count=0)
            store_objects.delete(key)
            ours.delete()
    except IntegrityError:  # it has a row since we looked
        return False
    return True


def _delete_rendition(_now: datetime, key: str) -> bool:
    """No lock covers a hash that several pictures may share: look before and after, with a copy at hand."""
    named = Rendition.objects.filter(sha256=hash_in(key))
    if named.exists():
        return False
    copy = store_objects.get_if_intact(key)
    store_objects.delete(key)
    if copy and named.exists():
        store_objects.put(key, copy)
        return False
    return True
