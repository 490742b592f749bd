"""Run a call as the chain would, on proved state only, by the execution layer's own specification.

The state is read-only: a call that writes, or that needs what no header or state proves, is not provable. Neither is
one that calls a precompiled contract of another chain, or one that would take Python seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

from nft.core.evm.errors import NotProvable
from nft.core.evm.proofs.header import Header
from nft.core.evm.proofs.specification import PRECOMPILES, Rules, load_rules
from nft.core.evm.proofs.state import ProvedState
from profiles.sentences import gettext

MAX_GAS = 3_000_000
"""Gas that a call may use."""
MAX_SECONDS = 2.0
"""Seconds of CPU that all calls of one answer may take together. The caller sets the limit: `limit_time`."""
#: Arbitrum's contracts see the number of a block of Ethereum, which the header carries in `mixHash`.
ARBITRUM = frozenset({42161, 42170, 421614})
# Addresses below are of precompiled contracts, each chain's own.
_RESERVED = 2**16
_CALL_COST, _ZERO_BYTE_COST, _BYTE_COST = 21_000, 4, 16


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


def prepare() -> None:
    """Load the rules, which takes a second the first time. Raise `NotProvable`."""
    load_rules()


def execute(state: ProvedState, chain_id: int, call: ProvedCall) -> Executed:
    """Return what the contract answers, within the time that `limit_time` left the thread.

    Raise `ReadUnproved`, `NotProved` or `NotProvable`.
    """
    if not state.header.has("baseFeePerGas"):
        raise NotProvable(gettext("The block is of a fork before London, whose rules are not known."))
    rules = load_rules()
    gas = call.gas - _CALL_COST - sum(_BYTE_COST if byte else _ZERO_BYTE_COST for byte in call.data)
    try:
        message = _build_message(rules, state, chain_id, call, gas)
        output = rules.interpreter.process_message_call(message)
    except RecursionError:
        raise NotProvable(gettext("The contract's calls are nested too deeply to be computed.")) from None
    if gas - int(output.gas_left) > MAX_GAS and not _used_all(output):
        raise NotProvable(gettext("The call uses more than %(gas)s gas.", gas=MAX_GAS))
    return Executed(output.error is None, bytes(output.return_data))


def _used_all(output: Any) -> bool:
    """Return whether the call failed in a way that takes all gas, however little it did."""
    return output.error is not None and int(output.gas_left) == 0


def _build_message(rules: Rules, state: ProvedState, chain_id: int, call: ProvedCall, gas: int) -> Any:
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


def _build_block(rules: Rules, state: Any, header: Header, chain_id: int) -> Any:
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
def _build_state(rules: Rules, state: ProvedState, accounts: _Accounts) -> Any:
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
    return NotProvable(gettext("The call writes to the chain's state, which is not computed here."))


class _Accounts(_ReadOnly):
    def __init__(self, rules: Rules, state: ProvedState) -> None:
        self._rules, self._state = rules, state

    def get(self, address: Any, default: object = None) -> Any:
        number = int.from_bytes(address, "big")
        if number < _RESERVED and number not in PRECOMPILES and number:
            raise NotProvable(gettext("The contract calls a precompiled contract that is not computed here."))
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
    def __init__(self, rules: Rules, state: ProvedState) -> None:
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
            raise NotProvable(
                gettext("The contract reads the hash of an earlier block, which the header does not prove.")
            )
        return self._parent
