"""The store of IPFS files and the trustless gateway `/ipfs/`, also read by an independent client."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.test import Client

from localstack import binaries
from nft.clients.ipfs.blockstore import block_name, get_block, put_block
from nft.clients.ipfs.gateways import Gateways
from nft.clients.ipfs.reading import IpfsLimits
from nft.core.ipfs.car import read_car
from nft.core.ipfs.cid import parse_cid
from nft.core.ipfs.dag import DagLimits
from nft.core.ipfs.errors import BlockMissing
from nft.core.ipfs.unixfs import build_file
from nft.files.store import (
    UNUSED_AFTER,
    IpfsFile,
    Pinned,
    delete_unused_blocks,
    pin_directory,
    pin_file,
    read_stored,
    store_file,
)
from nft.models import CachedObject, IpfsBlock
from tests.kit.world import NOW, picture
from tests.servers.helia_gateway import SOURCE

pytestmark = pytest.mark.django_db
LARGE = bytes(range(256)) * 2000 + b"end"
RAW, CAR = "application/vnd.ipld.raw", "application/vnd.ipld.car"


@pytest.fixture
def visitor() -> Client:
    return Client()


@pytest.fixture
def image() -> Pinned:
    return pin_file(picture(), "image/png", NOW)


@pytest.mark.parametrize("name", ["a\rb", 'a"b', "a,b", "日本", "é"])
@pytest.mark.parametrize("query", ["", "?format=car", "?format=raw"])
def test_odd_file_names_break_no_header(visitor: Client, name: str, query: str) -> None:
    pinned = pin_directory({name: (picture(), "image/png")}, NOW)
    address = f"/ipfs/{pinned.cid}/{quote(name)}{query}"
    answer = visitor.get(address)
    assert answer.status_code == 200
    assert answer["ETag"].isascii()
    assert visitor.get(address, headers={"If-None-Match": answer["ETag"]}).status_code == 304


def lose(digest: bytes) -> None:
    storages["ipfs"].delete(block_name(digest))


def spoil(digest: bytes) -> None:
    lose(digest)
    storages["ipfs"].save(block_name(digest), ContentFile(b"rotten"))


# --- pinning -----------------------------------------------------------------------------------------------------


def test_pinning_is_idempotent() -> None:
    first, second = pin_file(LARGE, "image/webp", NOW), pin_file(LARGE, "image/webp", NOW)
    assert first == second
    assert CachedObject.objects.get().blocks.count() == IpfsBlock.objects.count() == len(set(build_file(LARGE).blocks))
    assert read_stored(first.cid, "", DagLimits()) == LARGE


def test_a_directory_is_read_by_its_names() -> None:
    folder = pin_directory({"1.json": (b"{}", "application/json"), "b.png": (picture(), "image/png")}, NOW)
    assert read_stored(folder.cid, "1.json", DagLimits()) == b"{}"
    assert CachedObject.objects.filter(uri=f"{folder.uri}/b.png").exists()


def test_a_damaged_block_counts_as_missing_and_can_be_stored_again(image: Pinned) -> None:
    spoil(image.cid.digest)
    assert get_block(image.cid) is None
    with pytest.raises(BlockMissing):
        read_stored(image.cid, "", DagLimits())
    put_block(picture())
    assert get_block(image.cid) == picture()


def test_unused_blocks_are_deleted(image: Pinned) -> None:
    loose = put_block(b"half stored")
    IpfsBlock.objects.create(sha256=loose.hex(), byte_count=11, touched_at=NOW)
    assert delete_unused_blocks(NOW + UNUSED_AFTER) == 0
    assert delete_unused_blocks(NOW + UNUSED_AFTER + timedelta(seconds=1)) == 1
    assert not storages["ipfs"].exists(block_name(loose))
    assert get_block(image.cid) == picture()


# --- the gateway ---------------------------------------------------------------------------------------------------


def test_a_file_made_here_is_served_whole(visitor: Client, image: Pinned) -> None:
    answer = visitor.get(f"/ipfs/{image.cid}")
    assert answer.content == picture()
    assert answer["Content-Type"] == "image/png"
    assert answer["ETag"] == f'"{image.cid}"'
    assert "immutable" in answer["Cache-Control"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert "Set-Cookie" not in answer
    again = visitor.get(f"/ipfs/{image.cid}", headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    bare = visitor.head(f"/ipfs/{image.cid}")
    assert (bare.status_code, bare.content, bare["Content-Length"]) == (200, b"", str(len(picture())))


@pytest.mark.parametrize("asked", [{"query": "?format=raw"}, {"accept": RAW}])
def test_a_block_is_served_raw(visitor: Client, image: Pinned, asked: dict[str, str]) -> None:
    answer = visitor.get(
        f"/ipfs/{image.cid}{asked.get('query', '')}", headers={"Accept": asked["accept"]} if "accept" in asked else {}
    )
    assert (answer.content, answer["Content-Type"]) == (picture(), RAW)
    assert answer["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("scope", ["", "&dag-scope=entity", "&dag-scope=all"])
def test_an_archive_holds_every_block_of_a_file(visitor: Client, scope: str) -> None:
    pinned = pin_file(LARGE, "image/webp", NOW)
    answer = visitor.get(f"/ipfs/{pinned.cid}?format=car{scope}")
    roots, blocks = read_car(answer.content)
    assert roots == (pinned.cid,)
    assert blocks == build_file(LARGE).blocks
    assert answer["Content-Type"].startswith(CAR)


def test_an_archive_may_be_one_block_or_a_path(visitor: Client) -> None:
    pinned = pin_file(LARGE, "image/webp", NOW)
    assert len(read_car(visitor.get(f"/ipfs/{pinned.cid}?format=car&dag-scope=block").content)[1]) == 1
    folder = pin_directory({"a": (b"one", "image/png"), "b": (b"two", "image/png")}, NOW)
    _, blocks = read_car(visitor.get(f"/ipfs/{folder.cid}/a?format=car&dag-scope=entity").content)
    assert set(blocks) == {folder.cid, build_file(b"one").root}


def test_files_of_strangers_are_served_as_blocks_only(visitor: Client) -> None:
    dag = build_file(b"<script>alert(1)</script>")
    store_file(IpfsFile(dag.root, "", b"<script>alert(1)</script>", dag.blocks), NOW)
    assert visitor.get(f"/ipfs/{dag.root}").status_code == 404
    raw = visitor.get(f"/ipfs/{dag.root}?format=raw")
    assert (raw.status_code, raw["Content-Type"], raw["X-Content-Type-Options"]) == (200, RAW, "nosniff")


@pytest.mark.parametrize(
    ("path", "status", "slug"),
    [
        ("nonsense", 400, "bad-cid"),
        (str(build_file(b"never stored").root), 404, "not-here"),
        (str(build_file(b"never stored").root) + "?format=car", 404, "not-here"),
        (str(build_file(b"never stored").root) + "?format=tar", 400, "bad-format"),
        (str(build_file(b"never stored").root) + "?format=car&dag-scope=x", 400, "bad-scope"),
    ],
)
def test_refusals_are_problems_with_stable_types(visitor: Client, path: str, status: int, slug: str) -> None:
    answer = visitor.get(f"/ipfs/{path}")
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{slug}")
    assert answer["Content-Type"] == "application/problem+json"


def test_only_if_cached_is_answered_with_412_if_absent(visitor: Client) -> None:
    cid = build_file(b"never stored").root
    assert visitor.get(f"/ipfs/{cid}?format=raw", headers={"Cache-Control": "only-if-cached"}).status_code == 412


def test_a_block_without_a_whole_file_is_not_served(visitor: Client) -> None:
    digest = put_block(b"half stored")
    IpfsBlock.objects.create(sha256=digest.hex(), byte_count=11, touched_at=NOW)
    assert visitor.get(f"/ipfs/{build_file(b'half stored').root}?format=raw").status_code == 404


def test_our_own_client_fetches_verified_files_from_us(live_server: Any, transactional_db: None) -> None:
    content = LARGE + b"for the live server"
    folder = pin_directory({"deep.bin": (content, "image/png")}, NOW)
    gateways = Gateways([live_server.url], own=lambda _: None)
    found = gateways.fetch_verified(parse_cid(str(folder.cid)), "deep.bin", IpfsLimits(DagLimits(), 10))
    assert found.data == content


def test_helia_fetches_verified_files_from_us(live_server: Any, transactional_db: None) -> None:
    content = LARGE + b"for Helia"
    folder = pin_directory({"deep.bin": (content, "image/png")}, NOW)
    assert fetch_with_helia(live_server.url, f"{folder.cid}/deep.bin") == content
    stranger = build_file(LARGE + b"a stranger's")
    store_file(IpfsFile(stranger.root, "", LARGE + b"a stranger's", stranger.blocks), NOW)
    assert fetch_with_helia(live_server.url, str(stranger.root)) == LARGE + b"a stranger's"


def fetch_with_helia(gateway: str, path: str) -> bytes:
    script = ["--require", str(SOURCE / "node20.cjs"), str(SOURCE / "fetcher.mjs"), gateway, path]
    done = subprocess.run([binaries.node(), *script], capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


# --- the finer points of the specification -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "status", "first", "last"),
    [
        ("bytes=0-9", 206, 0, 9),
        ("bytes=100-", 206, 100, None),
        ("bytes=-7", 206, -7, None),
        ("bytes=0-99999999", 206, 0, None),
        ("bytes=99999999-", 416, None, None),
        ("bytes=-0", 416, None, None),
        ("bytes=9-3", 200, None, None),
        ("bytes=0-1,4-5", 200, None, None),
        ("bytes=-", 200, None, None),
        ("lines=1-2", 200, None, None),
    ],
)
@pytest.mark.parametrize("query", ["", "?format=raw"])
def test_range_requests(
    visitor: Client, image: Pinned, query: str, asked: str, status: int, first: int | None, last: int | None
) -> None:
    answer = visitor.get(f"/ipfs/{image.cid}{query}", headers={"Range": asked})
    assert answer.status_code == status
    assert answer["Accept-Ranges"] == "bytes"
    whole = picture()
    if status == 206:
        assert answer.content == whole[first : None if last is None else last + 1]
        begin, _, rest = answer["Content-Range"].removeprefix("bytes ").partition("-")
        end, _, size = rest.partition("/")
        assert whole[int(begin) : int(end) + 1] == answer.content
        assert (int(size), answer["Content-Length"]) == (len(whole), str(len(answer.content)))
    else:
        assert answer.content == (whole if status == 200 else b"")


def test_if_range_with_another_etag_returns_the_whole_file(visitor: Client, image: Pinned) -> None:
    answer = visitor.get(f"/ipfs/{image.cid}", headers={"Range": "bytes=0-1", "If-Range": '"other"'})
    assert (answer.status_code, answer.content) == (200, picture())


@pytest.mark.parametrize(
    ("query", "accept", "status"),
    [
        ("?format=car&car-version=2", "*/*", 400),
        ("", f"{CAR}; version=2", 400),
        ("", f"{CAR}; version=1; order=dfs; dups=y", 200),
        ("?format=car&entity-bytes=0:99", "*/*", 200),
        ("?format=car&entity-bytes=-10:*", "*/*", 200),
        ("?format=car&entity-bytes=some", "*/*", 400),
    ],
)
def test_archive_parameters(visitor: Client, image: Pinned, query: str, accept: str, status: int) -> None:
    answer = visitor.get(f"/ipfs/{image.cid}{query}", headers={"Accept": accept})
    assert answer.status_code == status
    if status == 200:
        assert answer["Content-Type"] == f"{CAR}; version=1; order=dfs; dups=n"
        assert answer["Accept-Ranges"] == "none"
        assert read_car(answer.content)[1] == build_file(picture()).blocks


def test_cors_preflight(visitor: Client, image: Pinned) -> None:
    answer = visitor.options(f"/ipfs/{image.cid}?format=car", headers={"Origin": "https://elsewhere.example"})
    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (204, "*")
    assert "Range" in answer["Access-Control-Allow-Headers"]
    assert visitor.post(f"/ipfs/{image.cid}").status_code == 405
