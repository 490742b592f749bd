"""Documents within a token's URI, and metadata, as sites read them: with what contracts get wrong about them."""

from __future__ import annotations

import base64
import json
import re
from typing import Any
from urllib.parse import unquote, unquote_to_bytes

from verify_words import Json, refuse_number

DATA = re.compile(
    r"data:\s*(?P<type>[a-z0-9.+-]+/[a-z0-9.+-]+)?"
    r"(?P<more>(?:;\s*(?:base64|utf-?8|ascii|[a-z0-9_-]+=(?:\"[a-z0-9._-]*\"|[a-z0-9._-]*)))*)"
    r"\s*(?P<comma>,)?",
    re.IGNORECASE,
)
MOST_HEAD = 256
STARTS = ("{", "[", "<", "%7b", "%5b", "%3c")
# How JSON and markup begin in base64.
BASE64_STARTS = ("eyJ", "ewo", "eyA", "PHN", "PD9")
ESCAPES = re.compile("(?:%[0-9A-Fa-f]{2})+")
MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"BM", b"\0\0\0")
DRAWINGS = ("<svg", "<?xml", "<!--", "<!doctype svg")

IMAGE_KEYS = ("image", "image_url", "imageUrl", "image_uri", "imageURI", "imageUri")
OTHER_KEYS = ("image_data", "displayUri", "thumbnail", "thumbnail_url", "thumbnailUrl", "thumbnailUri")
MEDIA_KEYS = ("media", "artifactUri", "animation_url")
MOST_SOURCES = 8


def documents_of(text: str) -> list[tuple[str, bytes]]:
    """Return type and bytes of all documents that a data: URI, or a document in place of one, may stand for."""
    if text[:1] in ("{", "[", "<"):
        return [("image/svg+xml" if text[0] == "<" else "application/json", text.encode("utf-8", "replace"))]
    head = DATA.match(text[:MOST_HEAD])
    if head is None:
        return []
    body, is_base64 = text[head.end() :], "base64" in head["more"].lower()
    if not head["comma"] and not (is_base64 or body[:3].lower().startswith(STARTS)):
        return []
    is_plain = body.lstrip()[:3].lower().startswith(STARTS)
    kind = (head["type"] or "text/plain").lower()
    decoded = decode_base64(body)
    if is_base64 and not is_plain:
        return [] if decoded is None else [(kind, decoded)]
    written = body.encode("utf-8", "replace")
    found = [ESCAPES.sub(decode_if_text, body).encode("utf-8", "replace"), written, unquote_to_bytes(written)]
    if decoded is not None and body.lstrip().startswith(BASE64_STARTS):
        found.insert(0, decoded)
    return [(kind, data) for data in dict.fromkeys(found)]


def decode_if_text(escapes: re.Match[str]) -> str:
    """Decode escapes that make UTF-8. Others stand for themselves, as in `100%DeFi`."""
    try:
        return unquote(escapes.group(), errors="strict")
    except UnicodeDecodeError:
        codes = escapes.group().split("%")[1:]
        return "".join(chr(int(code, 16)) if int(code, 16) < 128 else f"%{code}" for code in codes)


def decode_base64(body: str) -> bytes | None:
    """Decode either alphabet, with or without padding, blanks and escapes; None for anything else."""
    text = re.sub(r"\s+", "", unquote_to_bytes(body.encode("utf-8", "replace")).decode("latin-1"))
    digits = text.replace("-", "+").replace("_", "/").rstrip("=")
    if len(digits) % 4 == 1 or not re.fullmatch("[A-Za-z0-9+/]*", digits):
        return None
    return base64.b64decode(digits + "=" * (-len(digits) % 4))


def read_document(content: bytes) -> Json | None:
    """Return metadata as sites read it, None if it is no object, or no list of one."""
    try:
        document = json.loads(
            decode(content), strict=False, parse_int=str, parse_float=str, parse_constant=refuse_number
        )
    except (ValueError, RecursionError):
        return None
    if isinstance(document, list) and len(document) == 1:
        [document] = document
    return document if isinstance(document, dict) else None


def decode(content: bytes) -> str:
    """Return JSON as text: what is no UTF-8 becomes U+FFFD, and byte order marks are obeyed."""
    for mark, encoding in MARKS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, "replace").lstrip("\ufeff")
    return content.decode("utf-8", "replace")


def is_picture(content: bytes) -> bool:
    """Return whether what stands in place of metadata is a picture."""
    return content.lstrip().startswith(PICTURES) or decode(content[:256]).lstrip().lower().startswith(DRAWINGS)


def sources_of(document: Json) -> list[str]:
    """Return what may lead to the picture, in all the forms that collections use, at most 8."""
    properties = document.get("properties")
    inner = properties if isinstance(properties, dict) else {}
    values: list[Any] = [place.get(key) for place in (document, inner) for key in IMAGE_KEYS]
    values += [document.get(key) for key in OTHER_KEYS + MEDIA_KEYS]
    return list(dict.fromkeys(text for value in values for text in texts_in(value)))[:MOST_SOURCES]


def texts_in(value: object) -> list[str]:
    """Return a text, the texts of a list, or what an object has under a key for it."""
    parts = value if isinstance(value, list) else [value]
    keys = ("url", "uri", "src", "description")
    found = [
        text for part in parts[:MOST_SOURCES] for text in (map(part.get, keys) if isinstance(part, dict) else [part])
    ]
    return [text.strip() for text in found if isinstance(text, str) and text.strip()]
