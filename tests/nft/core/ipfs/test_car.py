"""Build and read archives; refuse damaged, cut, padded and swapped ones."""

import contextlib
import hashlib
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nft.core.buffers import Bytes
from nft.core.errors import CoreError
from nft.core.ipfs.blocks import verify_block
from nft.core.ipfs.car import CarReader, build_car, read_car
from nft.core.ipfs.cid import DAG_PB, IDENTITY, RAW, SHA2_256, Cid, build_cid, parse_cid
from nft.core.ipfs.dag import DagLimits, read_path
from nft.core.ipfs.errors import BlockMismatch, BlockMissing, CarError
from nft.core.ipfs.unixfs import build_directory, build_file
from nft.core.ipfs.varint import encode_varint
from tests.kit.dags import VECTORS, Store, counted_bytes, published_token

HEADER = bytes.fromhex("3aa265726f6f747381d82a58250001551220") + bytes(32) + bytes.fromhex("6776657273696f6e01")


def small_car() -> tuple[Cid, bytes]:
    """Return the root and the archive of a directory with two small files."""
    files = {name: build_file(name.encode() * 20) for name in ("a", "b")}
    directory = build_directory({name: (built.root, built.size) for name, built in files.items()})
    blocks = {cid: block for built in (*files.values(), directory) for cid, block in built.blocks.items()}
    return directory.root, build_car(directory.root, blocks)


def read_in_pieces(archive: bytes, size: int, limits: DagLimits | None = None) -> dict[Cid, bytes]:
    reader = CarReader(limits or DagLimits())
    blocks: dict[Cid, bytes] = {}
    for start in range(0, len(archive), size):
        blocks |= {cid: bytes(block) for cid, block in reader.feed(archive[start : start + size])}
    reader.close()
    return blocks


def test_an_archive_made_elsewhere_is_read() -> None:
    roots, blocks = read_car((VECTORS / "shard-fanout-256.car").read_bytes())
    assert roots == (parse_cid("bafybeictegon6e5hezuv3d2lydyhf27jy6vy7g3p3akpyqr4hdpac4nzye"),)
    assert len(blocks) == 67


def test_an_archive_is_written_depth_first_each_block_once() -> None:
    store = Store()
    directory, _ = published_token(store)
    archive = build_car(directory.root, store.blocks)
    roots, blocks = read_car(archive)
    assert roots == (directory.root,)
    assert blocks == store.blocks
    image = read_path(directory.root, "image.webp", store.get)
    assert list(blocks)[: len(image.cids_used)] == list(image.cids_used)


def test_a_proof_needs_no_neighbours() -> None:
    store = Store()
    directory, picture = published_token(store)
    used = read_path(directory.root, "image.webp", store.get).cids_used
    _, blocks = read_car(build_car(directory.root, {cid: store.blocks[cid] for cid in used}))
    assert read_path(directory.root, "image.webp", blocks.__getitem__).data == picture


def test_an_archive_without_its_root_is_not_written() -> None:
    with pytest.raises(BlockMissing):
        build_car(build_cid(b"", RAW), {})


def test_an_identity_root_needs_no_block() -> None:
    cid = Cid(1, RAW, IDENTITY, b"hello")
    assert read_car(build_car(cid, {})) == ((cid,), {})


@given(st.integers(1, 700))
def test_pieces_of_any_size_give_the_same_blocks(size: int) -> None:
    _, archive = small_car()
    assert read_in_pieces(archive, size) == read_car(archive)[1]


@pytest.mark.parametrize("size", [*range(1, 60), 300])
def test_pieces_may_end_inside_a_cidv0(size: int) -> None:
    leaf = b"\x0a\x07\x08\x02\x12\x01x\x18\x01"
    root = Cid(0, DAG_PB, SHA2_256, hashlib.sha256(leaf).digest())
    assert read_in_pieces(build_car(root, {root: leaf}), size) == {root: leaf}


@given(st.integers(0, 900_000))
def test_pieces_of_the_wanted_size_give_blocks_without_a_copy(size: int) -> None:
    built = build_file(counted_bytes(size))
    archive, position, blocks = build_car(built.root, built.blocks), 0, dict[Cid, Bytes]()
    reader, pieces = CarReader(), 0
    while position < len(archive):
        piece = archive[position : position + reader.wanted]
        blocks.update(reader.feed(piece))
        position, pieces = position + len(piece), pieces + 1
    reader.close()
    assert blocks == built.blocks
    assert all(isinstance(block, memoryview) for block in blocks.values())
    assert pieces <= len(blocks) + 4  # one per block, and the header


