"""The way from a token to its metadata and its picture, proved by the bytes themselves."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import quote, unquote, unquote_to_bytes

import verify_car
from verify_node import Node, check_standard, is_same_name, without_node
from verify_web import FILE_BYTES, FILE_SECONDS, Web
from verify_words import Json, Open, Wrong, q, read_loose_json

TOKEN_URI, URI = "c87b56dd", "0e89341c"
PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"<svg", b"<?xml", b"\0\0\0")
IPFS = re.compile(r"(?:(?:ipfs|dweb):/*|/?)(?:ipfs/+)*(?P<cid>[A-Za-z0-9]+)(?P<path>/.*)?", re.IGNORECASE | re.DOTALL)
GATEWAY = re.compile(
    r"(?:(?:https?:)?//)?(?:(?P<label>[A-Za-z0-9]+)\.ipfs\.[^/]+|[^/:]+(?::[0-9]+)?/(?:ipfs/+)+(?P<cid>[A-Za-z0-9]+))"
    r"(?P<path>/.*)?",
    re.IGNORECASE | re.DOTALL,
)
DATA = re.compile(
    r"data:\s*(?P<type>[a-z0-9.+-]+/[a-z0-9.+-]+)?"
    r"(?P<more>(?:;\s*(?:base64|utf-?8|ascii|[a-z0-9_-]+=\"?[a-z0-9._-]*\"?))*)\s*,?",
    re.IGNORECASE,
)
STRENGTH = ["mutable", "cid", "inline"]


class Place(NamedTuple):
    """Where a URI leads. `key` is equal for all URIs of the same file; `cid` and `path` are those of a file on IPFS."""

    proof: str
    key: tuple[Any, ...]
    cid: Any = None
    cid_text: str = ""
    path: str = ""


class Files:
    """The files that token URIs name, if they can be proved: CIDs by their blocks, data: URIs by themselves."""

    def __init__(self, web: Web, gateways: Sequence[str]) -> None:
        self.web, self.gateways = web, gateways

    def place(self, uri: str) -> Place:
        """Return where a URI leads. Raise `Wrong` if an IPFS path leads out of its CID."""
        uri = uri.strip("\0 \t\r\n")
        if uri[:5].lower() == "data:":
            match = DATA.match(uri)
            return Place("inline", ("data", ((match and match["type"]) or "text/plain").lower()))
        if uri[:1] in ("{", "<"):
            return Place("inline", ("data", "application/json" if uri[0] == "{" else "image/svg+xml"))
        return self.ipfs_place(uri) or Place(
            "mutable", ("uri", quote(uri.partition("#")[0], safe="%/:=&?~+!$,;'@()*[]"))
        )

    def ipfs_place(self, uri: str) -> Place | None:
        text = re.sub("^ipfs://(?=https?:)", "", uri, flags=re.IGNORECASE).partition("#")[0].partition("?")[0]
        match = IPFS.fullmatch(text) or GATEWAY.fullmatch(text)
        if not match:
            return None
        label = match.groupdict().get("label") or match["cid"]
        names = [name for name in unquote(match["path"] or "").split("/") if name]
        try:
            cid = verify_car.parse_cid(label)
        except verify_car.Unproved:
            return None
        if not {".", ".."}.isdisjoint(names):
            raise Wrong(f"{q(uri)} leads out of its CID.")
        return Place("cid", ("ipfs", cid, *names), cid, label, "/".join(names))

    def is_same(self, uri: str, kept: str) -> bool:
        """Return whether `kept`, as the receipt writes it, stands for `uri`. Receipts cut URIs at 500 characters."""
        return any(self.is_meant(reading, kept) for reading in readings_of(uri))

    def reading_of(self, uri: str, kept: str) -> str:
        """Return the reading of `uri` that `kept` stands for, `uri` itself if there is none."""
        return next((reading for reading in readings_of(uri) if self.is_meant(reading, kept)), uri)

    def is_meant(self, uri: str, kept: str) -> bool:
        if len(kept) >= 500:
            start = kept[:499]
            return uri.startswith(start) or str(self.place(uri).key[-1]).startswith(start)
        return self.place(uri).key == self.place(kept).key

    def read(self, uri: str) -> bytes:
        place = self.place(uri)
        if place.proof == "cid":
            return self.from_gateways(place)
        if place.proof == "inline":
            return read_inline(uri.strip("\0 \t\r\n"))
        raise Open(f"{q(uri)} can be changed by whoever runs that place: there is nothing to prove it by.")

    def from_gateways(self, place: Place) -> bytes:
        if not self.gateways:
            raise Open("No gateway was named: --gateway https://...")
        trouble = Open("No gateway answered.")
        path = f"/{quote(place.path)}" if place.path else ""
        for gateway in self.gateways:
            address = f"{gateway.rstrip('/')}/ipfs/{place.cid_text}{path}?format=car&dag-scope=entity"
            accept = "application/vnd.ipld.car"
            try:
                archive = self.web.fetch(address, FILE_BYTES, accept=accept, seconds=FILE_SECONDS)
                content: bytes = verify_car.prove_file(archive, place.cid, place.path)[0]
            except Open as error:
                trouble = error
            except verify_car.Unproved as error:  # the gateway's fault, which says nothing against the receipt
                trouble = Open(f"What {q(gateway)} sent does not prove {q(place.cid_text)}: {q(error, 200)}")
            else:
                return content
        raise trouble


def read_inline(uri: str) -> bytes:
    """Return the bytes of a data: URI, or of a document in place of one."""
    match = DATA.match(uri)
    if not match:
        return uri.encode("utf-8", "replace")
    body = unquote_to_bytes(uri[match.end() :].encode("utf-8", "replace"))
    if "base64" not in match["more"].lower() or body.lstrip()[:1] in (b"{", b"<"):
        return plain_text(uri[match.end() :], body)
    digits = re.sub(rb"\s+", b"", body).translate(bytes.maketrans(b"-_", b"+/")).rstrip(b"=")
    try:
        return base64.b64decode(digits + b"=" * (-len(digits) % 4), validate=True)
    except ValueError as error:
        raise Wrong("A data: URI says base64, but its data is not.") from error


def plain_text(written: str, decoded: bytes) -> bytes:
    """Return percent-encoded text; escapes that make no UTF-8 stand for themselves, as in `100%DeFi`."""
    try:
        decoded.decode()
    except UnicodeDecodeError:
        escapes = re.compile("(?:%[0-9A-Fa-f]{2})+")
        return escapes.sub(decode_ascii, written).encode("utf-8", "replace")
    return decoded


def decode_ascii(escapes: re.Match[str]) -> str:
    try:
        return unquote(escapes.group(), errors="strict")
    except UnicodeDecodeError:
        codes = escapes.group().split("%")[1:]
        return "".join(chr(int(code, 16)) if int(code, 16) < 128 else f"%{code}" for code in codes)


def readings_of(uri: str) -> list[str]:
    """Return `uri` in the ways that it may be meant: `#`, `?` and `%` may be part of a file's name."""
    if uri[:5].lower() == "data:" or uri[:1] in ("{", "<"):
        return [uri]
    is_web = uri.lower().startswith("http") and not GATEWAY.fullmatch(uri.partition("#")[0].partition("?")[0])
    marks = "#" if is_web else "#?"
    literal = uri if is_web else uri.replace("%", "%25")
    return [uri, *("".join(f"%{ord(one):02X}" if one in marks else one for one in text) for text in (uri, literal))]


