"""A person with a wallet and without a browser, who uses the site over HTTP."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import uuid4

import requests
from eth_account import Account
from eth_account.messages import encode_defunct
from eth_account.signers.local import LocalAccount
from requests.adapters import HTTPAdapter

from bench.lanes import BenchError

CHAIN_ID = 31337
_TIMEOUT = 60


class _From(HTTPAdapter):
    """Connects from an address of this machine."""

    def __init__(self, address: str) -> None:
        self._address = address
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **more: Any) -> None:
        super().init_poolmanager(*arguments, source_address=(self._address, 0), **more)


def _ignore(_: requests.Response) -> None:
    """Observe nothing."""


@dataclass
class Visitor:
    """Every method raises BenchError if the site refuses the request. `site`: scheme, host and port.

    `address` is where the visitor connects from; the site counts tries by it. `observe` gets every response.
    """

    site: str
    account: LocalAccount = field(default_factory=Account.create)
    handle: str = "visitor"
    address: str = "127.0.0.1"
    observe: Callable[[requests.Response], None] = _ignore

    def __post_init__(self) -> None:
        self._session = requests.Session()
        self._session.mount("http://", _From(self.address))
        self._asked = count()

    def sign_in(self) -> None:
        """Sign in with the wallet (ERC-4361), which creates the user."""
        wanted = {"address": self.account.address, "chain_id": CHAIN_ID, "purpose": "sign_in"}
        text = self.post("/accounts/wallet/challenge/", json=wanted).json()["text"]
        signature = self.account.sign_message(encode_defunct(text=text)).signature.to_0x_hex()
        self.post("/accounts/wallet/verify/", json={"text": text, "signature": signature})

    def choose_handle(self) -> None:
        self.post("/settings/welcome/", data={"handle": self.handle})

    def upload(self, picture: bytes) -> None:
        self.post("/settings/picture/", files={"content": ("picture", picture, "application/octet-stream")})

    def mint(self, picture: bytes, name: str) -> None:
        """Ask for a token that the site pays for, and publish it."""
        offered = re.search(r'value="([0-9a-f-]{36})"[^>]*>[^<]*0x', self.get("/mint/").text)
        if offered is None:
            raise BenchError("The page of mints offers no account.")
        fields = {"name": name, "account": offered[1], "payer": "site", "key": str(uuid4())}
        made = self.post("/mint/", data=fields, files={"image": ("picture", picture, "application/octet-stream")})
        publish = made.headers["Location"] + "publish/"
        if publish in self.get(made.headers["Location"]).text:
            self.post(publish, data={"payer": "site"})

    def claim(self, contract: str, token: int) -> None:
        self.post("/settings/tokens/claim/", data={"reference": f"eip155:{CHAIN_ID}/erc721:{contract}/{token}"})

    def receipt(self) -> dict[str, Any]:
        """Return the public receipt of the picture, from a URL that was not requested before.

        A repeated URL may get the same response for AVATAR_CACHE_SECONDS.
        """
        found: dict[str, Any] = self._checked(
            requests.get(f"{self.site}/avatar/{self.handle}.json?ask={next(self._asked)}", timeout=_TIMEOUT)
        ).json()
        return found

    def shows(self, token: int) -> bool:
        """Return whether others see this token with the mark of a verified picture."""
        receipt = self.receipt()
        provenance = receipt.get("provenance")
        return bool(receipt["mark"]) and isinstance(provenance, dict) and provenance["token_id"] == str(token)

    def get(self, path: str) -> requests.Response:
        return self._checked(self._session.get(self.site + path, timeout=_TIMEOUT))

    def post(self, path: str, **content: Any) -> requests.Response:
        """Send the form, JSON or files of `content` with a CSRF token. Redirects are not followed."""
        if "csrf" not in self._session.cookies:
            self.get("/accounts/login/")
        headers = {"X-CSRFToken": self._session.cookies["csrf"], "Referer": self.site}
        return self._checked(
            self._session.post(self.site + path, headers=headers, timeout=_TIMEOUT, allow_redirects=False, **content)
        )

    def _checked(self, response: requests.Response) -> requests.Response:
        self.observe(response)
        if not response.ok:
            where, status = response.request.path_url, response.status_code
            raise BenchError(f"The site responded to {where} with status {status}: {response.text[:300]}")
        return response
