"""Fetch the picture a token shows, and say how well its bytes are proved."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from nft.clients.bundle import Clients
from nft.clients.evm.chain import ChainClient
from nft.clients.evm.errors import ANSWER_TOO_LARGE, CallFailed
from nft.clients.ipfs.reading import IpfsLimits, IpfsUnavailable
from nft.clients.transport.errors import HOST_BUSY, FetchError
from nft.clients.web.fetch import FetchLimits
from nft.core.errors import CoreError
from nft.core.evm.abi.token_calls import build_name, parse_name, parse_token_uri_answer
from nft.core.evm.errors import BadAnswer
from nft.core.evm.token import Token, substitute_id
from nft.core.ipfs.dag import DagLimits
from nft.core.text import clean_text
from nft.core.tokens.data_uri import DataUri
from nft.core.tokens.metadata import Metadata, parse_metadata
from nft.core.tokens.uri import ArUri, HttpUri, IpfsUri, IpnsUri, parse_token_uri
from nft.core.tokens.verdict import BlockRef
from nft.files.store import fetch_ipfs
from nft.models.claims import PictureFacts
from nft.settings import conf
from nft.tokens.resolvers import configured_uri, uri_calls
from profiles.errors import ExpectedError, Kind
from profiles.models import StoredImage
from profiles.outages import Outage
from profiles.store.images import keep_image

METADATA_BYTES = 1024 * 1024
METADATA_SECONDS = 15.0
IMAGE_BYTES = 20 * 1024 * 1024
IMAGE_SECONDS = 30.0
NAME_CHARACTERS = 200
URI_SHOWN = 500
#: How long to wait for a host whose rate limit is used up.
BUSY_SECONDS = (3, 15)
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"<svg", b"<?xml", b"\0\0\0")

CID, INLINE, MUTABLE = "cid", "inline", "mutable"
_STRENGTH = {MUTABLE: 0, CID: 1, INLINE: 2}


UNAVAILABLE = Kind("media-unavailable", "Its picture could not be fetched", status=503, permanent=False)


class MediaError(ExpectedError):
    """A token's picture can't be shown, or can't be fetched now. `retry_after`: its host is busy, and was not asked."""

    kind: ClassVar[Kind] = Kind("media-refused", "Its picture can't be shown", status=422)


@dataclass(frozen=True)
class Document:
    """Fetched bytes, the URI they came from, and their proof.

    `proof` is "cid", "inline" (within the token itself) or "mutable" (the host may change them at any time).
    """

    data: bytes
    uri: str
    proof: str
    cid: str = ""


@dataclass(frozen=True)
class TokenMedia:
    """The picture of a token, and what its metadata and contract say. `proof` is the weaker of both documents'."""

    image: Document
    token_uri: str
    proof: str
    name: str
    collection: str
    description: str

    @property
    def facts(self) -> PictureFacts:
        return PictureFacts(
            name=self.name,
            collection=self.collection,
            token_uri=self.token_uri,
            image_uri=self.image.uri,
            image_cid=self.image.cid,
            proof=self.proof,
            sha256=hashlib.sha256(self.image.data).hexdigest(),
        )


@dataclass(frozen=True)
class FetchedPicture:
    """A token's picture as we store it, and the facts of the file it was made of."""

    image: StoredImage
    facts: PictureFacts


OnMetadata = Callable[[], None]


def fetch_token_picture(
    client: ChainClient, token: Token, clients: Clients, *, on_metadata: OnMetadata = lambda: None
) -> FetchedPicture:
    """Fetch, decode and store the picture a token shows. Raise MediaError.

    A part of our own that is down is no fault of the token: its Outage is raised. `on_metadata` is called once the
    metadata is read.
    """
    media = fetch_token_media(client, token, clients, on_metadata=on_metadata)
    try:
        return FetchedPicture(keep_image(media.image.data, svg_allowed=True).row, media.facts)
    except Outage:
        raise
    except ExpectedError as error:
        raise MediaError(error.sentence, permanent=error.permanent) from error


