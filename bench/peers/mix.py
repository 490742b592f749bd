"""Visitors who do at once what people do on the site: read, sign in, upload, claim and mint.

The argument is a file with JSON: the site's URL, the chain's URL, the address of a contract whose tokens anybody may
mint, the number of people on the site, and seconds. Prints one line of JSON: for each kind of work, how often each
status came (0: no answer) and the seconds of each response.
"""

from __future__ import annotations

import json
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from itertools import count, cycle
from pathlib import Path
from typing import Any

import requests
from eth_account import Account
from PIL import Image

from bench.lanes import BenchError
from bench.pictures import make_square
from bench.transactions import Sender
from bench.visitor import Visitor
from localstack.chain import LocalChain, read_artifact

CLAIMERS, TOKENS_EACH, UPLOADERS, MINTS_EACH = 8, 12, 8, 3
MEGAPIXELS = (2, 6, 12)
# Seconds between two requests of a reader, and between two actions of anybody else.
READING_PAUSE, PAUSE = 0.05, 0.5
READERS = 4


@dataclass
class Kind:
    """What happened to one kind of work."""

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)

    def observe(self, response: requests.Response) -> None:
        self.statuses[response.status_code] += 1
        self.seconds.append(response.elapsed.total_seconds())


class Mix:
    def __init__(self, case: dict[str, Any]) -> None:
        self._case = case
        self._numbers = count()
        self.kinds: dict[str, Kind] = {}

    def visitor(self, kind: str) -> Visitor:
        """Return a new visitor with an address of their own, whose responses count as `kind`."""
        number = next(self._numbers)
        address = f"127.1.{number // 250 % 250}.{number % 250 + 1}"
        seen = self.kinds.setdefault(kind, Kind())
        return Visitor(self._case["site"], handle=f"mix-{number}", address=address, observe=seen.observe)

    def member(self, kind: str) -> Visitor:
        """Return a visitor who has signed in. Only what they do next counts as `kind`."""
        visitor = self.visitor("sign-in")
        visitor.sign_in()
        visitor.choose_handle()
        visitor.observe = self.kinds.setdefault(kind, Kind()).observe
        return visitor

    def run(self, kind: str, work: Iterator[Callable[[], object]], pause: float) -> None:
        """Do the work until the time is over. What the site refuses is counted by its status."""
        until = time.monotonic() + self._case["seconds"]
        while time.monotonic() < until:
            try:
                next(work)()
            except BenchError:
                pass  # observed already
            except requests.RequestException:
                self.kinds[kind].statuses[0] += 1
            time.sleep(pause)

    def reading(self) -> Iterator[Callable[[], object]]:
        page, picture = self.visitor("public page"), self.visitor("avatar")
        while True:
            person = f"person-{random.randrange(self._case['people'])}"
            yield partial(picture.get, f"/avatar/{person}?s={random.choice((48, 96, 256))}")
            yield partial(picture.get, f"/avatar/{person}?s=128")
            yield partial(page.get, f"/u/{person}/")

    def own_pages(self, member: Visitor) -> Iterator[Callable[[], object]]:
        for path in cycle(("/", "/settings/picture/", "/settings/profile/")):
            yield partial(member.get, path)

    def signing_in(self) -> Iterator[Callable[[], object]]:
        while True:
            yield self.visitor("sign-in").sign_in

    def uploading(self, members: list[Visitor]) -> Iterator[Callable[[], object]]:
        pictures = cycle([_photograph(megapixels) for megapixels in MEGAPIXELS])
        for member in cycle(members):
            yield partial(member.upload, next(pictures))

    def claiming(self, tokens: list[tuple[Visitor, int]]) -> Iterator[Callable[[], object]]:
        for member, token in cycle(tokens):
            yield partial(member.claim, self._case["shapes"], token)

    def minting(self) -> Iterator[Callable[[], object]]:
        pictures = (_photograph(1, turn) for turn in count())
        while True:
            member = self.member("mint")
            for _ in range(MINTS_EACH):
                yield partial(member.mint, next(pictures), "A token of the bench")


def _photograph(megapixels: int, turn: int = 0) -> bytes:
    """Return a JPEG. Another `turn` makes another picture."""
    side = round((megapixels * 1_000_000) ** 0.5)
    buffer = BytesIO()
    image = Image.open(BytesIO(make_square(256))).convert("RGB").rotate(turn * 7).resize((side, side))
    image.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def _tokens(case: dict[str, Any], members: list[Visitor]) -> list[tuple[Visitor, int]]:
    """Mint tokens for the members, and return who holds which."""
    chain = LocalChain(case["chain"])
    shapes = chain.w3.eth.contract(address=case["shapes"], abi=read_artifact("OnchainShapes")["abi"])
    sender = Sender(chain.w3, Account.create())
    first = shapes.functions.mint(members[0].account.address).call()
    holders = [member for member in members for _ in range(TOKENS_EACH)]
    for member in holders:
        sent = sender.send(shapes.functions.mint(member.account.address))
    chain.finalize()
    sender.wait_until_mined(sent)
    chain.finalize()
    return [(member, first + number) for number, member in enumerate(holders)]


def main(case: dict[str, Any]) -> None:
    mix = Mix(case)
    claimers = [mix.member("claim") for _ in range(CLAIMERS)]
    works = [
        *[("public page", mix.reading(), READING_PAUSE) for _ in range(READERS)],
        ("own page", mix.own_pages(mix.member("own page")), PAUSE),
        ("sign-in", mix.signing_in(), PAUSE),
        ("upload", mix.uploading([mix.member("upload") for _ in range(UPLOADERS)]), PAUSE),
        ("claim", mix.claiming(_tokens(case, claimers)), PAUSE),
        ("mint", mix.minting(), PAUSE),
    ]
    threads = [threading.Thread(target=mix.run, args=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = {name: {"statuses": kind.statuses, "seconds": sorted(kind.seconds)} for name, kind in mix.kinds.items()}
    print(json.dumps(found))


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
