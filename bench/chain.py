"""Chain: who owns a thousand tokens now? Against a real node (anvil)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from eth_utils.address import to_checksum_address

from bench.harness import Contestant, Pace, contest
from bench.lanes import Lane, Place, python_peer, site_settings
from bench.report import Goal, Table
from nft.core.abi import MULTICALL3
from tests.servers import places
from tests.servers.chain import Chain, read_artifact, start_chain

TOKENS = 1000
OURS, WEB3 = "ours: check_ownership, token by token", "web3, contract object, one by one"
LIMIT = "our codec, 500 in one aggregate3"
MOST_MICROSECONDS, MOST_CALLS = 30.0, 0.002


def run(place: Place) -> Iterator[Table]:
    case = place.folder / "case.json"
    _prepare(place, case)
    settings = site_settings(place.folder)
    lanes = [
        Lane(python_peer(LIMIT, "chain", "batches", str(case), unit=TOKENS, environment=settings), place),
        Lane(python_peer(OURS, "chain", "one_by_one", str(case), environment=settings), place),
        Lane(python_peer(WEB3, "chain", "web3", str(case), environment=settings), place),
    ]
    requests = {lane.name: lane.facts["requests"] / (TOKENS if lane.name == LIMIT else 1) for lane in lanes}
    contestants: list[Contestant] = list(lanes)
    results = contest(contestants, Pace(0.5, 15 * place.haste))
    goals = [
        Goal("processor time a token", _median_microseconds(results[OURS].processor), MOST_MICROSECONDS, " µs"),
        Goal("requests a token", requests[OURS], MOST_CALLS),
    ]
    yield Table("Chain: owners of 1,000 tokens", list(results.values()), LIMIT, "token", goals, [_note(requests)])


def _note(requests: dict[str, float]) -> str:
    counted = ", ".join(f"{number:g} ({name})" for name, number in requests.items())
    return (
        f"Requests to the node a token: {counted}. The codec for batches is in nft.core.abi, but no service uses it to "
        "check owners in this version: the sweep goes token by token. Time on the clock is mostly the node's."
    )


def _median_microseconds(seconds: list[float]) -> float:
    return sorted(seconds)[len(seconds) // 2] * 1e6


def _prepare(place: Place, case: Path) -> None:
    here = places.make()
    place.closing.callback(here.remove)
    chain = start_chain(here, here.chain_port)
    place.closing.callback(chain.running.kill)
    chain.mine(3)
    owner, contract = chain.accounts[1], _mint(chain)
    facts = {"url": chain.url, "owner": owner, "contract": contract, "tokens": TOKENS}
    case.write_text(json.dumps(facts), encoding="utf-8")


def _mint(chain: Chain) -> str:
    """A contract with TOKENS tokens of the second account, final; Multicall3 lies where it lies on every chain."""
    chain.rpc("anvil_setCode", to_checksum_address(MULTICALL3), read_artifact("Aggregate3")["deployedBytecode"])
    token = chain.deploy("AvatarToken", "Bench", "BENCH", "data:,", chain.accounts[0], False, 0)
    mint = token.encode_abi("mint", [chain.accounts[1], "ipfs://bench"])
    transaction = {"from": chain.accounts[0], "to": token.address, "data": mint, "gas": hex(400_000)}
    for _ in range(TOKENS):
        chain.rpc("eth_sendTransaction", transaction)
    chain.finalize()
    return str(token.address)
