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
        return body
    digits = re.sub(rb"\s+", b"", body).translate(bytes.maketrans(b"-_", b"+/")).rstrip(b"=")
    try:
        return base64.b64decode(digits + b"=" * (-len(digits) % 4), validate=True)
    except ValueError as error:
        raise Wrong("A data: URI says base64, but its data is not.") from error


def pictures_of(document: Json, token_id: int) -> list[str]:
    """Return the URIs of the picture in all the forms that collections use, or else of the animation."""
    keys = ("image", "image_url", "imageUrl", "image_uri", "imageURI")
    stills = [*(document.get(key) for key in keys), first_in(document.get("properties"), ("image",))]
    still = next(filter(None, (text_in(value) for value in stills)), "")
    named = [text for text in (still, text_in(document.get("image_data"))) if text]
    found = named or [text_in(document.get("animation_url"))]
    return [uri.replace("{id}", f"{token_id:064x}") for uri in found if uri]


def text_in(value: object) -> str:
    text = value if isinstance(value, str) else first_in(value, ("url", "uri", "src", "description"))
    return text.strip() if isinstance(text, str) else ""


def first_in(value: object, keys: Sequence[str]) -> object:
    if isinstance(value, list):
        return value[0] if value else None
    return next((value[key] for key in keys if key in value), None) if isinstance(value, dict) else None


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
        uri = self.ask_uri(token_id).strip().replace("{id}", f"{token_id:064x}")
        if not self.files.is_same(uri, self.facts["token_uri"]):
            raise Wrong(f"At that block the token names {q(uri)}, not {q(self.facts['token_uri'])}.")
        self.uri = uri
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
        name, kept = document.get("name"), self.facts["token_name"]
        if kept and not (isinstance(name, str) and is_same_name(name, kept)):
            raise Wrong(f"The metadata calls the token {q(name)}, not {q(kept)}.")
        named = pictures_of(document, int(self.facts["token_id"]))
        matching = [uri for uri in named if self.files.is_same(uri, self.facts["image_uri"])]
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
