"""What anybody can verify of a picture by themselves: where its metadata and image lie, and whether they can change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote

from nft.core.errors import CoreError
from nft.core.tokens.uri import IpfsUri, parse_token_uri
from nft.files.store import ipfs_uri
from nft.models import CachedObject


class Fixity(StrEnum):
    """FIXED by its CID; INLINE: within the token itself; MUTABLE: whoever runs the host may change it."""

    FIXED = "fixed"
    INLINE = "inline"
    MUTABLE = "mutable"


@dataclass(frozen=True)
class Source:
    """One file between the token and its picture.

    root, path: its place, if it is FIXED. kept: our copy with its proof, if we have one.
    """

    name: str
    uri: str
    fixity: Fixity
    root: str = ""
    path: str = ""
    kept: CachedObject | None = None

    @property
    def reference(self) -> str:
        """Return CID or CID/path, percent-encoded: safe beside other text and within a command's quotes."""
        return f"{self.root}/{quote(self.path, errors='surrogatepass')}" if self.path else self.root


@dataclass(frozen=True)
class Proof:
    metadata: Source
    picture: Source

    @property
    def checkable(self) -> list[Source]:
        return [source for source in (self.metadata, self.picture) if source.kept is not None]

    @property
    def is_fixed(self) -> bool:
        """Return whether the picture can only change if the token's contract names another one."""
        return Fixity.MUTABLE not in (self.metadata.fixity, self.picture.fixity)


def proof_of(provenance: Mapping[str, object]) -> Proof:
    """Return what can be verified of a picture, by what its receipt says. Costs two queries."""
    return Proof(
        metadata=_source("metadata", str(provenance.get("token_uri", ""))),
        picture=_source("picture", str(provenance.get("image_uri", ""))),
    )


def _source(name: str, uri: str) -> Source:
    if uri.startswith("data:"):
        return Source(name, uri, Fixity.INLINE)
    try:
        parsed = parse_token_uri(uri, allow_http=True)
    except CoreError:  # too long to have been stored whole
        return Source(name, uri, Fixity.MUTABLE)
    if not isinstance(parsed, IpfsUri):
        return Source(name, uri, Fixity.MUTABLE)
    kept = CachedObject.objects.filter(uri=ipfs_uri(parsed.cid, parsed.path)).first()
    return Source(name, uri, Fixity.FIXED, str(parsed.cid), parsed.path, kept)
