"""Verified IPFS files: from Helia, from gateways that send false data or fail, and from our own store."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nft.clients.ipfs.gateways import Gateways
from nft.clients.ipfs.reading import IpfsLimits, IpfsUnavailable, VerifiedFile
from nft.core.ipfs.car import build_car
from nft.core.ipfs.cid import parse_cid
from nft.core.ipfs.dag import DagLimits
from nft.core.ipfs.errors import FILE_TOO_LARGE, NOT_A_FILE, PATH_NOT_FOUND, TOO_MANY_BLOCKS, DagError
from nft.core.ipfs.unixfs import build_directory, build_file
from tests.kit.errors import raises_kind
from tests.kit.hostile_server import HostileServer, head, serving
from tests.servers.helia_gateway import Gateway

LIMITS = IpfsLimits(DagLimits(), seconds=30)
LARGE = random.Random(1).randbytes(3 * 2**20 + 7)  # many blocks by every importer's chunk size
Tamper = Callable[[bytes], bytes]


def fetch(urls: list[str], cid: str, path: str = "", limits: IpfsLimits = LIMITS) -> VerifiedFile:
    return Gateways(urls, own=lambda _: None).fetch_verified(parse_cid(cid), path, limits)


@contextmanager
def proxy(target: str, tamper: Tamper) -> Iterator[HostileServer]:
    """A gateway that passes on another one's answers, changed."""

    def behave(connection: socket.socket, path: str) -> None:
        accept = "application/vnd.ipld.car" if "format=car" in path else "application/vnd.ipld.raw"
        answer = requests.get(target + path, headers={"Accept": accept}, timeout=10)
        content = tamper(answer.content)
        kind = answer.headers["content-type"]
        status = f"{answer.status_code} X"
        connection.sendall(head(status, Content_Type=kind, Content_Length=str(len(content))) + content)

    with serving(behave) as server:
        yield server


# --- correct data -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"", b"small", LARGE], ids=["empty", "one block", "many blocks"])
@pytest.mark.parametrize("options", [{}, {"cid_version": 0, "raw_leaves": "false"}], ids=["v1", "v0"])
def test_helia_delivers_and_every_block_is_verified(helia: Gateway, content: bytes, options: dict[str, object]) -> None:
    cid = helia.add(content, **options)
    found = fetch([helia.url], cid)
    assert found.data == content
    assert found.cids[0] == parse_cid(cid)


def test_a_file_in_a_directory_is_found_by_its_path(helia: Gateway) -> None:
    root = helia.add_directory({"images/first 1.png": b"one", "second.json": b"two"})
    assert fetch([helia.url], root, "images/first 1.png").data == b"one"
    assert fetch([helia.url], root, "second.json").data == b"two"


def test_a_refusal_by_verified_blocks_is_final(helia: Gateway) -> None:
    root = helia.add_directory({"a/b.txt": b"x"})
    with raises_kind(NOT_A_FILE):
        fetch([helia.url], root)
    with raises_kind(PATH_NOT_FOUND):
        fetch([helia.url], root, "nothing.here")


def _is_limit_or_outage(error: Exception) -> bool:
    limits = (FILE_TOO_LARGE, TOO_MANY_BLOCKS)
    return isinstance(error, IpfsUnavailable) or (isinstance(error, DagError) and any(map(error.is_a, limits)))


def test_limits_hold_whatever_the_gateway_sends(helia: Gateway) -> None:
    cid = helia.add(LARGE)
    for dag in (DagLimits(max_bytes=1000), DagLimits(max_blocks=2)):
        with pytest.raises((DagError, IpfsUnavailable), check=_is_limit_or_outage):
            fetch([helia.url], cid, limits=IpfsLimits(dag, 30))


def test_a_block_that_no_gateway_has_is_a_temporary_failure(helia: Gateway) -> None:
    with pytest.raises(IpfsUnavailable, match="could not deliver") as caught:
        fetch([helia.url], str(build_file(b"never added").root))
    assert not caught.value.permanent


def test_the_error_says_that_there_is_no_gateway() -> None:
    with pytest.raises(IpfsUnavailable, match="no IPFS gateway"):
        fetch([], str(build_file(b"x").root))


# --- false data -------------------------------------------------------------------------------------------------


def flip(position: int) -> Tamper:
    def tamper(content: bytes) -> bytes:
        place = position % max(len(content), 1)
        return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :] if content else content

    return tamper


