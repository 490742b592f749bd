"""The way from a token to its metadata and its picture, proved by the bytes themselves."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, TypeVar
from urllib.parse import quote

import verify_car
from verify_inline import is_picture, read_document, sources_of
from verify_node import Node, check_standard, is_same_name, without_node
from verify_readings import STRENGTH, Reading, readings_of
from verify_web import FILE_BYTES, FILE_SECONDS, Web
from verify_words import Json, Open, Wrong, q

TOKEN_URI, URI = "c87b56dd", "0e89341c"
Item, Outcome = TypeVar("Item"), TypeVar("Outcome")


class Files:
    """The files that token URIs name, if they can be proved: CIDs by their blocks, data: URIs by themselves."""

    def __init__(self, web: Web, gateways: Sequence[str]) -> None:
        self.web, self.gateways = web, gateways
        self.known: dict[tuple[object, ...], bytes] = {}

    def read(self, reading: Reading) -> bytes:
        if reading.proof == "inline":
            return reading.data
        if reading.proof != "cid":
            raise Open(f"{q(reading.shown)} can be changed by whoever runs it: there is nothing to prove it by.")
        if reading.key not in self.known:
            self.known[reading.key] = self.from_gateways(reading)
        return self.known[reading.key]

    def from_gateways(self, reading: Reading) -> bytes:
        if not self.gateways:
            raise Open("No gateway was named: --gateway https://...")
        trouble = Open("No gateway answered.")
        path = f"/{quote(reading.path)}" if reading.path else ""
        for gateway in self.gateways:
            address = f"{gateway.rstrip('/')}/ipfs/{reading.cid_text}{path}?format=car&dag-scope=entity"
            accept = "application/vnd.ipld.car"
            try:
                archive = self.web.fetch(address, FILE_BYTES, accept=accept, seconds=FILE_SECONDS)
                content: bytes = verify_car.prove_file(archive, reading.cid, reading.path)[0]
            except Open as error:
                trouble = error
            except verify_car.Unproved as error:  # the gateway's fault, which says nothing against the receipt
                trouble = Open(f"What {q(gateway)} sent does not prove {q(reading.cid_text)}: {q(error, 200)}")
            else:
                return content
        raise trouble


class Found(NamedTuple):
    """A reading, and what it leads to."""

    reading: Reading
    content: bytes


def all_that_hold(items: Iterable[Item], check: Callable[[Item], Outcome]) -> Iterator[Outcome]:
    """Yield what `check` says of each item that it holds for. If there is none, raise `Open` rather than `Wrong`."""
    trouble: Open | Wrong | None = None
    holds = False
    for item in items:
        try:
            outcome = check(item)
        except (Open, Wrong) as error:
            trouble = error if trouble is None or isinstance(error, Open) else trouble
        else:
            holds = True
            yield outcome
    if trouble is not None and not holds:
        raise trouble


class Way:
    """The way from the token to its metadata and its picture. Each step needs the one before.

    Several readings may be the one that the receipt names: it is proved if one of them leads to its picture.
    """

    def __init__(self, node: Node | None, files: Files, facts: Json) -> None:
        self.node, self.files, self.facts = node, files, facts
        self.token_id = int(facts["token_id"])
        self.uris: list[Reading] = []
        self.documents: list[Found] = []

    def check_uri(self) -> str:
        if self.node is None:
            raise without_node()
        check_standard(self.facts, "uri_call", "uri")
        kept, answer = self.facts["token_uri"], self.ask_uri(self.node)
        self.uris = [one for one in readings_of(answer, self.token_id) if one.is_meant_by(kept)]
        if not self.uris:
            raise Wrong(f"At that block the token names {q(answer)}, not {q(kept)}.")
        return f"the token names {q(kept)}"

    def ask_uri(self, node: Node) -> str:
        """Return the URI by the token's standard, or else by the other one, as some contracts have it."""
        selectors = (URI, TOKEN_URI) if self.facts["standard"] == "erc1155" else (TOKEN_URI, URI)
        return node.first_text(self.facts["contract"], selectors, self.token_id)

    def check_metadata(self) -> str:
        if not self.uris:
            raise Open("Which metadata the token names is not known.")
        self.check_strength(self.uris[0])
        self.documents = list(all_that_hold(self.uris, self.read_each))
        return f"{len(self.documents[0].content):,} bytes of metadata match what the token names"

    def read_each(self, reading: Reading) -> Found:
        return Found(reading, self.files.read(reading))

    def check_strength(self, *readings: Reading) -> None:
        """Raise `Wrong` if the receipt claims more than the weakest of the two places can prove.

        Of the metadata's place alone only the upper bound is known.
        """
        weakest = min((reading.proof for reading in readings), key=STRENGTH.index)
        claimed = self.facts["proof"]
        if STRENGTH.index(claimed) > STRENGTH.index(weakest) or (len(readings) > 1 and claimed != weakest):
            raise Wrong(f"The receipt says of it: {claimed}. But {q(readings[-1].shown)} is: {weakest}.")

    def check_picture(self) -> str:
        if not self.documents:
            raise Open("There is no proved metadata to find it by.")
        return next(all_that_hold(self.documents, self.check_document))

    def check_document(self, found: Found) -> str:
        document = read_document(found.content)
        if document is not None:
            return self.check_named(document, found.reading)
        if not is_picture(found.content) or not found.reading.is_meant_by(self.facts["image_uri"]):
            raise Wrong("What the token names is no metadata, and not the picture that the receipt names.")
        if self.facts["token_name"]:
            raise Wrong("The token has no metadata, so it has no name.")
        self.check_strength(found.reading, found.reading)
        return self.check_bytes(found.content)

    def check_named(self, document: Json, uri: Reading) -> str:
        name, title = document.get("name"), self.facts["token_name"]
        if title and not (isinstance(name, str) and is_same_name(name, title)):
            raise Wrong(f"The metadata calls the token {q(name)}, not {q(title)}.")
        kept, sources = self.facts["image_uri"], sources_of(document)
        named = [reading for source in sources for reading in readings_of(source, self.token_id, uri.shown)]
        matching = [reading for reading in named if reading.is_meant_by(kept)]
        if not matching:
            raise Wrong(f"The metadata names {q(', '.join(sources) or 'no picture')}, not {q(kept)}.")
        self.check_strength(uri, matching[0])
        return next(all_that_hold(matching, lambda reading: self.check_bytes(self.files.read(reading))))

    def check_bytes(self, content: bytes) -> str:
        found = hashlib.sha256(content).hexdigest()
        if found != self.facts["sha256"]:
            raise Wrong(f"The picture has SHA-256 {found}, the receipt says {self.facts['sha256']}.")
        return f"the original picture has SHA-256 {found}"
