"""Publish the description of our collection, which `contractURI` names and marketplaces show (ERC-7572)."""

from __future__ import annotations

from datetime import datetime

from nft.core.tokens.metadata import build_collection_metadata
from nft.files.publishing import publish
from nft.files.store import pin_file
from profiles.store.images import keep_image


def publish_collection(name: str, description: str, image: bytes, link: str, now: datetime) -> str:
    """Publish the picture and the description, and return the URI of the latter. Equal values give an equal URI.

    `image` is a picture of any kind that people may upload, or an SVG; empty for none. Services that do not hold the
    files yet are asked again by `sweep_copies`. Raise ImageRefused, DecoderUnavailable or StorageError.
    """
    cids, image_uri = [], ""
    if image:
        kept = keep_image(image, svg_allowed=True, sizes=())
        picture = pin_file(kept.master, kept.row.mime, now)
        cids, image_uri = [str(picture.cid)], picture.uri
    document = pin_file(build_collection_metadata(name, description, image_uri, link), "application/json", now)
    publish([*cids, str(document.cid)], now)
    return document.uri
