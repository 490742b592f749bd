"""Upkeep of the IPFS files we keep: verify them regularly, and delete files of strangers that no claim names any more.

A store may lose or change a block without an error. A damaged file is fetched again if a gateway still has it. If none
has, it is marked: that is an alarm in the log and in the admin. While the store does not answer, nothing is marked.
"""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from nft.clients.ipfs.gateways import Gateways
from nft.clients.ipfs.reading import IpfsLimits, IpfsUnavailable
from nft.core.ipfs.cid import Cid, parse_cid
from nft.core.ipfs.dag import DagLimits
from nft.core.ipfs.errors import DagError
from nft.core.tokens.uri import IpfsUri
from nft.files.store import IpfsFile, ipfs_uri, read_stored, store_file
from nft.models import CachedObject, ClaimPicture
from nft.settings import conf
from profiles.jobs import job
from profiles.store.errors import StorageError

log = logging.getLogger(__name__)

KEPT_UNUSED = timedelta(days=7)
DELETE_BATCH = 500
REHASH_BATCH = 200
# The length of one run of `rehash_due`. The next run continues.
SECONDS = 20.0
# How often a damaged file is looked for at the gateways.
DAMAGED_AGAIN = timedelta(hours=1)
FETCH_SECONDS = 30.0


@job(every=timedelta(hours=1), expires=None)
def delete_unused_files(now: datetime) -> int:
    """Delete a batch of fetched files that were not used for KEPT_UNUSED. Return how many were deleted.

    Their blocks are deleted by `delete_unused_blocks`. A file that is used meanwhile is touched first, and so is kept.
    """
    cutoff = now - KEPT_UNUSED
    fetched = CachedObject.objects.filter(origin=CachedObject.Origin.FETCHED, used_at__lt=cutoff)
    by_uri = {str(IpfsUri(*parse_place(row))): row.pk for row in fetched.order_by("used_at")[:DELETE_BATCH]}
    pictures = ClaimPicture.objects.filter(Q(token_uri__in=by_uri) | Q(image_uri__in=by_uri))
    pairs = pictures.values_list("token_uri", "image_uri")  # of claims: their metadata and their picture
    named = {by_uri[uri] for pair in pairs for uri in pair if uri in by_uri}
    fetched.filter(pk__in=named).update(used_at=now)  # due again after another KEPT_UNUSED
    with transaction.atomic():  # a user that touches a locked row waits, then finds it deleted and fetches the file
        unused = fetched.select_for_update().filter(pk__in=set(by_uri.values()) - named).values_list("pk", flat=True)
        _, deleted = CachedObject.objects.filter(pk__in=list(unused)).delete()
    return deleted.get("nft.CachedObject", 0)


@job(queue="ipfs", every=timedelta(minutes=1))
def rehash_due(now: datetime, gateways: Gateways) -> int:
    """Verify the files that were verified longest ago. Return how many are damaged and could not be restored."""
    old = now - timedelta(days=conf().rehash_days)
    whole = Q(damaged_at=None) | Q(damaged_at__lt=now - DAMAGED_AGAIN)
    due = CachedObject.objects.filter(whole, proved_at__lt=old).order_by("proved_at")
    ends_at, damaged = time.monotonic() + SECONDS, 0
    for row in list(due[:REHASH_BATCH]):
        try:
            damaged += not rehash(row, now, gateways)
        except StorageError:
            log.exception("The block store does not answer, so files can't be verified now.")
            break
        if time.monotonic() > ends_at:
            break
    return damaged


def rehash(row: CachedObject, now: datetime, gateways: Gateways) -> bool:
    """Verify a file's blocks; fetch a damaged file again. Return whether it is whole now. Raise StorageError."""
    root, path = parse_place(row)
    try:
        read_stored(root, path, DagLimits(max_bytes=max(row.byte_count, 1), max_blocks=10_000))
    except DagError as error:
        log.error("The kept file %s is damaged: %s", row.uri, error)  # noqa: TRY400 - the sentence says it all
        if not _restore(row, root, path, now, gateways):
            CachedObject.objects.filter(pk=row.pk).update(damaged_at=now)
            return False
    CachedObject.objects.filter(pk=row.pk).update(proved_at=now, damaged_at=None)
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
