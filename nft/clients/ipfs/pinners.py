"""Services that keep our files on IPFS besides our own store: Kubo's RPC, and the Pinning Service API.

The CID is computed by us before they are asked; a pinner that answers with another one is refused. A refusal names the
pinner's reason and never its URL, which may hold a key.
(https://docs.ipfs.tech/reference/kubo/rpc/, https://ipfs.github.io/pinning-services-api-spec/)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote

import requests

from nft.clients.transport.connections import Transport
from nft.clients.transport.deadline import Deadline
from nft.clients.transport.errors import FetchError
from nft.core.buffers import Bytes
from nft.core.errors import InvalidIdentifier
from nft.core.ipfs.car import build_car
from nft.core.ipfs.cid import Cid, parse_cid
from nft.core.json import Json
from nft.settings import conf
from profiles.errors import Kind

PIN_REFUSED = Kind("pin-refused", "The file can't be pinned", 502)
PINNER_UNAVAILABLE = Kind("pinner-unavailable", "The pinner can't be used now", 503, permanent=False)
SECONDS = 60.0
MAX_ANSWER = 1024 * 1024
Files = Mapping[str, tuple[str, bytes, str]]
"""Name of the form's field, to the file's name, content and type."""


@dataclass(frozen=True)
class File:
    root: Cid
    blocks: Mapping[Cid, Bytes]
    name: str = ""


@dataclass(frozen=True)
class PinStatus:
    """Whether a pinner holds a file. `reference` is its own name of our request, if it has any."""

    is_held: bool
    reference: str = ""


class Pinner(Protocol):
    @property
    def name(self) -> str: ...

    def pin(self, file: File) -> PinStatus:
        """Ask to pin the file; idempotent. Raises FetchError."""

    def check(self, root: Cid, reference: str) -> PinStatus:
        """Return the status now. Raises FetchError, a permanent one where the pinner gave up."""

    def check_access(self) -> None:
        """Raise FetchError unless the pinner answers and accepts our token. Pins nothing."""


@dataclass(frozen=True)
class KuboPinner:
    """A node with Kubo's RPC: it gets the blocks from us and pins the root."""

    name: str
    url: str
    token: str = ""

    def pin(self, file: File) -> PinStatus:
        archive = {"file": ("file.car", build_car(file.root, file.blocks), "application/vnd.ipld.car")}
        answer = self._ask("dag/import?pin-roots=true&cid-base=base32", archive)
        roots = [root for one in answer.documents() if isinstance(root := one.get("Root"), Mapping)]
        if not answer.is_success or len(roots) != 1:
            raise FetchError(f"The node took no file (status {answer.status}).", PINNER_UNAVAILABLE)
        cid = roots[0].get("Cid")
        _check_same(file.root, cid.get("/") if isinstance(cid, Mapping) else None)
        if roots[0].get("PinErrorMsg"):
            raise FetchError("The node took the file and could not pin it.", PINNER_UNAVAILABLE)
        return self.check(file.root, "")

    def check(self, root: Cid, reference: str) -> PinStatus:
        answer = self._ask(f"pin/ls?type=recursive&arg={quote(str(root))}")
        if answer.status == 500:  # what Kubo answers if it is not pinned
            return PinStatus(is_held=False)
        if not answer.is_success:
            raise FetchError(f"The node does not tell what it holds (status {answer.status}).", PINNER_UNAVAILABLE)
        named = {text for one in answer.documents() for text in _pins_of(one)}
        return PinStatus(is_held=any(_is_same(root, text) for text in named))

    def check_access(self) -> None:
        _check_success(self._ask("version"))

    def _ask(self, call: str, files: Files | None = None) -> Answer:
        return _ask(requests.Request("POST", f"{self.url}/api/v0/{call}", files=files), self.token)


