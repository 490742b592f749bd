"""Reads of one chain: a confirmed block, and everything else at that block. Fails over between the chain's nodes."""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Literal, TypeVar

from nft.clients.evm.answers import (
    Receipt,
    SentTransaction,
    parse_block,
    parse_bytes,
    parse_hash,
    parse_objects,
    parse_optional,
    parse_receipt,
    parse_small,
    parse_timestamp,
    parse_transaction,
)
from nft.clients.evm.errors import (
    ANSWER_TOO_LARGE,
    BLOCK_GONE,
    STALE_NODE,
    CallFailed,
    ChainError,
    ChainUnavailable,
    WrongChain,
)
from nft.clients.evm.node import Node, limit_to_share
from nft.core.evm.abi.logs import Log
from nft.core.evm.abi.multicall import Call
from nft.core.evm.address import to_checksum
from nft.core.json import Json
from nft.core.tokens.verdict import BlockRef
from nft.settings.chains import Proofs, chains
from profiles import clock
from profiles.sentences import gettext as _

log = logging.getLogger(__name__)
T = TypeVar("T")
Head = Literal["latest"]
HEAD: Head = "latest"
READER = bytes(20)
"""The sender of every call: always the same, so that a contract can't give different callers different answers."""
CALL_GAS = 10_000_000
MAX_ANSWER = 4 * 1024 * 1024
"""Bytes that one call may return: a token URI of 1 MiB in base64 and ABI still fits."""

#: Seconds that a block may be ahead of our clock: the makers of blocks have clocks of their own.
MAX_AHEAD = 300

At = BlockRef | Head


