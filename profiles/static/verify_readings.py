"""What a token's URI may stand for: every reading that a site may have followed, and what proves it.

A `#`, `?` or `%` may be syntax or part of a file's name, `{id}` may stand for hexadecimal or decimal digits, and tools
leave out schemes or write HTML. Whatever reading a receipt names, it must be one of these.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import SplitResult, parse_qs, quote, unquote, urljoin, urlsplit

import verify_car
from verify_inline import documents_of

BLANKS = "\0 \t\r\n"
MOST_CHARACTERS = 2048
# Receipts write at most so much of a URI, with an ellipsis in place of the rest.
SHOWN = 500
CUT = SHOWN - 1
ID = re.compile(r"\{id\}|%7[Bb]id%7[Dd]")
IPFS = re.compile(r"(?:(?:ipfs|dweb):/*|/)(?:ipfs/+)*(?P<rest>.+)", re.IGNORECASE | re.DOTALL)
IPNS = re.compile(r"(?:ipns:/*|ipfs:/*ipns/|dweb:/*ipns/|/ipns/)(?P<name>[^/]+)(?P<path>/.*)?", re.IGNORECASE)
ARWEAVE = re.compile(r"ar(?:weave)?:/*(?P<id>[A-Za-z0-9_-]{43})(?P<path>/.*)?", re.IGNORECASE)
ARWEAVE_HOSTS = ("arweave.net", "www.arweave.net")
SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
DNS_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?")
BARE_GATEWAY = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}/ip[fn]s/.+", re.IGNORECASE)
BARE_HOST = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}(?::[0-9]{1,5})?/\S+", re.IGNORECASE)
BARE_DATA = re.compile(r"(?:application|image|text)/[a-z0-9.+-]+\s*[;,]", re.IGNORECASE)
BASE = re.compile(r"((?:ipfs|ipns|ar)://[^/]+)/(.+)")
# Control and noncharacters, halves of surrogate pairs, and what turns the direction of text.
NOT_IN_A_URI = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)
RPC_READS = ("/api/v0/cat", "/api/v0/block/get")
STRENGTH = ["mutable", "cid", "inline"]


class Reading(NamedTuple):
    """Where a URI leads. `key` is equal for all URIs of the same file, `shown` is how a receipt writes it.

    `cid` and `path` are those of a file on IPFS; `data` is a document within the URI itself.
    """

    proof: str
    key: tuple[Any, ...]
    shown: str
    cid: Any = None
    cid_text: str = ""
    path: str = ""
    data: bytes = b""

    def is_meant_by(self, kept: str) -> bool:
        """Return whether `kept`, as a receipt writes it, stands for this reading."""
        if self.data or kept[:5].lower() == "data:":
            return kept == self.shown
        if len(kept) < SHOWN:
            return any(self.key == other.key for other in read(kept))
        if self.cid is None:
            return self.shown.startswith(kept[:CUT])
        root, _, rest = kept[:CUT].partition("://")[2].partition("/")
        return parse_cid(root) == self.cid and quote(self.path).startswith(rest)


def readings_of(text: str, token_id: int, base: str = "") -> list[Reading]:
    """Return all readings of `text`, the likeliest first. `base` is the URI of the document that names it."""
    found: dict[tuple[Any, ...], Reading] = {}
    for digits in (f"{token_id:064x}", str(token_id)):
        for variant in variants(ID.sub(digits, text).strip(BLANKS), base):
            for reading in read(variant):
                found.setdefault((reading.key, reading.data), reading)
    return list(found.values())


def variants(text: str, base: str = "") -> Iterator[str]:
    """Yield `text` as it is, then what its author may have meant."""
    yield text
    if text[:5].lower() == "data:" or text[:1] in ("{", "[", "<"):
        return
    guess = guess_document(text)
    if guess or len(text) > MOST_CHARACTERS:
        yield from filter(None, [guess])
        return
    is_web = any(reading.key[0] == "uri" for reading in read(text))
    for literal in (text, re.sub("%(?![0-9A-Fa-f]{2})" if is_web else "%", "%25", text)):
        marked = literal.replace("#", "%23")
        yield marked if is_web else marked.replace("?", "%3F")
    if "&amp;" in text:
        yield html.unescape(text)
    if "\\" in text:
        yield text.replace("\\", "/")
    if BARE_HOST.fullmatch(text):
        yield f"https://{text}"
    if base and is_relative(text):
        yield from filter(None, variants(resolve(text, base)))


def guess_document(text: str) -> str:
    """Return the data: URI of a document that lacks its scheme, or empty."""
    if BARE_DATA.match(text):
        return f"data:{text}"
    if text[:3].lower() in ("%7b", "%3c"):
        return f"data:{'application/json' if text[1] == '7' else 'image/svg+xml'},{text}"
    if text.startswith(("eyJ", "ewo", "eyA")):
        return f"data:application/json;base64,{text}"
    return f"data:image/svg+xml;base64,{text}" if text.startswith(("PHN", "PD9")) else ""


def is_relative(text: str) -> bool:
    """Return whether it may name a file beside the document that names it: a path, or a name with an extension."""
    text = unquoted(text)
    begins = SCHEME.match(text) or text.lower().startswith(("//", "/ipfs/", "ipfs/", "/ipns/"))
    is_named = begins or BARE_GATEWAY.fullmatch(text) or parse_cid(without_query(text).partition("/")[0])
    return not (is_named or NOT_IN_A_URI.search(text)) and ("/" in text or "." in text)


def resolve(text: str, base: str) -> str:
    """Return the URI of a file beside `base`. A path that leads out of a CID keeps its dots, and is not read."""
    if base.startswith(("http:", "https:")):
        return urljoin(base, text)
    match = BASE.fullmatch(base)
    if match is None:
        return ""
    folder = [] if text.startswith("/") else match[2].split("/")[:-1]
    for name in text.split("/"):
        if name == ".." and folder:
            folder.pop()
        elif name not in ("", "."):
            folder.append(name)
    return "/".join((match[1], *folder))


def read(text: str) -> list[Reading]:
    """Read a URI at its letter. Several documents may be meant by one data: URI, none by what is no URI."""
    text = unquoted(text.strip(BLANKS))
    if text[:5].lower() == "data:" or text[:1] in ("{", "[", "<"):
        found = documents_of(text)
        return [Reading("inline", ("data", kind), f"data:{kind}", data=data) for kind, data in found]
    if not text or len(text) > MOST_CHARACTERS or NOT_IN_A_URI.search(text):
        return []
    if text.startswith("//"):
        text = "https:" + text
    elif BARE_GATEWAY.fullmatch(text):
        text = "https://" + text
    elif text[:11].lower() == "ipfs://http":
        text = text[7:]
    try:
        place = place_of(text)
    except ValueError:  # a port that is none, or a path that is not UTF-8
        place = None
    return [] if place is None else [place]


def unquoted(text: str) -> str:
    return text[1:-1] if text[:1] == text[-1:] == '"' else text


def place_of(text: str) -> Reading | None:
    match = IPNS.fullmatch(text)
    if match:
        return on_ipns(without_query(match["name"]), without_query(match["path"] or ""))
    found = SCHEME.match(text)
    scheme = found[1].lower() if found else ""
    if scheme in ("ipfs", "dweb") or (not scheme and text.lower().startswith(("/ipfs/", "ipfs/"))):
        match = IPFS.fullmatch(text if scheme or text.startswith("/") else f"/{text}")
        return cid_and_path(match["rest"]) if match else None
    if scheme in ("ar", "arweave"):
        match = ARWEAVE.fullmatch(without_query(text))
        return on_arweave(match["id"], match["path"] or "") if match else None
    if scheme in ("http", "https"):
        return on_web(text)
    return None if scheme else cid_and_path(text)


def cid_and_path(text: str) -> Reading | None:
    name, _, path = without_query(text).partition("/")
    return on_ipfs(name, path)


def on_ipfs(cid_text: str, path: str) -> Reading | None:
    cid, names = parse_cid(cid_text), names_in(path)
    if cid is None or names is None:
        return None
    shown = "/".join((f"ipfs://{cid_text}", *map(quote, names)))
    return Reading("cid", ("ipfs", cid, *names), shown, cid, cid_text, "/".join(names))


def on_ipns(name: str, path: str) -> Reading | None:
    names = names_in(path)
    if names is None or not DNS_NAME.fullmatch(name):
        return None
    return Reading("mutable", ("ipns", name, *names), "/".join((f"ipns://{name}", *map(quote, names))))


def on_arweave(transaction: str, path: str) -> Reading | None:
    names = names_in(path)
    if names is None:
        return None
    return Reading("mutable", ("ar", transaction, *names), "/".join((f"ar://{transaction}", *map(quote, names))))


def on_web(text: str) -> Reading | None:
    parts = urlsplit(text)
    host = parts.hostname or ""
    if parts.port is not None and not host:
        return None
    on_gateway, found = behind_gateway(parts, host)
    if on_gateway:
        return found
    url = quote(text.partition("#")[0], safe="%/:=&?~+!$,;'@()*[]")
    is_safe = host and not any(each in parts.netloc for each in "@\\ ")
    return Reading("mutable", ("uri", url), url) if is_safe else None


def behind_gateway(parts: SplitResult, host: str) -> tuple[bool, Reading | None]:
    """Return whether the address is that of a gateway, and the file that it stands for."""
    label, _, rest = host.partition(".")
    if rest.startswith("ipfs."):
        for cid_text in (label, parts.netloc.rpartition("@")[2].partition(".")[0]):
            if parse_cid(cid_text):
                return True, on_ipfs(cid_text, parts.path)
    if rest.startswith("ipns.") and DNS_NAME.fullmatch(label):
        return True, on_ipns(label.replace("--", "\0").replace("-", ".").replace("\0", "-"), parts.path)
    match = ARWEAVE.fullmatch(f"ar:{parts.path}") if host in ARWEAVE_HOSTS else None
    if match:
        return True, on_arweave(match["id"], match["path"] or "")
    place = parts.path
    if place in RPC_READS:
        place = unquote(parse_qs(parts.query).get("arg", [""])[0])
        place = place if place.startswith("/") else f"/ipfs/{place}"
    root, _, below = (place.removeprefix("/")).partition("/")
    while root in ("ipfs", "ipns") and below.startswith(("ipfs/", "ipns/")):
        root, _, below = below.partition("/")
    name, _, path = below.partition("/")
    if root == "ipfs" and parse_cid(name):
        return True, on_ipfs(name, path)
    is_name = root == "ipns" and DNS_NAME.fullmatch(name) is not None
    return is_name, on_ipns(name, path) if is_name else None


def parse_cid(text: str) -> Any:
    """Return the CID, None for what is none."""
    try:
        return verify_car.parse_cid(text)
    except verify_car.Unproved:
        return None


def without_query(text: str) -> str:
    return text.partition("#")[0].partition("?")[0]


def names_in(path: str) -> list[str] | None:
    """Return the names of a path, None if it leads out of its root. Raise ValueError if it is not UTF-8."""
    decoded = unquote(path, errors="strict")
    names = [name for name in decoded.split("/") if name]
    return None if NOT_IN_A_URI.search(decoded) or not {".", ".."}.isdisjoint(names) else names
