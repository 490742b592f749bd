"""Look up names in sharded directories: a hash array mapped trie keyed by murmur3 (UnixFS `HAMTShard`)."""

from __future__ import annotations

from nft.core.ipfs.errors import MALFORMED_NODE, UNSUPPORTED_NODE, DagError
from nft.core.ipfs.unixfs import UnixFsNode
from profiles.sentences import gettext as _

MURMUR3_X64_64 = 0x22
_HASH_BITS = 64
_MAX_FANOUT = 1024
_U64 = 2**64 - 1
_C1, _C2 = 0x87C3_7B91_1142_53D5, 0x4CF5_AD43_2745_937F


def shard_prefix(shard: UnixFsNode, name: str, bits_used: int) -> tuple[str, int]:
    """Return the link-name prefix of `name` in this shard, and the number of hash bits used after it.

    A link named exactly by the prefix leads to the next shard; prefix + name is the entry itself. Raise `DagError`.
    """
    bits = _fanout_bits(shard)
    if bits_used + bits > _HASH_BITS:
        raise DagError(_("A sharded directory is deeper than its hash has bits."), MALFORMED_NODE)
    index = murmur3_x64_64(name.encode()) >> (_HASH_BITS - bits_used - bits) & (shard.fanout - 1)
    width = len(f"{shard.fanout - 1:X}")
    return f"{index:0{width}X}", bits_used + bits


def murmur3_x64_64(data: bytes) -> int:
    """Return the first 64 bits of MurmurHash3 x64 128 with seed 0, as multihash 0x22 defines them."""
    h1 = h2 = 0
    full = len(data) - len(data) % 16
    for start in range(0, full, 16):
        h1 ^= _mix_k1(int.from_bytes(data[start : start + 8], "little"))
        h1 = ((_rotate(h1, 27) + h2) * 5 + 0x52DC_E729) & _U64
        h2 ^= _mix_k2(int.from_bytes(data[start + 8 : start + 16], "little"))
        h2 = ((_rotate(h2, 31) + h1) * 5 + 0x3849_5AB5) & _U64
    tail = data[full:]
    h1 ^= _mix_k1(int.from_bytes(tail[:8], "little"))
    h2 ^= _mix_k2(int.from_bytes(tail[8:], "little"))
    h1 ^= len(data)
    h2 ^= len(data)
    h1 = (h1 + h2) & _U64
    h2 = (h2 + h1) & _U64
    return (_finish(h1) + _finish(h2)) & _U64


def _fanout_bits(shard: UnixFsNode) -> int:
    fanout = shard.fanout
    if shard.hash_type != MURMUR3_X64_64:
        raise DagError(
            _("A sharded directory uses hash %(hash_type)s; only murmur3 is known.", hash_type=f"{shard.hash_type:#x}"),
            UNSUPPORTED_NODE,
        )
    if not 2 <= fanout <= _MAX_FANOUT or fanout & (fanout - 1):
        raise DagError(_("A sharded directory cannot have a fanout of %(fanout)s.", fanout=fanout), MALFORMED_NODE)
    return fanout.bit_length() - 1


def _rotate(value: int, bits: int) -> int:
    return (value << bits | value >> (64 - bits)) & _U64


def _mix_k1(k1: int) -> int:
    return _rotate(k1 * _C1 & _U64, 31) * _C2 & _U64


def _mix_k2(k2: int) -> int:
    return _rotate(k2 * _C2 & _U64, 33) * _C1 & _U64


def _finish(value: int) -> int:
    value = (value ^ value >> 33) * 0xFF51_AFD7_ED55_8CCD & _U64
    value = (value ^ value >> 33) * 0xC4CE_B9FE_1A85_EC53 & _U64
    return value ^ value >> 33
