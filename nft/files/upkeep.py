"""Files of strangers that nobody shows any more. Their blocks follow (pinning.forget_unused_blocks)."""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from nft.clients.ipfs.blockstore import BlockStoreError
from nft.clients.ipfs.gateways import Gateways
from nft.clients.ipfs.reading import IpfsLimits, IpfsUnavailable
from nft.core.ipfs.cid import Cid, parse_cid
from nft.core.ipfs.dag import DagLimits
from nft.core.ipfs.errors import DagError
from nft.core.tokens.uri import IpfsUri
from nft.files.store import KeptFile, ipfs_uri, keep_file, read_kept
from nft.models import CachedObject, ClaimPicture
from nft.settings import conf
from profiles.jobs import job

KEPT_UNUSED = timedelta(days=7)
BATCH = 500


@job(every=timedelta(hours=1), expires=None)
def forget_unused_objects(now: datetime) -> int:
    """How many went. A file that somebody begins to use meanwhile is touched first, and so stays."""
    cutoff = now - KEPT_UNUSED
    fetched = CachedObject.objects.filter(origin=CachedObject.Origin.FETCHED, used_at__lt=cutoff)
    by_uri = {str(IpfsUri(*place_of(found))): found.pk for found in fetched.order_by("used_at")[:BATCH]}
    named = {by_uri[uri] for uri in _named(list(by_uri))}
    fetched.filter(pk__in=named).update(used_at=now)  # looked at again only after as long
    with transaction.atomic():  # locked: who touches one now waits, and then finds it gone
        doomed = fetched.select_for_update().filter(pk__in=set(by_uri.values()) - named).values_list("pk", flat=True)
        _, deleted = CachedObject.objects.filter(pk__in=list(doomed)).delete()
    return deleted.get("nft.CachedObject", 0)


def _named(uris: list[str]) -> set[str]:
    """Those that a claim names as its metadata or its picture."""
    pictures = ClaimPicture.objects.filter(Q(token_uri__in=uris) | Q(image_uri__in=uris))
    pairs = pictures.values_list("token_uri", "image_uri")
    return {uri for pair in pairs for uri in pair} & set(uris)


# Hashing again what we keep, before somebody asks for it: a store may lose or change a block without a word.
#
# A damaged file is fetched anew where a gateway still has it. Where none has, it is marked: an alarm in the log and the
# admin. A store that does not answer says nothing about its blocks, so nothing is marked then.

log = logging.getLogger(__name__)

REHASH_BATCH = 200
SECONDS = 20.0
"""Of one run; what is left is for the next."""

LOOK_AGAIN = timedelta(hours=1)
FETCH_SECONDS = 30.0


@job(queue="ipfs", every=timedelta(minutes=1))
def rehash_due(now: datetime, gateways: Gateways) -> int:
    """How many files were found damaged and could not be mended."""
    ends_at, damaged = time.monotonic() + SECONDS, 0
    for found in _due(now)[:REHASH_BATCH]:
        try:
            damaged += not rehash(found, now, gateways)
        except BlockStoreError:
            log.exception("The store does not answer, so its blocks can't be hashed again now.")
            break
        if time.monotonic() > ends_at:
            break
    return damaged


def rehash(found: CachedObject, now: datetime, gateways: Gateways) -> bool:
    """Whether the file is whole now. Raises BlockStoreError."""
    root, path = place_of(found)
    limits = DagLimits(max_bytes=max(found.byte_count, 1), max_blocks=10_000)
    try:
        read_kept(root, path, limits)
    except DagError as error:
        log.error("The kept file %s is damaged: %s", found.uri, error)  # noqa: TRY400 - the sentence says it all
        if not _mend(found, root, path, now, gateways):
            CachedObject.objects.filter(pk=found.pk).update(damaged_at=now)
            return False
    CachedObject.objects.filter(pk=found.pk).update(proved_at=now, damaged_at=None)
    return True


def place_of(found: CachedObject) -> tuple[Cid, str]:
    """Its root, and the path below."""
    root = parse_cid(found.root_cid)
    return root, found.uri.removeprefix(ipfs_uri(root)).removeprefix("/")


def _due(now: datetime) -> list[CachedObject]:
    old = now - timedelta(days=conf().rehash_days)
    whole = Q(damaged_at=None) | Q(damaged_at__lt=now - LOOK_AGAIN)
    return list(CachedObject.objects.filter(whole, proved_at__lt=old).order_by("proved_at")[:REHASH_BATCH])


def _mend(found: CachedObject, root: Cid, path: str, now: datetime, gateways: Gateways) -> bool:
    limits = IpfsLimits(DagLimits(max_bytes=max(found.byte_count, 1)), FETCH_SECONDS)
    try:
        fetched = gateways.fetch_verified(root, path, limits)
    except (IpfsUnavailable, DagError) as error:
        log.error("The damaged file %s can't be had anew: %s", found.uri, error)  # noqa: TRY400
        return False
    keep_file(KeptFile(root, path, fetched.data, fetched.blocks, found.media_type), now)
    log.warning("The damaged file %s was fetched anew.", found.uri)
    return True
