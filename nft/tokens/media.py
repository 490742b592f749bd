"""Find the picture that a token shows: every way to read its URIs, and every source that its metadata names.

Readings are tried in order until one becomes a picture that we can show; each is proved and bounded like the first.
"""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from nft.clients.bundle import Clients
from nft.clients.evm.chain import ChainClient
from nft.clients.ipfs.reading import IpfsLimits
from nft.clients.transport.errors import HOST_BUSY
from nft.core.errors import CoreError
from nft.core.evm.token import Token
from nft.core.ipfs.dag import DagLimits
from nft.core.tokens.data_uri import DataUri
from nft.core.tokens.metadata import MAX_METADATA_BYTES, Metadata, decode_text, parse_metadata
from nft.core.tokens.readings import parse_readings
from nft.models.claims import PictureFacts
from nft.tokens.contract_texts import fetch_collection_name, fetch_token_uri
from nft.tokens.documents import Document, is_fixed, open_uri, weaker_proof
from profiles.errors import ExpectedError, Kind
from profiles.models import StoredImage
from profiles.outages import Outage
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop
from profiles.store.images import keep_image

METADATA_BYTES = MAX_METADATA_BYTES
METADATA_SECONDS = 15.0
IMAGE_BYTES = 20 * 1024 * 1024
IMAGE_SECONDS = 30.0
#: For everything that one attempt opens, without decoding. The lease of an attempt is longer.
SEARCH_SECONDS = 75.0
#: Documents that one attempt opens.
MAX_DOCUMENTS = 12
URI_SHOWN = 500
#: How long to wait for a host whose rate limit is used up.
BUSY_SECONDS = (3, 15)
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"BM", b"\0\0\0")
_DRAWINGS = ("<svg", "<?xml", "<!--", "<!doctype svg")

UNAVAILABLE = Kind(
    "media-unavailable", gettext_noop("The token's picture could not be fetched"), status=503, permanent=False
)


class MediaError(ExpectedError):
    """A token's picture can't be shown, or can't be fetched now. `retry_after`: its host is busy, and was not asked.

    Permanent only if nothing of it can change: all that was read is named by a CID, or stands in the token itself.
    """

    kind: ClassVar[Kind] = Kind("media-refused", gettext_noop("The token's picture can't be shown"), status=422)


@dataclass(frozen=True)
class FetchedPicture:
    """A token's picture as we store it, and the facts of the file it was made of."""

    image: StoredImage
    facts: PictureFacts


OnMetadata = Callable[[], None]


def fetch_token_picture(
    client: ChainClient,
    token: Token,
    clients: Clients,
    *,
    on_metadata: OnMetadata = lambda: None,
    waits_for_outages: bool = False,
) -> FetchedPicture:
    """Fetch, decode and store the picture a token shows. Raise MediaError.

    A part of our own that is down is no fault of the token: its Outage is raised. `on_metadata` is called once metadata
    is read. `waits_for_outages`: if a source can't be reached now, raise instead of trying the next one.
    """
    try:
        block = client.confirmed_block()
        uri = fetch_token_uri(client, token, block)
        collection = fetch_collection_name(client, token.contract, block)
    except Outage:
        raise
    except ExpectedError as error:
        raise MediaError(error.sentence, UNAVAILABLE) from error
    return _Search(token, clients, collection, on_metadata, waits_for_outages).find(uri)


