"""Open what a parsed token or image URI names, and say how well the bytes are proved."""

from __future__ import annotations

from dataclasses import dataclass

from nft.clients.bundle import Clients
from nft.clients.ipfs.reading import IpfsLimits
from nft.clients.web.fetch import FetchLimits
from nft.core.tokens.data_uri import DataUri
from nft.core.tokens.uri import ArUri, HttpUri, IpfsUri, IpnsUri, TokenUri
from nft.files.store import fetch_ipfs
from nft.settings import conf

CID, INLINE, MUTABLE = "cid", "inline", "mutable"
_STRENGTH = {MUTABLE: 0, CID: 1, INLINE: 2}


@dataclass(frozen=True)
class Document:
    """Fetched bytes, the URI they came from, and their proof.

    `proof` is "cid", "inline" (within the token itself) or "mutable" (the host may change them at any time).
    """

    data: bytes
    uri: str
    proof: str
    cid: str = ""

    @property
    def is_fixed(self) -> bool:
        """Whether the same URI leads to the same bytes for good."""
        return self.proof != MUTABLE


def weaker_proof(*documents: Document) -> str:
    """Return the proof of a picture that depends on all these documents."""
    return min((document.proof for document in documents), key=_STRENGTH.__getitem__)


def is_fixed(uri: TokenUri) -> bool:
    """Return whether what `uri` names can never change."""
    return isinstance(uri, IpfsUri | DataUri)


def open_uri(uri: TokenUri, clients: Clients, limits: IpfsLimits) -> Document:
    """Fetch the document. Raise CoreError, FetchError or IpfsUnavailable."""
    plain = FetchLimits(limits.dag.max_bytes, limits.seconds)
    match uri:
        case DataUri():
            return Document(uri.data, "data:" + uri.media_type, INLINE)
        case IpfsUri():
            return Document(fetch_ipfs(uri, clients, limits), str(uri), CID, str(uri.cid))
        case IpnsUri():
            return Document(clients.ipfs.fetch_mutable(uri.name, uri.path, plain), str(uri), MUTABLE)
        case ArUri():
            url = f"{conf().arweave_gateway}/{str(uri).removeprefix('ar://')}"
            return Document(clients.http.fetch(url, plain).content, str(uri), MUTABLE)
        case HttpUri():
            return Document(clients.http.fetch(uri.url, plain).content, uri.url, MUTABLE)