FALSE_DATA: dict[str, Tamper] = {
    "first bytes": flip(1),
    "in the middle": flip(2_000_000),
    "last byte": flip(-1),
    "cut": lambda content: content[:-10],
    "half": lambda content: content[: len(content) // 2],
    "empty": lambda _: b"",
    "longer": lambda content: content + b"more",
    "twice": lambda content: content * 2,
    "another file": lambda _: build_car(build_file(b"other").root, build_file(b"other").blocks),
}


@pytest.mark.parametrize("kind", FALSE_DATA)
def test_false_data_is_never_returned(helia: Gateway, kind: str) -> None:
    cid = helia.add(LARGE)
    with proxy(helia.url, FALSE_DATA[kind]) as false:
        try:
            found = fetch([false.url("")], cid)
        except IpfsUnavailable:
            return
        assert found.data == LARGE  # what was verified before or despite the false data


@pytest.mark.parametrize("kind", FALSE_DATA)
def test_after_false_data_the_next_gateway_is_asked_and_the_first_ranks_last(helia: Gateway, kind: str) -> None:
    cid = helia.add(LARGE)
    with proxy(helia.url, FALSE_DATA[kind]) as false:
        gateways = Gateways([false.url(""), helia.url], own=lambda _: None)
        assert gateways.fetch_verified(parse_cid(cid), "", LIMITS).data == LARGE
        asked = len(false.paths)
        assert gateways.fetch_verified(parse_cid(cid), "", LIMITS).data == LARGE
        assert kind in {"longer", "twice"} or len(false.paths) == asked


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(position=st.integers(0, 2**20), bit=st.integers(0, 7))
def test_no_single_flipped_bit_is_ever_accepted(helia: Gateway, position: int, bit: int) -> None:
    content = b"a small picture " * 40
    cid = helia.add(content)

    def tamper(answer: bytes) -> bytes:
        place = position % len(answer)
        return answer[:place] + bytes([answer[place] ^ (1 << bit)]) + answer[place + 1 :]

    with proxy(helia.url, tamper) as false, suppress(IpfsUnavailable):
        assert fetch([false.url("")], cid).data == content


def test_the_file_itself_instead_of_its_blocks_is_refused() -> None:
    content = b"the file, as an old gateway sends it"

    def behave(connection: socket.socket, path: str) -> None:
        connection.sendall(head(Content_Type="text/plain", Content_Length=str(len(content))) + content)

    with serving(behave) as server, pytest.raises(IpfsUnavailable):
        fetch([server.url("")], str(build_file(LARGE).root))


def test_missing_blocks_are_fetched_one_by_one() -> None:
    dag = build_file(LARGE)

    def behave(connection: socket.socket, path: str) -> None:
        if "format=car" in path:
            content, kind = build_car(dag.root, {dag.root: dag.blocks[dag.root]}), "application/vnd.ipld.car"
        else:
            content, kind = (
                dag.blocks[parse_cid(path.removeprefix("/ipfs/").partition("?")[0])],
                "application/vnd.ipld.raw",
            )
        connection.sendall(head(Content_Type=kind, Content_Length=str(len(content))) + content)

    with serving(behave) as server:
        assert fetch([server.url("")], str(dag.root)).data == LARGE
        assert len(server.paths) == 1 + len(dag.blocks) - 1


def test_verified_blocks_are_not_fetched_again_from_the_next_gateway() -> None:
    dag = build_file(LARGE)
    halves = list(dag.blocks)[: len(dag.blocks) // 2]

    def some(connection: socket.socket, path: str) -> None:
        content = build_car(dag.root, {dag.root: dag.blocks[dag.root], **{cid: dag.blocks[cid] for cid in halves}})
        found = head(Content_Type="application/vnd.ipld.car", Content_Length=str(len(content))) + content
        connection.sendall(found if "format=car" in path else head("404 Not Found", Content_Length="0"))

    with serving(some) as first, serving(some) as second:
        with pytest.raises(IpfsUnavailable):
            fetch([first.url(""), second.url("")], str(dag.root))
        gateways = Gateways([first.url("")], own=lambda cid: None if cid in halves else dag.blocks.get(cid))
        assert gateways.fetch_verified(dag.root, "", LIMITS).data == LARGE


def test_a_slow_gateway_does_not_outlast_the_deadline() -> None:
    with serving(lambda _, __: time.sleep(3)) as server, pytest.raises(IpfsUnavailable):
        fetch([server.url("")], str(build_file(LARGE).root), limits=IpfsLimits(DagLimits(), 0.5))


def test_a_path_is_quoted_in_the_request() -> None:
    name = "a b?c#d%é.txt"
    inner = build_file(b"found")
    folder = build_directory({name: (inner.root, inner.size)})
    content = build_car(folder.root, {**folder.blocks, **inner.blocks})

    def behave(connection: socket.socket, path: str) -> None:
        assert path.startswith(f"/ipfs/{folder.root}/a%20b%3Fc%23d%25%C3%A9.txt?format=car&dag-scope=entity")
        connection.sendall(head(Content_Type="application/vnd.ipld.car", Content_Length=str(len(content))) + content)

    with serving(behave) as server:
        assert fetch([server.url("")], str(folder.root), name).data == b"found"
