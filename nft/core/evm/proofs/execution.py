"""Run a call as the chain would, on proved state only, by the execution layer's own specification.

`ethereum-execution` is loaded at the first call: it takes 57 MiB, so only processes that prove may come here. The state
is read-only: a call that writes, or that needs what no header or state proves, is not provable. Neither is one that
calls a precompiled contract of another chain, or one that would take Python seconds.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cache, lru_cache
from importlib import import_module
from threading import local
from typing import Any, SupportsInt

from nft.core.evm.errors import NotProvable
from nft.core.evm.proofs.header import Header
from nft.core.evm.proofs.state import ProvedState

MAX_GAS = 3_000_000
"""Gas that a call may use."""
MAX_SECONDS = 2.0
"""Seconds of CPU that a call may take."""
#: Arbitrum's contracts see the number of a block of Ethereum, which the header carries in `mixHash`.
ARBITRUM = frozenset({42161, 42170, 421614})
# The newest rules whose headers have the field. Later ones of the same form only add to them.
_FORKS = {"requestsHash": "osaka", "parentBeaconBlockRoot": "cancun", "withdrawalsRoot": "shanghai"}
_OLDEST = "paris"
# ecrecover, sha256, ripemd160, identity, modexp, p256verify. The pairings take Python seconds.
_PRECOMPILES = frozenset({1, 2, 3, 4, 5, 0x100})
# Addresses below are of precompiled contracts, each chain's own.
_RESERVED = 2**16
_BLOBBASEFEE, _JUMPDEST, _PUSH1, _PUSH32 = 0x4A, 0x5B, 0x60, 0x7F
_CALL_COST, _ZERO_BYTE_COST, _BYTE_COST = 21_000, 4, 16
_TOO_LONG = f"The call takes more than {MAX_SECONDS:.0f} s to compute."


@dataclass(frozen=True, slots=True)
class Executed:
    """What a call returned, or the data of its revert."""

    succeeded: bool
    data: bytes


@dataclass(frozen=True, slots=True)
class ProvedCall:
    """A call as `eth_call` makes it, from an account that need not exist. `gas` is all it may use."""

    to: bytes
    data: bytes
    sender: bytes
    gas: int


def execute(state: ProvedState, chain_id: int, call: ProvedCall) -> Executed:
    """Return what the contract answers. Raise `ReadUnproved`, `NotProved` or `NotProvable`."""
    rules = _load_rules(_fork_of(state.header))
    gas = call.gas - _CALL_COST - sum(_BYTE_COST if byte else _ZERO_BYTE_COST for byte in call.data)
    try:
        message = _build_message(rules, state, chain_id, call, gas)
        _limit.ends_at = time.thread_time() + MAX_SECONDS
        output = rules.interpreter.process_message_call(message)
    except RecursionError:
        raise NotProvable("The contract's calls are nested too deeply to be computed.") from None
    if gas - int(output.gas_left) > MAX_GAS and not _used_all(output):
        raise NotProvable(f"The call uses more than {MAX_GAS:,} gas.")
    return Executed(output.error is None, bytes(output.return_data))


def _used_all(output: Any) -> bool:
    """Return whether the call failed in a way that takes all gas, however little it did."""
    return output.error is not None and int(output.gas_left) == 0


def _fork_of(header: Header) -> str:
    return next((fork for name, fork in _FORKS.items() if header.has(name)), _OLDEST)


@dataclass(frozen=True)
class _Rules:
    """The modules of one fork of the specification, and the types that all forks share."""

    vm: Any
    interpreter: Any
    state: Any
    trie: Any
    fork_types: Any
    precompiles: Any
    bytes: Any
    numeric: Any


@cache
def _load_rules(fork: str) -> _Rules:
    """Load the specification. It raises the recursion limit of the process, which must stay: see `load_json`."""
    limit = sys.getrecursionlimit()
    try:
        return _import_rules(f"ethereum.forks.{fork}")
    finally:
        sys.setrecursionlimit(limit)


def _import_rules(package: str) -> _Rules:
    import_module("ethereum.trace").set_evm_trace(_watch)
    # The specification's own scan of the code for places to jump to takes nine tenths of the time of a plain call.
    interpreter: Any = import_module(f"{package}.vm.interpreter")
    interpreter.get_valid_jump_destinations = JumpDestinations
    return _Rules(
        vm=import_module(f"{package}.vm"),
        interpreter=interpreter,
        state=import_module(f"{package}.state"),
        trie=import_module(f"{package}.trie"),
        fork_types=import_module(f"{package}.fork_types"),
        precompiles=import_module(f"{package}.vm.precompiled_contracts.mapping").PRE_COMPILED_CONTRACTS,
        bytes=import_module("ethereum_types.bytes"),
        numeric=import_module("ethereum_types.numeric"),
    )


def _build_message(rules: _Rules, state: ProvedState, chain_id: int, call: ProvedCall, gas: int) -> Any:
    number, header = rules.numeric, state.header
    to, sender = rules.fork_types.Address(call.to), rules.fork_types.Address(call.sender)
    accounts = _Accounts(rules, state)
    target = accounts.get(to)
    warm = {to, sender, rules.fork_types.Address(header.get("miner")), *rules.precompiles}
    transaction = _make(
        rules.vm.TransactionEnvironment,
        origin=sender,
        gas_price=number.Uint(0),
        gas=number.Uint(gas),
        access_list_addresses=set(),
        access_list_storage_keys=set(),
        transient_storage=rules.state.TransientStorage() if hasattr(rules.state, "TransientStorage") else None,
        blob_versioned_hashes=(),
        authorizations=(),
        index_in_block=None,
        tx_hash=None,
    )
    return _make(
        rules.vm.Message,
        block_env=_build_block(rules, _build_state(rules, state, accounts), header, chain_id),
        tx_env=transaction,
        caller=sender,
        target=to,
        current_target=to,
        gas=number.Uint(gas),
        value=number.U256(0),
        data=rules.bytes.Bytes(call.data),
        code_address=to,
        code=target.code if target is not None else rules.bytes.Bytes(b""),
        depth=number.Uint(0),
        should_transfer_value=True,
        is_static=False,
        accessed_addresses=warm,
        accessed_storage_keys=set(),
        disable_precompiles=False,
        parent_evm=None,
    )


def _build_block(rules: _Rules, state: Any, header: Header, chain_id: int) -> Any:
    number, bytes32 = rules.numeric, rules.bytes.Bytes32
    is_arbitrum, difficulty = chain_id in ARBITRUM, header.get_number("difficulty")
    height = int.from_bytes(header.get("mixHash")[8:16], "big") if is_arbitrum else header.get_number("number")
    return _make(
        rules.vm.BlockEnvironment,
        chain_id=number.U64(chain_id),
        state=state,
        block_gas_limit=number.Uint(header.get_number("gasLimit")),
        block_hashes=_Parents(None if is_arbitrum else header.get("parentHash")),
        coinbase=rules.fork_types.Address(header.get("miner")),
        number=number.Uint(height),
        base_fee_per_gas=number.Uint(header.get_number("baseFeePerGas")),
        time=number.U256(header.get_number("timestamp")),
        prev_randao=bytes32(difficulty.to_bytes(32, "big") if difficulty else header.get("mixHash")),
        excess_blob_gas=number.U64(0),  # read by BLOBBASEFEE only, which is refused
        parent_beacon_block_root=bytes32(bytes(32)),  # the same of transactions
    )


def _make(kind: type[Any], **values: object) -> Any:
    """Build one of the specification's dataclasses, which have fewer fields in older forks."""
    names = {each.name for each in fields(kind)}
    return kind(**{name: value for name, value in values.items() if name in names})


