"""Compute what a contract answers, on proved state only, by the execution layer's own specification.

That is the package ethereum-execution, for Python 3.11 or newer: `pip install ethereum-execution`. Without it, nothing
is computed.
"""

from __future__ import annotations

import time
from dataclasses import fields
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from verify_words import Json, Open, Wrong

# The newest fork, whose rules know all that those of older ones and of other chains know.
FORK, FEWEST_FIELDS, MOST_FIELDS = "osaka", 16, 21
ARBITRUM = {42161, 42170, 421614}
BLOBBASEFEE = 0x4A
PARENT, MINER, DIFFICULTY, HEIGHT, GAS_LIMIT, TIME, MIX, BASE_FEE = 0, 2, 7, 8, 9, 11, 13, 15
#: Of this script in all.
SECONDS = 120
PRECOMPILES = {1, 2, 3, 4, 5, 0x100}


class Missing(Exception):
    """The package is not installed."""


def is_installed() -> bool:
    return find_spec("ethereum") is not None


def load(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError as error:
        raise Missing(
            "To compute the owner from the proved state: pip install ethereum-execution. Or name a node: --rpc"
        ) from error


def compute(proof: Any, call: Json) -> bytes:
    """Return what a call of the proof returns. Raise `Wrong` if it is not as the proof says, `Open` and `Missing`."""
    if not FEWEST_FIELDS <= len(proof.fields) <= MOST_FIELDS:
        raise Open("The block is of a fork that this script does not know.")
    package = f"ethereum.forks.{FORK}"
    load("ethereum.trace").set_evm_trace(watch)
    output = load(f"{package}.vm.interpreter").process_message_call(build_message(package, proof, call))
    succeeded, result = output.error is None, bytes(output.return_data)
    if (succeeded, "0x" + result.hex()) != (call["succeeded"], call["result"]):
        raise Wrong("The proved state gives another answer than the proof says.")
    return result if succeeded else b""


def watch(evm: object, event: object) -> None:
    """Stop at what no header proves, and at what takes too long. Called before and after each instruction."""
    if time.thread_time() > SECONDS:
        raise Open("The contract's answer takes too long to compute.")
    op, address = getattr(event, "op", None), getattr(event, "address", None)
    is_other = op is None and address is not None and int.from_bytes(address, "big") not in PRECOMPILES
    if is_other or getattr(op, "value", None) == BLOBBASEFEE:
        raise Open("The contract uses what this script does not compute.")


def build_message(package: str, proof: Any, call: Json) -> Any:
    vm, state, types = (load(f"{package}.{name}") for name in ("vm", "state", "fork_types"))
    number, content = load("ethereum_types.numeric"), load("ethereum_types.bytes")
    precompiled = load(f"{package}.vm.precompiled_contracts.mapping").PRE_COMPILED_CONTRACTS
    to, sender = (types.Address(bytes.fromhex(call[name][2:])) for name in ("to", "from"))
    data = bytes.fromhex(call["data"][2:])
    gas = call["gas"] - 21_000 - sum(16 if byte else 4 for byte in data)
    accounts = Accounts(types, number, content, proof)
    target = accounts.get(to)
    transaction = make(
        vm.TransactionEnvironment,
        origin=sender,
        gas_price=number.Uint(0),
        gas=number.Uint(gas),
        access_list_addresses=set(),
        access_list_storage_keys=set(),
        transient_storage=getattr(state, "TransientStorage", object)(),
        blob_versioned_hashes=(),
        authorizations=(),
        index_in_block=None,
        tx_hash=None,
    )
    return make(
        vm.Message,
        block_env=build_block(vm, types, number, content, proof, build_state(package, proof, accounts)),
        tx_env=transaction,
        caller=sender,
        target=to,
        current_target=to,
        gas=number.Uint(gas),
        value=number.U256(0),
        data=content.Bytes(data),
        code_address=to,
        code=content.Bytes(b"") if target is None else target.code,
        depth=number.Uint(0),
        should_transfer_value=True,
        is_static=False,
        accessed_addresses={to, sender, types.Address(proof.fields[MINER]), *precompiled},
        accessed_storage_keys=set(),
        disable_precompiles=False,
        parent_evm=None,
    )


def build_block(vm: Any, types: Any, number: Any, content: Any, proof: Any, state: Any) -> Any:
    def field(place: int) -> int:
        return int.from_bytes(proof.fields[place], "big")

    is_arbitrum, difficulty = proof.chain_id in ARBITRUM, field(DIFFICULTY)
    return make(
        vm.BlockEnvironment,
        chain_id=number.U64(proof.chain_id),
        state=state,
        block_gas_limit=number.Uint(field(GAS_LIMIT)),
        block_hashes=Parents(b"" if is_arbitrum else proof.fields[PARENT]),
        coinbase=types.Address(proof.fields[MINER]),
        number=number.Uint(int.from_bytes(proof.fields[MIX][8:16], "big") if is_arbitrum else field(HEIGHT)),
        base_fee_per_gas=number.Uint(field(BASE_FEE)),
        time=number.U256(field(TIME)),
        prev_randao=content.Bytes32(difficulty.to_bytes(32, "big") if difficulty else proof.fields[MIX]),
        excess_blob_gas=number.U64(0),
        parent_beacon_block_root=content.Bytes32(bytes(32)),
    )


def make(kind: Any, **values: object) -> Any:
    names = {each.name for each in fields(kind)}
    return kind(**{name: value for name, value in values.items() if name in names})


def build_state(package: str, proof: Any, accounts: Accounts) -> Any:
    state, trie, number = load(f"{package}.state"), load(f"{package}.trie"), load("ethereum_types.numeric")
    tries = Tries(trie.Trie, number.U256, proof)
    always = property(lambda _: tries, lambda _, value: None)
    read_only = type("ReadOnlyState", (state.State,), {"_storage_tries": always})
    return read_only(_main_trie=trie.Trie(True, None, accounts))


class ReadOnly:
    def __copy__(self) -> ReadOnly:
        return self

    def __contains__(self, key: object) -> bool:
        raise Open("The call writes to the chain's state, which is not computed here.")

    def __setitem__(self, key: object, value: object) -> None:
        raise Open("The call writes to the chain's state, which is not computed here.")


class Accounts(ReadOnly):
    def __init__(self, types: Any, number: Any, content: Any, proof: Any) -> None:
        self.types, self.number, self.content, self.proof = types, number, content, proof

    def get(self, address: Any, default: object = None) -> Any:
        if bytes(address) not in self.proof.accounts:
            raise Wrong("The contract reads an account that is not proved.")
        account = self.proof.accounts[bytes(address)]
        if account is None:
            return default
        nonce, balance = self.number.Uint(account.nonce), self.number.U256(account.balance)
        return self.types.Account(nonce=nonce, balance=balance, code=self.content.Bytes(account.code))


class Slots(ReadOnly):
    def __init__(self, to_number: Any, proof: Any, address: bytes) -> None:
        self.to_number, self.proof, self.address = to_number, proof, address

    def get(self, slot: Any, default: object = None) -> Any:
        if (self.address, bytes(slot)) not in self.proof.slots:
            raise Wrong("The contract reads a slot that is not proved.")
        return self.to_number(self.proof.slots[self.address, bytes(slot)])


class Tries:
    def __init__(self, trie: Any, to_number: Any, proof: Any) -> None:
        self.trie, self.to_number, self.proof = trie, to_number, proof

    def get(self, address: Any) -> Any:
        return self.trie(True, self.to_number(0), Slots(self.to_number, self.proof, bytes(address)))

    def items(self) -> Any:
        return iter(())

    def __contains__(self, address: object) -> bool:
        raise Open("The call writes to the chain's state, which is not computed here.")


class Parents:
    def __init__(self, parent: bytes) -> None:
        self.parent = parent

    def __getitem__(self, place: Any) -> bytes:
        if int(place) != -1 or not self.parent:
            raise Open("The contract reads the hash of an earlier block, which the header does not prove.")
        return self.parent
