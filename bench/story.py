"""What a person waits for on the local stack: from a claim to the picture that others see, and from a transfer to the
moment the mark is off."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count

import requests
from eth_account import Account
from eth_account.messages import encode_defunct
from eth_account.signers.local import LocalAccount
from web3.contract import Contract

from bench.lanes import BenchError, Workspace
from bench.tables import Goal, Waits, p95
from localstack.chain import LocalChain, read_artifact
from localstack.parts import BLOCK_TIME
from tests.infra.stack_run import StackRun

TOKENS = 20
PATIENCE, POLL = 60.0, 0.05
MOST_TO_SHOW, MOST_TO_HIDE = 2.0, 5.0
SHOWN, HIDDEN = "from claim to shown picture", "from transfer to the mark taken off"
_NOTE = (
    "One person with a wallet, against all programs of `make run`; the tokens draw themselves and were minted in "
    "blocks that count as confirmed. Seen from outside, every 50 ms, at the receipt anybody may ask for "
    "(`/avatar/<handle>.json`), each time by an address not asked before: who asked a moment ago may get the same "
    "answer for AVATAR_CACHE_SECONDS (3) more. A block is made every 2 s; transfers are sent at all moments between "
    "two, a wait begins when one is sent, and the listener's websocket wakes the watcher."
)


def run(workspace: Workspace) -> Iterator[Waits]:
    stack = StackRun(workspace.folder / "stack")
    stack.start()
    workspace.closing.callback(_stop, stack)
    stack.wait_until_ready()
    chain = LocalChain(f"http://127.0.0.1:{stack.chain_port}")
    holder = _Holder(f"http://localhost:{stack.web_port}")
    holder.sign_in()
    shapes = _shapes(stack, chain)
    tokens = _mint(chain, shapes, holder.account.address, max(3, round(TOKENS * min(1.0, workspace.haste))))
    waits: dict[str, list[float]] = {SHOWN: [], HIDDEN: []}
    for number, token in enumerate(tokens):
        waits[SHOWN].append(holder.show(shapes.address, token))
        time.sleep(float(BLOCK_TIME) * number / len(tokens))  # else each is sent at the same moment between blocks
        began = time.monotonic()
        _send_away(chain, shapes, holder.account, token)
        waits[HIDDEN].append(_wait(lambda: not holder.receipt()["mark"], began))
    goals = [Goal(f"{SHOWN}, p95", p95(waits[SHOWN]), MOST_TO_SHOW, " s")]
    goals.append(Goal(f"{HIDDEN}, p95", p95(waits[HIDDEN]), MOST_TO_HIDE, " s"))
    yield Waits("A claim's story", waits, goals, [_NOTE])


@dataclass
class _Holder:
    """A person with a wallet and no browser."""

    site: str
    account: LocalAccount = field(default_factory=Account.create)
    handle: str = "holder"

    def __post_init__(self) -> None:
        self._session = requests.Session()
        self._asks = count()

    def sign_in(self) -> None:
        self._session.get(f"{self.site}/accounts/login/", timeout=20).raise_for_status()
        wanted = {"address": self.account.address, "chain_id": 31337, "purpose": "sign_in"}
        text = self._post("/accounts/wallet/challenge/", json=wanted).json()["text"]
        signature = self.account.sign_message(encode_defunct(text=text)).signature.to_0x_hex()
        self._post("/accounts/wallet/verify/", json={"text": text, "signature": signature})
        self._post("/settings/welcome/", data={"handle": self.handle})

    def show(self, contract: str, token: int) -> float:
        """Claims a token; seconds until others see it with the mark."""
        began = time.monotonic()
        self._post("/settings/tokens/claim/", data={"reference": f"eip155:31337/erc721:{contract}/{token}"})
        return _wait(lambda: self._shows(token), began)

    def receipt(self) -> dict[str, object]:
        answer = requests.get(f"{self.site}/avatar/{self.handle}.json?ask={next(self._asks)}", timeout=20)
        answer.raise_for_status()
        found: dict[str, object] = answer.json()
        return found

    def _shows(self, token: int) -> bool:
        receipt = self.receipt()
        provenance = receipt.get("provenance")
        return bool(receipt["mark"]) and isinstance(provenance, dict) and provenance["token_id"] == str(token)

    def _post(self, path: str, **content: object) -> requests.Response:
        headers = {"X-CSRFToken": self._session.cookies["csrf"], "Referer": self.site}
        answer = self._session.post(self.site + path, headers=headers, timeout=20, **content)  # type: ignore[arg-type]
        if not answer.ok:
            raise BenchError(f"The site answered {answer.status_code} to {path}: {answer.text[:300]}")
        return answer


def _shapes(stack: StackRun, chain: LocalChain) -> Contract:
    placed = json.loads((stack.data / "chain.json").read_text(encoding="utf-8"))
    reference = next(each["reference"] for each in placed["demo_tokens"] if each["label"] == "Shape 1")
    abi = read_artifact("OnchainShapes")["abi"]
    contract: Contract = chain.w3.eth.contract(address=reference.partition("/")[0], abi=abi)
    return contract


def _mint(chain: LocalChain, shapes: Contract, holder: str, many: int) -> list[int]:
    chain.w3.provider.make_request("anvil_setBalance", [holder, hex(10**19)])  # type: ignore[arg-type]
    payer = chain.w3.eth.accounts[0]
    first = shapes.functions.mint(holder).call()
    hashes = [shapes.functions.mint(holder).transact({"from": payer}) for _ in range(many)]
    for each in hashes:
        chain.w3.eth.wait_for_transaction_receipt(each)
    chain.settle()
    return list(range(first, first + many))


def _send_away(chain: LocalChain, shapes: Contract, holder: LocalAccount, token: int) -> None:
    call = shapes.functions.transferFrom(holder.address, Account.create().address, token)
    nonce = chain.w3.eth.get_transaction_count(holder.address)
    frame = call.build_transaction({"from": holder.address, "nonce": nonce})
    signed = holder.sign_transaction(frame)  # type: ignore[arg-type]
    chain.w3.eth.send_raw_transaction(signed.raw_transaction)


def _wait(holds: Callable[[], bool], began: float) -> float:
    """Seconds since `began` when it holds. Raises BenchError where that takes too long."""
    while not holds():
        if time.monotonic() - began > PATIENCE:
            raise BenchError(f"The local stack did not get there within {PATIENCE:.0f} s.")
        time.sleep(POLL)
    return time.monotonic() - began


def _stop(stack: StackRun) -> None:
    stack.process.terminate()
    try:
        stack.wait()
    finally:
        stack.end()
