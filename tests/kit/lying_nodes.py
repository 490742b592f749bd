"""Nodes that answer as the real chain does, but for a test's lies: over HTTP, or in memory for thousands of lies."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Any

import requests

from nft.clients.evm.chain import ChainClient
from nft.clients.evm.node import Node
from nft.core.json import Json
from nft.settings.chains import Proofs
from nft.testing.chain import Chain
from nft.testing.fake_node import serve_json
from nft.testing.genesis import CHAIN_ID

Lie = Callable[[str, list[Any], Any], Any]
"""Gets method, parameters and the true answer (the whole JSON-RPC object); returns what the node answers."""


class HonestAnswers:
    """The chain's own answers, each asked for once."""

    def __init__(self, chain: Chain) -> None:
        self._chain, self._known = chain, dict[str, Any]()

    def get(self, method: str, params: list[Any]) -> Any:
        key = json.dumps([method, params])
        if key not in self._known:
            request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
            self._known[key] = requests.post(self._chain.url, json=request, timeout=20).json()
        return copy.deepcopy(self._known[key])


def answer(honest: HonestAnswers, lie: Lie, request: Any) -> Any:
    """Answer a JSON-RPC request, or a batch of them."""
    if isinstance(request, list):
        return [answer(honest, lie, one) for one in request]
    true = honest.get(request["method"], request["params"])
    return lie(request["method"], request["params"], true) | {"id": request["id"]}


class MemoryNode(Node):
    """A node without a network."""

    def __init__(self, honest: HonestAnswers, lie: Lie) -> None:
        super().__init__("http://127.0.0.1:9", CHAIN_ID)
        self._honest, self._lie = honest, lie

    def _post(self, content: object) -> Json:
        answered: Json = json.loads(json.dumps(answer(self._honest, self._lie, json.loads(json.dumps(content)))))
        return answered


def client_of(*nodes: Node, agree: bool = False, proofs: Proofs = Proofs.OFFERED) -> ChainClient:
    client = ChainClient(CHAIN_ID, ["http://127.0.0.1:9"] * len(nodes), "finalized", agree=agree, proofs=proofs)
    client._nodes = list(nodes)
    return client


@contextmanager
def lying_node(chain: Chain, lie: Lie) -> Iterator[str]:
    """Yield the URL of a node over HTTP."""
    with serve_json(lambda request: answer(_Direct(chain), lie, request)) as url:
        yield url


class _Direct(HonestAnswers):
    """The same, asked for every time."""

    def get(self, method: str, params: list[Any]) -> Any:
        self._known.clear()
        return super().get(method, params)


def honestly(method: str, params: list[Any], true: Any) -> Any:
    del method, params
    return true


# --- generated lies ---------------------------------------------------------------------------------------------------
def word(address: str) -> str:
    return "0x" + "0" * 24 + address.removeprefix("0x").lower()


@dataclass(frozen=True)
class RandomLie:
    """`says_owner`: who has the token by the node's answer. changed: how the answers of methods are changed."""

    says_owner: str | None
    changed: dict[str, str]
    tell: Lie

    @property
    def kind(self) -> str:
        """What is lied about."""
        parts = sorted(PARTS[method] for method in self.changed)
        return " + ".join(parts) or ("the answer alone" if self.says_owner else "nothing")


def random_lie(random: Random, answer_of: str, elsewhere: Callable[[str], Any]) -> RandomLie:
    """Give the answer `answer_of`, in most lies, and change up to four things of what should prove it.

    elsewhere: returns an answer to the same method about something else, such as another block or token.
    """
    says_owner = answer_of if random.random() < 0.8 else None
    changed = {random.choice(PROVING): random.choice(list(CHANGES)) for _ in range(random.randint(0, 4))}

    def lie(method: str, params: list[Any], true: Any) -> Any:
        if method == "eth_call" and says_owner is not None and "result" in true:
            return true | {"result": says_owner}
        if method in changed and "result" in true:
            return true | {"result": CHANGES[changed[method]](random, true["result"], elsewhere(method))}
        return true

    return RandomLie(says_owner, changed, lie)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for name, inner in pairs for place in _places(inner, (*path, name)))]


def _at(random: Random, value: Any, change: Callable[[Any], Any], kind: type) -> Any:
    """Change one value of a kind somewhere within `value`."""
    paths = [path for path in _places(value) if isinstance(_get(value, path), kind)]
    if not paths:
        return value
    return _set(value, random.choice(paths), change)


def _get(value: Any, path: tuple[Any, ...]) -> Any:
    for name in path:
        value = value[name]
    return value


def _set(value: Any, path: tuple[Any, ...], change: Callable[[Any], Any]) -> Any:
    if not path:
        return change(value)
    value = copy.copy(value)
    value[path[0]] = _set(value[path[0]], path[1:], change)
    return value


def _flip(random: Random, text: str) -> str:
    if len(text) < 3:
        return text + "0"
    place = random.randrange(2, len(text))
    return text[:place] + random.choice("0123456789abcdef") + text[place + 1 :]


def _drop(random: Random, values: list[Any]) -> list[Any]:
    return [value for place, value in enumerate(values) if place != random.randrange(len(values) or 1)]


def _shuffle(random: Random, values: list[Any]) -> list[Any]:
    return random.sample(values, len(values))


def _lose(random: Random, values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if random.random() < 0.9}


def _cut(random: Random, text: str) -> str:
    return text[: 2 + 2 * random.randrange(len(text) // 2 + 1)]


Change = Callable[[Random, Any, Any], Any]
PARTS = {
    "eth_getProof": "proof",
    "eth_getCode": "code",
    "eth_getBlockByNumber": "header",
    "eth_createAccessList": "access list",
}
PROVING = ["eth_getProof", "eth_getProof", "eth_getCode", "eth_getBlockByNumber", "eth_createAccessList"]
JUNK: list[Any] = [None, True, -1, 1.5, [], {}, "", "0x", "0x0", "zz", "0x" + "f" * 5000, ["x"], {"a": {}}]
CHANGES: dict[str, Change] = {
    "a digit": lambda random, value, _: _at(random, value, lambda text: _flip(random, text), str),
    "cut short": lambda random, value, _: _at(random, value, lambda text: _cut(random, text), str),
    "longer": lambda random, value, _: _at(
        random, value, lambda text: text + random.choice(["00", "ff", text[2:]]), str
    ),
    "left out": lambda random, value, _: _at(random, value, lambda values: _drop(random, values), list),
    "another order": lambda random, value, _: _at(random, value, lambda values: _shuffle(random, values), list),
    "repeated, or none": lambda random, value, _: _at(
        random, value, lambda values: values * random.choice([0, 2, 500]), list
    ),
    "junk": lambda random, value, _: _at(random, value, lambda _: random.choice(JUNK), object),
    "members lost": lambda random, value, _: _at(random, value, lambda values: _lose(random, values), dict),
    "a member more": lambda random, value, _: _at(random, value, lambda values: values | {"more": "0x01"}, dict),
    "of something else": lambda random, value, other: other,
}
