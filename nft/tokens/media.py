"""From a token to the bytes of its picture, and how well they are proved.

MediaError                permanent: bool, sentence
├── MediaRefused          permanent: what the token points to is no picture we show
└── MediaUnavailable      not permanent: it could not be fetched now
    └── MediaPostponed    it was not asked for yet: its host is asked often enough
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from django.conf import settings

from nft.clients.clients import Clients
from nft.clients.evm.chain import ChainClient
from nft.clients.evm.errors import ANSWER_TOO_LARGE, CallFailed, ChainError
from nft.clients.ipfs.blockstore import BlockStoreError
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
from nft.tokens.resolvers import configured_uri, uri_calls

METADATA_BYTES = 1024 * 1024
METADATA_SECONDS = 15.0
IMAGE_BYTES = 10 * 1024 * 1024
IMAGE_SECONDS = 30.0
NAME_CHARACTERS = 200
URI_SHOWN = 500
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"<svg", b"<?xml", b"\0\0\0")

CID, INLINE, MUTABLE = "cid", "inline", "mutable"
_STRENGTH = {MUTABLE: 0, CID: 1, INLINE: 2}


class MediaError(Exception):
    permanent: ClassVar[bool]

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class MediaRefused(MediaError):
    permanent = True


class MediaUnavailable(MediaError):
    permanent = False


class MediaPostponed(MediaUnavailable):
    pass


@dataclass(frozen=True)
class Document:
    """Bytes, where they are from, and their proof: "cid", "inline" (within the token itself) or "mutable"."""

    data: bytes
    uri: str
    proof: str
    cid: str = ""


@dataclass(frozen=True)
class TokenMedia:
    image: Document
    token_uri: str
    proof: str
    """The weaker of the metadata's and the image's."""
    name: str
    collection: str
    description: str


OnMetadata = Callable[[], None]


def fetch_token_media(
    client: ChainClient, token: Token, clients: Clients, *, on_metadata: OnMetadata = lambda: None
) -> TokenMedia:
    """The picture a token shows. `on_metadata` is called once the metadata is read. Raises MediaError."""
    try:
        block = client.confirmed_block()
        uri = substitute_id(_read_uri(client, token, block), token.token_id)
        collection = read_collection(client, token.contract, block)
        document = fetch_document(uri, clients, IpfsLimits(DagLimits(max_bytes=METADATA_BYTES), METADATA_SECONDS))
        metadata = _parse(document)
        on_metadata()
        image = _fetch_picture(document, metadata, token, clients)
    except (CoreError, FetchError, ChainError, IpfsUnavailable, BlockStoreError) as error:
        raise _translated(error) from error
    return TokenMedia(
        image=image,
        token_uri=_shown(document.uri),
        proof=min(document.proof, image.proof, key=_STRENGTH.__getitem__),
        name=clean_text(metadata.name if metadata else "", NAME_CHARACTERS),
        collection=collection,
        description=metadata.description if metadata else "",
    )


def read_collection(client: ChainClient, contract: bytes, block: BlockRef) -> str:
    """The contract's own name, made fit to show; empty where it has none."""
    try:
        return clean_text(parse_name(client.call(contract, build_name(), block, max_bytes=64 * 1024)), NAME_CHARACTERS)
    except (CallFailed, BadAnswer):
        return ""


def fetch_document(text: str, clients: Clients, limits: IpfsLimits) -> Document:
    """What a token or image URI points to. Raises CoreError, FetchError or IpfsUnavailable."""
    plain = FetchLimits(limits.dag.max_bytes, limits.seconds)
    match parse_token_uri(text, allow_http=clients.http.allows_plain, max_data_bytes=limits.dag.max_bytes):
        case DataUri() as uri:
            return Document(uri.data, "data:" + uri.media_type, INLINE)
        case IpfsUri() as uri:
            return Document(fetch_ipfs(uri, clients, limits), str(uri), CID, str(uri.cid))
        case IpnsUri() as uri:
            return Document(clients.ipfs.fetch_mutable(uri.name, uri.path, plain), str(uri), MUTABLE)
        case ArUri() as uri:
            gateway = getattr(settings, "NFT_ARWEAVE_GATEWAY", "https://arweave.net")
            url = f"{gateway}/{str(uri).removeprefix('ar://')}"
            return Document(clients.http.fetch(url, plain).content, str(uri), MUTABLE)
        case HttpUri() as uri:
            return Document(clients.http.fetch(uri.url, plain).content, uri.url, MUTABLE)


def _read_uri(client: ChainClient, token: Token, block: BlockRef) -> str:
    """`tokenURI` for ERC-721, `uri` for ERC-1155, and the other one where the contract does not have it; or what the
    settings name for contracts that have neither."""
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
    raise MediaRefused("The contract does not say where the token's metadata is.")


def _parse(document: Document) -> Metadata | None:
    """The metadata, or None where the token URI leads straight to a picture."""
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
    failure: Exception | None = None
    for source in metadata.picture_sources:
        try:
            return fetch_document(substitute_id(source, token.token_id), clients, limits)
        except FetchError as error:
            if error.is_a(HOST_BUSY):
                raise
            failure = error
        except CoreError as error:
            failure = error
    if failure is not None:
        raise failure
    raise MediaRefused("The token's metadata names no picture.")


def _translated(error: Exception) -> MediaError:
    """Every edge's errors say whether trying again can help; a sentence is all that is kept of them."""
    sentence = str(error)
    if isinstance(error, FetchError) and error.is_a(HOST_BUSY):
        return MediaPostponed(sentence)
    return MediaRefused(sentence) if getattr(error, "permanent", False) else MediaUnavailable(sentence)


def _shown(uri: str) -> str:
    return uri if len(uri) <= URI_SHOWN else uri[: URI_SHOWN - 1] + "…"