@dataclass
class _Search:
    """One attempt. `failure` is the first error, but one that may pass before one that is for good."""

    token: Token
    clients: Clients
    collection: str
    on_metadata: OnMetadata
    waits_for_outages: bool
    failure: MediaError | None = None
    opened: int = 0
    ends_at: float = field(default_factory=lambda: time.monotonic() + SEARCH_SECONDS)

    def find(self, token_uri: str) -> FetchedPicture:
        limits = IpfsLimits(DagLimits(max_bytes=METADATA_BYTES), METADATA_SECONDS)
        for document in self._documents(token_uri, None, limits):
            if found := self._find_in(document):
                return found
        raise self.failure or MediaError(_("The token names no picture."))

    def _find_in(self, document: Document) -> FetchedPicture | None:
        try:
            metadata = _parse_metadata(document)
        except CoreError as error:
            self._fail(error, is_final=document.is_fixed)
            return None
        self.on_metadata()
        if metadata is None:
            return self._keep(document, document, Metadata())
        if not metadata.picture_sources:
            self._fail(MediaError(_("The token's metadata names no picture.")), is_final=document.is_fixed)
        limits = IpfsLimits(DagLimits(max_bytes=IMAGE_BYTES), IMAGE_SECONDS)
        for source in metadata.picture_sources:
            for image in self._documents(source, document, limits):
                if found := self._keep(document, image, metadata):
                    return found
        return None

    def _documents(self, text: str, named_by: Document | None, limits: IpfsLimits) -> Iterator[Document]:
        """Yield what `text` leads to, by each reading. `named_by` is None for what the contract answers."""
        is_final = named_by is not None and named_by.is_fixed
        readings = parse_readings(
            text,
            self.token.token_id,
            base="" if named_by is None else named_by.uri,
            allow_http=self.clients.http.allows_plain,
            max_data_bytes=limits.dag.max_bytes,
        )
        while True:
            try:
                uri = next(readings, None)
            except CoreError as error:
                self._fail(error, is_final=is_final)
                return
            if uri is None:
                return
            try:
                yield open_uri(uri, self.clients, self._limit(limits, is_local=isinstance(uri, DataUri)))
            except Outage:
                raise
            except ExpectedError as error:
                self._fail(error, is_final=is_fixed(uri) and (named_by is None or is_final))

    def _limit(self, limits: IpfsLimits, *, is_local: bool) -> IpfsLimits:
        """Count a document, and return the limits for it. Raise MediaError if no more may be opened."""
        self.opened += not is_local
        left = self.ends_at - time.monotonic()
        if left <= 0 or self.opened > MAX_DOCUMENTS:
            raise MediaError(
                _(
                    "Its sources did not lead to a picture within %(search_seconds)s seconds.",
                    search_seconds=f"{SEARCH_SECONDS:g}",
                ),
                UNAVAILABLE,
            )
        return IpfsLimits(limits.dag, min(limits.seconds, left))

    def _keep(self, document: Document, image: Document, metadata: Metadata) -> FetchedPicture | None:
        """Decode and store a picture. Return None if it is none."""
        try:
            row = keep_image(image.data, svg_allowed=True).row
        except Outage:
            raise
        except ExpectedError as error:
            self._fail(error, is_final=document.is_fixed and image.is_fixed)
            return None
        facts = PictureFacts(
            name=metadata.name,
            collection=self.collection,
            token_uri=document.uri if len(document.uri) <= URI_SHOWN else document.uri[: URI_SHOWN - 1] + "…",
            image_uri=image.uri,
            image_cid=image.cid,
            proof=weaker_proof(document, image),
            sha256=hashlib.sha256(image.data).hexdigest(),
        )
        return FetchedPicture(row, facts)

    def _fail(self, error: ExpectedError, *, is_final: bool) -> None:
        """Remember why a reading led nowhere. Raise MediaError where another one must not be tried instead."""
        permanent = error.permanent and is_final
        # Jitter, so that those who wait for a busy host don't return together.
        retry_after = random.randint(*BUSY_SECONDS) if error.is_a(HOST_BUSY) else None  # noqa: S311
        failure = MediaError(error.sentence, None if permanent else UNAVAILABLE, retry_after=retry_after)
        failure.__cause__ = error
        if retry_after is not None or (self.waits_for_outages and not error.permanent):
            raise failure
        if self.failure is None or (self.failure.permanent and not permanent):
            self.failure = failure


def _parse_metadata(document: Document) -> Metadata | None:
    """Return the metadata, or None if the document is itself a picture. Raise CoreError."""
    try:
        return parse_metadata(document.data)
    except CoreError:
        start = decode_text(document.data[:256]).lstrip().lower()
        if document.data.lstrip().startswith(_PICTURES) or start.startswith(_DRAWINGS):
            return None
        raise
