"""Requests to the pinners the operator configured: bounded answers, no redirects, no proxies of the environment."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests

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
