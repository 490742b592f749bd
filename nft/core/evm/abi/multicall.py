"""Multicall3 `aggregate3`: many reads of one block in one call (https://www.multicall3.com)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nft.core.buffers import Bytes
from nft.core.evm.abi.words import WORD, decode_bool, decode_bytes, decode_uint, encode_address, encode_bytes, selector
from nft.core.evm.errors import BadAnswer
from profiles.sentences import gettext as _

# The address is the same on nearly every chain.
MULTICALL3 = bytes.fromhex("cA11bde05977b3631167028862bE2a173976CA11")
MAX_RESULT_BYTES = 4 * 1024 * 1024

_AGGREGATE3 = selector("aggregate3((address,bool,bytes)[])")
_ONE_ARRAY = WORD.to_bytes(WORD, "big")
_MAY_FAIL = (b"\0" * 31 + b"\0", b"\0" * 31 + b"\1")
_DATA_OFFSET = (3 * WORD).to_bytes(WORD, "big")
_RESULT_DATA_OFFSET = 2 * WORD


@dataclass(frozen=True, slots=True)
class Call:
    """One read. Unless `may_fail`, its failure fails the whole batch."""

    target: bytes
    data: bytes
    may_fail: bool = True


@dataclass(frozen=True, slots=True)
class CallResult:
    """The result of one call. After a failure `data` is the revert data, which is empty if gas ran out."""

    success: bool
    data: bytes


def build_aggregate3(calls: Sequence[Call]) -> bytes:
    """Build the call data for `calls`, in their order."""
    offset = len(calls) * WORD
    heads: list[bytes] = []
    tails: list[bytes] = []
    for call in calls:
        tail = encode_address(call.target) + _MAY_FAIL[call.may_fail] + _DATA_OFFSET + encode_bytes(call.data)
        heads.append(offset.to_bytes(WORD, "big"))
        tails.append(tail)
        offset += len(tail)
    return b"".join((_AGGREGATE3, _ONE_ARRAY, len(calls).to_bytes(WORD, "big"), *heads, *tails))


def parse_aggregate3(answer: bytes, expected: int, max_bytes: int = MAX_RESULT_BYTES) -> list[CallResult]:
    """Parse the results of `expected` calls, none longer than `max_bytes`.

    Strict: every byte of the answer must have its place. Raise `BadAnswer`.
    """
    if len(answer) < 2 * WORD or answer[:WORD] != _ONE_ARRAY:
        raise BadAnswer(_("The multicall answer is not one list."))
    count = decode_uint(answer[WORD : 2 * WORD])
    if count != expected:
        raise BadAnswer(
            _("The multicall answer has %(count)s results for %(expected)s calls.", count=count, expected=expected)
        )
    view = memoryview(answer)[2 * WORD :]
    results: list[CallResult] = []
    position = count * WORD
    for index in range(count):
        if decode_uint(view[index * WORD : (index + 1) * WORD]) != position:
            raise BadAnswer(_("The multicall answer is not laid out in order."))
        result, position = _parse_result(view, position, max_bytes)
        results.append(result)
    if position != len(view):
        raise BadAnswer(_("The multicall answer has more behind its last result."))
    return results


def _parse_result(view: Bytes, start: int, max_bytes: int) -> tuple[CallResult, int]:
    success = decode_bool(view[start : start + WORD])
    if decode_uint(view[start + WORD : start + 2 * WORD]) != _RESULT_DATA_OFFSET:
        raise BadAnswer(_("A multicall result is not laid out in order."))
    data, end = decode_bytes(view, start + _RESULT_DATA_OFFSET, max_bytes)
    return CallResult(success, data), end
