"""Services that keep our files on IPFS besides our own store: Kubo's RPC, and the Pinning Service API.

The CID is computed by us before they are asked; a pinner that answers with another one is refused. A refusal names the
pinner's reason and never its URL, which may hold a key.
(https://docs.ipfs.tech/reference/kubo/rpc/, https://ipfs.github.io/pinning-services-api-spec/)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar, cast
from urllib.parse import quote

import requests

from nft.clients.transport.connections import Transport
from nft.clients.transport.deadline import Deadline
from nft.clients.transport.errors import FetchError
from nft.clients.transport.guard import blaming
from nft.core.buffers import Bytes
from nft.core.errors import InvalidIdentifier
from nft.core.ipfs.car import build_car
from nft.core.ipfs.cid import Cid, parse_cid
from nft.core.json import Json
from nft.settings import conf
from profiles.errors import Kind
from profiles.sentences import gettext as _
from profiles.sentences import gettext_noop
from profiles.text import parse_json

PIN_REFUSED = Kind("pin-refused", gettext_noop("The file can't be pinned"), 502)
PINNER_UNAVAILABLE = Kind("pinner-unavailable", gettext_noop("The pinner can't be used now"), 503, permanent=False)
_WRONG_SHAPE = _("The pinner answered with something of the wrong shape.")
SECONDS = 60.0
MAX_ANSWER = 1024 * 1024
T = TypeVar("T")
Files = Mapping[str, tuple[str, bytes, str]]
"""Name of the form's field, to the file's name, content and type."""


class PinnerError(FetchError):
    """A pinner does not answer, or refuses."""

    kind = PINNER_UNAVAILABLE


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
        """Ask to pin the file; idempotent. Raises PinnerError."""

    def check(self, root: Cid, reference: str) -> PinStatus:
        """Return the status now. Raises PinnerError, a permanent one where the pinner gave up."""

    def unpin(self, root: Cid, reference: str) -> None:
        """Ask to hold the file no longer; idempotent. Raises PinnerError."""

    def check_access(self) -> None:
        """Raise PinnerError unless the pinner answers and accepts our token. Pins nothing."""


@dataclass(frozen=True)
class KuboPinner:
    """A node with Kubo's RPC: it gets the blocks from us and pins the root."""

    name: str
    url: str
    token: str = ""

    def pin(self, file: File) -> PinStatus:
        archive = {"file": ("file.car", build_car(file.root, file.blocks), "application/vnd.ipld.car")}
        self._ask("dag/import?pin-roots=true&cid-base=base32", partial(_check_imported, file.root), archive)
        return self.check(file.root, "")

    def check(self, root: Cid, reference: str) -> PinStatus:
        return self._ask(f"pin/ls?type=recursive&arg={quote(str(root))}", partial(_parse_pins, root))

    def unpin(self, root: Cid, reference: str) -> None:
        if self.check(root, "").is_held:
            self._ask(f"pin/rm?arg={quote(str(root))}", _check_success)

    def check_access(self) -> None:
        self._ask("version", _check_success)

    def _ask(self, call: str, parse: Callable[[Answer], T], files: Files | None = None) -> T:
        return _ask(requests.Request("POST", f"{self.url}/api/v0/{call}", files=files), self.token, parse)


@dataclass(frozen=True)
class PinningService:
    """A service that gets a CID from us and fetches the file over IPFS by itself."""

    name: str
    url: str
    token: str = ""

    def pin(self, file: File) -> PinStatus:
        order = {"cid": str(file.root), "name": file.name[:255]}
        request = requests.Request("POST", f"{self.url}/pins", json=order)
        return _ask(request, self.token, partial(_parse_pin, file.root))

    def check(self, root: Cid, reference: str) -> PinStatus:
        if not reference:
            return PinStatus(is_held=False)
        request = requests.Request("GET", f"{self.url}/pins/{quote(reference, safe='')}")
        return _ask(request, self.token, partial(_parse_pin, root))

    def unpin(self, root: Cid, reference: str) -> None:
        if reference:
            request = requests.Request("DELETE", f"{self.url}/pins/{quote(reference, safe='')}")
            _ask(request, self.token, _check_gone)

    def check_access(self) -> None:
        _ask(requests.Request("GET", f"{self.url}/pins?limit=1"), self.token, _check_success)


