"""A proof as one document that anybody can verify without a node: header, nodes of the tries, code, calls and results.

The only thing to be asked elsewhere is whether the chain has a block with this hash (docs/verify/ownership.md).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eth_hash.auto import keccak

from nft.core.evm.errors import NotProvable, NotProved
from nft.core.evm.proofs.execution import MAX_SECONDS, Executed, ProvedCall, execute, prepare
from nft.core.evm.proofs.header import Header
from nft.core.evm.proofs.specification import limit_time
from nft.core.evm.proofs.state import MAX_PROOF, Evidence, ProvedState
from profiles.sentences import gettext as _
from profiles.text import load_json

VERSION = 1


@dataclass(frozen=True, slots=True)
class ComputedCall:
    call: ProvedCall
    result: Executed


@dataclass(frozen=True)
class Document:
    """What a document states. Nothing of it is proved before `verify` returned."""

    chain_id: int
    header: Header
    evidence: Evidence
    reads: Mapping[bytes, Mapping[bytes, int]]
    calls: Sequence[ComputedCall]

    def verify(self, block_hash: bytes) -> None:
        """Compute every call anew, from the state of the block with this hash.

        Raise `NotProved` if anything is missing, false or superfluous, `NotProvable` if it can't be computed.
        """
        if self.header.hash != block_hash:
            raise NotProved(_("The proof is of another block."))
        state = ProvedState(self.header, self.evidence)
        for address in self.reads:
            state.code(address)
        prepare()
        limit_time(MAX_SECONDS)
        for computed in self.calls:
            if execute(state, self.chain_id, computed.call) != computed.result:
                raise NotProved(_("The proved state gives another answer."))
        used = (state.get_reads(), state.used.nodes, state.used.codes)
        if used != (self.reads, self.evidence.nodes, self.evidence.codes):
            raise NotProved(_("The proof does not hold just what it needs."))


def build_document(chain_id: int, state: ProvedState, calls: Sequence[ComputedCall]) -> bytes:
    """Write what `calls` needed of `state`, in canonical JSON (RFC 8785). Raise `NotProvable` beyond MAX_PROOF."""
    if state.used.total() > MAX_PROOF:
        raise NotProvable(_("The proof has more than %(proof)s bytes.", proof=MAX_PROOF))
    content = {
        "version": VERSION,
        "chain_id": chain_id,
        "block_number": state.header.get_number("number"),
        "block_hash": _hex(state.header.hash),
        "header": _hex(state.header.encoded),
        "nodes": sorted(_hex(node) for node in state.used.nodes.values()),
        "codes": sorted(_hex(code) for code in state.used.codes.values()),
        "reads": [
            {"address": _hex(address), "slots": {_hex(slot): hex(value) for slot, value in slots.items()}}
            for address, slots in state.get_reads().items()
        ],
        "calls": [
            {
                "from": _hex(each.call.sender),
                "to": _hex(each.call.to),
                "data": _hex(each.call.data),
                "gas": each.call.gas,
                "succeeded": each.result.succeeded,
                "result": _hex(each.result.data),
            }
            for each in calls
        ],
    }
    return write(content)


def write(content: Mapping[str, object]) -> bytes:
    """Write canonical JSON: all texts of a proof are ASCII, and all numbers small."""
    return json.dumps(content, sort_keys=True, separators=(",", ":")).encode()


def sha256(document: bytes) -> str:
    return hashlib.sha256(document).hexdigest()


def split_code(document: bytes) -> tuple[bytes, dict[str, bytes]]:
    """Return the document with hashes in place of code, and the code by its hash: many documents share it."""
    content = json.loads(document)
    codes = {keccak(code).hex(): code for code in map(_bytes, content["codes"])}
    return write(content | {"codes": sorted(codes)}), codes


def get_code_hashes(split: bytes) -> list[str]:
    """Return the hashes that `split_code` left in a document."""
    return list(json.loads(split)["codes"])


def join_code(split: bytes, codes: Sequence[bytes]) -> bytes:
    """Return the document that `split_code` got, if all its code is given."""
    return write(json.loads(split) | {"codes": sorted(map(_hex, codes))})


def parse_document(data: bytes) -> Document:
    """Read what `build_document` wrote. Raise `NotProved` for anything else."""
    try:
        content: Any = load_json(data)
        if content["version"] != VERSION or write(content) != data:
            raise NotProved(_("The proof is not a document of this version."))
        evidence = Evidence()
        for node in content["nodes"]:
            evidence.add_node(_bytes(node))
        for code in content["codes"]:
            evidence.add_code(_bytes(code))
        calls = [
            ComputedCall(
                ProvedCall(_bytes(call["to"]), _bytes(call["data"]), _bytes(call["from"]), int(call["gas"])),
                Executed(call["succeeded"] is True, _bytes(call["result"])),
            )
            for call in content["calls"]
        ]
        reads = {
            _bytes(entry["address"]): {_bytes(slot): int(value, 16) for slot, value in entry["slots"].items()}
            for entry in content["reads"]
        }
        return Document(int(content["chain_id"]), Header(_bytes(content["header"])), evidence, reads, calls)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError) as error:
        raise NotProved(_("The proof is not a well-formed document.")) from error


def _hex(content: bytes) -> str:
    return "0x" + content.hex()


def _bytes(text: str) -> bytes:
    if text[:2] != "0x":
        raise ValueError
    return bytes.fromhex(text[2:])
