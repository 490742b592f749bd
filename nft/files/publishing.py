"""Our files at outside pinners. Where one is configured, a mint waits until at least one holds its files, and a gateway
delivered them from outside."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from nft.clients.ipfs.gateways import Gateways
from nft.clients.ipfs.pinners import PIN_REFUSED, File, Pinner, PinStatus, get_pinners
from nft.clients.ipfs.reading import IpfsLimits, IpfsUnavailable
from nft.clients.transport.errors import FetchError
from nft.core.ipfs.cid import Cid, parse_cid
from nft.core.ipfs.dag import DagLimits
from nft.core.ipfs.errors import DagError
from nft.core.ipfs.unixfs import build_file
from nft.files.store import read_kept
from nft.models import CachedObject, PinnedCopy

log = logging.getLogger(__name__)

State = PinnedCopy.State
PAGE = 50
LEASE = timedelta(minutes=3)
ASK_AGAIN = timedelta(days=7)
"""After so long a pinner that holds a file is asked whether it still does."""
REFUSED_AGAIN = timedelta(days=1)
_READ_BACK = IpfsLimits(DagLimits(), 30.0)


def publish(cids: Sequence[str], now: datetime) -> str:
    """Sees to it that outside pinners get what we keep; "" once every file is held by one of them, or none is
    configured, else what is still missing, in a sentence. Raises BlockStoreError."""
    pinners = get_pinners()
    if not pinners:
        return ""
    for cid in cids:
        _order(cid, pinners, now)
    _push(cids, pinners, now)
    missing = [cid for cid in cids if not _is_held(cid, pinners)]
    if not missing:
        return ""
    refused = PinnedCopy.objects.filter(object__root_cid__in=missing, state=State.REFUSED).first()
    reason = f" {refused.pinner}: {refused.reason}" if refused else ""
    return f"We wait until an IPFS service says that it holds the files.{reason}"


def read_back(cids: Sequence[str], ipfs: Gateways) -> str:
    """ "" once a gateway delivered each file without our own store's help, or there is no gateway to ask."""
    outside = Gateways(ipfs.urls, own=_nothing, scores=ipfs.scores)
    if not outside.urls or not get_pinners():
        return ""
    try:
        for cid in cids:
            outside.fetch_verified(parse_cid(cid), "", _READ_BACK)
    except (IpfsUnavailable, DagError):
        return "An IPFS service holds the files, but no gateway finds them there yet. We keep trying."
    return ""


def copies_of(cids: Sequence[str]) -> list[dict[str, str]]:
    """For a page: each configured pinner and how far it is with all of these files."""
    found = PinnedCopy.objects.filter(object__root_cid__in=[cid for cid in cids if cid])
    by_pinner: dict[str, list[PinnedCopy]] = {pinner.name: [] for pinner in get_pinners()}
    for copy in found:
        by_pinner.get(copy.pinner, []).append(copy)
    return [{"pinner": name, "said": _said(copies)} for name, copies in by_pinner.items()]


def sweep_copies(now: datetime) -> int:
    """Asks pinners for what is due: not there yet, refused a day ago, or long not asked about. How many copies."""
    pinners = get_pinners()
    due = PinnedCopy.objects.filter(next_check_at__lte=now, pinner__in=[one.name for one in pinners])
    cids = list(due.order_by("next_check_at").values_list("object__root_cid", flat=True)[:PAGE])
    return _push(cids, pinners, now)


def _order(cid: str, pinners: Sequence[Pinner], now: datetime) -> None:
    for kept in CachedObject.objects.filter(root_cid=cid, origin=CachedObject.Origin.PINNED):
        copies = [PinnedCopy(object=kept, pinner=pinner.name, next_check_at=now) for pinner in pinners]
        PinnedCopy.objects.bulk_create(copies, ignore_conflicts=True)


def _is_held(cid: str, pinners: Sequence[Pinner]) -> bool:
    names = [pinner.name for pinner in pinners]
    return PinnedCopy.objects.filter(object__root_cid=cid, state=State.PINNED, pinner__in=names).exists()


def _push(cids: Sequence[str], pinners: Sequence[Pinner], now: datetime) -> int:
    by_name = {pinner.name: pinner for pinner in pinners}
    done = 0
    for copy in _take(cids, list(by_name), now):
        _store(copy, by_name[copy.pinner], now)
        done += 1
    return done


def _take(cids: Sequence[str], names: Sequence[str], now: datetime) -> list[PinnedCopy]:
    """Those due, each for one worker alone."""
    with transaction.atomic():
        due = PinnedCopy.objects.select_for_update(of=("self",), skip_locked=True).select_related("object")
        copies = list(due.filter(object__root_cid__in=cids, pinner__in=names, next_check_at__lte=now))
        PinnedCopy.objects.filter(pk__in=[copy.pk for copy in copies]).update(next_check_at=now + LEASE)
    return copies


def _store(copy: PinnedCopy, pinner: Pinner, now: datetime) -> None:
    try:
        standing = _ask(copy, pinner)
    except FetchError as error:
        log.warning("Pinner %s, %s: %s", copy.pinner, copy.object.root_cid, error)
        copy.state, copy.reason = State.REFUSED if error.permanent else State.WAITING, str(error)
        copy.reference, copy.attempts = "", copy.attempts + 1
        copy.next_check_at = now + (REFUSED_AGAIN if error.permanent else _delay(copy.attempts))
    else:
        _note(copy, standing, now)
    copy.save()


def _note(copy: PinnedCopy, standing: PinStatus, now: datetime) -> None:
    copy.reference, copy.reason = standing.reference, ""
    if standing.is_held:
        copy.state, copy.held_at, copy.attempts, copy.next_check_at = State.PINNED, now, 0, now + ASK_AGAIN
    else:
        copy.state, copy.attempts = State.WAITING, copy.attempts + 1
        copy.next_check_at = now + _delay(copy.attempts)


def _ask(copy: PinnedCopy, pinner: Pinner) -> PinStatus:
    root = parse_cid(copy.object.root_cid)
    if copy.reference or copy.state == State.PINNED:
        standing = pinner.check(root, copy.reference)
        if standing.is_held or standing.reference:
            return standing
    dag = build_file(read_kept(root, "", DagLimits()))
    if dag.root != root:
        raise FetchError("Only files of our own making are pinned elsewhere.", PIN_REFUSED)
    return pinner.pin(File(root, dag.blocks, f"{copy.object.media_type} {copy.object.sha256[:12]}"))


def _said(copies: Sequence[PinnedCopy]) -> str:
    worst = next((copy for copy in copies if copy.state != State.PINNED), None)
    if worst is None:
        return "holds it" if copies else "not asked yet"
    return worst.reason or "does not have it yet"


def _delay(attempts: int) -> timedelta:
    return timedelta(seconds=min(5 * 2 ** min(attempts, 10), 3600))


def _nothing(cid: Cid) -> None:
    del cid
