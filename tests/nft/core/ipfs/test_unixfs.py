"""Build files and directories with the CIDs that other implementations give them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nft.core.ipfs.cid import DAG_PB, RAW, Cid, build_cid
from nft.core.ipfs.dag import read_path
from nft.core.ipfs.dag_pb import PbLink, decode_node, encode_node
from nft.core.ipfs.errors import MALFORMED_NODE, DagError
from nft.core.ipfs.protobuf import encode_bytes, encode_number
from nft.core.ipfs.unixfs import CHUNK_BYTES, DIRECTORY_TOO_LARGE, NodeType, build_directory, build_file, decode_unixfs
from tests.kit.dags import Store, counted_bytes, unixfs
from tests.kit.errors import raises_kind

# ipfs-unixfs-importer 15 (JavaScript) with Kubo's --cid-version=1 layout, of 0, 1, … 250, 0, 1, …
FILES = {
    0: "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku",
    1: "bafkreidogqfzz75tpkmjzjke425xqcrmpcib2p5tg44hnbirumdbpl5adu",
    262_144: "bafkreibruh455iawsviqslif5c7uurdcfdemh22mtnytyzvnzn75kpejxy",
    262_145: "bafybeiexg2oqkfnj56l7fcmawswqbijt5shq4b5rg6a546uwpkqqzwjioi",
    1_000_000: "bafybeibx62obrkybp46hx3ivh53q4rnptgkunpgtwiib5lfelfgt2ekihm",
    5_000_000: "bafybeidfagp5g7jk2l7mfjtwwrgu3zkn2vkfhicaxrdybm6k2ymijmjjd4",
    174 * CHUNK_BYTES: "bafybeihpe5snhzneq7xs53nivmsopto5lrogo3wjynauqylqeym5a3irbm",
    174 * CHUNK_BYTES + 1: "bafybeib4y7ghw2rq7bracc4xwtxrbzo7cfvagdpte2tmrkgwl6dyard3cm",
    175 * CHUNK_BYTES + 5: "bafybeig3ditv32awk5ax5w3lwugydoz5vhxs6vsycpmyv4qdosmpgv47da",
}

# Debian's ipfs_cid (Rust) and ipfs-unixfs-importer agree on these: CIDv0, leaves wrapped in dag-pb
FILES_V0 = {
    0: "QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH",
    1: "QmS9JArPwa55ePgDnyg6TzX24mYTS1b1vLqWNebyVotKxQ",
    262_144: "QmeqfRyS3vkku7n6krqC3DgGMex3x2sCpSeKMDmrG13QQq",
    262_145: "QmUSjGawaz4ptvREcMKSMJneWCa5j8dAz2wSAAvHtW2rnB",
    1_000_000: "QmVUbzigHKQR2y8wSt2KwZp92AC9Utfms5nEUHwttK4Yq9",
}

CIDS = st.builds(build_cid, st.binary(max_size=8), st.sampled_from([RAW, DAG_PB]))
NAMES = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=20)


@pytest.mark.parametrize(("size", "cid"), FILES.items())
def test_files_have_the_cids_of_kubos_layout(size: int, cid: str) -> None:
    assert str(build_file(counted_bytes(size)).root) == cid


def test_a_directory_has_the_cid_and_size_that_another_implementation_gives_it() -> None:
    image, metadata = build_file(counted_bytes(300_000)), build_file(b'{"name":"x"}')
    built = build_directory({"metadata.json": (metadata.root, metadata.size), "image.webp": (image.root, image.size)})
    assert str(built.root) == "bafybeicde2voyrjx2fq7hewihkuhjgzh7qye3of6xkkwmqxnyirulf7so4"
    assert (image.size, built.size) == (300_108, 300_237)


@pytest.mark.parametrize(("size", "cid"), FILES_V0.items())
def test_files_of_cid_version_0_are_read(size: int, cid: str) -> None:
    """Built here by hand, as `ipfs add` did before raw leaves; only the root's CID is taken from elsewhere."""
    store, data = Store(), counted_bytes(size)
    chunks = [data[start : start + CHUNK_BYTES] for start in range(0, size or 1, CHUNK_BYTES)]
    links = [_add_v0_leaf(store, chunk) for chunk in chunks]
    root = links[0].cid if len(links) == 1 else _add_v0_parent(store, chunks, links)
    assert str(root) == cid
    assert read_path(root, "", store.get).data == data


def _add_v0_leaf(store: Store, chunk: bytes) -> PbLink:
    cid = _as_v0(store, store.put_node([], unixfs(NodeType.FILE, chunk or None, file_size=len(chunk))))
    return PbLink(cid, "", len(store.blocks[cid]))


