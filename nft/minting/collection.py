"""Publish the description of our collection, which `contractURI` names and marketplaces show (ERC-7572)."""

from __future__ import annotations

from datetime import datetime

from nft.core.tokens.metadata import build_collection_metadata
from nft.files.publishing import publish
from nft.files.store import pin_file
from profiles import settings
from profiles.decoding import get_decoder


def publish_collection(name: str, description: str, image: bytes, link: str, now: datetime) -> str:
    """Publish the picture and the description, and return the URI of the latter. Equal values give an equal URI.

    `image` is a picture of any kind that people may upload, or an SVG; empty for none. Services that do not hold the
    files yet are asked again by `sweep_copies`. Raise ImageRefused, DecoderUnavailable or StorageError.
    """
    cids, image_uri = [], ""
    if image:
        master = get_decoder().decode(image, settings.decode_request((), svg_allowed=True)).image.master
        picture = pin_file(master.data, master.format.content_type, now)
        cids, image_uri = [str(picture.cid)], picture.uri
    document = pin_file(build_collection_metadata(name, description, image_uri, link), "application/json", now)
    publish([*cids, str(document.cid)], now)
    return document.uri
