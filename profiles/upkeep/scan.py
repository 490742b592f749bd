"""Walk through the object store in parts that workers share, each leased, resumed where it was, and paced by its cost.

A part is due again after as long as AVATAR_SCAN_PERCENT of one core needs for what its last walk took: a small store is
checked every REPEATED_AFTER, a large one as often as the budget allows.
"""

from __future__ import annotations

import time
from collections import Counter
from datetime import datetime, timedelta
from functools import partial

from profiles import settings
from profiles.jobs import enqueue, job
from profiles.leases import lease_row
from profiles.models import StoreShard
from profiles.store.objects import MASTERS, RENDITIONS
from profiles.upkeep.janitor import Cleaning, clean_folder, clean_uploads, log_counts

# The first letter of the hash.
PARTS = [(folder, prefix) for folder in (MASTERS, RENDITIONS) for prefix in "0123456789abcdef"]
REPEATED_AFTER = timedelta(minutes=10)
# A shorter limit than the lease, and longer than one run with the repair of a whole page.
TIME_LIMIT = timedelta(minutes=5)


@job(every=timedelta(minutes=5), time_limit=TIME_LIMIT)
def clean_abandoned_uploads(now: datetime, *, seconds: float = 200.0) -> Counter[str]:
    """Delete what was uploaded directly and not used. Also add the rows of `clean_shard`."""
    StoreShard.objects.bulk_create(
        [StoreShard(folder=folder, prefix=prefix, due_at=now) for folder, prefix in PARTS], ignore_conflicts=True
    )
    cleaning = Cleaning(now, ends_at=time.monotonic() + seconds)
    try:
        clean_uploads(cleaning)
    finally:
        if cleaning.counts:
            log_counts(cleaning.counts)
    return cleaning.counts


def get_scan_age(now: datetime) -> float | None:
    """Return the seconds since the whole store was last walked through; None before that."""
    finished = list(StoreShard.objects.values_list("finished_at", flat=True))
    known = [each for each in finished if each is not None]
    return (now - min(known)).total_seconds() if len(known) == len(PARTS) else None


@job(rows=StoreShard, time_limit=TIME_LIMIT)
def clean_shard(shard_id: int, now: datetime, *, seconds: float = 60.0) -> Counter[str]:
    """Continue the walk through one part for about `seconds`. Return what was done."""
    shard = lease_row(StoreShard.objects.filter(pk=shard_id), now)
    if shard is None:
        return Counter()
    if shard.begun_at is None:
        shard.begun_at, shard.object_count, shard.cpu_seconds = now, 0, 0.0
    earlier = shard.object_count, shard.cpu_seconds - time.thread_time()
    cleaning = Cleaning(now, ends_at=time.monotonic() + seconds, position=shard.position)
    cleaning.keep = partial(_keep, shard, earlier)
    with shard.attempting(now):
        try:
            is_done = clean_folder(cleaning, shard.folder, shard.prefix)
        finally:
            if cleaning.counts:
                log_counts(cleaning.counts)
            _keep(shard, earlier, cleaning)
        if is_done:
            shard.release(shard.begun_at + _interval(shard), begun_at=None, finished_at=now)
        elif shard.release(now):
            enqueue(clean_shard, shard.pk)
    return cleaning.counts


def _keep(shard: StoreShard, earlier: tuple[int, float], cleaning: Cleaning) -> bool:
    """Store how far the walk is. Return False if another attempt took over."""
    return shard.keep(
        position=cleaning.position,
        begun_at=shard.begun_at,
        object_count=earlier[0] + cleaning.objects,
        cpu_seconds=earlier[1] + time.thread_time(),
    )


def _interval(shard: StoreShard) -> timedelta:
    """Return the time from one walk to the next: all parts together may take AVATAR_SCAN_PERCENT of one core."""
    allowed = settings.current().scan_percent / 100 / len(PARTS)
    return max(REPEATED_AFTER, timedelta(seconds=shard.cpu_seconds / allowed))