@dataclass(frozen=True)
class PinningService:
    """A service that gets a CID from us and fetches the file over IPFS by itself."""

    name: str
    url: str
    token: str = ""

    def pin(self, file: File) -> PinStatus:
        order = {"cid": str(file.root), "name": file.name[:255]}
        return self._parse(file.root, _ask(requests.Request("POST", f"{self.url}/pins", json=order), self.token))

    def check(self, root: Cid, reference: str) -> PinStatus:
        if not reference:
            return PinStatus(is_held=False)
        request = requests.Request("GET", f"{self.url}/pins/{quote(reference, safe='')}")
        return self._parse(root, _ask(request, self.token))

    def check_access(self) -> None:
        _check_success(_ask(requests.Request("GET", f"{self.url}/pins?limit=1"), self.token))

    def _parse(self, root: Cid, answer: Answer) -> PinStatus:
        if answer.status == 404:  # it no longer knows our request: a new one is due
            return PinStatus(is_held=False)
        if not answer.is_success:
            refuses = 400 <= answer.status < 500 and answer.status != 429
            kind = PIN_REFUSED if refuses else PINNER_UNAVAILABLE
            raise FetchError(f"The service took no order (status {answer.status}).", kind)
        found = answer.documents()[0]
        pin, reference, status = found.get("pin"), found.get("requestid"), found.get("status")
        if not isinstance(pin, dict) or not isinstance(reference, str) or len(reference) > 255:
            raise FetchError("The service answered with something of the wrong shape.", PINNER_UNAVAILABLE)
        _check_same(root, pin.get("cid"))
        if status == "failed":
            raise FetchError("The service could not get the file.", PINNER_UNAVAILABLE)
        return PinStatus(status == "pinned", reference)


def get_pinners() -> list[Pinner]:
    """Return the pinners of NFT_PINNERS, in order."""
    return [
        (KuboPinner if one.kind == "kubo" else PinningService)(one.name, one.url.rstrip("/"), one.token)
        for one in conf().pinners
    ]


def _pins_of(answer: Mapping[str, Json]) -> list[str]:
    keys = answer.get("Keys")
    streamed = answer.get("Cid")  # from js-ipfs, and from Kubo with stream=true
    return [*(keys if isinstance(keys, dict) else []), *([streamed] if isinstance(streamed, str) else [])]


def _check_success(answer: Answer) -> None:
    if not answer.is_success:
        raise FetchError(f"The pinner answers with status {answer.status}.", PINNER_UNAVAILABLE)


def _check_same(root: Cid, named: object) -> None:
    if not _is_same(root, named):
        raise FetchError("The pinner answered with another CID than the file's.", PIN_REFUSED)


def _is_same(root: Cid, named: object) -> bool:
    try:
        return isinstance(named, str) and parse_cid(named) == root
    except InvalidIdentifier:
        return False


@dataclass(frozen=True)
class Answer:
    status: int
    content: bytes

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    def documents(self) -> list[Mapping[str, Json]]:
        """Return the JSON objects, one a line or one in all. Raises FetchError."""
        try:
            found = [json.loads(line) for line in self.content.decode().splitlines() if line.strip()]
        except (ValueError, RecursionError):
            found = [self._document()]
        if not all(isinstance(one, dict) for one in found):
            raise FetchError("The pinner answered with something of the wrong shape.", PINNER_UNAVAILABLE)
        return found

    def _document(self) -> object:
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError) as error:
            raise FetchError("The pinner answered with something that is no JSON.", PINNER_UNAVAILABLE) from error


def _ask(request: requests.Request, token: str) -> Answer:
    """Send a request, with `token` in its Authorization header: one without a scheme as a Bearer token.

    Raises FetchError.
    """
    request.headers = {"Accept-Encoding": "identity", "User-Agent": "avatarsite"}
    if token:
        request.headers["Authorization"] = token if " " in token else f"Bearer {token}"
    try:
        with Deadline(SECONDS) as deadline, closing(Transport().send(request, deadline)) as response:
            answer = Answer(response.status, b"".join(response.body(MAX_ANSWER)))
    except FetchError as error:
        raise FetchError("The pinner can't be reached right now.", PINNER_UNAVAILABLE) from error
    if answer.status in {401, 403}:
        raise FetchError("The pinner does not accept our token.", PIN_REFUSED)
    return answer
