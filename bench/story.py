"""Waiting times on the local stack: from a claim to the picture that others see, and from a transfer until the mark is
off."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from functools import partial

from eth_account import Account
from hexbytes import HexBytes
from web3.contract import Contract

from bench.lanes import BenchError, Workspace
from bench.tables import Goal, Waits, p95
from bench.transactions import PATIENCE, POLL, Sender
from bench.visitor import Visitor
from localstack.chain import LocalChain, read_artifact
from localstack.parts import BLOCK_TIME
from tests.infra.stack_run import StackRun

TOKENS = 20
MAX_SHOWN_SECONDS, MAX_OFF_SECONDS = 1.5, 3.0
SHOWN, OFF = "from claim to shown picture", "from transfer until the mark is off"
_NOTE = (
    "One person with a wallet uses all programs of `make run`. The tokens draw themselves and were minted in confirmed "
    "blocks. The public receipt (`/avatar/<handle>.json`) is requested every 50 ms, each time at a new URL, because a "
    "repeated one may get the same response for AVATAR_CACHE_SECONDS (3) more. A block is made every 2 s. Transfers "
    "are sent at different moments between two blocks, a wait begins when one is sent, and the listener's websocket "
    "wakes the watcher."
)


def run(workspace: Workspace) -> Iterator[Waits]:
    stack = StackRun(workspace.folder / "stack")
    stack.start()
    workspace.closing.callback(_stop, stack)
    stack.wait_until_ready()
    chain = LocalChain(f"http://127.0.0.1:{stack.chain_port}")
    holder = Visitor(f"http://localhost:{stack.web_port}", handle="holder")
    holder.sign_in()
    holder.choose_handle()
    shapes = _shapes(stack, chain)
    tokens = _mint(chain, shapes, holder.account.address, max(3, round(TOKENS * min(1.0, workspace.haste))))
    waits = _measure(holder, shapes, tokens, Sender(chain.w3, holder.account))
    goals = [Goal(f"{SHOWN}, p95", p95(waits[SHOWN]), MAX_SHOWN_SECONDS, " s")]
    goals.append(Goal(f"{OFF}, p95", p95(waits[OFF]), MAX_OFF_SECONDS, " s"))
    yield Waits("Waiting for claims and transfers", waits, goals, [_NOTE])


def _measure(holder: Visitor, shapes: Contract, tokens: list[int], sender: Sender) -> dict[str, list[float]]:
    waits: dict[str, list[float]] = {SHOWN: [], OFF: []}
    for number, token in enumerate(tokens):
        began = time.monotonic()
        holder.claim(shapes.address, token)
        waits[SHOWN].append(_wait(partial(holder.shows, token), began))
        # Otherwise each transfer would be sent at the same moment between two blocks.
        time.sleep(float(BLOCK_TIME) * number / len(tokens))
        began = time.monotonic()
        transfer = shapes.functions.transferFrom(holder.account.address, Account.create().address, token)
        waits[OFF].append(_wait(partial(_is_off, holder, sender, sender.send(transfer)), began))
    return waits


def _is_off(holder: Visitor, sender: Sender, transfer: HexBytes) -> bool:
    """Return whether the mark is off because of this transfer, which must be in a block for that."""
    return not holder.receipt()["mark"] and sender.is_mined(transfer)


def _shapes(stack: StackRun, chain: LocalChain) -> Contract:
    placed = json.loads((stack.data / "chain.json").read_text(encoding="utf-8"))
    reference = next(each["reference"] for each in placed["demo_tokens"] if each["label"] == "Shape 1")
    abi = read_artifact("OnchainShapes")["abi"]
    contract: Contract = chain.w3.eth.contract(address=reference.partition("/")[0], abi=abi)
    return contract


def _mint(chain: LocalChain, shapes: Contract, holder: str, count: int) -> list[int]:
    """Mint that many tokens for the holder in confirmed blocks, and return their ids."""
    minter = Sender(chain.w3, Account.create())
    first = shapes.functions.mint(holder).call()
    for _ in range(count):
        sent = minter.send(shapes.functions.mint(holder))
        # Mines it at once, so that no transaction is sent while one before it waits for a block.
        chain.finalize()
        minter.wait_until_mined(sent)
    return list(range(first, first + count))


def _wait(holds: Callable[[], bool], began: float) -> float:
    """Return the seconds from `began` until the condition holds. Raises BenchError after PATIENCE seconds."""
    while not holds():
        if time.monotonic() - began > PATIENCE:
            raise BenchError(f"The local stack did not reach the expected state within {PATIENCE:.0f} s.")
        time.sleep(POLL)
    return time.monotonic() - began


def _stop(stack: StackRun) -> None:
    stack.process.terminate()
    try:
        stack.wait()
    finally:
        stack.end()