# --- the state that the specification reads ---------------------------------------------------------------------------
def _build_state(rules: _Rules, state: ProvedState, accounts: _Accounts) -> Any:
    tries = _StorageTries(rules, state)

    # The specification replaces the tries when a call reverts; these never change.
    always = property(lambda _: tries, lambda _, value: None)
    read_only = type("ReadOnlyState", (rules.state.State,), {"_storage_tries": always})
    return read_only(_main_trie=rules.trie.Trie(True, None, accounts))


class _ReadOnly:
    """The part of `dict` that the specification uses of a trie."""

    def __copy__(self) -> _ReadOnly:
        return self

    def __contains__(self, key: object) -> bool:
        raise _writes()

    def __setitem__(self, key: object, value: object) -> None:
        raise _writes()


def _writes() -> NotProvable:
    return NotProvable("The call writes to the chain's state, which is not computed here.")


class _Accounts(_ReadOnly):
    def __init__(self, rules: _Rules, state: ProvedState) -> None:
        self._rules, self._state = rules, state

    def get(self, address: Any, default: object = None) -> Any:
        number = int.from_bytes(address, "big")
        if number < _RESERVED and number not in _PRECOMPILES and number:
            raise NotProvable("The contract calls a precompiled contract that is not computed here.")
        account, numeric = self._state.account(bytes(address)), self._rules.numeric
        if account is None:
            return default
        return self._rules.fork_types.Account(
            nonce=numeric.Uint(account.nonce),
            balance=numeric.U256(account.balance),
            code=self._rules.bytes.Bytes(self._state.code(bytes(address))),
        )