def pictures_of(document: Json, token_id: int) -> list[str]:
    """Return all URIs that may lead to the picture, in all the forms that collections use, at most 8."""
    keys = ("image", "image_url", "imageUrl", "image_uri", "imageURI")
    properties = document.get("properties")
    inner = properties.get("image") if isinstance(properties, dict) else None
    values = [*(document.get(key) for key in keys), inner, document.get("image_data"), document.get("animation_url")]
    found = list(dict.fromkeys(text for value in values for text in texts_in(value)))[:8]
    return list(dict.fromkeys(with_id(uri, digits) for uri in found for digits in (f"{token_id:064x}", str(token_id))))


def with_id(uri: str, digits: str) -> str:
    return re.sub(r"\{id\}|%7[Bb]id%7[Dd]", digits, uri)


def texts_in(value: object) -> list[str]:
    """Return a text, the texts of a list, or what an object has under a key for it."""
    parts = value if isinstance(value, list) else [value]
    keys = ("url", "uri", "src", "description")
    found = [text for part in parts[:8] for text in (map(part.get, keys) if isinstance(part, dict) else (part,))]
    return [text.strip() for text in found if isinstance(text, str) and text.strip()]


class Way:
    """The way from the token to its metadata and its picture. Each step needs the one before."""

    def __init__(self, node: Node | None, files: Files, facts: Json) -> None:
        self.node, self.files, self.facts = node, files, facts
        self.uri = ""
        self.metadata = b""

    def check_uri(self) -> str:
        if self.node is None:
            raise without_node()
        check_standard(self.facts, "uri_call", "uri")
        token_id = int(self.facts["token_id"])
        kept, answer = self.facts["token_uri"], self.ask_uri(token_id).strip()
        uris = [with_id(answer, digits) for digits in (f"{token_id:064x}", str(token_id))]
        uri = next((one for one in uris if self.files.is_same(one, kept)), "")
        if not uri:
            raise Wrong(f"At that block the token names {q(uris[0])}, not {q(kept)}.")
        self.uri = self.files.reading_of(uri, kept)
        return f"the token names {q(self.facts['token_uri'])}"

    def ask_uri(self, token_id: int) -> str:
        """Return the URI by the token's standard, or else by the other one, as some contracts have it."""
        assert self.node is not None  # noqa: S101  # `check_uri` saw to it
        first, second = (URI, TOKEN_URI) if self.facts["standard"] == "erc1155" else (TOKEN_URI, URI)
        try:
            return self.node.text(self.facts["contract"], first, token_id)
        except Wrong:
            return self.node.text(self.facts["contract"], second, token_id)

    def check_metadata(self) -> str:
        if not self.uri:
            raise Open("Which metadata the token names is not known.")
        self.check_strength(self.uri)
        self.metadata = self.files.read(self.uri)
        return f"{len(self.metadata):,} bytes of metadata match what the token names"

    def check_strength(self, *uris: str) -> None:
        """Raise `Wrong` if the receipt claims more than the weakest of the two places can prove.

        Of the metadata's place alone only the upper bound is known.
        """
        weakest = min((self.files.place(uri).proof for uri in uris), key=STRENGTH.index)
        claimed = self.facts["proof"]
        if STRENGTH.index(claimed) > STRENGTH.index(weakest) or (len(uris) > 1 and claimed != weakest):
            raise Wrong(f"The receipt says of it: {claimed}. But {q(uris[-1])} is: {weakest}.")

    def check_picture(self) -> str:
        if not self.metadata:
            raise Open("There is no proved metadata to find it by.")
        try:
            document = read_loose_json(self.metadata)
        except ValueError:
            document = None
        if isinstance(document, dict):
            return self.check_named(document)
        if not self.metadata.lstrip().startswith(PICTURES) or not self.files.is_same(self.uri, self.facts["image_uri"]):
            raise Wrong("What the token names is no metadata, and not the picture that the receipt names.")
        if self.facts["token_name"]:
            raise Wrong("The token has no metadata, so it has no name.")
        self.check_strength(self.uri, self.uri)
        return self.check_bytes(self.metadata)

    def check_named(self, document: Json) -> str:
        name, title = document.get("name"), self.facts["token_name"]
        if title and not (isinstance(name, str) and is_same_name(name, title)):
            raise Wrong(f"The metadata calls the token {q(name)}, not {q(title)}.")
        named = pictures_of(document, int(self.facts["token_id"]))
        kept = self.facts["image_uri"]
        matching = [self.files.reading_of(uri, kept) for uri in named if self.files.is_same(uri, kept)]
        if not matching:
            raise Wrong(f"The metadata names {q(', '.join(named) or 'no picture')}, not {q(self.facts['image_uri'])}.")
        self.check_strength(self.uri, matching[0])
        contents = [self.files.read(uri) for uri in matching]
        return self.check_bytes(next((one for one in contents if self.is_original(one)), contents[0]))

    def is_original(self, content: bytes) -> bool:
        return hashlib.sha256(content).hexdigest() == self.facts["sha256"]

    def check_bytes(self, content: bytes) -> str:
        if not self.is_original(content):
            found = hashlib.sha256(content).hexdigest()
            raise Wrong(f"The picture has SHA-256 {found}, the receipt says {self.facts['sha256']}.")
        return f"the original picture has SHA-256 {self.facts['sha256']}"
