"""A real EVM chain. Every transaction gets its own block, and a block is finalized two blocks later."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from eth_account import Account
from eth_typing import ChecksumAddress, Hash32
from eth_utils.address import to_checksum_address
from web3 import HTTPProvider, Web3
from web3.contract import Contract
from web3.types import Nonce, TxParams, TxReceipt, Wei

from nft.testing.genesis import CHAIN_ID, MNEMONIC
from nft.testing.tokens import Collection, Token, deploy_collection, inline_metadata
from nft.testing.wallets import NOBODY, ContractWallet, Holder, Wallet, chains_at
from profiles.testing.programs import Server

PY_EVM = "py-evm"
SENDING = {"eth_sendTransaction", "eth_sendRawTransaction"}
HERE = Path(__file__).parent
#: Where `Chain.deploy` finds contracts by name: those of `nft`, and of the kit.
CONTRACTS = (HERE.parent / "contracts", HERE / "contracts")
FUNDS = 10**19
"""In wei: 10 ether, what a wallet gets that has not enough for gas."""

GAS = 12_000_000
"""The limit of a transaction of the chain's own accounts: web3 makes three requests more to find a lower one."""


class Program(Protocol):
    """What runs the node."""

    def kill(self) -> None: ...


@dataclass
class Chain:
    """A running chain. Its accounts are unlocked and have ether; `keys` has the private key of each."""

    url: str
    running: Program
    folders: Sequence[Path] = CONTRACTS
    """Where artifacts are: JSON files with `abi` and `bytecode`, named as their contract."""
    proofs: str = "offered"
    """Whether answers are proved from the chain's state, as in NFT_CHAINS. py-evm's node offers no proofs."""
    _settings: Any = field(default=None, repr=False)
    _collection: Collection | None = field(default=None, repr=False)
    _factories: dict[str, type[Contract]] = field(default_factory=dict, repr=False)

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

    # --- what the project reads ---

    @contextmanager
    def configured(self, settings: Any) -> Iterator[Chain]:
        """Let the project read this chain (NFT_CHAINS). It keeps its own entry if that names this node already."""
        before, chains = self._settings, getattr(settings, "NFT_CHAINS", {})
        self._settings, self._collection = settings, None
        entries = [entry for entry in chains.values() if self.url in entry.get("rpc_urls", [])]
        if not entries:
            settings.NFT_CHAINS = {CHAIN_ID: self.entry}
        try:
            yield self
        finally:
            self._settings, self._collection = before, None

    @property
    def entry(self) -> dict[str, Any]:
        """The chain's entry of NFT_CHAINS."""
        return chains_at(self.url)[CHAIN_ID] | {
            "confirmed": "finalized",
            "max_block_age": None,
            "proofs": self.proofs,
        }

    def goes_silent(self) -> None:
        """Let no node answer to the project, until `answers_again` or the end of the test."""
        self._point_at(NOBODY)

    def answers_again(self) -> None:
        self._point_at(self.url)

    def _point_at(self, url: str) -> None:
        assert self._settings is not None, "Ask for the fixture `chain`: it knows the project's settings."
        self._settings.NFT_CHAINS = {
            key: entry | {"rpc_urls": [url]} if int(key) == CHAIN_ID else entry
            for key, entry in self._settings.NFT_CHAINS.items()
        }

    # --- tokens and accounts ---

    @property
    def collection(self) -> Collection:
        """The collection of this test, in which `mint` mints. It is deployed when it is first asked for."""
        if self._collection is None:
            self._collection = deploy_collection(self)
        return self._collection

    def mint(self, to: Holder, image: bytes = b"", *, uri: str = "", name: str = "Blue hour") -> Token:
        """Mint a token, and finalize it. Its picture is `image`, kept on the chain, or is what `uri` leads to.

        `uri` is the token's: of a JSON document, such as `ipfs.publish(image)` returns.
        """
        return self.collection.mint(to, uri or inline_metadata(image, name))

    def deploy_wallet(self, owner: Wallet) -> ContractWallet:
        """Deploy a contract account (ERC-1271) that acts and signs as `owner` says."""
        return ContractWallet(str(self.deploy("DemoWallet", owner.address).address), owner)

    # --- transactions ---

    def rpc(self, method: str, *params: Any) -> Any:
        """Return the result of one JSON-RPC call. Raise AssertionError with the node's error."""
        result = self._request(method, *params)
        if method in SENDING and self.w3.provider.make_request("anvil_getAutomine", [])["result"]:  # type: ignore[arg-type]
            # The node answers before it has mined the transaction's block.
            self.w3.eth.wait_for_transaction_receipt(result, timeout=20, poll_latency=0.01)
        return result

    def _request(self, method: str, *params: Any) -> Any:
        answer = self.w3.provider.make_request(method, list(params))  # type: ignore[arg-type]
        assert "error" not in answer, f"{method}: {answer['error']}"
        return answer["result"]

    def deploy(self, name: str, *arguments: Any, sender: ChecksumAddress | None = None) -> Contract:
        """Deploy the contract of this name with the arguments of its constructor."""
        receipt = self.send(self._factory(name).constructor(*arguments), sender=sender)
        address = receipt["contractAddress"]
        assert address is not None
        return self.contract(name, address)

    def contract(self, name: str, address: ChecksumAddress) -> Contract:
        return self._factory(name)(address=address)

    def send(self, call: Any, *, sender: Holder | None = None, value: int = 0) -> TxReceipt:
        """Send `contract.functions.x(…)` or a constructor. Fail if it reverts.

        `sender` is one of the chain's accounts, the first by default, or a wallet of the kit, which signs it and gets
        ether if it has none.
        """
        if isinstance(sender, ContractWallet):
            return self._send_by_contract(call, sender, value)
        if isinstance(sender, Wallet):
            return self._send_signed(call, sender, value)
        asked = _asked_by(call) | {"from": sender or self.accounts[0], "value": hex(value), "gas": hex(GAS)}
        return self._finish(bytes.fromhex(self._request("eth_sendTransaction", asked)[2:]))

    def fund(self, wallet: Wallet) -> None:
        """Give the wallet ether if it has less than one."""
        address = to_checksum_address(wallet.address)
        if self.w3.eth.get_balance(address) < FUNDS // 10:
            self.rpc("eth_sendTransaction", {"from": self.accounts[0], "to": address, "value": hex(FUNDS)})

    def _send_signed(self, call: Any, wallet: Wallet, value: int) -> TxReceipt:
        self.fund(wallet)
        nonce = self.w3.eth.get_transaction_count(to_checksum_address(wallet.address))
        built = call.build_transaction({"from": wallet.address, "nonce": nonce, "value": value})
        return self._finish(self.w3.eth.send_raw_transaction(wallet.account.sign_transaction(built).raw_transaction))

    def _send_by_contract(self, call: Any, wallet: ContractWallet, value: int) -> TxReceipt:
        asked, account = _asked_by(call), self.contract("DemoWallet", to_checksum_address(wallet.address))
        return self._send_signed(account.functions.execute(asked["to"], value, asked["data"]), wallet.owner, value)

    def _finish(self, transaction: bytes) -> TxReceipt:
        receipt = self.w3.eth.wait_for_transaction_receipt(Hash32(transaction), timeout=20, poll_latency=0.02)
        assert receipt["status"] == 1, f"transaction {transaction.hex()} was reverted"
        return receipt

    def _factory(self, name: str) -> type[Contract]:
        """Return the class of the contract's name. web3 takes longer to make it than the chain to send something."""
        if name not in self._factories:
            artifact = self._read_artifact(name)
            self._factories[name] = self.w3.eth.contract(abi=artifact["abi"], bytecode=artifact["bytecode"])
        return self._factories[name]

    def _read_artifact(self, name: str) -> dict[str, Any]:
        path = next((path for folder in self.folders if (path := folder / f"{name}.json").exists()), None)
        assert path is not None, f"There is no contract {name} in {', '.join(map(str, self.folders))}."
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return content

    # --- blocks ---

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


