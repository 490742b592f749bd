"""Publish our files at outside pinners.

If pinners are configured, a mint waits until at least one holds its files and a gateway delivers them from outside.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from nft.clients.ipfs.gateways import Gateways
from nft.clients.ipfs.pinners import PIN_REFUSED, File, Pinner, PinStatus, get_pinners
from nft.clients.ipfs.reading import IpfsLimits, IpfsUnavailable
from nft.clients.transport.errors import FetchError
from nft.core.ipfs.cid import parse_cid
from nft.core.ipfs.dag import DagLimits
from nft.core.ipfs.errors import DagError
from nft.core.ipfs.unixfs import build_file
from nft.files.store import delete_files, read_stored
from nft.models import CachedObject, PinnedCopy
from profiles.errors import ExpectedError
from profiles.jobs import enqueue, job
from profiles.leases import due, fresh, lease_rows
from profiles.sentences import gettext, join_sentences

log = logging.getLogger(__name__)

State = PinnedCopy.State
# Files that one sweep takes.
PAGE = 50
# Copies, at all pinners together, that one sweep or one mint asks about.
MAX_COPIES = 500
# How often a pinner that holds a file is asked whether it still does.
ASK_AGAIN = timedelta(days=7)
REFUSED_AGAIN = timedelta(days=1)
_LIMITS = IpfsLimits(DagLimits(), 30.0)


def publish(cids: Sequence[str], now: datetime) -> str:
    """Ask all pinners to hold these files of ours. Return "" once each file has one that does, else why not yet."""
    pinners = get_pinners()
    if not pinners:
        return ""
    for row in CachedObject.objects.filter(root_cid__in=cids, origin=CachedObject.Origin.PINNED):
        copies = [PinnedCopy(object=row, pinner=pinner.name, due_at=now) for pinner in pinners]
        PinnedCopy.objects.bulk_create(copies, ignore_conflicts=True)
        row.copies.filter(state=State.LEAVING).update(state=State.WAITING, **fresh(now))
    _update_due_copies(cids, pinners, now)
    names = [pinner.name for pinner in pinners]
    held = PinnedCopy.objects.filter(object__root_cid__in=cids, state=State.PINNED, pinner__in=names)
    missing = set(cids) - set(held.values_list("object__root_cid", flat=True))
    if not missing:
        return ""
    refused = PinnedCopy.objects.filter(object__root_cid__in=missing, state=State.REFUSED).first()
    waiting = gettext("We wait until an IPFS service says that it holds the files.")
    reason = refused and gettext("%(name)s: %(trouble)s", name=refused.pinner, trouble=refused.last_error)
    return join_sentences(waiting, reason or "")


def read_back(cids: Sequence[str], ipfs: Gateways) -> str:
    """Fetch published files from the gateways, without our own store. Return "" once all arrived, else why not yet.

    Without gateways or pinners there is nothing to fetch.
    """
    outside = Gateways(ipfs.urls, own=lambda _: None, scores=ipfs.scores)
    if not outside.urls or not get_pinners():
        return ""
    try:
        for cid in cids:
            outside.fetch_verified(parse_cid(cid), "", _LIMITS)
    except (IpfsUnavailable, DagError):
        return gettext("An IPFS service holds the files, but no gateway finds them there yet. We keep trying.")
    return ""


def get_copies(cids: Sequence[str]) -> list[dict[str, str]]:
    """Return each configured pinner and how far it is with all of these files, as a page shows it."""
    found = PinnedCopy.objects.filter(object__root_cid__in=[cid for cid in cids if cid])
    by_pinner: dict[str, list[PinnedCopy]] = {pinner.name: [] for pinner in get_pinners()}
    for copy in found:
        by_pinner.get(copy.pinner, []).append(copy)
    return [{"pinner": name, "said": _describe(copies)} for name, copies in by_pinner.items()]


@job(queue="ipfs", every=timedelta(minutes=1))
def sweep_copies(now: datetime) -> int:
    """Ask pinners about the copies that are due. Return how many were asked about.

    Due are those that are not held yet, were refused REFUSED_AGAIN ago, or were asked about ASK_AGAIN ago.
    """
    pinners = get_pinners()
    ours = PinnedCopy.objects.filter(pinner__in=[pinner.name for pinner in pinners])
    cids = list(due(ours, now).values_list("object__root_cid", flat=True)[:PAGE])
    if len(cids) == PAGE:
        enqueue(sweep_copies, expires=60)  # another worker, or this one afterwards, goes on
    return _update_due_copies(cids, pinners, now)


def unpublish(cids: Sequence[str], now: datetime) -> None:
    """Delete these files of ours, and have them unpinned first wherever a copy was ordered. Idempotent.

    A pinner that does not answer is asked again by `sweep_copies`. One that is no longer configured is not.
    """
    copies = PinnedCopy.objects.filter(object__root_cid__in=cids)
    copies.exclude(pinner__in=[pinner.name for pinner in get_pinners()]).delete()
    copies.exclude(state=State.LEAVING).update(state=State.LEAVING, **fresh(now))
    _delete_unpinned(cids, now)


def _delete_unpinned(cids: Sequence[str], now: datetime) -> None:
    with transaction.atomic():
        files = CachedObject.objects.filter(root_cid__in=cids, origin=CachedObject.Origin.PINNED, copies=None)
        delete_files(list(files.values_list("pk", flat=True)), now)


def _end_copy(copy: PinnedCopy, pinner: Pinner, now: datetime) -> None:
    """Unpin a copy and delete its row, unless the file was published again meanwhile."""
    try:
        pinner.unpin(parse_cid(copy.object.root_cid), copy.reference)
    except ExpectedError as error:
        log.warning("Pinner %s, %s: %s", copy.pinner, copy.object.root_cid, error)
        copy.retry(error, now, REFUSED_AGAIN if error.permanent else None)
        return
    PinnedCopy.objects.filter(pk=copy.pk, attempt=copy.attempt).delete()
    _delete_unpinned([copy.object.root_cid], now)


def _update_due_copies(cids: Sequence[str], pinners: Sequence[Pinner], now: datetime) -> int:
    by_name = {pinner.name: pinner for pinner in pinners}
    ours = PinnedCopy.objects.select_related("object").filter(object__root_cid__in=cids, pinner__in=list(by_name))
    asked = 0
    while asked < MAX_COPIES and (leased := lease_rows(ours.order_by("due_at", "pk"), now, 1)):
        for copy in leased:
            with copy.attempting(now):
                _update_copy(copy, by_name[copy.pinner], now)
        asked += 1
    return asked


def _update_copy(copy: PinnedCopy, pinner: Pinner, now: datetime) -> None:
    if copy.state == State.LEAVING:
        _end_copy(copy, pinner, now)
        return
    try:
        status = _fetch_status(copy, pinner)
    except ExpectedError as error:
        log.warning("Pinner %s, %s: %s", copy.pinner, copy.object.root_cid, error)
        state, delay = (State.REFUSED, REFUSED_AGAIN) if error.permanent else (State.WAITING, None)
        copy.retry(error, now, delay, state=state, reference="")
        return
    if status.is_held:
        copy.release(now + ASK_AGAIN, state=State.PINNED, held_at=now, reference=status.reference)
    else:
        copy.retry("", now, state=State.WAITING, reference=status.reference)


def _fetch_status(copy: PinnedCopy, pinner: Pinner) -> PinStatus:
    """Ask the pinner about its copy. If it knows of none, pin the file."""
    root = parse_cid(copy.object.root_cid)
    if copy.reference or copy.state == State.PINNED:
        status = pinner.check(root, copy.reference)
        if status.is_held or status.reference:
            return status
    dag = build_file(read_stored(root, "", DagLimits()))
    if dag.root != root:
        raise FetchError(gettext("Only files of our own making are pinned elsewhere."), PIN_REFUSED)
    return pinner.pin(File(root, dag.blocks, f"{copy.object.media_type} {copy.object.sha256[:12]}"))


def _describe(copies: Sequence[PinnedCopy]) -> str:
    missing = next((copy for copy in copies if copy.state != State.PINNED), None)
    if missing is None:
        return gettext("holds it") if copies else gettext("not asked yet")
    return missing.last_error or gettext("does not have it yet")
