"""The execution layer's own specification (`ethereum-execution`) of the newest fork, with limits to what it computes.

Its rules serve older forks and other chains, too. They know all that those know: what a fork took from contracts are
prices of gas, and what it added is found in no older code. Headers do not tell: Arbitrum and Polygon know PUSH0, with
headers of London.

It takes 57 MiB, so it is loaded at the first call, and only in processes that prove.
"""

from __future__ import annotations

import logging
import sys
import time
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import import_module
from threading import local
from typing import Any, SupportsInt

from nft.core.evm.errors import NotProvable
from profiles.sentences import gettext as _

log = logging.getLogger(__name__)

FORK = "osaka"

#: ecrecover, sha256, ripemd160, identity, modexp, p256verify. The pairings take Python seconds.
PRECOMPILES = frozenset({1, 2, 3, 4, 5, 0x100})
_BLOBBASEFEE, _JUMPDEST, _PUSH1, _PUSH32 = 0x4A, 0x5B, 0x60, 0x7F


@dataclass(frozen=True)
class Rules:
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
def load_rules() -> Rules:
    """Load the specification. It raises the recursion limit of the process, which must stay: see `load_json`."""
    limit = sys.getrecursionlimit()
    try:
        return _import_rules(f"ethereum.forks.{FORK}")
    except ModuleNotFoundError as error:
        log.error("No answer can be proved: %s. Install it: pip install 'avatarsite[proofs]'.", error)  # noqa: TRY400 - it says it all
        raise NotProvable(_("The package ethereum-execution is not installed.")) from error
    finally:
        sys.setrecursionlimit(limit)


def _import_rules(package: str) -> Rules:
    import_module("ethereum.trace").set_evm_trace(_watch)
    # The specification's own scan of the code for places to jump to takes nine tenths of the time of a plain call.
    interpreter: Any = import_module(f"{package}.vm.interpreter")
    interpreter.get_valid_jump_destinations = JumpDestinations
    return Rules(
        vm=import_module(f"{package}.vm"),
        interpreter=interpreter,
        state=import_module(f"{package}.state"),
        trie=import_module(f"{package}.trie"),
        fork_types=import_module(f"{package}.fork_types"),
        precompiles=import_module(f"{package}.vm.precompiled_contracts.mapping").PRE_COMPILED_CONTRACTS,
        bytes=import_module("ethereum_types.bytes"),
        numeric=import_module("ethereum_types.numeric"),
    )


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


def limit_time(seconds: float) -> None:
    """Let what this thread computes from here on, until the next limit, take so many seconds of CPU."""
    _limit.ends_at = time.thread_time() + seconds


def shorten_time(seconds: float) -> None:
    """Let the rest of what the thread computes take at most so many seconds of CPU."""
    _limit.ends_at = min(_limit.ends_at, time.thread_time() + seconds)


def _watch(evm: Any, event: Any) -> None:
    """Stop at what can't be computed. Called by the specification before and after each instruction."""
    del evm
    op = getattr(event, "op", None)
    if op is None:
        address = getattr(event, "address", None)
        if address is not None and int.from_bytes(address, "big") not in PRECOMPILES:
            raise NotProvable(_("The contract calls a precompiled contract that is not computed here."))
    elif op.value == _BLOBBASEFEE:
        raise NotProvable(_("The contract reads the price of blobs, which is not computed here."))
    if time.thread_time() > _limit.ends_at:
        raise NotProvable(_("The call takes too long to compute."))
