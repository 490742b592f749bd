"""One JSON-RPC node: bounded answers, no retries of its own, errors told apart into outage and contract failure.

web3's provider carries the requests; its formatters and contract objects are left out, as they cost ten times more
than the call (figures.md), and its CCIP-Read would let a contract make us fetch a URL of its choice.
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any, cast

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from web3 import HTTPProvider
from web3.types import RPCEndpoint

from nft.clients.evm.errors import BlockGone, CallReverted, ChainUnavailable, TransactionRefused, WrongChain

CONNECT_SECONDS = 5.0
READ_SECONDS = 10.0
MAX_RESPONSE = 16 * 1024 * 1024
CHUNK = 64 * 1024
CHAIN_ID_SECONDS = 60.0
"""After so long a node is asked again which chain it serves: behind one URL another one may stand by now."""

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


class _Deadline:
    """Shuts the socket under this thread's request when its time is over: a socket's own timeout begins anew with each
    byte, so that a node which drips its answer would hold us for ever."""

    def __init__(self, seconds: float) -> None:
        self.connection: HTTPConnection | None = None
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> _Deadline:
        _running.deadline = self
        self._timer.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._timer.cancel()
        _running.deadline = None

    def _cut(self) -> None:
        if self.connection is not None and self.connection.sock is not None:
            with contextlib.suppress(OSError):  # closed already
                self.connection.sock.shutdown(socket.SHUT_RDWR)


class _Running(threading.local):
    deadline: _Deadline | None = None
    ends_at: float | None = None  # time.monotonic()


_running = _Running()


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """All that this thread asks of nodes in the block takes no longer in all, failing over and connecting included;
    what is asked later is an outage."""
    before, ends_at = _running.ends_at, time.monotonic() + seconds
    _running.ends_at = ends_at if before is None else min(before, ends_at)
    try:
        yield
    finally:
        _running.ends_at = before


@contextlib.contextmanager
def share_of(count: int) -> Iterator[None]:
    """Inside of `within`: at most one of so many parts of the time that is left, as others may have to be asked too."""
    with contextlib.nullcontext() if _running.ends_at is None else within(_seconds_left() / count):
        yield


def _seconds_left() -> float:
    """For one request."""
    if _running.ends_at is None:
        return READ_SECONDS
    return max(0.0, min(READ_SECONDS, _running.ends_at - time.monotonic()))


class _Watched(HTTPConnection):
    def request(self, *args: Any, **more: Any) -> None:
        if _running.deadline is not None:
            _running.deadline.connection = self
        super().request(*args, **more)


class _WatchedTls(_Watched, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Watched


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedTls


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        super().init_poolmanager(*args, **more)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}


class BoundedProvider(HTTPProvider):
    """An HTTPProvider that reads at most MAX_RESPONSE bytes and never longer than READ_SECONDS (or `within`) in all.

    It caches nothing: web3 would keep blocks of a certain age by their number, and a block is asked again only to learn
    whether a reorg replaced it.
    """

    def __init__(self, url: str) -> None:
        super().__init__(url, exception_retry_configuration=None, cache_allowed_requests=False)
        self._session = requests.Session()
        self._session.trust_env = False
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, _Adapter())

    def _make_request(self, method: RPCEndpoint, request_data: bytes) -> bytes:
        del method
        return self.post(request_data)

    def post(self, request_data: bytes) -> bytes:
        """The body of the answer to one request, whatever it asks for."""
        seconds = _seconds_left()
        if not seconds:
            raise requests.Timeout("There is no time left to ask.")
        ends_at = time.monotonic() + seconds
        with _Deadline(seconds), self._post(request_data, seconds) as response:
            if response.status_code >= 500 or response.status_code == 429:
                raise requests.HTTPError(f"status {response.status_code}")
            return _read_bounded(response, ends_at)

    def _post(self, content: bytes, seconds: float) -> requests.Response:
        return self._session.post(
            str(self.endpoint_uri),
            data=content,
            headers=self.get_request_headers(),
            timeout=(min(CONNECT_SECONDS, seconds), seconds),
            allow_redirects=False,
            stream=True,
        )


def _read_bounded(response: requests.Response, ends_at: float) -> bytes:
    received = bytearray()
    for chunk in response.iter_content(CHUNK):
        received += chunk
        if len(received) > MAX_RESPONSE:
            raise requests.ConnectionError("The answer is too large.")
    if time.monotonic() > ends_at:  # an answer without a length, cut by the deadline, looks like its end
        raise requests.Timeout("The answer came too slowly.")
    return bytes(received)


class Node:
    """One RPC URL of a chain. Its chain id is asked before anything it says is believed, and again now and then."""

    def __init__(self, url: str, chain_id: int) -> None:
        self._provider = BoundedProvider(url)
        self._chain_id = chain_id
        self._checked_at: float | None = None  # time.monotonic()
        self.batch_size = LARGEST_BATCH
        """How many calls it was last seen to answer at once; see nft.clients.evm.many."""
        self.has_multicall: bool | None = None

    def ask(self, method: str, params: list[Any]) -> Any:
        """The `result` member. Raises ChainError."""
        self._check_chain_id_now_and_then()
        return self._ask(method, params)

    def ask_many(self, questions: Sequence[tuple[str, list[Any]]]) -> list[Any]:
        """For each question its result, or the ChainError it met, in one request (a JSON-RPC batch).

        Raises ChainUnavailable where the request as a whole failed, as when it is more than the node takes.
        """
        self._check_chain_id_now_and_then()
        batch = [
            {"jsonrpc": "2.0", "id": index, "method": method, "params": params}
            for index, (method, params) in enumerate(questions)
        ]
        try:
            answers = json.loads(self._provider.post(json.dumps(batch).encode()))
            by_id = {answer["id"]: answer for answer in answers}
            return [_result_or_error(method, by_id[index]) for index, (method, _) in enumerate(questions)]
        except (requests.RequestException, OSError, ValueError, TypeError, LookupError, RecursionError) as error:
            raise ChainUnavailable("The chain's node answered no batch.") from error

    def _check_chain_id_now_and_then(self) -> None:
        if self._checked_at is None or time.monotonic() - self._checked_at > CHAIN_ID_SECONDS:
            self._check_chain_id()

    def _check_chain_id(self) -> None:
        got = self._ask("eth_chainId", [])
        if not isinstance(got, str) or not re.fullmatch(r"0x[0-9a-fA-F]{1,16}", got):
            raise ChainUnavailable("The node does not tell its chain id.")
        if int(got, 16) != self._chain_id:
            self._checked_at = None
            raise WrongChain(self._chain_id, int(got, 16))
        self._checked_at = time.monotonic()

    def _ask(self, method: str, params: list[Any]) -> Any:
        try:
            response = cast("Any", self._provider.make_request(RPCEndpoint(method), params))
        except (requests.RequestException, OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
            # The URL may hold the key to a node, so it stays out of the message.
            raise ChainUnavailable("The chain can't be reached right now.") from error
        if not isinstance(response, dict) or ("result" not in response and "error" not in response):
            raise ChainUnavailable("The node answered with something that is no JSON-RPC.")
        if response.get("error") is not None:
            raise translate_error(method, response["error"])
        return response.get("result")


def _result_or_error(method: str, answer: dict[str, Any]) -> Any:
    if answer.get("error") is not None:
        return translate_error(method, answer["error"])
    return answer["result"]


def translate_error(method: str, error: Any) -> Exception:
    """The exception for a JSON-RPC error. Whatever is not known to be the contract's doing counts as an outage."""
    if not isinstance(error, dict):
        return ChainUnavailable("The node answered with an error that can't be read.")
    message = str(error.get("message", ""))[:200]
    if method == _SEND:
        return TransactionRefused(f"The chain does not take the transaction: {message}.")
    if _BLOCK_GONE.search(message):
        return BlockGone()
    if error.get("code") == REVERT_CODE or _CONTRACT_FAILED.search(message):
        return CallReverted("The contract refused the call.", _revert_data(error.get("data")))
    return ChainUnavailable("The chain's node answered with an error.")


def _revert_data(data: Any) -> bytes:
    if isinstance(data, dict):  # some nodes wrap it once more
        data = data.get("data")
    if not isinstance(data, str) or not data.startswith("0x"):
        return b""
    try:
        return bytes.fromhex(data[2:])
    except ValueError:
        return b""
