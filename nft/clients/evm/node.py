"""JSON-RPC to one node: bounded answers, no retries, errors told apart into outage and failure of the contract.

web3 is left out here. Its formatters and contract objects cost ten times more than the call (figures.md), and its
CCIP-Read would let a contract make us fetch a URL of its choice.
"""

from __future__ import annotations

import contextlib
import json
import math
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar, cast

import requests

from nft.clients.evm.answers import parse_number, parse_object, parse_objects
from nft.clients.evm.errors import (
    BLOCK_GONE,
    METHOD_UNSUPPORTED,
    CallFailed,
    ChainError,
    ChainUnavailable,
    TransactionRefused,
    WrongChain,
)
from nft.clients.transport.connections import Transport
from nft.clients.transport.deadline import Deadline
from nft.clients.transport.errors import FetchError
from nft.clients.transport.guard import blaming
from nft.core.json import Json
from nft.core.text import clean_text
from profiles.sentences import gettext
from profiles.text import load_json

T = TypeVar("T")
Parse = Callable[[Json], T]

READ_SECONDS = 10.0
MAX_RESPONSE = 16 * 1024 * 1024
CHAIN_ID_SECONDS = 60.0
"""After this time a node is asked again which chain it serves: behind one URL another node may answer by now."""

FAILURE_SECONDS = 60.0
"""After a failure a node is asked after the others for so long."""

REFUSAL_SECONDS = 600.0
"""A method that a node does not offer is not asked for again for so long."""

CHAIN_ID_BITS = 64
LARGEST_BATCH = 1000
REVERT_CODE = 3
# How geth, erigon, nethermind, besu, reth and anvil name a call that the contract itself made fail.
_CONTRACT_FAILED = re.compile(
    r"revert|invalid opcode|invalid jump|bad instruction|out ?of ?gas|stack (?:under|over)flow|stack limit"
    r"|opcode .* not defined|write protection|evm error|vm execution error|return data out of bounds|InvalidFEOpcode",
    re.IGNORECASE,
)
_BLOCK_GONE = re.compile(
    r"header not found|unknown block|block (?:\S+ )?not found|missing trie node|block .*out ?of ?range|BlockOutOfRange"
    r"|state .*not available|pruned",
    re.IGNORECASE,
)
_UNSUPPORTED = re.compile(
    r"method \S* ?(?:is )?(?:not|unavailable|unsupported|does)|(?:unsupported|unknown|restricted|forbidden) method"
    r"|not (?:found|supported|available|implemented|enabled|allowed|whitelisted).*method|proof window",
    re.IGNORECASE,
)
_METHOD_NOT_FOUND = -32601
_SEND = "eth_sendRawTransaction"
_RUN_CONTRACTS = frozenset({"eth_call", "eth_estimateGas"})
_HEADERS = {"Content-Type": "application/json", "Accept-Encoding": "gzip", "User-Agent": "avatarsite"}


class _TimeLimit(threading.local):
    ends_at: float | None = None
    """time.monotonic(); None for no limit but that of each request."""


_time_limit = _TimeLimit()


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """Limit the time of all requests that this thread sends to nodes in the block, failing over and connecting
    included. Requests after that raise ChainUnavailable."""
    before, ends_at = _time_limit.ends_at, time.monotonic() + seconds
    _time_limit.ends_at = ends_at if before is None else min(before, ends_at)
    try:
        yield
    finally:
        _time_limit.ends_at = before


@contextlib.contextmanager
def limit_to_share(count: int) -> Iterator[None]:
    """Inside of `within`: limit the block to 1/`count` of the time left, which leaves time for the other nodes."""
    with contextlib.nullcontext() if _time_limit.ends_at is None else within(_seconds_left() / count):
        yield


def _seconds_left() -> float:
    """Return the seconds that one request may take."""
    if _time_limit.ends_at is None:
        return READ_SECONDS
    return max(0.0, min(READ_SECONDS, _time_limit.ends_at - time.monotonic()))


