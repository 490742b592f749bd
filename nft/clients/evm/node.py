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
from collections.abc import Iterator, Mapping, Sequence

import requests

from nft.clients.evm.answers import parse_objects
from nft.clients.evm.errors import (
    BLOCK_GONE,
    CallFailed,
    ChainError,
    ChainUnavailable,
    TransactionRefused,
    WrongChain,
)
from nft.clients.transport.connections import Transport
from nft.clients.transport.deadline import Deadline
from nft.clients.transport.errors import FetchError
from nft.core.json import Json

READ_SECONDS = 10.0
MAX_RESPONSE = 16 * 1024 * 1024
CHAIN_ID_SECONDS = 60.0
"""After this time a node is asked again which chain it serves: behind one URL another node may answer by now."""

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
_SEND = "eth_sendRawTransaction"
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
        self.batch_size = LARGEST_BATCH
        """How many calls it was last seen to answer at once; see nft.clients.evm.batch_calls."""
        self.has_multicall: bool | None = None

    def ask(self, method: str, params: Sequence[Json]) -> Json:
        """Return the `result` member. Raises ChainError."""
        self._check_chain_id_if_due()
        return self._ask(method, params)

    def ask_many(self, questions: Sequence[tuple[str, Sequence[Json]]]) -> list[Json | ChainError]:
        """Return for each question its result, or the ChainError it met, in one request (a JSON-RPC batch).

        Raises ChainUnavailable where the request as a whole failed, as when it is more than the node takes.
        """
        self._check_chain_id_if_due()
        batch = [_request(index, method, params) for index, (method, params) in enumerate(questions)]
        try:
            by_id = {answer["id"]: answer for answer in parse_objects(self._post(batch))}
            return [_result_or_error(method, by_id[index]) for index, (method, _) in enumerate(questions)]
        except (FetchError, ChainUnavailable, ValueError, TypeError, LookupError, RecursionError) as error:
            raise ChainUnavailable("The chain's node answered no batch.") from error

    def _check_chain_id_if_due(self) -> None:
        if self._checked_at is not None and time.monotonic() - self._checked_at <= CHAIN_ID_SECONDS:
            return
        got = self._ask("eth_chainId", [])
        if not isinstance(got, str) or not re.fullmatch(r"0x[0-9a-fA-F]{1,16}", got):
            raise ChainUnavailable("The node does not tell its chain id.")
        if int(got, 16) != self._chain_id:
            self._checked_at = None
            raise WrongChain(self._chain_id, int(got, 16))
        self._checked_at = time.monotonic()

    def _ask(self, method: str, params: Sequence[Json]) -> Json:
        try:
            answer = self._post(_request(1, method, params))
        except (FetchError, ValueError, RecursionError) as error:
            # The URL may hold the key to a node, so it stays out of the message.
            raise ChainUnavailable("The chain can't be reached right now.") from error
        if not isinstance(answer, dict) or ("result" not in answer and "error" not in answer):
            raise ChainUnavailable("The node answered with something that is no JSON-RPC.")
        if answer.get("error") is not None:
            raise translate_error(method, answer["error"])
        return answer.get("result")

    def _post(self, content: object) -> Json:
        """Return the JSON that the node answers. Raises FetchError and what `json.loads` raises."""
        request = requests.Request("POST", self._url, headers=_HEADERS, data=json.dumps(content).encode())
        with (
            Deadline(_seconds_left()) as deadline,
            contextlib.closing(self._transport.send(request, deadline)) as response,
        ):
            if response.status >= 500 or response.status == 429:
                raise FetchError(f"The node answered with status {response.status}.")
            # No limit to gzip's ratio: an honest answer may be nothing but zeros.
            answer: Json = json.loads(b"".join(response.body(MAX_RESPONSE, max_gzip_ratio=math.inf)))
            return answer


def _request(number: int, method: str, params: Sequence[Json]) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


def _result_or_error(method: str, answer: Mapping[str, Json]) -> Json | ChainError:
    if answer.get("error") is not None:
        return translate_error(method, answer["error"])
    return answer["result"]


def translate_error(method: str, error: object) -> ChainError:
    """Return the exception for a JSON-RPC error. What is not known to be the contract's doing counts as an outage."""
    if not isinstance(error, dict):
        return ChainUnavailable("The node answered with an error that can't be read.")
    message = str(error.get("message", ""))[:200]
    if method == _SEND:
        return TransactionRefused(f"The chain does not take the transaction: {message}.")
    if _BLOCK_GONE.search(message):
        return ChainUnavailable("The block read at is no longer part of the chain.", BLOCK_GONE)
    if error.get("code") == REVERT_CODE or _CONTRACT_FAILED.search(message):
        return CallFailed("The contract refused the call.", data=_revert_data(error.get("data")))
    return ChainUnavailable("The chain's node answered with an error.")


def _revert_data(data: object) -> bytes:
    if isinstance(data, dict):  # some nodes wrap it once more
        data = data.get("data")
    if not isinstance(data, str) or not data.startswith("0x"):
        return b""
    try:
        return bytes.fromhex(data[2:])
    except ValueError:
        return b""