class _Slots(_ReadOnly):
    def __init__(self, state: ProvedState, address: bytes, to_number: Any) -> None:
        self._state, self._address, self._to_number = state, address, to_number

    def get(self, slot: Any, default: object = None) -> Any:
        return self._to_number(self._state.slot(self._address, bytes(slot)))


class _StorageTries:
    def __init__(self, rules: _Rules, state: ProvedState) -> None:
        self._rules, self._state = rules, state

    def get(self, address: Any) -> Any:
        to_number = self._rules.numeric.U256
        return self._rules.trie.Trie(True, to_number(0), _Slots(self._state, bytes(address), to_number))

    def items(self) -> Iterator[tuple[object, object]]:
        """Return what a snapshot must copy: nothing."""
        return iter(())

    def __contains__(self, address: object) -> bool:
        raise _writes()


class _Parents:
    """The hashes of earlier blocks, of which a header proves one."""

    def __init__(self, parent: bytes | None) -> None:
        self._parent = parent

    def __getitem__(self, place: Any) -> bytes:
        if int(place) != -1 or self._parent is None:
            raise NotProvable("The contract reads the hash of an earlier block, which the header does not prove.")
        return self._parent


class JumpDestinations:
    """The places of a code to which it may jump: each JUMPDEST that is not within what a PUSH pushes."""

    def __init__(self, code: bytes) -> None:
        self._places = _find_jump_destinations(bytes(code))

    def __contains__(self, place: SupportsInt) -> bool:
        return int(place) in self._places


@lru_cache(maxsize=64)
def _find_jump_destinations(code: bytes) -> frozenset[int]:
    places, place = set(), 0
    while place < len(code):
        op = code[place]
        if op == _JUMPDEST:
            places.add(place)
        place += op - _PUSH1 + 2 if _PUSH1 <= op <= _PUSH32 else 1
    return frozenset(places)


# --- limits -----------------------------------------------------------------------------------------------------------
class _Limit(local):
    ends_at = 0.0
    """time.thread_time()"""


_limit = _Limit()


def _watch(evm: Any, event: Any) -> None:
    """Stop at what can't be computed. Called by the specification before and after each instruction."""
    del evm
    op = getattr(event, "op", None)
    if op is None:
        address = getattr(event, "address", None)
        if address is not None and int.from_bytes(address, "big") not in _PRECOMPILES:
            raise NotProvable("The contract calls a precompiled contract that is not computed here.")
    elif op.value == _BLOBBASEFEE:
        raise NotProvable("The contract reads the price of blobs, which is not computed here.")
    if time.thread_time() > _limit.ends_at:
        raise NotProvable(_TOO_LONG)