class Node:
    """One RPC URL of a chain. Its chain id is checked before any answer is used, and again every CHAIN_ID_SECONDS.

    Safe for use by several threads.
    """

    def __init__(self, url: str, chain_id: int) -> None:
        self._url = url
        self._transport = Transport()
        self._chain_id = chain_id
        self._checked_at: float | None = None  # time.monotonic()
        self._failed_at = -math.inf  # the same
        self.batch_size = LARGEST_BATCH
        """How many calls it was last seen to answer at once; see nft.clients.evm.batch_calls."""
        self.has_multicall: bool | None = None
        self._refused_at: dict[str, float] = {}  # by method, time.monotonic()

    @property
    def is_failing(self) -> bool:
        """Whether it lately gave no answer, or none that can be used: then other nodes are asked first."""
        return time.monotonic() - self._failed_at < FAILURE_SECONDS

    def has_refused(self, method: str) -> bool:
        """Return whether the node lately said that it does not offer the method."""
        return time.monotonic() - self._refused_at.get(method, -math.inf) < REFUSAL_SECONDS

    def note_refusal(self, method: str) -> None:
        self._refused_at[method] = time.monotonic()

    def ask(self, method: str, params: Sequence[Json], parse: Parse[T]) -> T:
        """Return what `parse` makes of the `result` member. Raises ChainError."""
        with self._blamed(gettext("The chain can't be reached right now.")):
            self._check_chain_id_if_due()
            return parse(self._ask(method, params))

    def ask_many(self, questions: Sequence[tuple[str, Sequence[Json]]], parse: Parse[T]) -> list[T | ChainError]:
        """Return for each question what `parse` makes of its result, or the CallFailed it met, in one JSON-RPC batch.

        Raises ChainUnavailable where the request as a whole failed, as when it is more than the node takes.
        """
        with self._blamed(gettext("The chain's node answered no batch.")):
            answers = self._post_batch(questions)
            return [_parse_one(method, answer, parse) for (method, _), answer in zip(questions, answers, strict=True)]

    def ask_each(self, questions: Sequence[tuple[str, Sequence[Json]]]) -> list[Json | ChainError]:
        """Return for each question its result or its error, in one JSON-RPC batch. Raises ChainUnavailable as above."""
        with self._blamed(gettext("The chain's node answered no batch.")):
            answers = self._post_batch(questions)
            return [_result_or_error(method, answer) for (method, _), answer in zip(questions, answers, strict=True)]

    def _post_batch(self, questions: Sequence[tuple[str, Sequence[Json]]]) -> list[Mapping[str, Json]]:
        self._check_chain_id_if_due()
        batch = [_request(index, method, params) for index, (method, params) in enumerate(questions)]
        answers = parse_objects(self._post(batch))
        by_id = {index: answer for answer in answers if type(index := answer.get("id")) is int}
        return [by_id[index] for index in range(len(questions))]

    @contextlib.contextmanager
    def _blamed(self, sentence: str) -> Iterator[None]:
        """Raise ChainUnavailable for whatever the node makes fail. The URL, which may hold a key, is not in it."""
        try:
            with blaming(lambda: ChainUnavailable(sentence), passing=ChainError):
                yield
        except ChainUnavailable as error:
            if not error.is_a(BLOCK_GONE) and not error.is_a(METHOD_UNSUPPORTED):
                self._failed_at = time.monotonic()
            raise

    def _check_chain_id_if_due(self) -> None:
        if self._checked_at is not None and time.monotonic() - self._checked_at <= CHAIN_ID_SECONDS:
            return
        got = parse_number(self._ask("eth_chainId", []), CHAIN_ID_BITS)
        if got != self._chain_id:
            self._checked_at = None
            raise WrongChain(self._chain_id, got)
        self._checked_at = time.monotonic()

    def _ask(self, method: str, params: Sequence[Json]) -> Json:
        answer = parse_object(self._post(_request(1, method, params)))
        return _result(method, answer, 1)

    def _post(self, content: object) -> Json:
        """Return the JSON that the node answers. Raises FetchError and ValueError."""
        request = requests.Request("POST", self._url, headers=_HEADERS, data=json.dumps(content).encode())
        with (
            Deadline(_seconds_left()) as deadline,
            contextlib.closing(self._transport.send(request, deadline)) as response,
        ):
            if response.status >= 500 or response.status == 429:
                raise FetchError(gettext("The node answered with status %(status)s.", status=response.status))
            # No limit to gzip's ratio: an honest answer may be nothing but zeros.
            answer = load_json(b"".join(response.body(MAX_RESPONSE, max_gzip_ratio=math.inf)))
            return cast("Json", answer)


def _request(number: int, method: str, params: Sequence[Json]) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


def _parse_one(method: str, answer: Mapping[str, Json], parse: Parse[T]) -> T | ChainError:
    try:
        return parse(_result(method, answer, answer["id"]))
    except CallFailed as error:
        return error


def _result_or_error(method: str, answer: Mapping[str, Json]) -> Json | ChainError:
    try:
        return _result(method, answer, answer["id"])
    except ChainError as error:
        return error


def _result(method: str, answer: Mapping[str, Json], number: Json) -> Json:
    """Return the `result` of a JSON-RPC answer. Raises ChainError."""
    if answer.get("error") is not None:
        raise translate_error(method, answer["error"])
    if "result" not in answer or answer.get("id") != number or isinstance(answer["id"], bool):
        raise ChainUnavailable(gettext("The node answered with something that is no JSON-RPC."))
    return answer["result"]


def translate_error(method: str, error: object) -> ChainError:
    """Return the exception for a JSON-RPC error. What is not known to be the contract's doing counts as an outage."""
    if not isinstance(error, dict):
        return ChainUnavailable(gettext("The node answered with an error that can't be read."))
    message = clean_text(str(error.get("message", "")), 200)  # it may quote what a contract says
    if method == _SEND:
        return TransactionRefused(gettext("The chain does not take the transaction: %(message)s.", message=message))
    if _BLOCK_GONE.search(message):
        return ChainUnavailable(gettext("The block read at is no longer part of the chain."), BLOCK_GONE)
    if error.get("code") == _METHOD_NOT_FOUND or _UNSUPPORTED.search(message):
        return ChainUnavailable(gettext("The chain's node does not offer this method."), METHOD_UNSUPPORTED)
    if method in _RUN_CONTRACTS and (error.get("code") == REVERT_CODE or _CONTRACT_FAILED.search(message)):
        return CallFailed(gettext("The contract refused the call."), data=_revert_data(error.get("data")))
    return ChainUnavailable(gettext("The chain's node answered with an error."))


def _revert_data(data: object) -> bytes:
    if isinstance(data, dict):  # some nodes wrap it once more
        data = data.get("data")
    if not isinstance(data, str) or not data.startswith("0x"):
        return b""
    try:
        return bytes.fromhex(data[2:])
    except ValueError:
        return b""
