"""Reading a chain: a confirmed block, and everything else at that block. Fails over between the chain's nodes."""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from nft.clients.evm.errors import AnswerTooLarge, BlockGone, ChainError, ChainUnavailable, StaleNode, WrongChain
from nft.clients.evm.node import Node, share_of
from nft.core.evm.abi.multicall import Call
from nft.core.evm.address import to_checksum
from nft.core.tokens.verdict import BlockRef
from nft.settings.chains import chains

log = logging.getLogger(__name__)
T = TypeVar("T")
Head = Literal["latest"]
HEAD: Head = "latest"
READER = bytes(20)
"""Who we say we are in a call: always the same, so that a contract can't answer us otherwise than others."""
CALL_GAS = 10_000_000
MAX_ANSWER = 4 * 1024 * 1024
"""Of one call: a token URI of 1 MiB in base64 and ABI still fits."""


At = BlockRef | Head


Log = Mapping[str, Any]
"""A log as JSON-RPC gives it; nft.core.evm.abi.logs reads its fields."""


@dataclass(frozen=True)
class Receipt:
    block: BlockRef
    succeeded: bool
    logs: tuple[Log, ...]


@dataclass(frozen=True)
class SentTransaction:
    sender: bytes
    to: bytes | None
    data: bytes
    block_number: int | None
    """None while it waits in the pool."""


