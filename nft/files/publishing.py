"""Our files at outside pinners. Where one is configured, a mint waits until at least one holds its files, and a gateway
delivered them from outside."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

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
from profiles.errors import ExpectedError
from profiles.jobs import job
from profiles.leases import due, lease_rows

log = logging.getLogger(__name__)

State = PinnedCopy.State
PAGE = 50
#: Copies, all pinners together, that one sweep or one mint asks about.
COPIES = 500
ASK_AGAIN = timedelta(days=7)
"""After so long a pinner that holds a file is asked whether it still does."""
REFUSED_AGAIN = timedelta(days=1)
_READ_BACK = IpfsLimits(DagLimits(), 30.0)


def publish(cids: Sequence[str], now: datetime) -> str:
    """Sees to it that outside pinners get what we keep; "" once every file is held by one of them, or none is
    configured, else what is still missing, in a sentence."""
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
    reason = f" {refused.pinner}: {refused.last_error}" if refused else ""
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


@job(queue="ipfs", every=timedelta(minutes=1))
def sweep_copies(now: datetime) -> int:
    """Asks pinners for what is due: not there yet, refused a day ago, or long not asked about. How many copies."""
    pinners = get_pinners()
    ours = PinnedCopy.objects.filter(pinner__in=[one.name for one in pinners])
    cids = list(due(ours, now).values_list("object__root_cid", flat=True)[:PAGE])
    return _push(cids, pinners, now)


def _order(cid: str, pinners: Sequence[Pinner], now: datetime) -> None:
    for kept in CachedObject.objects.filter(root_cid=cid, origin=CachedObject.Origin.PINNED):
        copies = [PinnedCopy(object=kept, pinner=pinner.name, due_at=now) for pinner in pinners]
        PinnedCopy.objects.bulk_create(copies, ignore_conflicts=True)


def _is_held(cid: str, pinners: Sequence[Pinner]) -> bool:
    names = [pinner.name for pinner in pinners]
    return PinnedCopy.objects.filter(object__root_cid=cid, state=State.PINNED, pinner__in=names).exists()


def _push(cids: Sequence[str], pinners: Sequence[Pinner], now: datetime) -> int:
    by_name = {pinner.name: pinner for pinner in pinners}
    ours = PinnedCopy.objects.select_related("object").filter(object__root_cid__in=cids, pinner__in=list(by_name))
    asked = 0
    while asked < COPIES and (leased := lease_rows(ours.order_by("due_at", "pk"), now, 1)):
        for copy in leased:
            with copy.attempting(now):
                _store(copy, by_name[copy.pinner], now)
        asked += 1
    return asked


def _store(copy: PinnedCopy, pinner: Pinner, now: datetime) -> None:
    try:
        standing = _ask(copy, pinner)
    except ExpectedError as error:
        log.warning("Pinner %s, %s: %s", copy.pinner, copy.object.root_cid, error)
        state, delay = (State.REFUSED, REFUSED_AGAIN) if error.permanent else (State.WAITING, None)
        copy.retry(error, now, delay, state=state, reference="")
        return
    if standing.is_held:
        copy.release(now + ASK_AGAIN, state=State.PINNED, held_at=now, reference=standing.reference)
    else:
        copy.retry("", now, state=State.WAITING, reference=standing.reference)


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
    return worst.last_error or "does not have it yet"


def _nothing(cid: Cid) -> None:
    del cid
