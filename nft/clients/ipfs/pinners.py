"""Those who keep our files on IPFS besides our own store: Kubo's RPC, and services with the Pinning Service API.

Whatever they answer, the CID is ours, computed before they were asked; a pinner that names another one is refused.
(https://docs.ipfs.tech/reference/kubo/rpc/, https://ipfs.github.io/pinning-services-api-spec/)
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

import requests

from nft.core.buffers import Bytes
from nft.core.errors import InvalidIdentifier
from nft.core.ipfs.car import build_car
from nft.core.ipfs.cid import Cid, parse_cid
from nft.settings import conf
from nft.settings.services import PinnerSettings

__all__ = ["File", "KuboPinner", "Pinner", "PinnerError", "PinningService", "Standing", "get_pinners"]


@dataclass(frozen=True)
class File:
    root: Cid
    blocks: Mapping[Cid, Bytes]
    name: str = ""


@dataclass(frozen=True)
class Standing:
    """How far a pinner is with a file. `reference` is its own name of the order, if it has any."""

    is_held: bool
    reference: str = ""


class Pinner(Protocol):
    @property
    def name(self) -> str: ...

    def pin(self, file: File) -> Standing:
        """Doing it twice is the same as once. Raises PinnerError."""

    def check(self, root: Cid, reference: str) -> Standing:
        """Raises PinnerError, a permanent one where the pinner gave up."""


@dataclass(frozen=True)
class KuboPinner:
    """A node with Kubo's RPC: it gets the blocks from us and pins the root."""

    name: str
    url: str
    token: str = ""

    def pin(self, file: File) -> Standing:
        archive = {"file": ("file.car", build_car(file.root, file.blocks), "application/vnd.ipld.car")}
        answer = self._ask("dag/import?pin-roots=true&cid-base=base32", files=archive)
        roots = [one["Root"] for one in answer.documents() if isinstance(one.get("Root"), dict)]
        if not answer.is_fine or len(roots) != 1:
            raise PinnerError(f"The node took no file (status {answer.status}).")
        _check_same(file.root, roots[0].get("Cid", {}).get("/"))
        if roots[0].get("PinErrorMsg"):
            raise PinnerError("The node took the file and could not pin it.")
        return self.check(file.root, "")

    def check(self, root: Cid, reference: str) -> Standing:
        answer = self._ask(f"pin/ls?type=recursive&arg={quote(str(root))}")
        if answer.status == 500:  # Kubo's way to say that it is not pinned
            return Standing(is_held=False)
        if not answer.is_fine:
            raise PinnerError(f"The node does not tell what it holds (status {answer.status}).")
        named = {text for one in answer.documents() for text in _pins_of(one)}
        return Standing(is_held=any(_is_same(root, text) for text in named))

    def _ask(self, call: str, **arguments: Any) -> Answer:
        answer = ask("POST", f"{self.url}/api/v0/{call}", self.token, **arguments)
        _check_allowed(answer)
        return answer


@dataclass(frozen=True)
class PinningService:
    """A service that is told a CID and fetches the file over IPFS by itself, from whoever has it."""

    name: str
    url: str
    token: str = ""

    def pin(self, file: File) -> Standing:
        order = {"cid": str(file.root), "name": file.name[:255]}
        return self._standing(file.root, ask("POST", f"{self.url}/pins", self.token, json=order))

    def check(self, root: Cid, reference: str) -> Standing:
        if not reference:
            return Standing(is_held=False)
        return self._standing(root, ask("GET", f"{self.url}/pins/{quote(reference, safe='')}", self.token))

    def _standing(self, root: Cid, answer: Answer) -> Standing:
        _check_allowed(answer)
        if answer.status == 404:  # it forgot the order: another one is due
            return Standing(is_held=False)
        if not answer.is_fine:
            refuses = 400 <= answer.status < 500 and answer.status != 429
            raise PinnerError(f"The service took no order (status {answer.status}).", permanent=refuses)
        found = answer.documents()[0]
        pin, reference, status = found.get("pin"), found.get("requestid"), found.get("status")
        if not isinstance(pin, dict) or not isinstance(reference, str) or len(reference) > 255:
            raise PinnerError("The service answered with something of the wrong shape.")
        _check_same(root, pin.get("cid"))
        if status == "failed":
            raise PinnerError("The service could not get the file.")
        return Standing(status == "pinned", reference)


def get_pinners() -> list[Pinner]:
    """Those of NFT_PINNERS, in order."""
    return [_make(one) for one in conf().pinners]


def _make(pinner: PinnerSettings) -> Pinner:
    kind = KuboPinner if pinner.kind == "kubo" else PinningService
    return kind(pinner.name, pinner.url.rstrip("/"), pinner.token)


def _pins_of(answer: dict[str, Any]) -> list[str]:
    keys = answer.get("Keys")
    streamed = answer.get("Cid")  # as js-ipfs says it, and Kubo with stream=true
    return [*(keys if isinstance(keys, dict) else []), *([streamed] if isinstance(streamed, str) else [])]


def _check_allowed(answer: Answer) -> None:
    if answer.status in {401, 403}:
        raise PinnerError("The pinner does not accept our token.", permanent=True)


def _check_same(root: Cid, named: object) -> None:
    if not _is_same(root, named):
        raise PinnerError("The pinner answered with another CID than the file's.", permanent=True)


def _is_same(root: Cid, named: object) -> bool:
    try:
        return isinstance(named, str) and parse_cid(named) == root
    except InvalidIdentifier:
        return False


# Requests to the pinners the operator configured: bounded answers, no redirects, no proxies of the environment.

CONNECT_SECONDS, SECONDS = 5.0, 60.0
MAX_ANSWER = 1024 * 1024
CHUNK = 16 * 1024


class PinnerError(Exception):
    """`permanent`: asking the same again is of no use."""

    def __init__(self, sentence: str, *, permanent: bool = False) -> None:
        super().__init__(sentence)
        self.permanent = permanent


@dataclass(frozen=True)
class Answer:
    status: int
    content: bytes

    @property
    def is_fine(self) -> bool:
        return 200 <= self.status < 300

    def documents(self) -> list[dict[str, Any]]:
        """The JSON objects, one a line or one in all. Raises PinnerError."""
        try:
            found = [json.loads(line) for line in self.content.decode().splitlines() if line.strip()]
        except (ValueError, RecursionError):
            found = [_whole(self.content)]
        if not all(isinstance(one, dict) for one in found):
            raise PinnerError("The pinner answered with something of the wrong shape.")
        return found


def ask(method: str, url: str, token: str = "", **arguments: Any) -> Answer:
    """`token` goes into the Authorization header: a bare one as a Bearer's. Raises PinnerError."""
    headers: Mapping[str, str] = {"Authorization": token if " " in token else f"Bearer {token}"} if token else {}
    try:
        with requests.Session() as session:
            session.trust_env = False
            response = session.request(
                method,
                url,
                headers=headers,
                timeout=(CONNECT_SECONDS, SECONDS),
                allow_redirects=False,
                stream=True,
                **arguments,
            )
            return Answer(response.status_code, _read(response))
    except (requests.RequestException, OSError) as error:
        raise PinnerError("The pinner can't be reached right now.") from error  # the URL may hold a key


def _read(response: requests.Response) -> bytes:
    ends_at, received = time.monotonic() + SECONDS, bytearray()
    for chunk in response.iter_content(CHUNK):
        received += chunk
        if len(received) > MAX_ANSWER or time.monotonic() > ends_at:
            raise PinnerError("The pinner's answer is too long or too slow.")
    return bytes(received)


def _whole(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise PinnerError("The pinner answered with something that is no JSON.") from error