@given(st.binary(max_size=900_000))
def test_files_round_trip_through_an_archive(data: bytes) -> None:
    built = build_file(data)
    _, blocks = read_car(build_car(built.root, built.blocks))
    assert read_path(built.root, "", blocks.__getitem__).data == data


def test_no_flipped_bit_in_a_small_archive_goes_unnoticed() -> None:
    """Each flipped bit is refused, or it changed the root or the codec in a CID, so that no path leads there."""
    root, archive = small_car()
    for position in range(len(archive)):
        for bit in range(8):
            damaged = bytearray(archive)
            damaged[position] ^= 1 << bit
            try:
                roots, blocks = read_car(bytes(damaged))
            except CoreError:
                continue
            assert roots != (root,) or blocks != read_car(archive)[1]
            for cid, block in blocks.items():
                verify_block(cid, block)  # each block that was returned still matches its CID


@given(st.data())
def test_one_flipped_bit_in_the_bytes_of_a_block_is_a_mismatch(data: st.DataObject) -> None:
    built = build_file(counted_bytes(700_000))
    archive = bytearray(build_car(built.root, built.blocks))
    archive[data.draw(st.integers(1000, len(archive) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises((BlockMismatch, CarError)):
        read_in_pieces(bytes(archive), 65_536)


def test_an_archive_cut_anywhere_else_than_between_blocks_is_refused() -> None:
    _, archive = small_car()
    whole = 0
    for end in range(len(archive)):
        try:
            read_car(archive[:end])
        except CarError:
            continue
        whole += 1
    assert whole == 3  # after the header and after the first two of three blocks


@pytest.mark.parametrize("garbage", [b"\0", b"\x01", b"garbage", b"\xff", 20 * b"\xff", 300 * b"\0"])
def test_bytes_behind_the_last_block_are_refused(garbage: bytes) -> None:
    with pytest.raises((CarError, BlockMismatch, CoreError)):
        read_car(small_car()[1] + garbage)


def test_swapped_blocks_are_refused() -> None:
    a, b = b"a" * 40, b"b" * 40
    section = encode_varint(36 + 40) + build_cid(a, RAW).encode() + b
    with pytest.raises(BlockMismatch):
        read_car(HEADER + section)


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"\x00",
        b"\x01\xa0",
        bytes.fromhex("11a265726f6f7473806776657273696f6e02"),  # version 2
        bytes.fromhex("0aa16776657273696f6e02"),  # the first bytes of CARv2
        bytes.fromhex("0aa16776657273696f6e01"),  # no roots
        bytes.fromhex("12a265726f6f747381006776657273696f6e01"),  # a root that is a number
        bytes.fromhex("1aa365726f6f7473806776657273696f6e0161780061790061"),
        encode_varint(5000) + bytes(5000),
        b"\xff" * 12,
        b"\x05\x81\x81\x81\x81\x81",
        encode_varint(4000) + b"\x81" * 4000,
    ],
)
def test_headers_that_are_not_carv1_are_refused(header: bytes) -> None:
    with pytest.raises(CarError):
        read_car(header)


def test_a_header_may_name_no_root() -> None:
    assert read_car(bytes.fromhex("11a265726f6f7473806776657273696f6e01")) == ((), {})


def test_limits_hold_on_blocks_and_bytes() -> None:
    leaf = build_cid(b"x", RAW)
    section = encode_varint(37) + leaf.encode() + b"x"
    for limits, archive in (
        (DagLimits(max_blocks=3), HEADER + 4 * section),
        (DagLimits(max_block_bytes=1000), HEADER + encode_varint(1037) + leaf.encode()),
        (DagLimits(max_bytes=10_000, max_block_bytes=1000, max_blocks=1), HEADER + bytes(20_000)),
    ):
        with pytest.raises(CarError):
            read_in_pieces(archive, 4096, limits)


def test_a_length_that_ends_inside_the_cid_is_refused() -> None:
    with pytest.raises(CarError):
        read_car(HEADER + encode_varint(10) + build_cid(b"", DAG_PB).encode())


def test_memory_stays_near_one_block_however_long_the_archive() -> None:
    block = counted_bytes(1024 * 1024)
    section = encode_varint(36 + len(block)) + build_cid(block, RAW).encode() + block
    reader = CarReader(DagLimits(max_bytes=100 * 1024 * 1024))
    reader.feed(HEADER)
    tracemalloc.start()
    for _ in range(20):
        for start in range(0, len(section), 65_536):
            reader.feed(section[start : start + 65_536])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    reader.close()
    assert peak < 3 * len(block)


@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_an_archive_or_refused(archive: bytes, with_header: bool) -> None:
    with contextlib.suppress(CoreError):
        read_car((HEADER if with_header else b"") + archive)
