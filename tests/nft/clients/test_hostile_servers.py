"""Whatever hosts, gateways, pinners and indexers answer is their own failure, and the next one is asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from random import Random

import pytest

from nft.clients.indexers import Alchemy, Blockscout
from nft.clients.ipfs import pinners
from nft.clients.ipfs.gateways import CAR, Gateways
from nft.clients.ipfs.pinners import File, KuboPinner, Pinner, PinningService, PinStatus
from nft.clients.ipfs.reading import IpfsLimits, IpfsUnavailable, VerifiedFile
from nft.clients.transport.errors import FetchError
from nft.clients.web.fetch import Fetched, FetchLimits, GuardedHttp
from nft.core.ipfs.car import build_car
from nft.core.ipfs.dag import DagLimits
from nft.core.ipfs.unixfs import build_file
from nft.gallery.sources import IndexedTokens, fetch_indexed_tokens
from tests.kit.findings import Findings
from tests.kit.hostile_answers import Shape, answering, json_texts, ok, response, variants, wire_shapes
from tests.kit.hostile_documents import archives, blocks
from tests.kit.world import LOOPBACK

CONTENT = bytes(range(256)) * 1200
FILE = build_file(CONTENT)
ARCHIVE = build_car(FILE.root, FILE.blocks)
LIMITS, PLAIN = IpfsLimits(DagLimits(), 8.0), FetchLimits(1_000_000, 4.0)
CID = str(FILE.root)
KUBO = {"Root": {"Cid": {"/": CID}, "PinErrorMsg": ""}, "Keys": {CID: {"Type": "recursive"}}}
SERVICE = {"requestid": "1", "status": "pinned", "pin": {"cid": CID}}
CONTRACT = "0x" + "07" * 20
OWNED = {"contract": {"address": CONTRACT, "name": "A", "isSpam": False}, "tokenId": "1", "tokenType": "ERC721"}
ALCHEMY = {"ownedNfts": [OWNED | {"name": "One"}]}
BLOCKSCOUT = {
    "items": [
        {"token": {"address_hash": CONTRACT, "type": "ERC-721", "name": "A"}, "id": "1", "metadata": {"name": "B"}}
    ],
    "next_page_params": {"token_id": "1"},
}


def some(shapes: Iterator[Shape], share: float) -> list[Shape]:
    random = Random(20261129)
    return [shape for shape in shapes if random.random() <= share]


def shapes_of(document: object) -> Iterator[Shape]:
    yield from wire_shapes(json.dumps(document).encode(), "application/json")
    yield from (Shape(name, ok(text)) for name, text in [*json_texts(), *variants(document)])


def test_whatever_a_host_answers_is_its_failure_or_its_content() -> None:
    found, sent = Findings(), b""
    http = GuardedHttp(LOOPBACK)
    with answering(lambda path, body: sent) as url:
        for shape in wire_shapes(b'{"image": "x"}', "application/json"):
            sent = shape.sent
            answer = found.run(shape.name, http.fetch, f"{url}/1", PLAIN)
            assert isinstance(answer, Fetched | FetchError) or found.found, shape.name
    found.check()


# --- IPFS ----------------------------------------------------------------------------------------------------------


def archive_shapes() -> Iterator[Shape]:
    yield from wire_shapes(ARCHIVE, CAR)
    yield from (Shape(name, ok(content, CAR)) for name, content in archives())
    yield from (Shape(f"a lone block: {name}", ok(content, CAR)) for name, _, content in blocks())


def use_gateways(shapes: list[Shape]) -> None:
    """Check that the honest gateway's file arrives whatever the first one sends, which is asked less gladly then."""
    found, sent = Findings(), b""

    def honest(path: str, body: bytes) -> bytes:
        return ok(ARCHIVE, CAR) if "format=car" in path else response(status="HTTP/1.1 404 x", Content_Length="0")

    with answering(lambda path, body: sent) as bad, answering(honest) as good:
        for shape in shapes:
            sent = shape.sent
            alone = found.run(shape.name, fetch, Gateways([bad], own=lambda _: None))
            both = Gateways([bad, good], own=lambda _: None, race_delay=100)
            if found.run(shape.name, fetch, both) != CONTENT:
                found.add("the honest gateway was not asked", shape.name)
            if isinstance(alone, IpfsUnavailable) and both.scores.in_order([bad, good]) != [good, bad]:
                found.add("its score stays as it was", shape.name)
    found.check()


