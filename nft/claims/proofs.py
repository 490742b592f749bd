"""What anybody can check of a picture without believing us: where each step of it stands, and how fixed that is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from nft.core.errors import CoreError
from nft.core.tokens.uri import IpfsUri, parse_token_uri
from nft.files.store import ipfs_uri
from nft.models import CachedObject


class Standing(StrEnum):
    """FIXED by its CID; INLINE: within the token itself; MUTABLE: whoever runs that place may change it."""

    FIXED = "fixed"
    INLINE = "inline"
    MUTABLE = "mutable"


@dataclass(frozen=True)
class Source:
    """One step from the token to its picture. `root` and `path` where it is FIXED; `kept`: we have the proof."""

    name: str
    uri: str
    standing: Standing
    root: str = ""
    path: str = ""
    kept: CachedObject | None = None

    @property
    def reference(self) -> str:
        """CID, or CID/path, as commands take it."""
        return f"{self.root}/{self.path}" if self.path else self.root


@dataclass(frozen=True)
class Proof:
    metadata: Source
    picture: Source

    @property
    def checkable(self) -> list[Source]:
        return [source for source in (self.metadata, self.picture) if source.kept is not None]

    @property
    def is_fixed(self) -> bool:
        """Nothing on the way from the token to the picture can change without the token's contract changing."""
        return Standing.MUTABLE not in (self.metadata.standing, self.picture.standing)


def proof_of(provenance: dict[str, Any]) -> Proof:
    """By a picture's stored provenance."""
    return Proof(
        metadata=_source("metadata", str(provenance.get("token_uri", ""))),
        picture=_source("picture", str(provenance.get("image_uri", ""))),
    )


def _source(name: str, uri: str) -> Source:
    if uri.startswith("data:"):
        return Source(name, uri, Standing.INLINE)
    try:
        parsed = parse_token_uri(uri, allow_http=True)
    except CoreError:  # too long to have been stored whole
        return Source(name, uri, Standing.MUTABLE)
    if not isinstance(parsed, IpfsUri):
        return Source(name, uri, Standing.MUTABLE)
    kept = CachedObject.objects.filter(uri=ipfs_uri(parsed.cid, parsed.path)).first()
    return Source(name, uri, Standing.FIXED, str(parsed.cid), parsed.path, kept)
