"""Files from IPFS: from our own store where we hold them, else fetched once, proved, and kept for everyone."""

from __future__ import annotations

from django.utils import timezone

from nft.clients.gateways import IpfsLimits
from nft.core.errors import BlockMissing
from nft.core.uri import IpfsUri
from nft.models import CachedObject
from nft.services.doors import Doors
from nft.services.pinning import KeptFile, ipfs_uri, keep_file, read_kept

MAX_URI = 500


def fetch_ipfs(uri: IpfsUri, doors: Doors, limits: IpfsLimits) -> bytes:
    """The proved bytes. Raises IpfsUnavailable, DagError or BlockStoreError."""
    name = ipfs_uri(uri.cid, uri.path)
    if CachedObject.objects.filter(uri=name).update(used_at=timezone.now()):
        try:
            return read_kept(uri.cid, uri.path, limits.dag)
        except BlockMissing:  # lost or rotten in the store: fetched and stored anew below
            pass
    found = doors.ipfs.fetch_verified(uri.cid, uri.path, limits)
    if len(name) <= MAX_URI:
        keep_file(KeptFile(uri.cid, uri.path, found.data, found.blocks), timezone.now())
    return found.data