def _add_v0_parent(store: Store, chunks: list[bytes], links: list[PbLink]) -> Cid:
    message = unixfs(NodeType.FILE, file_size=sum(map(len, chunks)))
    return _as_v0(store, store.put_node(links, message + b"".join(encode_number(4, len(chunk)) for chunk in chunks)))


def _as_v0(store: Store, cid: Cid) -> Cid:
    v0 = Cid(0, cid.codec, cid.hash_code, cid.digest)
    store.blocks[v0] = store.blocks.pop(cid)
    return v0


@given(st.binary(max_size=3 * CHUNK_BYTES))
def test_what_was_built_reads_back(data: bytes) -> None:
    built = build_file(data)
    assert read_path(built.root, "", dict(built.blocks).__getitem__).data == data


@given(st.dictionaries(NAMES.filter(lambda name: name not in (".", "..")), CIDS, max_size=20))
def test_directories_list_what_was_put_in_sorted_by_name(entries: dict[str, Cid]) -> None:
    built = build_directory({name: (cid, 1) for name, cid in entries.items()})
    node = decode_node(built.blocks[built.root])
    assert {link.name: link.cid for link in node.links} == entries
    assert [link.name.encode() for link in node.links] == sorted(name.encode() for name in entries)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\0b", "\ud800"])
def test_names_that_could_not_be_reached_are_refused(name: str) -> None:
    with pytest.raises(DagError):
        build_directory({name: (build_cid(b"", RAW), 0)})


def test_a_directory_that_kubo_would_shard_is_refused() -> None:
    cid = build_cid(b"", RAW)
    with raises_kind(DIRECTORY_TOO_LARGE):
        build_directory({f"{number:0100}": (cid, 0) for number in range(2000)})


@given(st.lists(st.builds(PbLink, CIDS, NAMES, st.integers(0, 2**40))), st.none() | st.binary())
def test_nodes_round_trip_with_their_links_sorted(links: list[PbLink], data: bytes | None) -> None:
    node = decode_node(encode_node(links, data))
    assert list(node.links) == sorted(links, key=lambda link: link.name.encode())
    assert (None if node.data is None else bytes(node.data)) == data


@given(st.binary(max_size=200))
def test_any_bytes_are_a_node_or_malformed(block: bytes) -> None:
    refusal: DagError | None = None
    try:
        node = decode_node(block)
        decode_unixfs(node.data)
    except DagError as error:
        refusal = error
    assert refusal is None or refusal.is_a(MALFORMED_NODE)


LINK = encode_bytes(1, build_cid(b"", RAW).encode())


@pytest.mark.parametrize(
    "block",
    [
        encode_bytes(1, b"a") + encode_bytes(1, b"b"),  # data twice
        encode_bytes(3, b""),  # unknown field
        encode_number(1, 7),  # data that is a number
        encode_bytes(2, b""),  # a link without a CID
        encode_bytes(2, LINK + LINK),  # a link with two CIDs
        encode_bytes(2, encode_bytes(2, b"name") + LINK),  # out of order
        encode_bytes(2, LINK + encode_bytes(4, b"")),  # unknown field in a link
        encode_bytes(2, LINK + encode_bytes(3, b"")),  # a size that is no number
        encode_bytes(2, LINK + encode_bytes(2, b"\xff")),  # a name that is not UTF-8
        encode_bytes(2, encode_bytes(1, b"\x01\x55\x11\x14" + bytes(20))),  # sha1
        b"\x0a\x05abc",  # longer than the message
        b"\x0a",  # no length
        b"\x00\x00",  # field 0
        b"\x0b",  # a group
        b"\x0a" + 11 * b"\xff",  # a length without end
    ],
)
def test_nodes_against_the_specification_are_malformed(block: bytes) -> None:
    with raises_kind(MALFORMED_NODE):
        decode_node(block)


@pytest.mark.parametrize(
    "message",
    [b"", encode_number(1, 6), encode_bytes(1, b""), encode_number(1, 2) + encode_number(2, 5), encode_number(3, 5)],
)
def test_unixfs_that_does_not_say_what_it_is_is_malformed(message: bytes) -> None:
    with raises_kind(MALFORMED_NODE):
        decode_unixfs(message)


def test_unixfs_1_5_modes_and_times_and_packed_sizes_are_passed_over() -> None:
    message = unixfs(NodeType.FILE, b"abc") + encode_bytes(4, b"\x80\x01\x05") + encode_number(7, 0o644)
    assert bytes(decode_unixfs(message + encode_bytes(8, b"\x08\x01")).data) == b"abc"
