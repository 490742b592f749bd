"""Chain: owners of tokens, the whole sweep, and following transfers, against a real node (anvil)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests
from eth_hash.auto import keccak
from eth_utils.address import to_checksum_address

from bench.harness import Contestant, Pace, Result, contest
from bench.lanes import Lane, Peer, Workspace, python_peer, site_settings
from bench.tables import MIB, Goal, Table
from nft.core.evm.abi.multicall import MULTICALL3
from nft.testing.chain import Chain
from tests.servers import places
from tests.servers.chain import read_artifact, start_chain

TOKENS = 1000
# Equal to the page of nft.claims.sweeping, which the peer checks.
PAGE = 2000
# NFT_WATCH_PERIOD, seconds.
PERIOD = 12.0
BLOCKS, MOVES = 10_000, 10
FEW, MANY = 1000, 100_000
OURS, JSON_RPC = "ours: a page of 2,000, Multicall3", "ours: the same by JSON-RPC batches"
SINGLE, WEB3 = "ours: check_ownership, token by token", "web3, contract object, one by one"
LIMIT = "our bare codec, 500 in one aggregate3"
SWEEP_FEW, SWEEP_MANY = f"ours: sweep of {FEW:,} claims, SQLite", f"ours: sweep of {MANY:,} claims, SQLite"
PROVE, VERIFY = "ours: check a token, and prove it", "ours: verify a proof, its call included"
CHECK, BARE = "ours: check a token", "a bare eth_call, believed"
WATCH = "ours: read 1,000 logs and find their claims"
MAX_MICROSECONDS, MAX_REQUESTS, MAX_PER_LOG, MAX_SECONDS = 30.0, 0.002, 12.0, 10.0
MAX_VERIFYING, MAX_MORE_REQUESTS = 20.0, 3
MAX_GROWTH_MIB, MAX_SWEEP_RATIO = 8.0, 2.0


def run(workspace: Workspace) -> Iterator[Table]:
    case = workspace.folder / "case.json"
    _prepare(workspace, case)
    yield _owners(workspace, case)
    yield _proofs(workspace, case)
    yield _sweeps(workspace, case)
    yield _following(workspace, case)


def _owners(workspace: Workspace, case: Path) -> Table:
    peers = {OURS: "page", JSON_RPC: "page_without_multicall", SINGLE: "one_by_one", LIMIT: "batches", WEB3: "web3"}
    units = {OURS: PAGE, JSON_RPC: PAGE, LIMIT: TOKENS}
    lanes = [_lane(workspace, name, "chain", work, case, unit=units.get(name, 1)) for name, work in peers.items()]
    requests = {lane.name: lane.facts["requests"] / units.get(lane.name, 1) for lane in lanes}
    results = _contest(lanes, 20 * workspace.haste)
    goals = [
        Goal("CPU per token", _microseconds(results[OURS]), MAX_MICROSECONDS, " µs"),
        Goal("requests per token", requests[OURS], MAX_REQUESTS),
    ]
    counted = ", ".join(f"{number:g} ({name})" for name, number in requests.items())
    note = f"Requests to the node per token: {counted}. Elapsed time is mostly the node's."
    return Table("Chain: owners of tokens", list(results.values()), LIMIT, "token", goals, [note])


def _proofs(workspace: Workspace, case: Path) -> Table:
    peers = {PROVE: "prove", CHECK: "one_by_one", VERIFY: "verify", BARE: "bare"}
    lanes = {name: _lane(workspace, name, "chain", work, case) for name, work in peers.items()}
    results = _contest(list(lanes.values()), 20 * workspace.haste)
    facts = lanes[PROVE].facts
    checked = lanes[CHECK].facts["requests"]
    goals = [
        Goal(
            "CPU to verify the proof of an ERC-721 token", _microseconds(results[VERIFY]) / 1000, MAX_VERIFYING, " ms"
        ),
        Goal("requests that a proof takes more", facts["requests"] - checked, MAX_MORE_REQUESTS),
    ]
    note = (
        f"A proof is {facts['bytes']:,} bytes of JSON, of which {facts['kept']:,} are kept a claim, compressed; the "
        f"code of a contract is kept once. A check takes {checked:g} requests, with its proof {facts['requests']:g}."
    )
    return Table("Chain: proofs of ownership", list(results.values()), BARE, "token", goals, [note])


def _sweeps(workspace: Workspace, case: Path) -> Table:
    few = _lane(workspace, SWEEP_FEW, "claims", "sweep", case, str(FEW), unit=FEW)
    many = _lane(workspace, SWEEP_MANY, "claims", "sweep", case, str(MANY), unit=PAGE)
    results = _contest([few, many], 30 * workspace.haste)
    grown = (results[SWEEP_MANY].peak - results[SWEEP_FEW].peak) / MIB
    ratio = results[SWEEP_MANY].times(results[SWEEP_FEW])
    goals = [
        Goal(f"memory of {MANY:,} claims above that of {FEW:,}", max(0.0, grown), MAX_GROWTH_MIB, " MiB"),
        Goal(f"CPU per claim, {MANY:,} ÷ {FEW:,} claims", ratio, MAX_SWEEP_RATIO, " times"),
    ]
    note = "A page is leased, checked on the chain, renewed and written. Each contestant has a database of its own."
    return Table("Chain: the whole sweep", list(results.values()), SWEEP_FEW, "claim", goals, [note])


def _following(workspace: Workspace, case: Path) -> Table:
    lane = _lane(workspace, WATCH, "claims", "watch", case, unit=100 * MOVES)
    results = _contest([lane], 5 * workspace.haste)
    seconds, blocks = lane.facts["seconds"], lane.facts["blocks"]
    goals = [
        Goal("CPU per log", _microseconds(results[WATCH]), MAX_PER_LOG, " µs"),
        Goal(f"catching up with {BLOCKS:,} blocks of {MOVES} transfers", seconds * BLOCKS / blocks, MAX_SECONDS, " s"),
    ]
    look = lane.facts["look_p95"]
    note = (
        f"The watcher caught up with {blocks:,} blocks in {seconds:.1f} s, the node's time included. A run that finds "
        f"a transfer in a new block takes {look * 1000:.0f} ms (p95) until the mark is off. Without a websocket a run "
        f"begins every {PERIOD:g} s, so that the mark is off {0.95 * PERIOD + look:.1f} s (p95) after the block."
    )
    return Table("Chain: following transfers", list(results.values()), WATCH, "log", goals, [note])


def _lane(
    workspace: Workspace, name: str, module: str, work: str, case: Path, *arguments: str, unit: float = 1
) -> Lane:
    data = workspace.folder / f"data-{len(list(workspace.folder.iterdir()))}"
    data.mkdir()
    peer: Peer = python_peer(name, module, work, str(case), *arguments, unit=unit, environment=site_settings(data))
    return Lane(peer, workspace)


def _contest(lanes: list[Lane], budget: float) -> dict[str, Result]:
    contestants: list[Contestant] = list(lanes)
    return contest(contestants, Pace(0.5, budget))


def _microseconds(result: Result) -> float:
    return sorted(result.cpu)[len(result.cpu) // 2] * 1e6


def _prepare(workspace: Workspace, case: Path) -> None:
    here = places.make()
    workspace.closing.callback(here.remove)
    chain = start_chain(here, here.chain_port)
    workspace.closing.callback(chain.running.kill)
    chain.mine(3)
    facts: dict[str, Any] = {
        "url": chain.url,
        "owner": chain.accounts[1],
        "tokens": TOKENS,
        "page": PAGE,
        "moves": MOVES,
    }
    facts["contract"] = _mint(chain)
    facts["everything"] = _put_code(chain, 0xE0, _owner_of_everything(chain.accounts[1]))
    facts["busy"] = _put_code(chain, 0xB0, _transfers_code(chain.accounts[1], chain.accounts[2]))
    facts["first"] = chain.head + 1
    facts["blocks"] = _mine_busy_blocks(chain, facts["busy"], max(200, round(BLOCKS * min(1.0, workspace.haste))))
    case.write_text(json.dumps(facts), encoding="utf-8")


def _mint(chain: Chain) -> str:
    """Deploy a contract with TOKENS finalized tokens of the second account, and Multicall3 at its usual address."""
    chain.rpc("anvil_setCode", to_checksum_address(MULTICALL3), read_artifact("Aggregate3")["deployedBytecode"])
    token = chain.deploy("AvatarToken", "Bench", "BENCH", "data:,", chain.accounts[0], False, 0)
    mint = token.encode_abi("mint", [chain.accounts[1], "ipfs://bench"])
    transaction = {"from": chain.accounts[0], "to": token.address, "data": mint, "gas": hex(400_000)}
    for _ in range(TOKENS):
        chain.rpc("eth_sendTransaction", transaction)
    chain.finalize()
    return str(token.address)


def _put_code(chain: Chain, last_byte: int, code: bytes) -> str:
    """Put code at the address that ends with `last_byte`, and return that address."""
    address = to_checksum_address(bytes(19) + bytes([last_byte]))
    chain.rpc("anvil_setCode", address, "0x" + code.hex())
    chain.mine(3)
    return address


def _owner_of_everything(owner: str) -> bytes:
    """Return code that answers every call with `owner`: PUSH20, MSTORE, RETURN."""
    return b"\x73" + bytes.fromhex(owner[2:]) + bytes.fromhex("60005260206000f3")


def _transfers_code(sender: str, to: str) -> bytes:
    """Return code that logs MOVES transfers of different tokens on every call: four PUSHes and a LOG4 each."""
    topic = keccak(b"Transfer(address,address,uint256)")
    parties = b"\x73" + bytes.fromhex(to[2:]) + b"\x73" + bytes.fromhex(sender[2:]) + b"\x7f" + topic
    return b"".join(b"\x60" + bytes([number]) + parties + b"\x60\x00\x60\x00\xa4" for number in range(MOVES)) + b"\0"


def _mine_busy_blocks(chain: Chain, busy: str, blocks: int) -> int:
    """Mine that many blocks, each with one call of the busy contract, and return their number.

    The requests are sent one by one, because the node handles those of a batch concurrently.
    """
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
