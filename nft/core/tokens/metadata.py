"""Parse and build token metadata documents: the JSON of ERC-721 and ERC-1155, as OpenSea extended it.

Every refusal is a `CoreError` with one of the kinds below.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import NoReturn

from nft.core.errors import CoreError
from nft.core.text import clean_text
from profiles.errors import Kind
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop
from profiles.text import JSON_MARK, is_nested_deeper

# A whole picture may be in it, in base64: on-chain PNGs have been seen to take 950 kB.
MAX_METADATA_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 32
# Strings don't count. Each value takes up to 100 bytes of memory, so this bounds what a document of small ones takes.
MAX_VALUES = 100_000
MAX_TEXT_CHARACTERS = 500

TOO_LARGE = Kind("metadata-too-large", gettext_noop("The metadata is too large"))
TOO_MANY_VALUES = Kind("metadata-too-many-values", gettext_noop("The metadata holds too many values"))
TOO_DEEP = Kind("metadata-too-deep", gettext_noop("The metadata is nested too deeply"))
NOT_JSON = Kind("metadata-not-json", gettext_noop("The metadata is not JSON"))
NOT_AN_OBJECT = Kind("metadata-not-an-object", gettext_noop("The metadata is not a JSON object"))
# The token URI leads straight to a picture, which may be used as one.
IS_PICTURE = Kind("metadata-is-picture", gettext_noop("The metadata is a picture"))
IS_WEB_PAGE = Kind("metadata-is-web-page", gettext_noop("The metadata is a web page"))

#: Sources of one document that are tried.
MAX_SOURCES = 8

_IMAGE_KEYS = ("image", "image_url", "imageUrl", "image_uri", "imageURI", "imageUri")
# Smaller copies of the picture, and what may be a film: for who names no image that we can show.
_OTHER_KEYS = ("displayUri", "thumbnail", "thumbnail_url", "thumbnailUrl", "thumbnailUri")
_MEDIA_KEYS = ("media", "artifactUri", "animation_url")
_IMAGE_PARTS = ("url", "uri", "src", "description")
_PICTURE_STARTS = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")

# Byte order marks, which decide the encoding (as browsers do it: WHATWG Encoding, 6.1). Without one it is UTF-8.
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


@dataclass(frozen=True, slots=True)
class Metadata:
    """The keys we read; an absent one is empty. Texts are clean.

    `picture_sources`: what may lead to a still picture, best first, films last. As written: parse it before use.
    """

    name: str = ""
    description: str = ""
    picture_sources: tuple[str, ...] = ()


def parse_metadata(raw: bytes) -> Metadata:
    """Return the known keys of a document. Raise `CoreError`."""
    if len(raw) > MAX_METADATA_BYTES:
        raise CoreError(
            _("The metadata has more than %(metadata_bytes)s bytes.", metadata_bytes=MAX_METADATA_BYTES), TOO_LARGE
        )
    text = decode_text(raw)
    _check_is_document(raw.lstrip()[:256], text.lstrip()[:256].lower())
    document = _parse_object(text)
    return Metadata(
        name=clean_text(_text(document, "name"), MAX_TEXT_CHARACTERS),
        description=clean_text(_text(document, "description"), MAX_TEXT_CHARACTERS),
        picture_sources=tuple(dict.fromkeys(_picture_sources(document)))[:MAX_SOURCES],
    )


def build_metadata(name: str, description: str, image_uri: str, external_url: str = "") -> bytes:
    """Build the document we publish for a token. Equal values give equal bytes, and so the same CID.

    `external_url` is the token's page on the site, which marketplaces link to.
    """
    document = {
        "name": clean_text(name, MAX_TEXT_CHARACTERS),
        "description": clean_text(description, MAX_TEXT_CHARACTERS),
        "image": image_uri,
    }
    if external_url:
        document["external_url"] = external_url
    return _dump(document)


def build_collection_metadata(name: str, description: str, image_uri: str, external_link: str) -> bytes:
    """Build the document that `contractURI` names (ERC-7572). What is empty is left out."""
    document = {
        "name": clean_text(name, MAX_TEXT_CHARACTERS),
        "description": clean_text(description, MAX_TEXT_CHARACTERS),
        "image": image_uri,
        "external_link": external_link,
    }
    return _dump({key: value for key, value in document.items() if value})


def _dump(document: Mapping[str, str]) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=2).encode()


def decode_text(raw: bytes) -> str:
    """Return `raw` as text, as browsers read JSON: what is no UTF-8 becomes U+FFFD, and byte order marks are obeyed."""
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return raw[len(mark) :].decode(encoding, "replace").lstrip("\ufeff")
    return raw.decode("utf-8", "replace")


def _check_is_document(head: bytes, text: str) -> None:
    """Raise `CoreError` for the two common things that stand in place of metadata. `text` is in small letters."""
    is_markup = text.startswith(("<svg", "<?xml"))
    if is_markup or head.startswith(_PICTURE_STARTS) or head[8:12] == b"WEBP" or head[4:8] == b"ftyp":
        raise CoreError(_("The token URI leads to a picture instead of metadata."), IS_PICTURE)
    if text.startswith(("<!doctype html", "<html")):
        raise CoreError(_("The token URI leads to a web page instead of metadata."), IS_WEB_PAGE)


def _parse_object(text: str) -> Mapping[str, object]:
    _check_shape(text)
    try:
        document = json.loads(text, strict=False, parse_constant=_refuse_constant, parse_int=str, parse_float=str)
    except (ValueError, RecursionError) as error:
        raise CoreError(_("The metadata is not valid JSON."), NOT_JSON) from error
    if isinstance(document, list) and len(document) == 1:  # tools write one token's document as a list of one
        [document] = document
    if isinstance(document, list):
        raise CoreError(
            _("The metadata is a list, which does not say which part of it is this token's."), NOT_AN_OBJECT
        )
    if not isinstance(document, dict):
        raise CoreError(_("The metadata is JSON, but not an object with keys."), NOT_AN_OBJECT)
    return document


def _check_shape(text: str) -> None:
    if is_nested_deeper(text, MAX_DEPTH):
        raise CoreError(_("The metadata is nested more than %(depth)s levels deep.", depth=MAX_DEPTH), TOO_DEEP)
    before_values = (mark for mark in JSON_MARK.finditer(text) if mark.group() in {"[", "{", ","})
    if next(islice(before_values, MAX_VALUES, None), None):
        raise CoreError(_("The metadata has more than %(values)s values.", values=MAX_VALUES), TOO_MANY_VALUES)


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _text(document: Mapping[str, object], key: str) -> str:
    """Return a text or, since `"name": 42` is common, a number's digits. Any other value counts as absent."""
    value = document.get(key)
    return value if isinstance(value, str) else ""


def _picture_sources(document: Mapping[str, object]) -> Iterator[str]:
    """Yield the sources as OpenSea reads them, then those in the other forms that collections are known to use.

    These are: another key, an object or a list, the place of its description in the schema printed in ERC-721, and the
    keys of TZIP-21 and NEP-177.
    """
    properties = document.get("properties")
    inner = properties if isinstance(properties, dict) else {}
    for key in _IMAGE_KEYS:
        yield from _texts_in(document.get(key))
    for key in _IMAGE_KEYS:
        yield from _texts_in(inner.get(key))
    for key in ("image_data", *_OTHER_KEYS, *_MEDIA_KEYS):
        yield from _texts_in(document.get(key))


def _texts_in(value: object) -> Iterator[str]:
    """Yield a text, the texts of a list, or what an object has under a key for it."""
    parts = value if isinstance(value, list) else [value]
    for part in parts[:MAX_SOURCES]:
        found = [part.get(key) for key in _IMAGE_PARTS] if isinstance(part, dict) else [part]
        yield from (text.strip() for text in found if isinstance(text, str) and text.strip())