def fetch_token_media(
    client: ChainClient, token: Token, clients: Clients, *, on_metadata: OnMetadata = lambda: None
) -> TokenMedia:
    """Fetch what a token points to, without decoding the picture. Raise MediaError; `on_metadata` as above."""
    try:
        block = client.confirmed_block()
        uri = substitute_id(_fetch_token_uri(client, token, block), token.token_id)
        collection = fetch_collection_name(client, token.contract, block)
        document = fetch_document(uri, clients, IpfsLimits(DagLimits(max_bytes=METADATA_BYTES), METADATA_SECONDS))
        metadata = _parse_metadata(document)
        on_metadata()
        image = _fetch_picture(document, metadata, token, clients)
    except (MediaError, Outage):
        raise
    except ExpectedError as error:
        # Jitter, so that those who wait for a busy host don't return together.
        retry_after = random.randint(*BUSY_SECONDS) if error.is_a(HOST_BUSY) else None  # noqa: S311
        kind = None if error.permanent else UNAVAILABLE
        raise MediaError(error.sentence, kind, retry_after=retry_after) from error
    shown_uri = document.uri if len(document.uri) <= URI_SHOWN else document.uri[: URI_SHOWN - 1] + "…"
    return TokenMedia(
        image=image,
        token_uri=shown_uri,
        proof=min(document.proof, image.proof, key=_STRENGTH.__getitem__),
        name=clean_text(metadata.name if metadata else "", NAME_CHARACTERS),
        collection=collection,
        description=metadata.description if metadata else "",
    )


def fetch_collection_name(client: ChainClient, contract: bytes, block: BlockRef) -> str:
    """Return the contract's own name, cleaned for display; empty if it has none."""
    try:
        return clean_text(parse_name(client.call(contract, build_name(), block, max_bytes=64 * 1024)), NAME_CHARACTERS)
    except (CallFailed, BadAnswer):
        return ""


def fetch_document(text: str, clients: Clients, limits: IpfsLimits) -> Document:
    """Fetch what a token or image URI points to. Raise CoreError, FetchError or IpfsUnavailable."""
    plain = FetchLimits(limits.dag.max_bytes, limits.seconds)
    match parse_token_uri(text, allow_http=clients.http.allows_plain, max_data_bytes=limits.dag.max_bytes):
        case DataUri() as uri:
            return Document(uri.data, "data:" + uri.media_type, INLINE)
        case IpfsUri() as uri:
            return Document(fetch_ipfs(uri, clients, limits), str(uri), CID, str(uri.cid))
        case IpnsUri() as uri:
            return Document(clients.ipfs.fetch_mutable(uri.name, uri.path, plain), str(uri), MUTABLE)
        case ArUri() as uri:
            gateway = conf().arweave_gateway
            url = f"{gateway}/{str(uri).removeprefix('ar://')}"
            return Document(clients.http.fetch(url, plain).content, str(uri), MUTABLE)
        case HttpUri() as uri:
            return Document(clients.http.fetch(uri.url, plain).content, uri.url, MUTABLE)


def _fetch_token_uri(client: ChainClient, token: Token, block: BlockRef) -> str:
    """Return `tokenURI` (ERC-721) or `uri` (ERC-1155).

    If the contract lacks its standard's function, the other one is called. Settings may name a URI instead.
    """
    configured = configured_uri(client.chain_id, token)
    if configured:
        return configured
    for call in uri_calls(client.chain_id, token):
        try:
            return parse_token_uri_answer(client.call(call.target, call.data, block))
        except CallFailed as error:
            if error.is_a(ANSWER_TOO_LARGE):
                raise
        except BadAnswer:
            continue
    raise MediaError("The contract does not say where the token's metadata is.")


def _parse_metadata(document: Document) -> Metadata | None:
    """Return the metadata, or None if the token URI leads straight to a picture."""
    try:
        return parse_metadata(document.data)
    except CoreError:
        if document.data.lstrip().startswith(_PICTURES):
            return None
        raise


def _fetch_picture(document: Document, metadata: Metadata | None, token: Token, clients: Clients) -> Document:
    if metadata is None:
        return document
    limits = IpfsLimits(DagLimits(max_bytes=IMAGE_BYTES), IMAGE_SECONDS)
    failure: ExpectedError | None = None
    for source in metadata.picture_sources:
        try:
            return fetch_document(substitute_id(source, token.token_id), clients, limits)
        except (CoreError, FetchError, IpfsUnavailable) as error:
            if error.is_a(HOST_BUSY):
                raise
            if failure is None or failure.permanent:  # what may pass is tried again
                failure = error
    if failure is not None:
        raise failure
    raise MediaError("The token's metadata names no picture.")
