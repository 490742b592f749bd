"""Reading a chain: a confirmed block, and everything else at that block. Fails over between the chain's nodes."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from django.conf import settings

from nft.clients.chain_errors import AnswerTooLarge, BlockGone, ChainUnavailable, WrongChain
from nft.clients.rpc import Node, share_of
from nft.core.address import to_checksum
from nft.core.verdict import BlockRef

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
"""A log as JSON-RPC gives it; nft.core.abi.events takes it apart."""


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

    def __init__(self, chain_id: int, rpc_urls: Sequence[str], confirmed: str | int, *, agree: bool = False) -> None:
        """`agree`: ownership is decided only where all nodes say the same; else they stand in for each other."""
        self.chain_id = chain_id
        self.must_agree = agree and len(rpc_urls) > 1
        self._nodes = [Node(url, chain_id) for url in rpc_urls]
        self._confirmed = confirmed

    def views(self) -> list[ChainClient]:
        """The chain by each of its nodes alone."""
        views = []
        for node in self._nodes:
            view = ChainClient(self.chain_id, [], self._confirmed)
            view._nodes = [node]
            views.append(view)
        return views

    def confirmed_block(self) -> BlockRef:
        """The newest block that counts: `finalized`, `safe`, or so many blocks under the head (at least block 0)."""
        if isinstance(self._confirmed, str):
            return self._block(self._confirmed)
        head = _number(self._ask("eth_blockNumber", []))
        return self._block(hex(max(0, head - self._confirmed)))

    def head(self) -> BlockRef:
        return self._block(HEAD)

    def block(self, number: int) -> BlockRef:
        return self._block(hex(number))

    def check_block(self, block: BlockRef) -> None:
        """Raises BlockGone unless the chain still has this very block. Reads go by number; this makes them one view."""
        if self._block(hex(block.number)).hash != block.hash:
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
        request = {"data": _hex(data), "from": to_checksum(sender), "gas": hex(gas)}
        if to is not None:
            request["to"] = to_checksum(to)
        answer = self._ask("eth_call", [request, _tag(block)])
        if isinstance(answer, str) and len(answer) > 2 * max_bytes + 2:
            raise AnswerTooLarge(max_bytes)
        return _bytes(answer)

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

    def logs(self, address: bytes, topics: Sequence[str | None], first: int, last: int) -> list[Log]:
        """Events of a contract from block `first` to `last`, both included; None matches any topic."""
        query = {
            "address": to_checksum(address),
            "topics": list(topics),
            "fromBlock": hex(first),
            "toBlock": hex(last),
        }
        return _shaped(lambda entries: [dict(entry) for entry in entries], self._ask("eth_getLogs", [query]))

    def send_raw(self, transaction: bytes) -> str:
        """The hash of a signed transaction, now in the node's pool. Raises TransactionRefused."""
        return str(self._ask("eth_sendRawTransaction", [_hex(transaction)]))

    def _block(self, tag: str) -> BlockRef:
        answer = self._ask("eth_getBlockByNumber", [tag, False])
        if answer is None:
            raise ChainUnavailable("The node does not know the block it should know.")
        return _shaped(lambda block: BlockRef(_number(block["number"]), _hash(block["hash"])), answer)

    def _ask(self, method: str, params: list[Any]) -> Any:
        """The first node that answers. Only outages lead to the next one: a refused call is an answer."""
        failure: ChainUnavailable | None = None
        for place, node in enumerate(self._nodes):
            try:
                with share_of(len(self._nodes) - place):
                    return node.ask(method, params)
            except ChainUnavailable as error:
                if isinstance(error, WrongChain):
                    log.warning("Chain %s: %s", self.chain_id, error)
                failure = error
        raise failure or ChainUnavailable("This chain has no node.")


def get_chain(chain_id: int) -> ChainClient:
    """The client of a configured chain; raises ChainUnavailable for others."""
    chain = settings.NFT_CHAINS.get(chain_id)
    if chain is None:
        raise ChainUnavailable(f"Chain {chain_id} is not one this site reads.")
    return _client(chain_id, tuple(chain["rpc_urls"]), chain["confirmed"], bool(chain.get("agree", False)))


@functools.lru_cache(maxsize=64)
def _client(chain_id: int, rpc_urls: tuple[str, ...], confirmed: str | int, agree: bool) -> ChainClient:
    return ChainClient(chain_id, rpc_urls, confirmed, agree=agree)


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
