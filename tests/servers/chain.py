"""A real EVM chain (anvil): every transaction is a block, a block is final after two more."""

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
    """What tests do to a chain. Accounts are unlocked and rich; `keys` holds the private key of each."""

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
        """The result of one JSON-RPC call; raises AssertionError with the node's own error."""
        answer = self.w3.provider.make_request(method, list(params))  # type: ignore[arg-type]
        assert "error" not in answer, f"{method}: {answer['error']}"
        if method in SENDING and self.w3.provider.make_request("anvil_getAutomine", [])["result"]:  # type: ignore[arg-type]
            # The node answers before it has mined the block that it makes of each transaction.
            self.w3.eth.wait_for_transaction_receipt(answer["result"], timeout=20, poll_latency=0.01)
        return answer["result"]

    def deploy(self, name: str, *arguments: Any, sender: ChecksumAddress | None = None) -> Contract:
        """Deploys contracts/artifacts/<name>.json; its constructor's arguments follow."""
        artifact = read_artifact(name)
        factory = self.w3.eth.contract(abi=artifact["abi"], bytecode=artifact["bytecode"])
        receipt = self.send(factory.constructor(*arguments), sender=sender)
        address = receipt["contractAddress"]
        assert address is not None
        return self.contract(name, address)

    def contract(self, name: str, address: ChecksumAddress) -> Contract:
        return self.w3.eth.contract(address=address, abi=read_artifact(name)["abi"])

    def send(self, call: Any, *, sender: ChecksumAddress | None = None, value: int = 0) -> TxReceipt:
        """Sends `contract.functions.x(…)` or a constructor from an unlocked account; asserts that it succeeded."""
        transaction = call.transact({"from": sender or self.accounts[0], "value": value})
        receipt = self.w3.eth.wait_for_transaction_receipt(transaction, timeout=20, poll_latency=0.02)
        assert receipt["status"] == 1, f"transaction {transaction.hex()} was reverted"
        return receipt

    def mine(self, blocks: int = 1) -> int:
        """Adds empty blocks; answers the new head's number."""
        self.rpc("anvil_mine", hex(blocks))
        return self.head

    def finalize(self) -> int:
        """Makes what is now the head count as finalized."""
        return self.mine(2)

    @property
    def head(self) -> int:
        return int(self.rpc("eth_blockNumber"), 16)

    def reorg(self, depth: int) -> None:
        """Replaces the last `depth` blocks by empty ones: their transactions are gone."""
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
    # States of old blocks would go to the home folder by gigabytes; tests read only young ones.
    lean = ["--max-persisted-states", "1", "--cache-path", str(places.folder / "chain-cache")]
    command = [binaries.anvil(), "--host", "127.0.0.1", "--port", str(port), "--chain-id", str(chain_id)]
    program = Program("chain", [*command, "--slots-in-an-epoch", "1", *lean, *options], places.log(f"chain-{port}"))
    chain = Chain(f"http://127.0.0.1:{port}", Running(program))
    chain.running.wait_until(chain.w3.is_connected, 20)
    return chain


@pytest.fixture(scope="session")
def chain_session(places: Places) -> Iterator[Chain]:
    chain = start_chain(places, places.chain_port)
    chain.mine(3)  # so that "finalized" is a block with the accounts' balances, not an empty beginning
    yield chain
    chain.running.kill()


@pytest.fixture
def chain(chain_session: Chain) -> Iterator[Chain]:
    """The session's chain; whatever a test does to it is undone.

    Each test's blocks pay somebody else, so that no two tests make the same block: anvil keeps states by block hash and
    forgets the oldest, and would forget that of a new block together with its twin's. The three blocks are for the
    same reason: their states are young whatever was mined and undone before.
    """
    before = chain_session.snapshot()
    chain_session.rpc("anvil_setCoinbase", f"0x{secrets.token_hex(20)}")
    chain_session.mine(3)
    yield chain_session
    chain_session.revert(before)
