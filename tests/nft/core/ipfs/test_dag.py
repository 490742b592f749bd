"""Read paths: every byte is verified, and every refusal has its kind."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nft.core.ipfs.blocks import ProvedBlocks
from nft.core.ipfs.car import read_car
from nft.core.ipfs.cid import DAG_CBOR, DAG_PB, IDENTITY, RAW, SHA2_256, Cid, build_cid, parse_cid
from nft.core.ipfs.dag import read_path, scan_proved
from nft.core.ipfs.dag_pb import PbLink
from nft.core.ipfs.errors import (
    MALFORMED_NODE,
    NOT_A_FILE,
    PATH_NOT_FOUND,
    TOO_DEEP,
    UNSUPPORTED_NODE,
    BlockMismatch,
    BlockMissing,
    DagError,
)
from nft.core.ipfs.hamt import murmur3_x64_64
from nft.core.ipfs.unixfs import NodeType, build_directory, build_file
from profiles.errors import Kind
from tests.kit.dags import VECTORS, Store, counted_bytes, published_token, unixfs
from tests.kit.errors import raises_kind


@pytest.fixture
def store() -> Store:
    return Store()


def test_a_file_in_a_directory_is_read_with_its_proof(store: Store) -> None:
    directory, picture = published_token(store)
    result = read_path(directory.root, "image.webp", store.get)
    image = build_file(picture)
    assert result.data == picture
    assert result.leaf_cid == image.root
    assert result.cids_used[:2] == (directory.root, image.root)
    assert set(result.cids_used) == {directory.root, *image.blocks}


@pytest.mark.parametrize("path", ["/metadata.json", "metadata.json", "//metadata.json/"])
def test_slashes_around_a_name_do_not_matter(store: Store, path: str) -> None:
    directory, _ = published_token(store)
    assert read_path(directory.root, path, store.get).data == b'{"name":"x"}'


def test_directories_lie_in_directories(store: Store) -> None:
    inner, _ = published_token(store)
    outer = build_directory({"1": (inner.root, inner.size)})
    store.add(outer.blocks)
    assert read_path(outer.root, "1/metadata.json", store.get).data == b'{"name":"x"}'


def test_an_identity_cid_is_read_without_any_block(store: Store) -> None:
    result = read_path(parse_cid("bafkqabtimvwgy3yk"), "", store.get)
    assert (result.data, result.cids_used, store.asked) == (b"hello\n", (), [])


@pytest.mark.parametrize(
    ("archive", "root"),  # sharded directories of 60 files, by ipfs-unixfs-importer 15
    [
        ("shard-fanout-8.car", "bafybeihurtixtkzpfct6jexnaav2kqrl3jnd53qwcpnobs6gusmvkrylue"),
        ("shard-fanout-16.car", "bafybeiaw4zxwm72af4fjy5aph2qddj3ywxpwv5mvyrxrbeagg6u3ls6dna"),
        ("shard-fanout-256.car", "bafybeictegon6e5hezuv3d2lydyhf27jy6vy7g3p3akpyqr4hdpac4nzye"),
    ],
)
def test_every_name_of_a_sharded_directory_is_found(archive: str, root: str) -> None:
    roots, blocks = read_car((VECTORS / archive).read_bytes())
    assert roots == (parse_cid(root),)
    for number in range(60):
        assert read_path(roots[0], f"token-{number}.json", blocks.__getitem__).data == str(number).encode()
    for name in ("token-60.json", "token", "00", "0"):
        with raises_kind(PATH_NOT_FOUND):
            read_path(roots[0], name, blocks.__getitem__)
    with raises_kind(NOT_A_FILE):
        read_path(roots[0], "", blocks.__getitem__)


@pytest.mark.parametrize(
    ("text", "expected"),  # MurmurHash3 x64 128, first half, published test values
    [("", 0), ("hello", 0xCBD8A7B341BD9B02), ("hello, world", 0x342FAC623A5EBC8E)],
)
def test_names_are_hashed_by_murmur3(text: str, expected: int) -> None:
    assert murmur3_x64_64(text.encode()) == expected


def test_metadata_in_a_dag_cbor_object_is_found(store: Store) -> None:
    """The layout is that of NFT upload services; @ipld/dag-cbor 9 made the block."""
    leaf = build_file(counted_bytes(1000))
    store.add(leaf.blocks)
    link = "d82a582500" + leaf.root.encode().hex()
    block = bytes.fromhex("a3646e616d65617865696d616765a165612e706e67" + link + "6d6d657461646174612e6a736f6e" + link)
    root = parse_cid("bafyreifujjjakids3r4vcr7b6vtqea4ngoh4uob6fso7lwwhv7ojd7mtqa")
    store.add({root: block})
    for path in ("metadata.json", "image/a.png"):
        assert read_path(root, path, store.get).data == counted_bytes(1000)
    for path in ("image", "name", ""):
        with raises_kind(UNSUPPORTED_NODE):
            read_path(root, path, store.get)
    for path in ("none", "image/none", "name/x"):
        with raises_kind(PATH_NOT_FOUND):
            read_path(root, path, store.get)


@pytest.mark.parametrize("block", [b"", b"\xff", b"\x81" * 100_000, b"\xa1\x61a\xd8\x2a\x41\x00"])
def test_damaged_dag_cbor_is_malformed(store: Store, block: bytes) -> None:
    root = build_cid(block, DAG_CBOR)
    store.add({root: block})
    with raises_kind(MALFORMED_NODE):
        read_path(root, "a", store.get)


@given(st.data())
def test_one_flipped_bit_anywhere_is_refused(data: st.DataObject) -> None:
    store = Store()
    directory, _ = published_token(store)
    used = read_path(directory.root, "image.webp", store.get).cids_used
    cid = data.draw(st.sampled_from(used))
    block = bytearray(store.blocks[cid])
    position = data.draw(st.integers(0, len(block) - 1))
    block[position] ^= 1 << data.draw(st.integers(0, 7))
    store.blocks[cid] = bytes(block)
    with pytest.raises(BlockMismatch):
        read_path(directory.root, "image.webp", store.get)


@pytest.mark.parametrize("change", [lambda block: block[:-1], lambda block: block + b"\0", lambda _: b""])
def test_cut_padded_and_empty_blocks_are_refused(store: Store, change: object) -> None:
    assert callable(change)
    directory, _ = published_token(store)
    for cid in read_path(directory.root, "image.webp", store.get).cids_used:
        tampered = Store({**store.blocks, cid: change(store.blocks[cid])})
        with pytest.raises(BlockMismatch):
            read_path(directory.root, "image.webp", tampered.get)
        with pytest.raises(BlockMismatch):
            ProvedBlocks().add(cid, tampered.blocks[cid])


def test_swapped_blocks_are_refused(store: Store) -> None:
    directory, picture = published_token(store)
    first, second = (cid for cid in build_file(picture).blocks if cid.codec == RAW)
    store.blocks[first], store.blocks[second] = store.blocks[second], store.blocks[first]
    with pytest.raises(BlockMismatch):
        read_path(directory.root, "image.webp", store.get)


def test_reading_goes_on_from_block_to_block_as_they_come(store: Store) -> None:
    directory, picture = published_token(store)
    proved = ProvedBlocks()
    rounds = []
    while wanted := scan_proved(directory.root, "image.webp", proved).missing:
        rounds.append(len(wanted))
        for cid in wanted:
            proved.add(cid, store.get(cid))
    assert rounds == [1, 1, 2]  # the directory, the file's root, both chunks at once
    assert scan_proved(directory.root, "image.webp", proved).result().data == picture
    assert len(proved) == 4


def test_the_first_missing_block_is_named(store: Store) -> None:
    directory, _ = published_token(store)
    with pytest.raises(BlockMissing) as missing:
        scan_proved(directory.root, "image.webp", ProvedBlocks()).result()
    assert missing.value.cid == directory.root
    assert not missing.value.permanent


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("", NOT_A_FILE),
        ("none", PATH_NOT_FOUND),
        ("metadata.json/deeper", PATH_NOT_FOUND),
        ("image.webp/deeper", PATH_NOT_FOUND),
        ("..", PATH_NOT_FOUND),
        ("IMAGE.WEBP", PATH_NOT_FOUND),
        ("/".join(17 * "a"), TOO_DEEP),
    ],
)
def test_paths_that_lead_nowhere_are_refused_by_name(store: Store, path: str, kind: Kind) -> None:
    directory, _ = published_token(store)
    with raises_kind(kind):
        read_path(directory.root, path, store.get)


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        (unixfs(NodeType.SYMLINK, b"/etc/passwd"), UNSUPPORTED_NODE),
        (unixfs(NodeType.METADATA), UNSUPPORTED_NODE),
        (unixfs(NodeType.HAMT_SHARD, hash_type=0x22, fanout=256), NOT_A_FILE),
        (unixfs(9), MALFORMED_NODE),
        (None, MALFORMED_NODE),
    ],
)
def test_nodes_that_are_no_file_are_refused_by_name(store: Store, message: bytes | None, kind: Kind) -> None:
    with raises_kind(kind):
        read_path(store.put_node([], message), "", store.get)


@pytest.mark.parametrize("codec", [0x72, 0x0129, 0x78])
def test_codecs_that_are_no_files_are_refused(store: Store, codec: int) -> None:
    root = build_cid(b"x", codec)
    store.add({root: b"x"})
    with raises_kind(UNSUPPORTED_NODE):
        read_path(root, "", store.get)


@pytest.mark.parametrize(
    ("numbers", "kind"),
    [
        ({"hash_type": 0x23, "fanout": 256}, UNSUPPORTED_NODE),
        ({"hash_type": 0x22}, MALFORMED_NODE),
        ({"hash_type": 0x22, "fanout": 1}, MALFORMED_NODE),
        ({"hash_type": 0x22, "fanout": 100}, MALFORMED_NODE),
        ({"hash_type": 0x22, "fanout": 2**40}, MALFORMED_NODE),
    ],
)
def test_shards_that_cannot_be_searched_are_refused(store: Store, numbers: dict[str, Any], kind: Kind) -> None:
    with raises_kind(kind):
        read_path(store.put_node([], unixfs(NodeType.HAMT_SHARD, **numbers)), "name", store.get)


def test_a_chain_of_shards_ends_at_the_depth_limit(store: Store) -> None:
    message = unixfs(NodeType.HAMT_SHARD, hash_type=0x22, fanout=2)
    node = store.put_node([], message)
    for bit in range(30, -1, -1):
        prefix = murmur3_x64_64(b"name") >> (63 - bit) & 1
        node = store.put_node([PbLink(node, str(prefix))], message)
    with raises_kind(TOO_DEEP):
        read_path(node, "name", store.get)


def test_a_shard_that_leads_to_something_else_is_malformed(store: Store) -> None:
    plain = store.put_node([], unixfs(NodeType.DIRECTORY))
    prefix = f"{murmur3_x64_64(b'name') >> 56:02X}"
    root = store.put_node([PbLink(plain, prefix)], unixfs(NodeType.HAMT_SHARD, hash_type=0x22, fanout=256))
    with raises_kind(MALFORMED_NODE):
        read_path(root, "name", store.get)


@given(st.binary(max_size=60), st.sampled_from([RAW, DAG_PB, DAG_CBOR]), st.sampled_from(["", "a", "a/b"]))
def test_any_proved_block_is_read_or_refused_as_a_dag(block: bytes, codec: int, path: str) -> None:
    for root in (build_cid(block, codec), Cid(1, codec, IDENTITY, block)):
        with contextlib.suppress(DagError):
            read_path(root, path, {build_cid(block, codec): block}.__getitem__)


def test_a_read_keeps_no_block_it_was_not_asked_for() -> None:
    proved = ProvedBlocks()
    proved.add(build_cid(b"x", RAW), b"x")
    assert proved.only([build_cid(b"x", RAW)]) == {build_cid(b"x", RAW): b"x"}
    assert build_cid(b"y", RAW) not in proved
    with pytest.raises(BlockMissing):
        proved.only([Cid(1, RAW, SHA2_256, bytes(32))])
