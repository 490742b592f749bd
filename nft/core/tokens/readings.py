"""Read an ambiguous token or image URI in every way that it may be meant, the likeliest first.

A `#`, `?` or `%` may be syntax (RFC 3986) or part of a file's name, `{id}` may stand for hexadecimal or decimal digits,
tools leave out schemes or write HTML, and a document may name files beside itself. Nothing is opened here: the caller
tries the readings until one leads on.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from urllib.parse import urljoin

from nft.core.errors import CoreError
from nft.core.evm.token import substitute_decimal_id, substitute_id
from nft.core.tokens.data_uri import MAX_DATA_BYTES, parse_data_readings
from nft.core.tokens.uri import MAX_URI_CHARACTERS, NOT_A_URI, HttpUri, TokenUri, parse_token_uri

_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_PERCENT = re.compile("%")
_NO_DATA_SCHEME = re.compile(r"(?:application|image|text)/[a-z0-9.+-]+\s*[;,]", re.IGNORECASE)
_NO_WEB_SCHEME = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}(?::[0-9]{1,5})?/\S+", re.IGNORECASE)
_BASE = re.compile(r"(?P<root>(?:ipfs|ipns|ar)://[^/]+)/(?P<path>.+)")
_ESCAPED_DOCUMENT = ("%7b", "%3c")
_BASE64_OF_JSON = ("eyJ", "ewo", "eyA")
_BASE64_OF_SVG = ("PHN", "PD9")


def parse_readings(
    text: str, token_id: int, *, base: str = "", allow_http: bool = False, max_data_bytes: int = MAX_DATA_BYTES
) -> Iterator[TokenUri]:
    """Yield what `text` may stand for, without repeats, at least one. Raise the first reading's `CoreError`.

    `base`: the URI of the document that names it, beside which a text without a scheme may name a file.
    """
    seen: set[TokenUri] = set()
    failure: CoreError | None = None
    for written in dict.fromkeys((substitute_id(text, token_id), substitute_decimal_id(text, token_id))):
        for variant in _variants(written.strip("\0 \t\r\n"), base):
            try:
                for reading in _parse(variant, allow_http, max_data_bytes):
                    if reading not in seen:
                        seen.add(reading)
                        yield reading
            except CoreError as error:
                failure = failure or error
    if not seen and failure is not None:
        raise failure


def _parse(text: str, allow_http: bool, max_data_bytes: int) -> Iterator[TokenUri]:
    if text[:5].lower() == "data:":
        yield from parse_data_readings(text, max_data_bytes)
    else:
        yield parse_token_uri(text, allow_http=allow_http, max_data_bytes=max_data_bytes)


def _variants(text: str, base: str = "") -> Iterator[str]:
    """Yield `text` as it is, then what its author may have meant."""
    yield text
    if text[:5].lower() == "data:" or text[:1] in {"{", "[", "<"}:
        return
    if guess := _guess_document(text):
        yield guess
    if len(text) > MAX_URI_CHARACTERS or guess:
        return
    is_web = _is_web(text)
    marks, percent = ("#", _STRAY_PERCENT) if is_web else ("#?", _PERCENT)
    yield _escape_marks(text, marks)
    yield _escape_marks(percent.sub("%25", text), marks)
    if "&amp;" in text:
        yield html.unescape(text)
    if "\\" in text:
        yield text.replace("\\", "/")
    if _NO_WEB_SCHEME.fullmatch(text):
        yield f"https://{text}"
    if base and _is_relative(text) and (whole := _resolve(text, base)):
        yield from _variants(whole)


def _is_relative(text: str) -> bool:
    """Return whether it may name a file beside the document that names it: a path, or a name with an extension."""
    try:
        parse_token_uri(text)
    except CoreError as error:
        return error.is_a(NOT_A_URI) and ("/" in text or "." in text)
    return False


def _resolve(text: str, base: str) -> str:
    """Return a relative path as a URI, "" if `base` names no place with files beside it (RFC 3986, 5.2).

    A path that leads out of a CID keeps its dots, and is refused for them.
    """
    if base.startswith(("http:", "https:")):
        return urljoin(base, text)
    match = _BASE.fullmatch(base)
    if match is None:
        return ""
    folder = [] if text.startswith("/") else match["path"].split("/")[:-1]
    for name in text.split("/"):
        if name == ".." and folder:
            folder.pop()
        elif name not in ("", "."):
            folder.append(name)
    return "/".join((match["root"], *folder))


def _guess_document(text: str) -> str:
    """Return the `data:` URI of a document without its scheme, "" for anything else."""
    if _NO_DATA_SCHEME.match(text):
        return f"data:{text}"
    if text[:3].lower() in _ESCAPED_DOCUMENT:
        return f"data:{'application/json' if text[1] == '7' else 'image/svg+xml'},{text}"
    if text.startswith(_BASE64_OF_JSON):
        return f"data:application/json;base64,{text}"
    if text.startswith(_BASE64_OF_SVG):
        return f"data:image/svg+xml;base64,{text}"
    return ""


def _is_web(text: str) -> bool:
    """Return whether it is a web address, of which the query is a part."""
    try:
        return isinstance(parse_token_uri(text, allow_http=True), HttpUri)
    except CoreError:
        return False


def _escape_marks(text: str, marks: str) -> str:
    for mark in marks:
        text = text.replace(mark, f"%{ord(mark):02X}")
    return text
