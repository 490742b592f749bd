"""Who owns these tokens? Our check token by token, our codec in batches, and web3 as its documentation shows it.

Arguments: the work's name and a JSON file: node, contract, owner, how many tokens. Says how many calls a token takes.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

from eth_utils.address import to_checksum_address
from web3 import HTTPProvider, Web3

from bench.serve import serve
from nft.clients.chain import ChainClient
from nft.core.abi import MULTICALL3, Call, build_aggregate3, build_owner_of, parse_aggregate3, parse_owner_of
from nft.core.token import TokenStandard
from nft.core.verdict import Verdict
from nft.services.ownership import Token, check_ownership
from tests.servers.chain import CHAIN_ID, read_artifact

Case = dict[str, Any]
BATCH = 500


def one_by_one(case: Case) -> Callable[[], object]:
    """What the sweep does for each claim, without its database: block, code, owner, block again."""
    client, owner = _client(case), bytes.fromhex(case["owner"][2:])
    contract, tokens = bytes.fromhex(case["contract"][2:]), _tokens(case)

    def work() -> None:
        token = Token(contract, next(tokens), TokenStandard.ERC721)
        _check(check_ownership(client, token, [owner], look_at_head=False).decision.verdict is Verdict.OWNED)

    return work


def batches(case: Case) -> Callable[[], object]:
    """One block and two calls for a thousand tokens."""
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
        raise ValueError("The chain did not answer as expected.")


def _count_requests(work: Callable[[], object]) -> int:
    """Of one call of `work`, the first one left aside: it asks for the chain's id."""
    import requests

    work()
    sent = requests.Session.send
    with patch.object(requests.Session, "send", autospec=True, side_effect=sent) as counted:
        work()
    return counted.call_count


if __name__ == "__main__":
    works = {each.__name__: each for each in (one_by_one, batches, web3)}
    chosen = works[sys.argv[1]](json.loads(Path(sys.argv[2]).read_text(encoding="utf-8")))
    serve(chosen, {"requests": _count_requests(chosen)})
