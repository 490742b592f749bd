"""From what a contract answers to a picture: readings, sources, gas, and what is said to be for good."""

from __future__ import annotations

import base64
import json
import random
import socket
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from nft.clients.bundle import Clients
from nft.clients.evm.chain import CALL_GAS, At, ChainClient
from nft.clients.evm.errors import CallFailed, ChainError, ChainUnavailable
from nft.clients.ipfs.gateways import Gateways
from nft.clients.web.fetch import GuardedHttp
from nft.core.evm.abi.words import encode_bytes, encode_uint
from nft.core.evm.token import Token, TokenStandard
from nft.core.tokens.verdict import BlockRef
from nft.files.store import pin_directory, pin_file
from nft.testing.chain import Chain
from nft.testing.genesis import CHAIN_ID
from nft.tokens import media
from nft.tokens.contract_texts import URI_GAS
from nft.tokens.media import FetchedPicture, MediaError, fetch_token_picture
from tests.kit.hostile_server import Behavior, body, head, serving
from tests.kit.world import LOOPBACK, NOW, picture

pytestmark = pytest.mark.django_db
TOKEN = Token(b"\xa1" * 20, 7, TokenStandard.ERC721)
CLIENTS = Clients(lambda _: Contract(""), Gateways([]), GuardedHttp(LOOPBACK))


class Contract(ChainClient):
    """A chain with one contract. `answer` gets the gas of a call for the URI."""

    def __init__(self, answer: str | Callable[[int], str]) -> None:
        super().__init__(CHAIN_ID, [], "latest")
        self._answer = answer
        self.gas: list[int] = []

    def confirmed_block(self) -> BlockRef:
        return BlockRef(1, bytes(32))

    def call(self, to: bytes | None, data: bytes, block: At, *, gas: int = CALL_GAS, **options: Any) -> bytes:
        if data == bytes.fromhex("06fdde03"):
            return encode_uint(32) + encode_bytes(b"Wookz")
        self.gas.append(gas)
        answer = self._answer if isinstance(self._answer, str) else self._answer(gas)
        return encode_uint(32) + encode_bytes(answer.encode("utf-8", "surrogateescape"))


def fetch(answer: str | Callable[[int], str], *, waits: bool = False) -> FetchedPicture:
    return fetch_token_picture(Contract(answer), TOKEN, CLIENTS, waits_for_outages=waits)


def document(**keys: object) -> str:
    return "data:application/json," + json.dumps({"name": "7", **keys})


def site(pages: dict[str, bytes | Behavior]) -> Behavior:
    """Return the behavior of a host with these pages, and 404 for all others."""

    def behave(connection: socket.socket, path: str) -> None:
        page = pages.get(path.partition("?")[0])
        if page is None:
            connection.sendall(head("404 Not Found", Content_Length="0"))
        elif isinstance(page, bytes):
            body(page)(connection, path)
        else:
            page(connection, path)

    return behave


def status(line: str) -> Behavior:
    return lambda connection, path: connection.sendall(head(line, Content_Length="0"))


# --- readings ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Wookz#525.png", "Wookz#525.png"),
        ("who?.png", "who?.png"),
        ("50%25.png", "50%25.png"),
        ("#1", "#1"),
        ("a b#c?d.png", "a b#c?d.png"),
        ("7.png", "{id}.png"),
        (f"{7:064x}.png", "%7Bid%7D.png"),
    ],
)
def test_a_file_in_a_directory_is_found_however_its_name_is_written(name: str, written: str) -> None:
    folder = pin_directory({name: (picture("olive"), "image/png"), "other": (b"x", "text/plain")}, NOW)
    found = fetch(document(image=f"{folder.uri}/{written}"))
    assert (found.facts["proof"], found.facts["image_cid"]) == ("cid", str(folder.cid))


@pytest.mark.parametrize("name", ["100%DeFi", "50% off", "%", "100%25", "ape %20"])
def test_percent_signs_in_a_name_on_chain_do_not_spoil_the_document(name: str) -> None:
    text = json.dumps({"name": name, "image": "data:image/png;base64," + base64.b64encode(picture()).decode()})
    found = fetch(f"data:application/json;utf8,{text}")
    assert found.facts["proof"] == "inline"
    assert found.facts["name"] in {name, name.replace("%25", "%").replace("%20", "").strip()}


def test_one_bad_byte_spoils_no_document() -> None:
    pinned = pin_file(picture("olive"), "image/png", NOW).uri
    with serving(site({"/1": b'\xef\xbb\xbf{"name": "caf\xe9", "image": "' + pinned.encode() + b'"}'})) as host:
        assert fetch(host.url("/1")).facts["name"] == "caf\ufffd"
    assert fetch('{"name": "caf\udce9", "image": "' + pinned + '"}').facts["name"] == "caf\ufffd"


