"""Parse and build token metadata documents: the JSON of ERC-721 and ERC-1155, as OpenSea extended it.

Every refusal is a `CoreError` with one of the kinds below.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

from nft.core.errors import CoreError
from nft.core.text import clean_text
from profiles.errors import Kind

MAX_METADATA_BYTES = 1024 * 1024
MAX_DEPTH = 32
MAX_TEXT_CHARACTERS = 500

_TITLE = "This metadata can't be read"
TOO_LARGE = Kind("metadata-too-large", _TITLE)
NOT_UTF8 = Kind("metadata-not-utf8", _TITLE)
TOO_DEEP = Kind("metadata-too-deep", _TITLE)
NOT_JSON = Kind("metadata-not-json", _TITLE)
NOT_AN_OBJECT = Kind("metadata-not-an-object", _TITLE)
# The token URI leads straight to a picture, which may be used as one.
IS_PICTURE = Kind("metadata-is-picture", _TITLE)
IS_WEB_PAGE = Kind("metadata-is-web-page", _TITLE)

_IMAGE_KEYS = ("image", "image_url", "imageUrl", "image_uri", "imageURI")
_IMAGE_PARTS = ("url", "uri", "src", "description")
_PICTURE_STARTS = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")

# A string (even one that never ends) is one match, so brackets inside it do not count; no backtracking.
_STRING_OR_BRACKET = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Metadata:
    """The keys we read; an absent one is empty. Texts are clean. URIs are as written: parse them before use."""

    name: str = ""
    description: str = ""
    image_uri: str = ""
    image_data: str = ""
    animation_uri: str = ""

    @property
    def picture_sources(self) -> tuple[str, ...]:
        """Return the URIs of a still picture, best first; `animation_url` only if there is nothing else."""
        stills = tuple(source for source in (self.image_uri, self.image_data) if source)
        return stills or ((self.animation_uri,) if self.animation_uri else ())


def parse_metadata(raw: bytes) -> Metadata:
    """Return the known keys of a document. Raise `CoreError`."""
    if len(raw) > MAX_METADATA_BYTES:
        raise CoreError(f"The metadata has more than {MAX_METADATA_BYTES:,} bytes.", TOO_LARGE)
    _check_is_document(raw.lstrip()[:256])
    document = _parse_object(raw)
    return Metadata(
        name=clean_text(_text(document, "name"), MAX_TEXT_CHARACTERS),
        description=clean_text(_text(document, "description"), MAX_TEXT_CHARACTERS),
        image_uri=_image(document),
        image_data=_uri(document, "image_data"),
        animation_uri=_uri(document, "animation_url"),
    )


def build_metadata(name: str, description: str, image_uri: str) -> bytes:
    """Build the document we publish for a token. Equal values give equal bytes, and so the same CID."""
    document = {
        "name": clean_text(name, MAX_TEXT_CHARACTERS),
        "description": clean_text(description, MAX_TEXT_CHARACTERS),
        "image": image_uri,
    }
    return json.dumps(document, ensure_ascii=False, indent=2).encode()


def _check_is_document(head: bytes) -> None:
    """Raise `CoreError` for the two common things that stand in place of metadata."""
    lowered = head.lower()
    is_markup = lowered.startswith((b"<svg", b"<?xml"))
    if is_markup or head.startswith(_PICTURE_STARTS) or head[8:12] == b"WEBP" or head[4:8] == b"ftyp":
        raise CoreError("The token URI leads to a picture instead of metadata.", IS_PICTURE)
    if lowered.startswith((b"<!doctype html", b"<html")):
        raise CoreError("The token URI leads to a web page instead of metadata.", IS_WEB_PAGE)


def _parse_object(raw: bytes) -> Mapping[str, object]:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CoreError("The metadata is not UTF-8 text.", NOT_UTF8) from error
    _check_depth(raw)
    try:
        document = json.loads(text, strict=False, parse_constant=_refuse_constant, parse_int=str, parse_float=str)
    except (ValueError, RecursionError) as error:
        raise CoreError("The metadata is not valid JSON.", NOT_JSON) from error
    if not isinstance(document, dict):
        raise CoreError("The metadata is JSON, but not an object with keys.", NOT_AN_OBJECT)
    return document


def _check_depth(raw: bytes) -> None:
    depth = 0
    for match in _STRING_OR_BRACKET.finditer(raw):
        token = match.group()
        if token in (b"[", b"{"):
            depth += 1
            if depth > MAX_DEPTH:
                raise CoreError(f"The metadata is nested more than {MAX_DEPTH} levels deep.", TOO_DEEP)
        elif token in (b"]", b"}"):
            depth -= 1


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _text(document: Mapping[str, object], key: str) -> str:
    """Return a text or, since `"name": 42` is common, a number's digits. Any other value counts as absent."""
    value = document.get(key)
    return value if isinstance(value, str) else ""


def _uri(document: Mapping[str, object], key: str) -> str:
    return _text(document, key).strip()


def _image(document: Mapping[str, object]) -> str:
    """Return the image URI as OpenSea reads it, else from the other forms that collections are known to use.

    These are: another key, an object or a list, or the place of its description in the schema printed in ERC-721.
    """
    for value in (*(document.get(key) for key in _IMAGE_KEYS), _first_in(document.get("properties"), ("image",))):
        text = value if isinstance(value, str) else _first_in(value, _IMAGE_PARTS)
        if isinstance(text, str) and text.strip():
            return text.strip()
    return ""


def _first_in(value: object, keys: tuple[str, ...]) -> object:
    """Return what an object has under the first of `keys`, or the first item of a list; None if there is nothing."""
    if isinstance(value, list):
        return value[0] if value else None
    return next((value[key] for key in keys if key in value), None) if isinstance(value, dict) else None
