"""A real EVM chain (anvil). Every transaction gets its own block, and a block is finalized two blocks later."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pytest
from eth_account import Account
from eth_typing import ChecksumAddress
from eth_utils.address import to_checksum_address
from web3 import HTTPProvider, Web3
from web3.contract import Contract
from web3.types import TxReceipt

from localstack import binaries
from localstack.processes import Program, Running
from tests.servers.places import Places

CHAIN_ID = 31337
SENDING = {"eth_sendTransaction", "eth_sendRawTransaction"}
MNEMONIC = "test test test test test test test test test test test junk"


@dataclass
class Chain:
    """A running chain. Its accounts are unlocked and have ether; `keys` has the private key of each."""

    url: str
    running: Running

    @cached_property
    def w3(self) -> Web3:
        return Web3(HTTPProvider(self.url, cache_allowed_requests=True, request_kwargs={"timeout": 30}))

    @cached_property
    def accounts(self) -> list[ChecksumAddress]:
        return list(self.w3.eth.accounts)

    @cached_property
    def keys(self) -> dict[ChecksumAddress, str]:
        Account.enable_unaudited_hdwallet_features()
        signers = [Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{n}") for n in range(10)]
        return {to_checksum_address(signer.address): "0x" + signer.key.hex().removeprefix("0x") for signer in signers}

    def rpc(self, method: str, *params: Any) -> Any:
        """Return the result of one JSON-RPC call. Raise AssertionError with the node's error."""
        answer = self.w3.provider.make_request(method, list(params))  # type: ignore[arg-type]
        assert "error" not in answer, f"{method}: {answer['error']}"
        if method in SENDING and self.w3.provider.make_request("anvil_getAutomine", [])["result"]:  # type: ignore[arg-type]
            # The node answers before it has mined the transaction's block.
            self.w3.eth.wait_for_transaction_receipt(answer["result"], timeout=20, poll_latency=0.01)
        return answer["result"]

    def deploy(self, name: str, *arguments: Any, sender: ChecksumAddress | None = None) -> Contract:
        """Deploy contracts/artifacts/<name>.json with the arguments of its constructor."""
        artifact = read_artifact(name)
        factory = self.w3.eth.contract(abi=artifact["abi"], bytecode=artifact["bytecode"])
        receipt = self.send(factory.constructor(*arguments), sender=sender)
        address = receipt["contractAddress"]
        assert address is not None
        return self.contract(name, address)

    def contract(self, name: str, address: ChecksumAddress) -> Contract:
        return self.w3.eth.contract(address=address, abi=read_artifact(name)["abi"])

    def send(self, call: Any, *, sender: ChecksumAddress | None = None, value: int = 0) -> TxReceipt:
        """Send `contract.functions.x(…)` or a constructor from an unlocked account. Fail if it reverts."""
        transaction = call.transact({"from": sender or self.accounts[0], "value": value})
        receipt = self.w3.eth.wait_for_transaction_receipt(transaction, timeout=20, poll_latency=0.02)
        assert receipt["status"] == 1, f"transaction {transaction.hex()} was reverted"
        return receipt

    def mine(self, blocks: int = 1) -> int:
        """Mine empty blocks; return the number of the new head."""
        self.rpc("anvil_mine", hex(blocks))
        return self.head

    def finalize(self) -> int:
        """Mine until the current head is finalized; return the number of the new head."""
        return self.mine(2)

    @property
    def head(self) -> int:
        return int(self.rpc("eth_blockNumber"), 16)

    def reorg(self, depth: int) -> None:
        """Replace the last `depth` blocks by empty ones. Their transactions are dropped."""
        self.rpc("anvil_reorg", depth, [])

    def snapshot(self) -> str:
        return str(self.rpc("evm_snapshot"))

    def revert(self, snapshot: str) -> None:
        assert self.rpc("evm_revert", snapshot) is True


def read_artifact(name: str) -> dict[str, Any]:
    path = binaries.ROOT / "contracts" / "artifacts" / f"{name}.json"
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def start_chain(places: Places, port: int, *options: str, chain_id: int = CHAIN_ID) -> Chain:
    # Without these options anvil stores the states of old blocks in the home folder: gigabytes. Tests need recent ones.
    lean = ["--max-persisted-states", "1", "--cache-path", str(places.folder / "chain-cache")]
    command = [binaries.anvil(), "--host", "127.0.0.1", "--port", str(port), "--chain-id", str(chain_id)]
    program = Program("chain", [*command, "--slots-in-an-epoch", "1", *lean, *options], places.log(f"chain-{port}"))
    chain = Chain(f"http://127.0.0.1:{port}", Running(program))
    chain.running.wait_until(chain.w3.is_connected, 20)
    return chain


@pytest.fixture(scope="session")
def chain_session(places: Places) -> Iterator[Chain]:
    chain = start_chain(places, places.chain_port)
    chain.mine(3)  # so that "finalized" is a block in which the accounts have their balances
    yield chain
    chain.running.kill()


@pytest.fixture
def chain(chain_session: Chain) -> Iterator[Chain]:
    """The session's chain. What a test does to it is undone afterwards.

    anvil stores states by block hash and drops the oldest, also if a newer block has the same hash. Each test's blocks
    therefore pay another account, so that no two tests make the same block, and three blocks are mined first, so that
    the states a test reads are recent.
    """
    before = chain_session.snapshot()
    chain_session.rpc("anvil_setCoinbase", f"0x{secrets.token_hex(20)}")
    chain_session.mine(3)
    yield chain_session
    chain_session.revert(before)