def test_each_reading_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "MAX_DOCUMENTS", 3)
    with serving(site({})) as host, pytest.raises(MediaError):
        fetch(document(image=[host.url(f"/{number}#x") for number in range(8)]))
    assert len(host.paths) == 3
    monkeypatch.setattr(media, "SEARCH_SECONDS", 0.0)
    with serving(site({})) as host, pytest.raises(MediaError, match="did not lead to a picture") as refused:
        fetch(document(image=host.url("/1.png")))
    assert (host.paths, refused.value.permanent) == ([], False)


# --- sources -----------------------------------------------------------------------------------------------------

GOOD = "data:image/png;base64," + base64.b64encode(picture("teal")).decode()
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9" fill="red"/></svg>'


@pytest.mark.parametrize(
    ("keys", "used"),
    [
        ({"image": "{host}/gone.png", "image_url": "{host}/good.png"}, "/good.png"),
        ({"image": "{host}/film.mp4", "image_url": "{host}/good.png"}, "/good.png"),
        ({"image": "{host}/empty", "image_data": SVG}, "data:image/svg+xml"),
        ({"image": "{host}/film.mp4", "image_data": SVG}, "data:image/svg+xml"),
        ({"image": "ftp://x/y", "image_url": "{host}/good.png"}, "/good.png"),
        ({"image": "", "imageUrl": "{host}/html", "image_uri": "{host}/good.png"}, "/good.png"),
        ({"image": "{host}/gone.png", "animation_url": "{host}/good.png"}, "/good.png"),
        ({"image": ["{host}/gone.png", "{host}/good.png"]}, "/good.png"),
        ({"image": {"url": "{host}/gone.png", "src": "{host}/good.png"}}, "/good.png"),
        ({"image": "{host}/html", "properties": {"image": GOOD}}, "data:image/png"),
        ({"image": "data:image/png;base64,AAAA", "image_data": GOOD}, "data:image/png"),
    ],
)
def test_the_first_source_that_becomes_a_picture_is_shown(keys: dict[str, Any], used: str) -> None:
    film = b"\0\0\0\x20ftypisom" + bytes(200)
    pages: dict[str, bytes | Behavior] = {
        "/good.png": picture("olive"),
        "/film.mp4": film,
        "/html": b"<!doctype html><title>x</title>",
        "/empty": b"",
    }
    with serving(site(pages)) as host:
        text = json.dumps(keys).replace("{host}", host.url("").rstrip("/"))
        found = fetch("data:application/json;base64," + base64.b64encode(text.encode()).decode())
    assert found.facts["image_uri"].endswith(used)


def test_a_source_that_is_down_is_waited_for_before_another_is_shown() -> None:
    with serving(site({"/down.png": status("503 Service Unavailable"), "/good.png": picture("olive")})) as host:
        text = document(image=host.url("/down.png"), image_url=host.url("/good.png"))
        with pytest.raises(MediaError, match="503") as refused:
            fetch(text, waits=True)
        assert not refused.value.permanent
        assert fetch(text).facts["image_uri"].endswith("/good.png")
    unpinned = "ipfs://bafybeie5nqv6kd3qnfjupgvz34woh3oksc3iau6abmyajn7qvtf6d2ho34"
    assert fetch(document(image=unpinned, image_data=SVG)).facts["proof"] == "inline"


# --- what is for good --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "page",
    [
        b"<!doctype html><title>One moment</title>",
        b"",
        b"{",
        b"{}",
        b'{"image": "ftp://x/y"}',
        b"\x89PNG\r\n\x1a\n cut off",
        status("403 Forbidden"),
        status("404 Not Found"),
        status("410 Gone"),
        status("429 Too Many Requests"),
        body(b"{}", Content_Encoding="gzip"),
    ],
    ids=["html", "empty", "broken", "no image", "bad source", "bad picture", "403", "404", "410", "429", "gzip"],
)
def test_nothing_that_a_host_says_is_for_good(page: bytes | Behavior) -> None:
    with serving(site({"/1": page})) as host, pytest.raises(MediaError) as refused:
        fetch(host.url("/1"))
    assert (refused.value.permanent, refused.value.status) == (False, 503)