def _asked_by(call: Any) -> dict[str, Any]:
    """Return the data of a call or a constructor, and to which contract it is sent, without asking the node."""
    frame: TxParams = {"gas": 0, "gasPrice": Wei(0), "nonce": Nonce(0), "chainId": CHAIN_ID}
    built = call.build_transaction(frame)
    return {"data": built["data"]} | ({"to": built["to"]} if built["to"] else {})


@contextmanager
def undone(chain: Chain) -> Iterator[Chain]:
    """Undo what the block does to the chain.

    anvil stores states by block hash and drops the oldest, also if a newer block has the same hash. Each test's blocks
    therefore pay another account, so that no two tests make the same block, and three blocks are mined first, so that
    the states a test reads are recent.
    """
    before = chain.snapshot()
    chain.rpc("anvil_setCoinbase", f"0x{secrets.token_hex(20)}")
    chain.mine(3)
    try:
        yield chain
    finally:
        chain.revert(before)


def start(node: str, log: Path) -> Chain:
    """Start a chain: by the anvil at the path `node`, or by py-evm for "py-evm". Raise ServerFailed."""
    if node == PY_EVM:
        server = Server("nft.testing.py_evm_node", log=log)
        chain = Chain(server.url, server, proofs="off")
    else:
        server = Server("nft.testing.anvil_node", node, str(CHAIN_ID), log=log)
        chain = Chain(server.url, server)
    chain.mine(3)  # so that "finalized" is a block in which the accounts have their balances
    return chain


def find_node() -> str:
    """Return the path of the anvil on PATH, else "py-evm"."""
    return shutil.which("anvil") or PY_EVM
