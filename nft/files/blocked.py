"""Refuse files of IPFS that are blocked: by their CID, or as the bytes of a blocked or held picture."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from nft.core.errors import InvalidIdentifier
from nft.core.ipfs.cid import DAG_PB, IDENTITY, Cid, parse_cid
from nft.files.errors import BLOCKED, ContentRefused
from nft.models import CachedObject, IpfsBlock
from profiles.blocks.kinds import BlockRefused
from profiles.blocks.matching import active_blocks, marks_of
from profiles.sentences import gettext as _

KIND = "cid"


def parse_blocked_cid(text: str) -> str:
    """Return a CID as blocks name it: version 1, for files that both versions name. Raise BlockRefused."""
    try:
        return canonical(parse_cid(text.strip().removeprefix("ipfs://").split("/")[0]))
    except InvalidIdentifier as error:
        raise BlockRefused(str(error)) from error


def canonical(cid: Cid) -> str:
    return str(cid._replace(version=1))


def both_versions(text: str) -> list[str]:
    """Return the texts of all CIDs that name the same file as a canonical one."""
    cid = parse_cid(text)
    return [text, str(cid._replace(version=0))] if cid.codec == DAG_PB and cid.hash_code != IDENTITY else [text]


class BlockedFiles:
    """What is blocked, as one answer of `/ipfs/` needs it: one query if no CID is blocked."""

    @cached_property
    def _any(self) -> bool:
        return active_blocks().filter(kind=KIND).exists()

    def check_cid(self, cid: Cid) -> None:
        """Raise ContentRefused if the CID is blocked."""
        if self._any:
            block = active_blocks().filter(kind=KIND, value=canonical(cid)).first()
            if block is not None:
                raise _refusal(block.reason)

    def check_file(self, uri: str) -> None:
        """Raise ContentRefused if the bytes of a file in our store are blocked."""
        self._check_bytes(CachedObject.objects.filter(uri=uri).values_list("sha256", flat=True))

    def check_root(self, root: Cid) -> None:
        """Raise ContentRefused if any file below a root is blocked: an archive would hold it."""
        self._check_bytes(CachedObject.objects.filter(root_cid=str(root)).values_list("sha256", flat=True)[:1000])

    def check_block(self, cid: Cid) -> None:
        """Raise ContentRefused if a block belongs to blocked files, and to no other."""
        self.check_cid(cid)
        if cid.hash_code == IDENTITY:
            return
        digest = cid.digest.hex()
        row = IpfsBlock.objects.filter(sha256=digest).first()
        used = set() if row is None else set(row.objects_using.values_list("sha256", flat=True)[:100])
        blocked = {mark.sha256: mark for mark in marks_of({digest, *used})}
        if digest in blocked or (used and used <= blocked.keys()):
            raise _refusal(next(iter(blocked.values())).block.reason)

    def _check_bytes(self, digests: Iterable[str]) -> None:
        mark = marks_of(digests).first()
        if mark is not None:
            raise _refusal(mark.block.reason)


def check_fetched(cid: Cid) -> None:
    """Raise ContentRefused if a file must not be fetched or used here."""
    BlockedFiles().check_cid(cid)


def check_served(root: Cid) -> None:
    """Raise ContentRefused if a file in our store is blocked, by its CID or its bytes."""
    blocked = BlockedFiles()
    blocked.check_cid(root)
    blocked.check_root(root)


def _refusal(reason: str) -> ContentRefused:
    return ContentRefused(_("This site has blocked this file: %(reason)s", reason=reason), BLOCKED)