@pytest.mark.parametrize("answer", ["", "not a uri", "ftp://x/y", "ipfs://", " \0"])
def test_nothing_that_a_contract_answers_is_for_good(answer: str) -> None:
    with pytest.raises(MediaError) as refused:
        fetch(answer)
    assert not refused.value.permanent


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"<html>", "web page"), (b"", "not valid JSON"), (b"{}", "names no picture"), (b'{"image":"ftp://x"}', "ftp")],
)
def test_what_a_cid_or_the_token_itself_says_is_for_good(content: bytes, sentence: str) -> None:
    in_itself = "data:application/json;base64," + base64.b64encode(content).decode()
    for text in (pin_file(content, "application/json", NOW).uri, in_itself):
        with pytest.raises(MediaError, match=sentence) as refused:
            fetch(text)
        assert refused.value.permanent
    with serving(site({"/x.png": content})) as host, pytest.raises(MediaError) as refused:
        fetch(document(image=host.url("/x.png")))
    assert not refused.value.permanent


def test_of_a_directory_only_its_names_are_known_and_the_first_reading_is_named() -> None:
    folder = pin_directory({"1.png": (picture(), "image/png")}, NOW)
    with pytest.raises(MediaError, match="“Wookz”") as refused:
        fetch(document(image=f"{folder.uri}/Wookz#525.png"))
    assert refused.value.permanent


# --- gas and size ------------------------------------------------------------------------------------------------


def needing(gas: int, error: ChainError | None = None) -> Callable[[int], str]:
    def answer(given: int) -> str:
        if given < gas:
            raise error or CallFailed("The contract refused the call.")
        return document(image=GOOD)

    return answer


@pytest.mark.parametrize("gas", [9_000_000, 18_800_000, 108_000_000, 550_000_000])
def test_a_contract_that_draws_gets_more_gas_step_by_step(gas: int) -> None:
    contract = Contract(needing(gas))
    fetch_token_picture(contract, TOKEN, CLIENTS)
    assert contract.gas[0] == CALL_GAS
    assert sorted(set(contract.gas)) == [one for one in URI_GAS if one <= contract.gas[-1]]
    assert contract.gas[-1] >= gas


def test_a_contract_that_needs_more_than_a_node_gives_is_tried_again_later() -> None:
    for contract in (Contract(needing(10**12)), Contract(needing(10**12))):
        with pytest.raises(MediaError, match="as much gas as the node gives") as refused:
            fetch_token_picture(contract, TOKEN, CLIENTS)
        assert not refused.value.permanent


def test_a_node_that_takes_no_more_gas_is_not_blamed_on_the_contract_and_a_reason_ends_the_calls() -> None:
    def capped(given: int) -> str:
        raise CallFailed("It failed.") if given == CALL_GAS else ChainUnavailable("gas limit too high")

    with pytest.raises(MediaError, match="as much gas as the node gives"):
        fetch(capped)
    contract = Contract(needing(10**12, CallFailed("It failed.", data=b"\x08\xc3\x79\xa0")))
    with pytest.raises(MediaError, match=r"does not say where the token's metadata is\.$"):
        fetch_token_picture(contract, TOKEN, CLIENTS)
    assert set(contract.gas) == {CALL_GAS}
    with pytest.raises(MediaError, match="unreachable"):
        fetch(needing(10**12, ChainUnavailable("unreachable")))


def test_a_picture_of_716_kb_on_chain_is_shown() -> None:
    noise = Image.frombytes("RGB", (490, 490), random.Random(1).randbytes(490 * 490 * 3))
    png = picture_of(noise)
    assert len(png) > 716_000
    inner = json.dumps({"image": "data:image/png;base64," + base64.b64encode(png).decode()})
    found = fetch("data:application/json;base64," + base64.b64encode(inner.encode()).decode())
    assert (found.facts["proof"], found.image.width) == ("inline", 490)


def picture_of(image: Image.Image) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def test_a_real_node_gives_the_gas_that_a_drawing_contract_needs(chain: Chain) -> None:
    """The contract burns all gas below 18 million, else answers with a document in the token."""
    answer = encode_uint(32) + encode_bytes(document(image_data=SVG).encode())
    size = len(answer).to_bytes(2, "big").hex()
    # GAS, PUSH4 18,000,000, GT, PUSH1 fail, JUMPI; CODECOPY the answer and RETURN it; fail: INVALID.
    code = bytes.fromhex("5a630112a88011" + "6017" + "57" + f"61{size}" + "6019" + "5f39" + f"61{size}5ff3")
    code = code.ljust(0x17, b"\0") + bytes.fromhex("5bfe") + answer
    chain.rpc("anvil_setCode", "0x" + TOKEN.contract.hex(), "0x" + code.hex())
    chain.finalize()
    found = fetch_token_picture(ChainClient(CHAIN_ID, [chain.url], "finalized"), TOKEN, CLIENTS)
    assert found.facts["proof"] == "inline"
