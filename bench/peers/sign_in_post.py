"""Post signed texts to the site's own WSGI application, with and without their verification, then hostile bodies.

Arguments: the number of rounds and of hostile bodies. Prints one line of JSON: CPU seconds, each measured around one
request alone.
"""

from __future__ import annotations

import json
import logging
import random
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any
from unittest.mock import patch

import django

django.setup()

from django.conf import settings  # noqa: E402 - after setup
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from eth_account import Account  # noqa: E402
from eth_account.messages import encode_defunct  # noqa: E402

from nft.accounts import sign_in, signatures  # noqa: E402

ADDRESS, VERIFY = "/accounts/wallet/challenge/", "/accounts/wallet/verify/"
TOKEN = "a" * 32
WALLET = Account.create()
EACH_TURN = 25


class Browser:
    """A client that keeps its session cookie."""

    def __init__(self, application: Callable[..., Any]) -> None:
        self._application = application
        self._session = ""

    def post(self, path: str, body: bytes) -> tuple[int, bytes, float]:
        """Return status, response body, and the CPU seconds of the request."""
        environment = self._environment(path, body)
        started: list[Any] = []
        began = time.process_time()
        content = b"".join(self._application(environment, lambda *answer: started.extend(answer)))
        spent = time.process_time() - began
        for name, value in started[1]:
            if name == "Set-Cookie" and value.strip().startswith(f"{settings.SESSION_COOKIE_NAME}="):
                self._session = value.strip().partition(";")[0]
        return int(started[0][:3]), content, spent

    def reply(self) -> bytes:
        """Request a text, sign it, and return the body to post."""
        wanted = {"address": WALLET.address, "chain_id": next(iter(settings.NFT_CHAINS)), "purpose": "sign_in"}
        _, answer, _ = self.post(ADDRESS, json.dumps(wanted).encode())
        text = json.loads(answer)["text"]
        signature = bytes(WALLET.sign_message(encode_defunct(text=text)).signature)
        return json.dumps({"text": text, "signature": "0x" + signature.hex()}).encode()

    def _environment(self, path: str, body: bytes) -> dict[str, Any]:
        return {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": path,
            "QUERY_STRING": "",
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "127.0.0.1",
            "HTTP_COOKIE": f"{settings.CSRF_COOKIE_NAME}={TOKEN}; {self._session}",
            "HTTP_X_CSRFTOKEN": TOKEN,
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }


class Unverified:
    """Replaces nft.accounts.signatures and accepts every signature as the wallet's."""

    @staticmethod
    def read_signature(text: str) -> bytes:
        return text.encode()

    @staticmethod
    def recover(text: str, signature: bytes) -> bytes:
        del text, signature
        return bytes.fromhex(WALLET.address[2:])


def main(rounds: int, bodies: int) -> dict[str, Any]:
    call_command("migrate", verbosity=0)
    # Each refused body would log a line.
    logging.disable(logging.WARNING)
    application = get_wsgi_application()
    _take_turn(application)
    seconds: dict[str, list[float]] = {"verified": [], "unverified": []}
    turns = [("verified", signatures), ("unverified", Unverified)]
    for number in range(rounds):
        for name, service in turns if number % 2 else reversed(turns):
            with patch.object(sign_in, "signatures", service):
                seconds[name].append(_take_turn(application))
    return {**seconds, "statements": _statements(application), "hostile": _hostile(application, bodies)}


def _take_turn(application: Callable[..., Any]) -> float:
    """Return the CPU seconds of one sign-in: the mean of a turn."""
    browsers = [Browser(application) for _ in range(EACH_TURN)]
    replies = [browser.reply() for browser in browsers]
    spent = 0.0
    for browser, reply in zip(browsers, replies, strict=True):
        status, answer, seconds = browser.post(VERIFY, reply)
        if status != 200:
            raise ValueError(f"{status}: {answer!r}")
        spent += seconds
    return spent / EACH_TURN


def _statements(application: Callable[..., Any]) -> int:
    browser = Browser(application)
    reply = browser.reply()
    with CaptureQueriesContext(connection) as captured:
        browser.post(VERIFY, reply)
    transactions = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")
    return sum(not query["sql"].startswith(transactions) for query in captured)


def _hostile(application: Callable[..., Any], count: int) -> list[float]:
    """Return the CPU seconds of each body. Raises ValueError if one is accepted."""
    browser, spent = Browser(application), []
    reply = json.loads(browser.reply())
    chance = random.Random(4361)
    for number, body in zip(range(count), _bodies(reply, chance), strict=False):
        status, answer, seconds = browser.post((VERIFY, ADDRESS)[number % 8 == 0], body)
        if not 400 <= status < 500:
            raise ValueError(f"{status} for {body[:200]!r}: {answer!r}")
        spent.append(seconds)
    return spent


def _bodies(reply: dict[str, str], chance: random.Random) -> Iterator[bytes]:
    """Yield bodies of sizes up to a megabyte: broken and deep JSON, long numbers, texts that are hard to parse, and
    signatures of many shapes."""
    text, signature = reply["text"], reply["signature"]
    while True:
        size = chance.choice([10, 300, 1500, 3400, 4096, 10_000, 1_000_000])
        filling = chance.choice(["a", "0", "9", "[", '{"a":', "\\u0000", "\u00e9", "\n- http://a/", "%", " "])
        long = (filling * size)[:size]
        at = chance.randrange(len(text))
        wrapped = "0x" + secrets.token_hex(min(size, 1700) // 2) + "6492" * 16
        yield chance.choice(
            [
                long.encode(),
                json.dumps({"text": long, "signature": signature}).encode(),
                json.dumps({"text": text[:at] + long + text[at:], "signature": signature}).encode(),
                json.dumps({"text": text[:at] + text[at + 1 :], "signature": signature}).encode(),
                json.dumps({"text": text + " ", "signature": wrapped}).encode(),
                f'{{"text": {"9" * min(size, 4000)}, "signature": 1}}'.encode(),
                ("[" * size).encode(),
                secrets.token_bytes(size),
            ]
        )


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), int(sys.argv[2]))))
