"""What a node offers to prove a block's state: its header, account and storage proofs (EIP-1186), and code.

Nothing here is believed. A node that offers no proofs raises ProofsNotOffered, which says nothing about the state.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from nft.clients.evm.answers import parse_bytes, parse_hash, parse_object, parse_objects
from nft.clients.evm.chain import ChainClient
from nft.clients.evm.errors import BLOCK_GONE, METHOD_UNSUPPORTED, CallFailed, ChainError, ChainUnavailable
from nft.core.evm.address import ADDRESS_BYTES, to_checksum
from nft.core.evm.errors import NotProved
from nft.core.evm.proofs.execution import ProvedCall
from nft.core.evm.proofs.header import Header, parse_header
from nft.core.evm.proofs.state import MAX_SLOTS, Evidence
from nft.core.json import Json
from nft.core.tokens.verdict import BlockRef, RestsOn
from profiles.sentences import gettext

PROOF, HINT = "eth_getProof", "eth_createAccessList"
JSON_BATCH = 100
_NOT_OFFERED = gettext("The chain's node offers no proof of this block's state.")
#: Nodes on the way to a key of 64 digits.
MAX_PATH = 65

Question = tuple[str, Sequence[Json]]


class ProofsNotOffered(ChainUnavailable):
    """The node does not have the method, or no longer the state of the block."""


@dataclass
class Reads:
    """Accounts, with their slots and code, that a proof is wanted of."""

    slots: dict[bytes, set[bytes]] = field(default_factory=lambda: defaultdict(set))
    codes: set[bytes] = field(default_factory=set)

    def add(self, address: bytes, slots: Iterable[bytes] = (), *, code: bool = False) -> None:
        self.slots[address].update(slots)
        if code:
            self.codes.add(address)

    def __len__(self) -> int:
        return len(self.codes) + sum(1 + len(slots) for slots in self.slots.values())


@dataclass(frozen=True)
class Opening:
    """The proved header of a block, and by each call what it is said to read: a hint, None if the node gives none."""

    header: Header
    hints: Sequence[Reads | None]


def fetch_opening(view: ChainClient, block: BlockRef, calls: Sequence[ProvedCall]) -> Opening:
    """Fetch what begins a proof, in one request.

    Raise NotProved if the header is not of this block, or of a form that is not known, ProofsNotOffered, and
    ChainUnavailable of kind BLOCK_GONE if the chain has another block there by now.
    """
    if view.node.has_refused(PROOF):
        raise ProofsNotOffered(_NOT_OFFERED)
    tag = hex(block.number)
    questions: list[Question] = [("eth_getBlockByNumber", [tag, False])]
    if not view.node.has_refused(HINT):
        questions += [(HINT, [_request(call), tag]) for call in calls]
    answer, *hints = _ask_all(view, questions)
    if any(isinstance(hint, ChainError) and hint.is_a(METHOD_UNSUPPORTED) for hint in hints):
        view.node.note_refusal(HINT)
    return Opening(_check_header(answer, block), [_parse_hint(hint) for hint in hints] or [None] * len(calls))


def fetch_evidence(view: ChainClient, block: BlockRef, reads: Reads, evidence: Evidence) -> None:
    """Add to `evidence` what the node sends about `reads`, in one request. Raise ProofsNotOffered and NotProved."""
    tag = hex(block.number)
    proofs: list[Question] = [
        (PROOF, [to_checksum(address), ["0x" + slot.hex() for slot in sorted(slots)], tag])
        for address, slots in reads.slots.items()
    ]
    codes: list[Question] = [("eth_getCode", [to_checksum(address), tag]) for address in sorted(reads.codes)]
    for (method, _), answer in zip([*proofs, *codes], _ask_all(view, [*proofs, *codes]), strict=True):
        if isinstance(answer, ChainError):
            if answer.is_a(METHOD_UNSUPPORTED):
                view.node.note_refusal(method)
            raise _not_offered(answer)
        try:
            if method == "eth_getCode":
                evidence.add_code(parse_bytes(answer))
            else:
                _add_proof(answer, evidence)
        except ChainUnavailable as error:
            raise NotProved(gettext("A node's proof is malformed.")) from error


def fetch_authority(client: ChainClient, asked: ChainClient, block: BlockRef) -> RestsOn:
    """Ask the chain's light client and the nodes besides `asked` whether they have this very block.

    Those that can't say so now don't count. Raise NotProved if one has another block there.
    """
    light = [client.light_client] if client.light_client is not None else []
    if any(_has_block(view, block) for view in light):
        return RestsOn.LIGHT_CLIENT
    others = [view for view in client.single_node_clients() if view.node is not asked.node]
    agreeing = sum(_has_block(view, block) for view in others)
    return RestsOn.SEVERAL_NODES if agreeing else RestsOn.ONE_NODE


def _has_block(view: ChainClient, block: BlockRef) -> bool:
    try:
        if not view.has_block(block):
            raise NotProved(gettext("The nodes do not agree on block %(number)s.", number=str(block.number)))
    except ChainUnavailable:
        return False
    return True


def _ask_all(view: ChainClient, questions: Sequence[Question]) -> list[Json | ChainError]:
    """Ask in batches, or one by one a node that takes none. Raise ChainUnavailable if it is down."""
    answers: list[Json | ChainError] = []
    for start in range(0, len(questions), JSON_BATCH):
        batch = questions[start : start + JSON_BATCH]
        try:
            answers += view.node.ask_each(batch)
        except ChainUnavailable:
            answers += [_ask_one(view, question) for question in batch]
    return answers


def _ask_one(view: ChainClient, question: Question) -> Json | ChainError:
    try:
        return view.node.ask(*question, parse=lambda answer: answer)
    except ChainError as error:
        if isinstance(error, CallFailed) or error.is_a(METHOD_UNSUPPORTED) or error.is_a(BLOCK_GONE):
            return error
        raise


def _check_header(answer: Json | ChainError, block: BlockRef) -> Header:
    if isinstance(answer, ChainError):
        raise answer
    if answer is None:
        raise ChainUnavailable(
            gettext("Block %(number)s is no longer part of the chain.", number=str(block.number)), BLOCK_GONE
        )
    content = parse_object(answer)
    if parse_hash(content.get("hash")) != block.hash:
        raise ChainUnavailable(
            gettext("Block %(number)s is no longer part of the chain.", number=str(block.number)), BLOCK_GONE
        )
    header = parse_header(content)
    if header.hash == block.hash and header.get_number("number") == block.number:
        return header
    raise NotProved(gettext("The header of this chain cannot be checked: it does not have the block's hash."))


def _parse_hint(answer: Json | ChainError) -> Reads | None:
    """Return the accounts and slots of an access list, at most MAX_SLOTS. It only saves requests."""
    if isinstance(answer, ChainError) and answer.is_a(METHOD_UNSUPPORTED):
        return None
    reads = Reads()
    try:
        entries = [] if isinstance(answer, ChainError) else parse_objects(parse_object(answer).get("accessList"))
        for entry in entries[:MAX_SLOTS]:
            address, keys = parse_bytes(entry.get("address")), entry.get("storageKeys")
            if len(address) == ADDRESS_BYTES and isinstance(keys, list):
                reads.add(address, map(parse_hash, keys[: max(0, MAX_SLOTS - len(reads))]), code=True)
    except ChainError:
        return reads
    return reads


def _add_proof(answer: Json, evidence: Evidence) -> None:
    proof = parse_object(answer)
    paths = [proof.get("accountProof")]
    paths += [entry.get("proof") for entry in parse_objects(proof.get("storageProof"))[: MAX_SLOTS * JSON_BATCH]]
    for path in paths:
        if not isinstance(path, list) or len(path) > MAX_PATH:
            raise NotProved(gettext("A node's proof is malformed."))
        for node in path:
            evidence.add_node(parse_bytes(node))


def _not_offered(error: ChainError) -> ChainError:
    if error.is_a(METHOD_UNSUPPORTED) or error.is_a(BLOCK_GONE):
        return ProofsNotOffered(_NOT_OFFERED)
    return error


def _request(call: ProvedCall) -> Mapping[str, Json]:
    return {
        "from": to_checksum(call.sender),
        "to": to_checksum(call.to),
        "data": "0x" + call.data.hex(),
        "gas": hex(call.gas),
    }
