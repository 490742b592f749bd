"""Upkeep of the IPFS files we keep: verify them regularly, and delete files of strangers that no claim names any more.

A store may lose or change a block without an error. A damaged file is fetched again if a gateway still has it. If none
has, it is marked: that is an alarm in the log and in the admin. While the store does not answer, nothing is marked.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.core.cache import cache
from django.db import transaction
from django.db.models import Q, QuerySet

from nft.clients.ipfs.gateways import Gateways
from nft.clients.ipfs.reading import IpfsLimits, IpfsUnavailable
from nft.core.ipfs.cid import Cid, parse_cid
from nft.core.ipfs.dag import DagLimits
from nft.core.ipfs.errors import DagError
from nft.core.tokens.uri import IpfsUri
from nft.files.store import IpfsFile, delete_files, ipfs_uri, read_stored, store_file, verified
from nft.models import CachedObject, ClaimPicture
from nft.settings import conf
from profiles.jobs import enqueue, job
from profiles.leases import lease_rows
from profiles.limits import TooMany, spend
from profiles.outages import CACHE_ERRORS
from profiles.store.errors import StorageError

log = logging.getLogger(__name__)

KEPT_UNUSED = timedelta(days=7)
# Files that are looked for among the claims' pictures together: no index leads from a URI to a claim.
DELETE_BATCH = 5000
REHASH_BATCH = 100
# The length of one run of `rehash_due`. What is left over is due again at once.
SECONDS = 40.0
# Files are verified at most so many times faster than needed to have all of them verified in NFT_REHASH_DAYS: after an
# outage the backlog must not take all workers from what people wait for.
HEADROOM = 2
FEWEST_PER_MINUTE = 100
MINUTES_PER_DAY = 1440
STORE_IS_DOWN = timedelta(minutes=1)
# How often a damaged file is looked for at the gateways.
DAMAGED_AGAIN = timedelta(hours=1)
FETCH_SECONDS = 30.0


@job(every=timedelta(hours=1), expires=None)
def delete_unused_files(now: datetime, *, seconds: float = SECONDS) -> int:
    """Delete fetched files that were not used for KEPT_UNUSED, for about `seconds`. Return how many were deleted.

    Their blocks are deleted by `delete_unused_blocks`. A file that is used meanwhile is touched first, and so is kept.
    """
    fetched = CachedObject.objects.filter(origin=CachedObject.Origin.FETCHED, used_at__lt=now - KEPT_UNUSED)
    ends_at, deleted = time.monotonic() + seconds, 0
    while batch := list(fetched.order_by("used_at")[:DELETE_BATCH]):
        deleted += _delete_unnamed(fetched, batch, now)
        if len(batch) < DELETE_BATCH or time.monotonic() > ends_at:
            break
    return deleted


def _delete_unnamed(fetched: QuerySet[CachedObject], batch: Sequence[CachedObject], now: datetime) -> int:
    by_uri = {str(IpfsUri(*parse_place(row))): row.pk for row in batch}
    pictures = ClaimPicture.objects.filter(Q(token_uri__in=by_uri) | Q(image_uri__in=by_uri))
    pairs = pictures.values_list("token_uri", "image_uri")  # of claims: their metadata and their picture
    named = {by_uri[uri] for pair in pairs for uri in pair if uri in by_uri}
    fetched.filter(pk__in=named).update(used_at=now)  # due again after another KEPT_UNUSED
    with transaction.atomic():  # a user that touches a locked row waits, then finds it deleted and fetches the file
        unused = fetched.select_for_update().filter(pk__in=set(by_uri.values()) - named).values_list("pk", flat=True)
        return delete_files(list(unused), now)


@job(queue="ipfs", every=timedelta(minutes=1))
def rehash_due(now: datetime, gateways: Gateways, *, seconds: float = SECONDS) -> int:
    """Verify a batch of files that are due. Return how many are damaged and could not be restored.

    Any number of workers may run it at once: where more is due it is queued again, within the budget of `_spend`.
    """
    files = CachedObject.objects.order_by("due_at")
    wanted = files.filter(due_at__lte=now)[:REHASH_BATCH].count()
    if not wanted or not _spend(wanted):
        return 0
    leased = lease_rows(files, now, wanted)
    if wanted == REHASH_BATCH:
        enqueue(rehash_due, expires=60)
    ends_at, damaged, is_store_down = time.monotonic() + seconds, 0, False
    for row in leased:
        if is_store_down or time.monotonic() > ends_at:
            row.postpone(now, STORE_IS_DOWN if is_store_down else timedelta(0))
            continue
        with row.attempting(now):
            try:
                damaged += not rehash(row, now, gateways)
            except StorageError:
                log.exception("The block store does not answer, so files can't be verified now.")
                row.postpone(now, STORE_IS_DOWN)
                is_store_down = True
    return damaged


def _spend(wanted: int) -> bool:
    """Take so many files from this minute's budget. Return False if it is used up."""
    try:
        spend("rehashes", "", files_per_minute(), cost=wanted, seconds=60)
    except TooMany:
        return False
    return True


def files_per_minute() -> int:
    """Return how many files may be verified in a minute, from their number, which is counted once an hour."""
    try:
        count = cache.get_or_set("ipfs:files", CachedObject.objects.count, 3600) or 0
    except CACHE_ERRORS:
        count = CachedObject.objects.count()
    return max(FEWEST_PER_MINUTE, math.ceil(HEADROOM * count / (conf().rehash_days * MINUTES_PER_DAY)))


def rehash(row: CachedObject, now: datetime, gateways: Gateways) -> bool:
    """Verify a leased file's blocks; fetch a damaged file again. Return whether it is whole. Raise StorageError."""
    root, path = parse_place(row)
    try:
        read_stored(root, path, DagLimits(max_bytes=max(row.byte_count, 1), max_blocks=10_000))
    except DagError as error:
        log.error("The kept file %s is damaged: %s", row.uri, error)  # noqa: TRY400 - the sentence says it all
        if not _restore(row, root, path, now, gateways):
            row.retry(error, now, DAMAGED_AGAIN, damaged_at=now)
            return False
    row.keep(**verified(now))
    return True


def parse_place(row: CachedObject) -> tuple[Cid, str]:
    """Return the root of a file and the path below it."""
    root = parse_cid(row.root_cid)
    return root, row.uri.removeprefix(ipfs_uri(root)).removeprefix("/")


def _restore(row: CachedObject, root: Cid, path: str, now: datetime, gateways: Gateways) -> bool:
    limits = IpfsLimits(DagLimits(max_bytes=max(row.byte_count, 1)), FETCH_SECONDS)
    try:
        fetched = gateways.fetch_verified(root, path, limits)
    except (IpfsUnavailable, DagError) as error:
        log.error("The damaged file %s can't be fetched again: %s", row.uri, error)  # noqa: TRY400
        return False
    store_file(IpfsFile(root, path, fetched.data, fetched.blocks, row.media_type), now)
    log.warning("The damaged file %s was fetched again.", row.uri)
    return True
