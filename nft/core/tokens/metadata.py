"""Token metadata documents: the JSON of ERC-721 and ERC-1155 as OpenSea extended it."""

import json
import re
from dataclasses import dataclass
from typing import Any, NoReturn

from nft.core.text import clean_text
from nft.core.tokens.errors import MetadataRefused
from nft.core.tokens.refusals import MetadataRefusal

MAX_METADATA_BYTES = 1024 * 1024
MAX_DEPTH = 32
MAX_TEXT_CHARACTERS = 500

_IMAGE_KEYS = ("image", "image_url", "imageUrl", "image_uri", "imageURI")
_IMAGE_PARTS = ("url", "uri", "src", "description")
_PICTURE_STARTS = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")

# A string (even one that never ends) is one match, so brackets inside it do not count; no backtracking.
_STRING_OR_BRACKET = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Metadata:
    """The keys we read. Texts are clean; URIs are as written, to be parsed before use. Absent is the empty string."""

    name: str = ""
    description: str = ""
    image_uri: str = ""
    image_data: str = ""
    animation_uri: str = ""

    @property
    def picture_sources(self) -> tuple[str, ...]:
        """Where a still picture may come from, best first; `animation_url` only when nothing else is there."""
        stills = tuple(source for source in (self.image_uri, self.image_data) if source)
        return stills or ((self.animation_uri,) if self.animation_uri else ())


def parse_metadata(raw: bytes) -> Metadata:
    """The document's known keys. Raises `MetadataRefused` with a `MetadataRefusal`.

    `IS_PICTURE` means that the token URI led straight to a picture, which may be used as one.
    """
    if len(raw) > MAX_METADATA_BYTES:
        raise MetadataRefused(MetadataRefusal.TOO_LARGE, f"The metadata has more than {MAX_METADATA_BYTES:,} bytes.")
    _check_kind(raw.lstrip()[:256])
    document = _load(raw)
    return Metadata(
        name=clean_text(_text(document, "name"), MAX_TEXT_CHARACTERS),
        description=clean_text(_text(document, "description"), MAX_TEXT_CHARACTERS),
        image_uri=_image(document),
        image_data=_uri(document, "image_data"),
        animation_uri=_uri(document, "animation_url"),
    )


def build_metadata(name: str, description: str, image_uri: str) -> bytes:
    """The document we publish for a token: the same bytes, and so the same CID, for the same values."""
    document = {
        "name": clean_text(name, MAX_TEXT_CHARACTERS),
        "description": clean_text(description, MAX_TEXT_CHARACTERS),
        "image": image_uri,
    }
    return json.dumps(document, ensure_ascii=False, indent=2).encode()


def _check_kind(head: bytes) -> None:
    """Name the two common things that stand where metadata should."""
    lowered = head.lower()
    is_markup = lowered.startswith((b"<svg", b"<?xml"))
    if is_markup or head.startswith(_PICTURE_STARTS) or head[8:12] == b"WEBP" or head[4:8] == b"ftyp":
        raise MetadataRefused(MetadataRefusal.IS_PICTURE, "The token URI leads to a picture instead of metadata.")
    if lowered.startswith((b"<!doctype html", b"<html")):
        raise MetadataRefused(MetadataRefusal.IS_WEB_PAGE, "The token URI leads to a web page instead of metadata.")


def _load(raw: bytes) -> dict[str, Any]:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MetadataRefused(MetadataRefusal.NOT_UTF8, "The metadata is not UTF-8 text.") from error
    _check_depth(raw)
    try:
        document = json.loads(text, strict=False, parse_constant=_refuse_constant, parse_int=str, parse_float=str)
    except (ValueError, RecursionError) as error:
        raise MetadataRefused(MetadataRefusal.NOT_JSON, "The metadata is not valid JSON.") from error
    if not isinstance(document, dict):
        raise MetadataRefused(MetadataRefusal.NOT_AN_OBJECT, "The metadata is JSON, but not an object with keys.")
    return document


def _check_depth(raw: bytes) -> None:
    depth = 0
    for match in _STRING_OR_BRACKET.finditer(raw):
        token = match.group()
        if token in (b"[", b"{"):
            depth += 1
            if depth > MAX_DEPTH:
                raise MetadataRefused(
                    MetadataRefusal.TOO_DEEP, f"The metadata is nested more than {MAX_DEPTH} levels deep."
                )
        elif token in (b"]", b"}"):
            depth -= 1


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _text(document: dict[str, Any], key: str) -> str:
    """Numbers were kept as their digits, since `"name": 42` is common; any other kind counts as absent."""
    value = document.get(key)
    return value if isinstance(value, str) else ""


def _uri(document: dict[str, Any], key: str) -> str:
    return _text(document, key).strip()


def _image(document: dict[str, Any]) -> str:
    """As OpenSea reads it, else in the other forms that collections are known to use: under another name, in an object
    or a list, or where the schema printed in ERC-721 has its description."""
    for value in (*(document.get(key) for key in _IMAGE_KEYS), _inside(document.get("properties"), ("image",))):
        text = value if isinstance(value, str) else _inside(value, _IMAGE_PARTS)
        if isinstance(text, str) and text.strip():
            return text.strip()
    return ""


def _inside(value: Any, keys: tuple[str, ...]) -> Any:
    """What an object has under the first of `keys`, or what a list begins with."""
    if isinstance(value, list):
        return value[0] if value else None
    return next((value[key] for key in keys if key in value), None) if isinstance(value, dict) else None