def _shared_clock() -> float:
    """Return the time of jobs in seconds, as time.time()."""
    return time.time() + clock.get_skew()


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
        proofs: Proofs = Proofs.OFFERED,
        light_client_url: str = "",
        clock: Callable[[], float] = _shared_clock,
    ) -> None:
        """Build a client of the nodes at `rpc_urls`.

        agree: decide ownership only if all nodes give the same answer; otherwise the next node is a fallback.
        delegate_registry: the chain's delegate.xyz v2 registry; None if delegations don't count.
        max_block_age: seconds by `clock`; a node whose confirmed block is older is not used.
        light_client_url: a client that verifies headers; "" for none. It is asked for nothing else.
        """
        self.chain_id = chain_id
        self.must_agree = agree and len(rpc_urls) > 1
        self.delegate_registry = delegate_registry
        self.proofs = proofs
        self.light_client = ChainClient(chain_id, [light_client_url], confirmed) if light_client_url else None
        self._max_block_age, self._clock = max_block_age, clock
        self._nodes = [Node(url, chain_id) for url in rpc_urls]
        self._confirmed = confirmed

    def single_node_clients(self) -> list[ChainClient]:
        """Return one client per node, which asks that node only."""
        views = []
        for node in self._nodes_in_order():
            view = ChainClient(
                self.chain_id,
                [],
                self._confirmed,
                delegate_registry=self.delegate_registry,
                max_block_age=self._max_block_age,
                clock=self._clock,
            )
            view._nodes = [node]
            views.append(view)
        return views

    def first_working_view(self) -> tuple[ChainClient, BlockRef]:
        """Return a client for the first node that answers, and that node's newest block.

        Both come from the same node: two nodes may follow different forks.
        """
        for view in self.single_node_clients():
            try:
                return view, view.head()
            except ChainUnavailable:
                continue
        raise ChainUnavailable(_("No node of this chain answers."))

    def confirmed_block(self) -> BlockRef:
        """Return the newest confirmed block: `finalized`, `safe`, or the configured number of blocks below the newest.

        Never below block 0. Raise ChainUnavailable of kind STALE_NODE if it is too old, as a stuck node proves nothing,
        or from the future, as then a clock is wrong.
        """
        tag = self._confirmed
        if not isinstance(tag, str):
            tag = hex(max(0, self.ask("eth_blockNumber", [], parse_small) - tag))
        return self.ask("eth_getBlockByNumber", [tag, False], self._parse_confirmed)

    def _parse_confirmed(self, answer: Json) -> BlockRef:
        block = parse_block(answer)
        if self._max_block_age is not None:
            self._check_age(parse_timestamp(answer), self._max_block_age)
        return block

    def _check_age(self, timestamp: int, allowed: float) -> None:
        age = self._clock() - timestamp
        if age < -MAX_AHEAD:
            log.error("Chain %s: a node's confirmed block is %.0f s ahead of our clock.", self.chain_id, -age)
            raise ChainUnavailable(
                _("The newest confirmed block is %(seconds)s s ahead of our clock.", seconds=round(-age)), STALE_NODE
            )
        if age > allowed:
            log.error("Chain %s: a node's confirmed block is %.0f s old; it may be stuck.", self.chain_id, age)
            sentence = _(
                "The newest confirmed block is %(age)s s old; %(allowed)s s are allowed.",
                age=round(age),
                allowed=round(allowed),
            )
            raise ChainUnavailable(sentence, STALE_NODE)

    def has_block(self, block: BlockRef) -> bool:
        """Return whether the chain still has this very block. Raises ChainUnavailable where the node is behind it."""
        return self._block(hex(block.number)).hash == block.hash

    def head(self) -> BlockRef:
        return self._block(HEAD)

    def block(self, number: int) -> BlockRef:
        return self._block(hex(number))

    def check_block(self, block: BlockRef) -> None:
        """Raise ChainUnavailable, of kind BLOCK_GONE, unless the chain still has this very block.

        Reads go by number; checked before and after, they are one view of the chain.
        """
        if not self.has_block(block):
            raise ChainUnavailable(
                _("Block %(number)s is no longer part of the chain.", number=str(block.number)), BLOCK_GONE
            )

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
        """Return what the contract returns; empty where there is no contract. Raises CallFailed.

        `to` None: run `data` as creation code, which changes nothing, and return what it returns.
        """
        return self.ask("eth_call", [_request(to, data, sender, gas), _tag(block)], partial(_parse_call, max_bytes))

    def call_each(self, calls: Sequence[Call], block: At, *, max_bytes: int) -> list[bytes | ChainError]:
        """Like `call` for each, in one JSON-RPC batch to the first node. A call that failed is answered by its error.

        Raises ChainUnavailable where the node takes no such batch, or left out an answer.
        """
        requests = [_request(one.target, one.data, READER, CALL_GAS) for one in calls]
        questions: list[tuple[str, Sequence[Json]]] = [("eth_call", [request, _tag(block)]) for request in requests]
        return self.node.ask_many(questions, partial(_parse_call, max_bytes))

    @property
    def node(self) -> Node:
        """The first node; the only one of a view."""
        return self._nodes[0]

    def code_at(self, address: bytes, block: At) -> bytes:
        return self.ask("eth_getCode", [to_checksum(address), _tag(block)], parse_bytes)

    def receipt(self, tx_hash: str) -> Receipt | None:
        """Return None while the transaction is in no block."""
        return self.ask("eth_getTransactionReceipt", [tx_hash], parse_optional(parse_receipt))

    def transaction(self, tx_hash: str) -> SentTransaction | None:
        """Return None where the node knows of no such transaction."""
        return self.ask("eth_getTransactionByHash", [tx_hash], parse_optional(parse_transaction))

    def estimate_gas(self, sender: bytes, to: bytes, data: bytes) -> int:
        """Raises CallFailed where the transaction would fail."""
        request = {"from": to_checksum(sender), "to": to_checksum(to), "data": _hex(data)}
        return self.ask("eth_estimateGas", [request], parse_small)

    def logs(
        self,
        addresses: Sequence[bytes],
        events: Sequence[str],
        first: int,
        last: int,
        indexed: Sequence[str | None] = (),
    ) -> list[Log]:
        """Return what contracts logged from block `first` to `last`, both included.

        `events` are first topics, `indexed` those after them, None for any.
        """
        query: Mapping[str, Json] = {
            "address": ["0x" + address.hex() for address in addresses],
            "topics": [list(events), *indexed],
            "fromBlock": hex(first),
            "toBlock": hex(last),
        }
        return list(self.ask("eth_getLogs", [query], parse_objects))

    def send_raw(self, transaction: bytes) -> str:
        """Send a signed transaction and return its hash. Raises TransactionRefused."""
        return "0x" + self.ask("eth_sendRawTransaction", [_hex(transaction)], parse_hash).hex()

    def ask(self, method: str, params: Sequence[Json], parse: Callable[[Json], T]) -> T:
        """Return what `parse` makes of the `result` of a JSON-RPC call, by the first node whose answer it takes.

        Only outages lead to the next node: a refused call is an answer.
        """
        failure: ChainUnavailable | None = None
        for place, node in enumerate(self._nodes_in_order()):
            try:
                with limit_to_share(len(self._nodes) - place):
                    return node.ask(method, params, parse)
            except ChainUnavailable as error:
                if isinstance(error, WrongChain):
                    log.error("Chain %s: %s", self.chain_id, error)  # noqa: TRY400 - the sentence says it all
                failure = error
        raise failure or ChainUnavailable(_("This chain has no node."))

    def _nodes_in_order(self) -> list[Node]:
        """Return the nodes as configured, those behind the others that failed lately."""
        return sorted(self._nodes, key=lambda node: node.is_failing)

    def _block(self, tag: str) -> BlockRef:
        return self.ask("eth_getBlockByNumber", [tag, False], parse_block)


_open_client = functools.lru_cache(maxsize=64)(ChainClient)


def get_chain(chain_id: int) -> ChainClient:
    """Return the client of a configured chain. Raises ChainUnavailable for others."""
    chain = chains().get(chain_id)
    if chain is None:
        raise ChainUnavailable(_("Chain %(chain_id)s is not one this site reads.", chain_id=str(chain_id)))
    return _open_client(
        chain_id,
        chain.rpc_urls,
        chain.confirmed,
        agree=chain.agree,
        delegate_registry=chain.delegate_registry,
        max_block_age=chain.max_block_age,
        proofs=chain.proofs,
        light_client_url=chain.light_client_url,
    )


def _request(to: bytes | None, data: bytes, sender: bytes, gas: int) -> dict[str, str]:
    request = {"data": _hex(data), "from": to_checksum(sender), "gas": hex(gas)}
    return request if to is None else request | {"to": to_checksum(to)}


def _parse_call(max_bytes: int, answer: Json) -> bytes:
    """Raises CallFailed, of kind ANSWER_TOO_LARGE, and ChainUnavailable."""
    if isinstance(answer, str) and len(answer) > 2 * max_bytes + 2:
        raise CallFailed(_("The contract answered with more than %(bytes)s bytes.", bytes=max_bytes), ANSWER_TOO_LARGE)
    return parse_bytes(answer)


def _tag(block: At) -> str:
    return hex(block.number) if isinstance(block, BlockRef) else block


def _hex(data: bytes) -> str:
    return "0x" + data.hex()
