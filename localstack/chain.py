"""Deploy collections to the local chain. Repeating it is safe: each step happens once.

Each collection has its own deployer key, derived from its bytecode, which sends a fixed list of transactions and no
others. The deployer's nonce therefore counts the steps that are done, and no file has to be kept in sync with the
chain. A changed contract gets another key, hence another address.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress, HexStr
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from web3 import HTTPProvider, Web3
from web3.contract import Contract
from web3.contract.contract import ContractConstructor, ContractFunction
from web3.types import RPCEndpoint, TxParams, Wei

from localstack.binaries import ROOT

AGGREGATE3 = to_checksum_address("0xcA11bde05977b3631167028862bE2a173976CA11")
"""The address of Multicall3 on nearly every public chain."""
Call = ContractConstructor | ContractFunction
GAS_OF_DEPLOYMENT, GAS_OF_STEP = 6_000_000, 1_000_000
DEPLOYER_BALANCE = hex(10 * 10**18)
"""In wei: 10 ETH."""


class ChainError(Exception):
    """The local chain refused or reverted something. The message says what."""


@dataclass(frozen=True)
class Collection:
    """An artifact of contracts/artifacts, its constructor's arguments, and the first transactions to it."""

    artifact: str
    arguments: Sequence[Any] = ()
    steps: Sequence[Callable[[Contract], ContractFunction]] = ()


@dataclass
class LocalChain:
    url: str

    def __post_init__(self) -> None:
        self.w3 = Web3(HTTPProvider(self.url, cache_allowed_requests=True, request_kwargs={"timeout": 20}))

    def deploy(self, collection: Collection) -> Contract:
        """Deploy the collection and send its steps, unless that is done already."""
        artifact = read_artifact(collection.artifact)
        deployer = deployer_of(collection.artifact)
        contract = self.w3.eth.contract(address=_first_address(deployer.address), abi=artifact["abi"])
        done = self.w3.eth.get_transaction_count(deployer.address)
        if done > len(collection.steps):
            return contract
        self._rpc("anvil_setBalance", deployer.address, DEPLOYER_BALANCE)
        factory = self.w3.eth.contract(abi=artifact["abi"], bytecode=artifact["bytecode"])
        calls: list[Call] = [factory.constructor(*collection.arguments), *[step(contract) for step in collection.steps]]
        self._send(deployer, calls, done)
        return contract

    def install_aggregate3(self) -> ChecksumAddress:
        """Install the code of Multicall3's `aggregate3` at its usual address. It has no state to set up."""
        if not self.w3.eth.get_code(AGGREGATE3):
            self._rpc("anvil_setCode", AGGREGATE3, read_artifact("Aggregate3")["deployedBytecode"])
        return AGGREGATE3

    def finalize(self) -> None:
        """Mine three blocks, so that everything sent so far is finalized."""
        self._rpc("anvil_mine", "0x3")

    def _send(self, sender: LocalAccount, calls: Sequence[Call], done: int) -> None:
        hashes = [self._send_one(sender, nonce, call) for nonce, call in enumerate(calls) if nonce >= done]
        self._rpc("evm_mine")  # without waiting for the next regular block
        for sent in hashes:
            receipt = self.w3.eth.wait_for_transaction_receipt(sent, timeout=20, poll_latency=0.05)
            if receipt["status"] != 1:
                raise ChainError(f"The local chain reverted transaction {sent.to_0x_hex()} of the demo tokens.")

    def _send_one(self, sender: LocalAccount, nonce: int, call: Call) -> Any:
        frame: TxParams = {
            "from": sender.address,
            "nonce": nonce,  # type: ignore[typeddict-item]  # web3 wants its own name for int
            "gas": GAS_OF_STEP if nonce else GAS_OF_DEPLOYMENT,
            "gasPrice": Wei(2 * self.w3.eth.gas_price),
            "chainId": 31337,
        }
        signed = sender.sign_transaction(call.build_transaction(frame))  # type: ignore[arg-type]
        return self.w3.eth.send_raw_transaction(signed.raw_transaction)

    def _rpc(self, method: str, *parameters: Any) -> Any:
        answer = self.w3.provider.make_request(RPCEndpoint(method), list(parameters))
        if "error" in answer:
            raise ChainError(f"The local chain refused {method}: {answer['error']}")
        return answer.get("result")


def read_artifact(name: str) -> dict[str, Any]:
    path = ROOT / "contracts" / "artifacts" / f"{name}.json"
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def deployer_of(artifact: str) -> LocalAccount:
    """Return the account that deploys this version of an artifact and mints its collection's first tokens."""
    seed = keccak(text=f"avatarsite local stack: {artifact} {read_artifact(artifact)['bytecode']}")
    account: LocalAccount = Account.from_key(seed)
    return account


def _first_address(deployer: HexStr | str) -> ChecksumAddress:
    """Return the address of a new account's first contract: the hash of RLP [address, 0]."""
    return to_checksum_address(keccak(b"\xd6\x94" + bytes.fromhex(deployer[2:]) + b"\x80")[12:])