def get_pinners() -> list[Pinner]:
    """Return the pinners of NFT_PINNERS, in order."""
    return [
        (KuboPinner if one.kind == "kubo" else PinningService)(one.name, one.url.rstrip("/"), one.token)
        for one in conf().pinners
    ]


def _check_imported(root: Cid, answer: Answer) -> None:
    """Raise PinnerError unless Kubo took the file and pinned its root."""
    roots = [found for one in answer.documents() if isinstance(found := one.get("Root"), Mapping)]
    if not answer.is_success or len(roots) != 1:
        raise PinnerError(_("The node took no file (status %(status)s).", status=answer.status))
    cid = roots[0].get("Cid")
    _check_same(root, cid.get("/") if isinstance(cid, Mapping) else None)
    if roots[0].get("PinErrorMsg"):
        raise PinnerError(_("The node took the file and could not pin it."))


def _parse_pins(root: Cid, answer: Answer) -> PinStatus:
    """Parse Kubo's list of pins."""
    if answer.status == 500:  # what Kubo answers if it is not pinned
        return PinStatus(is_held=False)
    if not answer.is_success:
        raise PinnerError(_("The node does not tell what it holds (status %(status)s).", status=answer.status))
    named = {text for one in answer.documents() for text in _pins_of(one)}
    return PinStatus(is_held=any(_is_same(root, text) for text in named))


def _parse_pin(root: Cid, answer: Answer) -> PinStatus:
    """Parse a pinning service's answer about one request."""
    if answer.status == 404:  # it no longer knows our request: a new one is due
        return PinStatus(is_held=False)
    if not answer.is_success:
        refuses = 400 <= answer.status < 500 and answer.status != 429
        kind = PIN_REFUSED if refuses else PINNER_UNAVAILABLE
        raise PinnerError(_("The service took no order (status %(status)s).", status=answer.status), kind)
    found = next(iter(answer.documents()), {})
    pin, reference, status = found.get("pin"), found.get("requestid"), found.get("status")
    if not isinstance(pin, dict) or not isinstance(reference, str) or len(reference) > 255:
        raise PinnerError(_WRONG_SHAPE)
    _check_same(root, pin.get("cid"))
    if status == "failed":
        raise PinnerError(_("The service could not get the file."))
    return PinStatus(status == "pinned", reference)


def _pins_of(answer: Mapping[str, Json]) -> list[str]:
    keys = answer.get("Keys")
    streamed = answer.get("Cid")  # from js-ipfs, and from Kubo with stream=true
    return [*(keys if isinstance(keys, dict) else []), *([streamed] if isinstance(streamed, str) else [])]


def _check_success(answer: Answer) -> None:
    if not answer.is_success:
        raise PinnerError(_("The pinner answers with status %(status)s.", status=answer.status))


def _check_gone(answer: Answer) -> None:
    if answer.status != 404:
        _check_success(answer)


def _check_same(root: Cid, named: object) -> None:
    if not _is_same(root, named):
        raise PinnerError(_("The pinner answered with another CID than the file's."), PIN_REFUSED)


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
        """Return the JSON objects, one a line or one in all. Raises PinnerError, and ValueError for no JSON."""
        try:
            found = [parse_json(line) for line in self.content.splitlines() if line.strip()]
        except ValueError:
            found = [parse_json(self.content)]
        if not all(isinstance(one, dict) for one in found):
            raise PinnerError(_WRONG_SHAPE)
        return cast("list[Mapping[str, Json]]", found)


def _ask(request: requests.Request, token: str, parse: Callable[[Answer], T]) -> T:
    """Send a request, with `token` in its Authorization header: one without a scheme as a Bearer token.

    Return what `parse` makes of the answer. Raises PinnerError.
    """
    request.headers = {"Accept-Encoding": "identity", "User-Agent": "avatarsite"}
    if token:
        request.headers["Authorization"] = token if " " in token else f"Bearer {token}"
    with blaming(lambda: PinnerError(_("The pinner can't be reached right now.")), passing=PinnerError):
        with Deadline(SECONDS) as deadline, closing(Transport().send(request, deadline)) as response:
            answer = Answer(response.status, b"".join(response.body(MAX_ANSWER)))
        if answer.status in {401, 403}:
            raise PinnerError(_("The pinner does not accept our token."), PIN_REFUSED)
        return parse(answer)