def fetch(gateways: Gateways) -> bytes:
    found: VerifiedFile = gateways.fetch_verified(FILE.root, "", LIMITS)
    return found.data


def test_an_honest_gateway_delivers_whatever_the_first_one_sends() -> None:
    use_gateways(some(archive_shapes(), 0.15))


@pytest.mark.long
def test_an_honest_gateway_delivers_whatever_else_the_first_one_sends() -> None:
    use_gateways(list(archive_shapes()))


def test_a_name_is_read_from_the_next_gateway_and_the_score_of_the_first_is_lowered() -> None:
    found, sent = Findings(), b""
    with answering(lambda path, body: sent) as bad, answering(lambda path, body: ok(b"right")) as good:
        for shape in some(wire_shapes(b"wrong", "text/plain"), 0.5):
            sent = shape.sent
            alone = found.run(shape.name, Gateways([bad]).fetch_mutable, "a.example", "", PLAIN)
            both = Gateways([bad, good])
            together = found.run(shape.name, both.fetch_mutable, "a.example", "", PLAIN)
            if isinstance(alone, IpfsUnavailable) and (together, both.scores.in_order(both.urls)[0]) != (
                b"right",
                good,
            ):
                found.add("the next gateway does not count", shape.name)
    found.check()


def test_a_page_of_a_gateway_is_not_what_a_name_points_to_unless_all_send_one() -> None:
    page, file = ok(b"<html>Not found</html>", "text/html"), ok(b"{}")
    with answering(lambda path, body: page) as bad, answering(lambda path, body: file) as good:
        assert Gateways([bad, good]).fetch_mutable("a.example", "", PLAIN) == b"{}"
        assert Gateways([bad, bad]).fetch_mutable("a.example", "", PLAIN) == b"<html>Not found</html>"
        with pytest.raises(IpfsUnavailable):
            Gateways([bad, "http://127.0.0.1:9"]).fetch_mutable("a.example", "", PLAIN)


def test_a_block_that_hashes_to_its_cid_and_holds_nothing_valid_is_refused() -> None:
    """No gateway can make that better: the refusal is a verdict about the file, and an expected one."""
    found = Findings()
    for name, root, content in blocks():
        for path in ("", "a", "a/b"):
            own = {root: content}
            found.run(name, Gateways([], own=own.get).fetch_verified, root, path, LIMITS)
        found.run(name, build_car, root, {root: content})
    found.check()


# --- pinners and indexers ------------------------------------------------------------------------------------------


def uses_of(pinner: Pinner) -> list[Callable[[], PinStatus | None]]:
    file = File(FILE.root, FILE.blocks, "a file")
    return [lambda: pinner.pin(file), lambda: pinner.check(FILE.root, "1"), pinner.check_access]


@pytest.mark.parametrize(("kind", "document"), [(KuboPinner, KUBO), (PinningService, SERVICE)])
def test_whatever_a_pinner_answers_is_its_own_failure(
    kind: type[KuboPinner | PinningService], document: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pinners, "SECONDS", 4.0)
    found, sent = Findings(), b""
    with answering(lambda path, body: sent) as url:
        for shape in some(shapes_of(document), 0.4):
            sent = shape.sent
            for use in uses_of(kind("it", url)):
                answer = found.run(shape.name, use)
                assert answer is None or isinstance(answer, FetchError | PinStatus), shape.name
    found.check()


@pytest.mark.parametrize(("kind", "document"), [(Alchemy, ALCHEMY), (Blockscout, BLOCKSCOUT)])
def test_whatever_an_indexer_answers_the_next_one_is_asked(
    kind: type[Alchemy | Blockscout], document: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nft.clients.indexers.MAX_PAGES", 2)
    found, sent = Findings(), b""
    last = json.dumps({key: value for key, value in document.items() if key != "next_page_params"})
    with answering(lambda path, body: sent) as bad, answering(lambda path, body: ok(last.encode())) as good:
        http = GuardedHttp(LOOPBACK)
        for shape in some(shapes_of(document), 0.3):
            sent = shape.sent
            indexers = [kind("bad", bad, http), kind("good", good, http)]
            listed = found.run(shape.name, fetch_indexed_tokens, indexers, b"\1" * 20, seconds=0.5)
            if not isinstance(listed, IndexedTokens) or (listed.trouble and "slow" not in listed.trouble):
                found.add(f"the next indexer does not count: {listed!r}"[:90], shape.name)
    found.check()
