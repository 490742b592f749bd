"""A chain that pip alone installs: eth-tester's py-evm behind JSON-RPC, with the methods of anvil that tests use.

Every transaction gets its own block, and a block is finalized two blocks later, as with anvil. It offers no proofs
of what is stored, and places no code.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable
from http.server import ThreadingHTTPServer
from typing import Any, ClassVar

from eth.vm.spoof import SpoofTransaction
from eth_tester import EthereumTester, PyEVMBackend
from eth_tester.exceptions import BlockNotFound, TransactionNotFound
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from nft.testing.genesis import CHAIN_ID, MNEMONIC
from profiles.testing.http import QuietHandler
from profiles.testing.programs import serve_until_the_tests_end

GAS_PRICE, RICH = 10**10, 10**30
"""In wei."""
FINALIZED_AFTER = 2
NOBODY = to_checksum_address(bytes(20))
GAS, GAS_OF_BYTE, GAS_OF_TRANSACTION = 12_000_000, 16, 100_000
REVERTED, METHOD_NOT_FOUND, OTHER = 3, -32601, -32000
Json = Any


class NoSuchMethod(Exception):
    """The node does not offer the method."""


class Reverted(Exception):
    """The contract refused the call, and returned `data`."""

    def __init__(self, error: object, data: bytes) -> None:
        super().__init__(f"execution reverted: {error}")
        self.data = data


class PyEvm:
    """The chain. Its methods are those of JSON-RPC."""

    def __init__(self) -> None:
        backend = PyEVMBackend(mnemonic=MNEMONIC, hd_path="m/44'/60'/0'/0")
        type(backend.chain).chain_id = CHAIN_ID
        self._chain = EthereumTester(backend=backend)
        self._coinbase = NOBODY
        self._methods: dict[str, Callable[..., Json]] = {
            "eth_chainId": lambda: hex(CHAIN_ID),
            "eth_accounts": self._accounts,
            "eth_blockNumber": lambda: hex(self._head()),
            "eth_gasPrice": lambda: hex(GAS_PRICE),
            "eth_maxPriorityFeePerGas": lambda: hex(GAS_PRICE // 10),
            "eth_getBlockByNumber": self._block,
            "eth_getBlockByHash": lambda digest, full: to_json(self._chain.get_block_by_hash(digest, full)),
            "eth_getBalance": lambda address, tag: hex(self._chain.get_balance(address, self._number(tag))),
            "eth_getCode": lambda address, tag: self._chain.get_code(address, self._number(tag)),
            "eth_getTransactionCount": lambda address, tag: hex(self._chain.get_nonce(address, self._number(tag))),
            "eth_getTransactionByHash": lambda digest: to_json(self._chain.get_transaction_by_hash(digest)),
            "eth_getTransactionReceipt": lambda digest: to_json(self._chain.get_transaction_receipt(digest)),
            "eth_getLogs": self._logs,
            "eth_call": lambda wanted, tag: "0x" + self._run(wanted, tag).output.hex(),
            "eth_estimateGas": self._estimate,
            "eth_sendTransaction": lambda wanted: self._chain.send_transaction(self._transaction(wanted)),
            "eth_sendRawTransaction": self._chain.send_raw_transaction,
            "evm_snapshot": lambda: hex(self._chain.take_snapshot()),
            "evm_revert": self._revert,
            "anvil_getAutomine": lambda: True,
            "anvil_mine": self._mine,
            "anvil_reorg": self._reorg,
            "anvil_setCoinbase": self._set_coinbase,
        }

    def answer(self, method: str, parameters: list[Json]) -> Json:
        """Return the result. Raises what eth-tester does, and NoSuchMethod."""
        if method not in self._methods:
            raise NoSuchMethod(f"the method {method} does not exist/is not available")
        try:
            return self._methods[method](*parameters)
        except TransactionNotFound:
            return None

    @property
    def _evm(self) -> Json:
        """py-evm's chain, which is another one after a return to the first block."""
        return self._chain.backend.chain

    def _accounts(self) -> list[str]:
        return list(self._chain.get_accounts())

    def _head(self) -> int:
        return int(self._evm.get_canonical_head().block_number)

    def _number(self, tag: str) -> int:
        if tag in {"finalized", "safe"}:
            return max(0, self._head() - FINALIZED_AFTER)
        return self._head() if tag in {"latest", "pending"} else 0 if tag == "earliest" else int(tag, 16)

    def _block(self, tag: str, full: bool) -> Json:
        try:
            return to_json(self._chain.get_block_by_number(self._number(tag), full))
        except BlockNotFound:
            return None

    def _logs(self, wanted: dict[str, Json]) -> Json:
        first, last = (self._number(wanted.get(key, "latest")) for key in ("fromBlock", "toBlock"))
        addresses = wanted.get("address") or []
        addresses = [addresses] if isinstance(addresses, str) else addresses
        found: list[Json] = []
        for address in addresses or [None]:
            contract = to_checksum_address(address) if address else None
            found += self._chain.get_logs(first, min(last, self._head()), contract, wanted.get("topics") or None)
        return sorted(map(to_json, found), key=lambda log: (int(log["blockNumber"], 16), int(log["logIndex"], 16)))

    def _run(self, wanted: dict[str, Json], tag: str) -> Json:
        """Run a call after the block of this tag, for free, and change nothing. Return py-evm's computation.

        Raise Reverted.
        """
        sender = bytes.fromhex((wanted.get("from") or NOBODY)[2:])
        state = self._evm.get_vm(at_header=self._evm.get_canonical_block_header_by_number(self._number(tag))).state
        state.set_balance(sender, RICH)
        unsigned = self._evm.create_unsigned_transaction(
            nonce=state.get_nonce(sender),
            gas_price=GAS_PRICE,
            gas=_number(wanted.get("gas", GAS)),
            to=bytes.fromhex((wanted.get("to") or "0x")[2:]),
            value=_number(wanted.get("value", 0)),
            data=bytes.fromhex((wanted.get("data") or wanted.get("input") or "0x")[2:]),
        )
        computation = state.apply_transaction(SpoofTransaction(unsigned, from_=sender))
        if computation.is_error:
            raise Reverted(computation.error, computation.output)
        return computation

    def _estimate(self, wanted: dict[str, Json], tag: str = "latest") -> str:
        """Return enough gas: twice what it takes, with what every transaction and its data cost."""
        wanted = {name: value for name, value in wanted.items() if name != "gas"}
        used = self._run(wanted, tag).get_gas_used()
        return hex(min(GAS, 2 * used + GAS_OF_TRANSACTION + GAS_OF_BYTE * len(wanted.get("data") or "") // 2))

    def _transaction(self, wanted: dict[str, Json]) -> dict[str, Json]:
        """Return the transaction as eth-tester takes it."""
        numbers = {"gas": "gas", "value": "value", "nonce": "nonce"}
        built: dict[str, Json] = {ours: _number(wanted[name]) for name, ours in numbers.items() if name in wanted}
        built["from"] = to_checksum_address(wanted.get("from") or NOBODY)
        if wanted.get("to"):
            built["to"] = to_checksum_address(wanted["to"])
        return {"gas": GAS, "data": wanted.get("data") or wanted.get("input") or "0x", **built}

    def _mine(self, count: str = "0x1") -> None:
        self._chain.mine_blocks(int(count, 16), self._coinbase)

    def _set_coinbase(self, address: str) -> None:
        self._coinbase = to_checksum_address(address)

    def _revert(self, snapshot: str) -> bool:
        self._chain.revert_to_snapshot(int(snapshot, 16))
        return True

    def _reorg(self, depth: int, transactions: list[Json]) -> None:
        """Replace the last blocks by as many empty ones, which pay another account and so have other hashes."""
        kept = self._chain.get_block_by_number(self._head() - depth)
        self._chain.backend.revert_to_snapshot(bytes.fromhex(kept["hash"][2:]))
        self._chain.mine_blocks(depth, to_checksum_address(keccak(secrets.token_bytes(8))[:20]))


def to_json(value: Json) -> Json:
    """Return what eth-tester answers as JSON-RPC: its names in camel case, numbers as quantities."""
    if isinstance(value, dict):
        return {_camel(name): to_json(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(each) for each in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return hex(value)
    return "0x" + value.hex() if isinstance(value, bytes) else str(value)


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def _number(value: Json) -> int:
    return value if isinstance(value, int) else int(value, 16)


def reply(chain: PyEvm, request: dict[str, Json]) -> dict[str, Json]:
    """Return the answer to one request of JSON-RPC."""
    head = {"jsonrpc": "2.0", "id": request.get("id")}
    try:
        return {**head, "result": chain.answer(request["method"], request.get("params", []))}
    except Reverted as error:
        return {**head, "error": {"code": REVERTED, "message": str(error), "data": "0x" + error.data.hex()}}
    except NoSuchMethod as error:
        return {**head, "error": {"code": METHOD_NOT_FOUND, "message": str(error)}}
    except Exception as error:  # noqa: BLE001 - whatever it is, the caller must read it
        return {**head, "error": {"code": OTHER, "message": f"{type(error).__name__}: {error}"}}


class Handler(QuietHandler):
    """Answers one request at a time: py-evm is not safe for use by several threads."""

    protocol_version = "HTTP/1.1"
    chain: ClassVar[PyEvm]
    lock: ClassVar[threading.Lock] = threading.Lock()

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.lock:
            answer = [reply(self.chain, one) for one in asked] if isinstance(asked, list) else reply(self.chain, asked)
        content = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def main() -> None:
    Handler.chain = PyEvm()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    serve_until_the_tests_end(f"http://127.0.0.1:{server.server_port}")


if __name__ == "__main__":
    main()
