"""Chain: who owns these tokens now, the whole sweep, and following transfers. Against a real node (anvil)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests
from eth_hash.auto import keccak
from eth_utils.address import to_checksum_address

from bench.harness import Contestant, Pace, Result, contest
from bench.lanes import Lane, Peer, Place, python_peer, site_settings
from bench.report import MIB, Goal, Table
from nft.core.evm.abi.multicall import MULTICALL3
from tests.servers import places
from tests.servers.chain import Chain, read_artifact, start_chain

TOKENS = 1000
PAGE = 2000  # as nft.claims.sweeping has it; the peer checks
PERIOD = 12.0  # NFT_WATCH_PERIOD
BLOCKS, MOVES = 10_000, 10
FEW, MANY = 1000, 100_000
OURS, JSON_RPC = "ours: a page of 2,000, Multicall3", "ours: the same by JSON-RPC batches"
SINGLE, WEB3 = "ours: check_ownership, token by token", "web3, contract object, one by one"
LIMIT = "our bare codec, 500 in one aggregate3"
SWEEP_FEW, SWEEP_MANY = f"ours: sweep of {FEW:,} claims, SQLite", f"ours: sweep of {MANY:,} claims, SQLite"
WATCH = "ours: read 1,000 logs and find their claims"
MOST_MICROSECONDS, MOST_CALLS, MOST_PER_LOG, MOST_SECONDS = 30.0, 0.002, 15.0, 60.0
FLAT_MIB = 8.0


def run(place: Place) -> Iterator[Table]:
    case = place.folder / "case.json"
    _prepare(place, case)
    yield _owners(place, case)
    yield _sweeps(place, case)
    yield _following(place, case)


def _owners(place: Place, case: Path) -> Table:
    peers = {OURS: "page", JSON_RPC: "page_without_multicall", SINGLE: "one_by_one", LIMIT: "batches", WEB3: "web3"}
    units = {OURS: PAGE, JSON_RPC: PAGE, LIMIT: TOKENS}
    lanes = [_lane(place, name, "chain", work, case, unit=units.get(name, 1)) for name, work in peers.items()]
    requests = {lane.name: lane.facts["requests"] / units.get(lane.name, 1) for lane in lanes}
    results = _contest(lanes, 20 * place.haste)
    goals = [
        Goal("processor time a token", _microseconds(results[OURS]), MOST_MICROSECONDS, " µs"),
        Goal("requests a token", requests[OURS], MOST_CALLS),
    ]
    counted = ", ".join(f"{number:g} ({name})" for name, number in requests.items())
    note = f"Requests to the node a token: {counted}. Time on the clock is mostly the node's."
    return Table("Chain: owners of tokens", list(results.values()), LIMIT, "token", goals, [note])


def _sweeps(place: Place, case: Path) -> Table:
    few = _lane(place, SWEEP_FEW, "claims", "sweep", case, str(FEW), unit=FEW)
    many = _lane(place, SWEEP_MANY, "claims", "sweep", case, str(MANY), unit=PAGE)
    results = _contest([few, many], 30 * place.haste)
    grown = (results[SWEEP_MANY].peak - results[SWEEP_FEW].peak) / MIB
    goals = [Goal(f"memory of {MANY:,} claims above that of {FEW:,}", max(0.0, grown), FLAT_MIB, " MiB")]
    note = "A page is taken, asked, renewed and written; each table has a database of its own."
    return Table("Chain: the whole sweep", list(results.values()), SWEEP_FEW, "claim", goals, [note])


def _following(place: Place, case: Path) -> Table:
    lane = _lane(place, WATCH, "claims", "watch", case, unit=100 * MOVES)
    results = _contest([lane], 5 * place.haste)
    seconds, blocks = lane.facts["seconds"], lane.facts["blocks"]
    goals = [
        Goal("processor time a log", _microseconds(results[WATCH]), MOST_PER_LOG, " µs"),
        Goal(f"catching up {BLOCKS:,} blocks of {MOVES} transfers", seconds * BLOCKS / blocks, MOST_SECONDS, " s"),
    ]
    look = lane.facts["look_p95"]
    note = (
        f"The watcher caught up {blocks:,} blocks in {seconds:.1f} s, the node's time included. A look that finds a "
        f"transfer in a new block takes {look * 1000:.0f} ms (p95) until the mark is off; looks begin every "
        f"{PERIOD:g} s, so that it is off {0.95 * PERIOD + look:.1f} s (p95) after the block."
    )
    return Table("Chain: following transfers", list(results.values()), WATCH, "log", goals, [note])


def _lane(place: Place, name: str, module: str, work: str, case: Path, *arguments: str, unit: float = 1) -> Lane:
    data = place.folder / f"data-{len(list(place.folder.iterdir()))}"
    data.mkdir()
    peer: Peer = python_peer(name, module, work, str(case), *arguments, unit=unit, environment=site_settings(data))
    return Lane(peer, place)


def _contest(lanes: list[Lane], budget: float) -> dict[str, Result]:
    contestants: list[Contestant] = list(lanes)
    return contest(contestants, Pace(0.5, budget))


def _microseconds(result: Result) -> float:
    return sorted(result.processor)[len(result.processor) // 2] * 1e6


def _prepare(place: Place, case: Path) -> None:
    here = places.make()
    place.closing.callback(here.remove)
    chain = start_chain(here, here.chain_port)
    place.closing.callback(chain.running.kill)
    chain.mine(3)
    facts: dict[str, Any] = {
        "url": chain.url,
        "owner": chain.accounts[1],
        "tokens": TOKENS,
        "page": PAGE,
        "moves": MOVES,
    }
    facts["contract"] = _mint(chain)
    facts["everything"] = _put(chain, 0xE0, _owner_of_everything(chain.accounts[1]))
    facts["busy"] = _put(chain, 0xB0, _moves(chain.accounts[1], chain.accounts[2]))
    facts["first"] = chain.head + 1
    facts["blocks"] = _be_busy(chain, facts["busy"], max(200, round(BLOCKS * min(1.0, place.haste))))
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


def _put(chain: Chain, place: int, code: bytes) -> str:
    address = to_checksum_address(bytes(19) + bytes([place]))
    chain.rpc("anvil_setCode", address, "0x" + code.hex())
    chain.mine(3)
    return address


def _owner_of_everything(owner: str) -> bytes:
    """Code that answers every call with `owner`: PUSH20, MSTORE, RETURN."""
    return b"\x73" + bytes.fromhex(owner[2:]) + bytes.fromhex("60005260206000f3")


def _moves(sender: str, to: str) -> bytes:
    """Code that logs MOVES transfers of as many tokens, whatever it is called with: four PUSHes and LOG4 each."""
    topic = keccak(b"Transfer(address,address,uint256)")
    parties = b"\x73" + bytes.fromhex(to[2:]) + b"\x73" + bytes.fromhex(sender[2:]) + b"\x7f" + topic
    return b"".join(b"\x60" + bytes([number]) + parties + b"\x60\x00\x60\x00\xa4" for number in range(MOVES)) + b"\0"


def _be_busy(chain: Chain, busy: str, blocks: int) -> int:
    """So many blocks, each with one call of the busy contract. A batch would be worked off side by side."""
    sent = {"from": chain.accounts[0], "to": busy, "gas": hex(100_000)}
    steps = [("eth_sendTransaction", [sent]), ("evm_mine", [])]
    questions = [{"jsonrpc": "2.0", "id": 1, "method": method, "params": params} for method, params in steps]
    chain.rpc("evm_setAutomine", False)
    with requests.Session() as session:
        for _ in range(blocks):
            for question in questions:
                session.post(chain.url, json=question, timeout=60).raise_for_status()
    chain.rpc("evm_setAutomine", True)
    return blocks
