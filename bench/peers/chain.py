"""Owners of tokens: our batches, our check token by token, our bare codec, and web3 as its documentation shows it.

Arguments: the name of the work, and a JSON file with node, contract, owner and number of tokens. The facts are the
number of requests that one call of the work takes.
"""

from __future__ import annotations

import itertools
import json
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

from eth_utils.address import to_checksum_address
from web3 import HTTPProvider, Web3

from bench.serve import serve
from nft.clients.evm.chain import ChainClient
from nft.clients.evm.node import Node
from nft.core.evm.abi.multicall import MULTICALL3, Call, build_aggregate3, parse_aggregate3
from nft.core.evm.abi.token_calls import build_owner_of, parse_owner_of
from nft.core.evm.proofs.document import parse_document, split_code
from nft.core.evm.token import Token, TokenStandard
from nft.core.tokens.verdict import Verdict
from nft.testing.genesis import CHAIN_ID
from nft.tokens.facts import Question
from nft.tokens.ownership import check_many, check_ownership
from tests.servers.chain import read_artifact

Case = dict[str, Any]
BATCH = 500


def page(case: Case) -> Callable[[], object]:
    """Check a page of claims like the sweep, without its database."""
    return _page(case, _client(case))


def page_without_multicall(case: Case) -> Callable[[], object]:
    client = _client(case)
    client.node.has_multicall = False
    return _page(case, client)


def _page(case: Case, client: ChainClient) -> Callable[[], object]:
    owner, contract = bytes.fromhex(case["owner"][2:]), bytes.fromhex(case["contract"][2:])
    ids = [1 + number % case["tokens"] for number in range(case["page"])]

    def work() -> None:
        questions = [Question(Token(contract, token_id, TokenStandard.ERC721), (owner,)) for token_id in ids]
        found = check_many(client, questions)
        _check(all(check is not None and check.decision.verdict is Verdict.OWNED for check in found.checks))

    return work


def one_by_one(case: Case) -> Callable[[], object]:
    """Check single tokens, without the database: block, code, owner, block again."""
    client, owner = _client(case), bytes.fromhex(case["owner"][2:])
    contract, tokens = bytes.fromhex(case["contract"][2:]), _tokens(case)

    def work() -> None:
        token = Token(contract, next(tokens), TokenStandard.ERC721)
        _check(check_ownership(client, token, [owner], look_at_head=False).decision.verdict is Verdict.OWNED)

    return work


def prove(case: Case) -> Callable[[], object]:
    """Check single tokens, and prove each answer from the chain's state."""
    client, tokens = _client(case), _tokens(case)
    return lambda: _prove_one(case, client, next(tokens))


def _prove_one(case: Case, client: ChainClient, token_id: int) -> bytes:
    """Return the document of the proof."""
    owner, contract = bytes.fromhex(case["owner"][2:]), bytes.fromhex(case["contract"][2:])
    token = Token(contract, token_id, TokenStandard.ERC721)
    found = check_ownership(client, token, [owner], look_at_head=False, wants_proof=lambda _: True)
    if found.proof is None:
        raise ValueError(f"Not proved: {found.decision.sentence}")
    return found.proof.document


def verify(case: Case) -> Callable[[], object]:
    """Verify a proof from memory: header, tries, code and the contract's answer."""
    data = _prove_one(case, _client(case), 1)
    block_hash = bytes.fromhex(json.loads(data)["block_hash"][2:])
    return lambda: parse_document(data).verify(block_hash)


def bare(case: Case) -> Callable[[], object]:
    """Ask the node for the owner and believe it: one eth_call."""
    client, owner = _client(case), bytes.fromhex(case["owner"][2:])
    contract, tokens, block = bytes.fromhex(case["contract"][2:]), _tokens(case), client.confirmed_block()
    return lambda: _check(parse_owner_of(client.call(contract, build_owner_of(next(tokens)), block)) == owner)


def batches(case: Case) -> Callable[[], object]:
    """Ask for one block and make two calls for a thousand tokens."""
    client, owner = _client(case), bytes.fromhex(case["owner"][2:])
    contract, tokens = bytes.fromhex(case["contract"][2:]), range(1, case["tokens"] + 1)

    def work() -> None:
        block = client.confirmed_block()
        for first in range(0, len(tokens), BATCH):
            calls = [Call(contract, build_owner_of(token_id)) for token_id in tokens[first : first + BATCH]]
            answer = client.call(MULTICALL3, build_aggregate3(calls), block)
            results = parse_aggregate3(answer, len(calls))
            _check(all(result.success and parse_owner_of(result.data) == owner for result in results))
        client.check_block(block)

    return work


def web3(case: Case) -> Callable[[], object]:
    w3 = Web3(HTTPProvider(case["url"]))
    abi = read_artifact("AvatarToken")["abi"]
    contract = w3.eth.contract(address=to_checksum_address(case["contract"]), abi=abi)
    block, tokens = w3.eth.get_block("finalized")["number"], _tokens(case)

    def work() -> None:
        _check(contract.functions.ownerOf(next(tokens)).call(block_identifier=block) == case["owner"])

    return work


def _client(case: Case) -> ChainClient:
    return ChainClient(CHAIN_ID, [case["url"]], "finalized")


def _tokens(case: Case) -> Iterator[int]:
    return itertools.cycle(range(1, case["tokens"] + 1))


def _check(is_good: bool) -> None:
    if not is_good:
        raise ValueError("The chain's answer is not the expected one.")


def _count_requests(work: Callable[[], object]) -> int:
    """Return the requests of the second call of `work`; the first one also asks for the chain's id."""
    import requests

    work()
    web3_sends, we_send = requests.Session.send, Node._post  # noqa: SLF001 - all requests pass there
    with (
        patch.object(requests.Session, "send", autospec=True, side_effect=web3_sends) as by_web3,
        patch.object(Node, "_post", autospec=True, side_effect=we_send) as by_us,
    ):
        work()
    return by_us.call_count or by_web3.call_count


def _measure_proof(work: Callable[[], object]) -> dict[str, int]:
    """Return the bytes of a proof as it is published, and as it is kept without the code."""
    document = work()
    if not isinstance(document, bytes):
        return {}
    return {"bytes": len(document), "kept": len(zlib.compress(split_code(document)[0]))}


WORKS = (page, page_without_multicall, one_by_one, prove, verify, bare, batches, web3)
if __name__ == "__main__":
    works = {each.__name__: each for each in WORKS}
    chosen = works[sys.argv[1]](json.loads(Path(sys.argv[2]).read_text(encoding="utf-8")))
    serve(chosen, {"requests": _count_requests(chosen), **_measure_proof(chosen)})