class ChainClient:
    """One chain by its configured nodes. Every method raises ChainError."""

    def __init__(
        self,
        chain_id: int,
        rpc_urls: Sequence[str],
        confirmed: str | int,
        *,
        agree: bool = False,
        delegate_registry: bytes | None = None,
        max_block_age: float | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`agree`: ownership is decided only where all nodes say the same; else they stand in for each other.
        `delegate_registry`: the chain's delegate.xyz v2 registry; None where delegations don't count.
        `max_block_age`: a node whose confirmed block is older by `clock`, in seconds, is believed nothing."""
        self.chain_id = chain_id
        self.must_agree = agree and len(rpc_urls) > 1
        self.delegate_registry = delegate_registry
        self._rules: dict[str, Any] = {
            "delegate_registry": delegate_registry,
            "max_block_age": max_block_age,
            "clock": clock,
        }
        self._max_block_age, self._clock = max_block_age, clock
        self._nodes = [Node(url, chain_id) for url in rpc_urls]
        self._confirmed = confirmed

    def views(self) -> list[ChainClient]:
        """The chain by each of its nodes alone."""
        views = []
        for node in self._nodes:
            view = ChainClient(self.chain_id, [], self._confirmed, **self._rules)
            view._nodes = [node]
            views.append(view)
        return views

    def living_view(self) -> tuple[ChainClient, BlockRef]:
        """The first node that answers, alone, and its newest block: two nodes may be on two branches."""
        for view in self.views():
            try:
                return view, view.head()
            except ChainUnavailable:
                continue
        raise ChainUnavailable("No node of this chain answers.")

    def confirmed_block(self) -> BlockRef:
        """The newest block that counts: `finalized`, `safe`, or so many blocks under the head (at least block 0).

        Raises StaleNode where it is too old, so that a node which stands still can't vouch for anything.
        """
        tag = self._confirmed
        if not isinstance(tag, str):
            tag = hex(max(0, _number(self._ask("eth_blockNumber", [])) - tag))
        block = self._fetch_block(tag)
        self._check_age(block)
        return _block_ref(block)

    def _check_age(self, block: Any) -> None:
        if self._max_block_age is None:
            return
        age = self._clock() - _shaped(lambda fields: _number(fields["timestamp"]), block)
        if age > self._max_block_age:
            log.error("Chain %s: a node's confirmed block is %.0f s old; it may be stuck.", self.chain_id, age)
            raise StaleNode(age, self._max_block_age)

    def has_block(self, block: BlockRef) -> bool:
        """Whether the chain still has this very block. Raises ChainUnavailable where the node has not come so far."""
        return self._block(hex(block.number)).hash == block.hash

    def head(self) -> BlockRef:
        return self._block(HEAD)

    def block(self, number: int) -> BlockRef:
        return self._block(hex(number))

    def check_block(self, block: BlockRef) -> None:
        """Raises BlockGone unless the chain still has this very block. Reads go by number; this makes them one view."""
        if not self.has_block(block):
            raise BlockGone(block.number)

    def call(
        self,
        to: bytes | None,
        data: bytes,
        block: At,
        *,
        gas: int = CALL_GAS,
        sender: bytes = READER,
        max_bytes: int = MAX_ANSWER,
    ) -> bytes:
        """What the contract returns; empty where there is no contract. Raises CallReverted, AnswerTooLarge.

        `to` None: what `data` returns as creation code, which is run and forgotten.
        """
        answer = self._ask("eth_call", [_request(to, data, sender, gas), _tag(block)])
        if isinstance(answer, str) and len(answer) > 2 * max_bytes + 2:
            raise AnswerTooLarge(max_bytes)
        return _bytes(answer)

    def call_each(self, calls: Sequence[Call], block: At, *, max_bytes: int) -> list[bytes | ChainError]:
        """As `call` for each, in one JSON-RPC batch to the first node; what one call meets is its answer.

        Raises ChainUnavailable where the node takes no such batch, or left out an answer.
        """
        questions = [("eth_call", [_request(one.target, one.data, READER, CALL_GAS), _tag(block)]) for one in calls]
        return [_bytes_or_error(answer, max_bytes) for answer in self.node.ask_many(questions)]

    @property
    def node(self) -> Node:
        """The first one: of a view, the only one."""
        return self._nodes[0]

    def code_at(self, address: bytes, block: At) -> bytes:
        return _bytes(self._ask("eth_getCode", [to_checksum(address), _tag(block)]))

    def receipt(self, tx_hash: str) -> Receipt | None:
        """None while the transaction is in no block."""
        answer = self._ask("eth_getTransactionReceipt", [tx_hash])
        return None if answer is None else _shaped(_receipt, answer)

    def transaction(self, tx_hash: str) -> SentTransaction | None:
        """None where the node knows of no such transaction."""
        answer = self._ask("eth_getTransactionByHash", [tx_hash])
        return None if answer is None else _shaped(_transaction, answer)

    def estimate_gas(self, sender: bytes, to: bytes, data: bytes) -> int:
        """Raises CallReverted where the transaction would fail."""
        request = {"from": to_checksum(sender), "to": to_checksum(to), "data": _hex(data)}
        return _number(self._ask("eth_estimateGas", [request]))

    def logs(
        self,
        addresses: Sequence[bytes],
        events: Sequence[str],
        first: int,
        last: int,
        indexed: Sequence[str | None] = (),
    ) -> list[Log]:
        """What contracts logged from block `first` to `last`, both included; `events` are first topics, `indexed` the
        ones behind them, None for any."""
        query = {
            "address": ["0x" + address.hex() for address in addresses],
            "topics": [list(events), *indexed],
            "fromBlock": hex(first),
            "toBlock": hex(last),
        }
        return _shaped(list, self._ask("eth_getLogs", [query]))

    def send_raw(self, transaction: bytes) -> str:
        """The hash of a signed transaction, now in the node's pool. Raises TransactionRefused."""
        return str(self._ask("eth_sendRawTransaction", [_hex(transaction)]))

    def ask(self, method: str, params: list[Any]) -> Any:
        """One JSON-RPC call that has no method here; nobody has looked at its answer's shape."""
        return self._ask(method, params)

    def _block(self, tag: str) -> BlockRef:
        return _block_ref(self._fetch_block(tag))

    def _fetch_block(self, tag: str) -> Any:
        answer = self._ask("eth_getBlockByNumber", [tag, False])
        if answer is None:
            raise ChainUnavailable("The node does not know the block it should know.")
        return answer

    def _ask(self, method: str, params: list[Any]) -> Any:
        """The first node that answers. Only outages lead to the next one: a refused call is an answer."""
        failure: ChainUnavailable | None = None
        for place, node in enumerate(self._nodes):
            try:
                with share_of(len(self._nodes) - place):
                    return node.ask(method, params)
            except ChainUnavailable as error:
                if isinstance(error, WrongChain):
                    log.error("Chain %s: %s", self.chain_id, error)  # noqa: TRY400 - the sentence says it all
                failure = error
        raise failure or ChainUnavailable("This chain has no node.")


def get_chain(chain_id: int) -> ChainClient:
    """The client of a configured chain; raises ChainUnavailable for others."""
    chain = chains().get(chain_id)
    if chain is None:
        raise ChainUnavailable(f"Chain {chain_id} is not one this site reads.")
    return _client(
        chain_id,
        chain.rpc_urls,
        chain.confirmed,
        agree=chain.agree,
        delegate_registry=chain.delegate_registry,
        max_block_age=chain.max_block_age,
    )


@functools.lru_cache(maxsize=64)
def _client(chain_id: int, rpc_urls: tuple[str, ...], confirmed: str | int, **rules: Any) -> ChainClient:
    return ChainClient(chain_id, rpc_urls, confirmed, **rules)


def _block_ref(block: Any) -> BlockRef:
    return _shaped(lambda fields: BlockRef(_number(fields["number"]), _hash(fields["hash"])), block)


def _request(to: bytes | None, data: bytes, sender: bytes, gas: int) -> dict[str, str]:
    request = {"data": _hex(data), "from": to_checksum(sender), "gas": hex(gas)}
    return request if to is None else request | {"to": to_checksum(to)}


def _bytes_or_error(answer: Any, max_bytes: int) -> bytes | ChainError:
    if isinstance(answer, ChainUnavailable):
        raise answer
    if isinstance(answer, ChainError):
        return answer
    return AnswerTooLarge(max_bytes) if len(answer) > 2 * max_bytes + 2 else _bytes(answer)


def _tag(block: At) -> str:
    return hex(block.number) if isinstance(block, BlockRef) else block


def _hex(data: bytes) -> str:
    return "0x" + data.hex()


def _shaped(decode: Callable[[Any], T], answer: Any) -> T:
    """`decode(answer)`; an answer of another shape than the method's is an outage of the node."""
    try:
        return decode(answer)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ChainUnavailable("The node answered with something of the wrong shape.") from error


def _number(text: Any) -> int:
    return _shaped(lambda value: int(value, 16), text)


def _bytes(text: Any) -> bytes:
    if not isinstance(text, str) or not text.startswith("0x"):
        raise ChainUnavailable("The node answered with something of the wrong shape.")
    return _shaped(lambda value: bytes.fromhex(value[2:]), text)


def _hash(text: Any) -> bytes:
    digest = _bytes(text)
    if len(digest) != 32:
        raise ChainUnavailable("The node answered with something that is no hash.")
    return digest


def _receipt(answer: Any) -> Receipt:
    block = BlockRef(_number(answer["blockNumber"]), _hash(answer["blockHash"]))
    return Receipt(block, _number(answer["status"]) == 1, tuple(dict(log) for log in answer["logs"]))


def _transaction(answer: Any) -> SentTransaction:
    to, block = answer.get("to"), answer.get("blockNumber")
    return SentTransaction(
        sender=_bytes(answer["from"]),
        to=None if to is None else _bytes(to),
        data=_bytes(answer["input"]),
        block_number=None if block is None else _number(block),
    )
