"""The receipt verifier reads tokens as the site does, in every way that they may be meant. They share no code."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nft.clients.bundle import Clients
from nft.clients.ipfs.gateways import Gateways
from nft.clients.web.fetch import GuardedHttp
from nft.core.errors import CoreError
from nft.core.evm.token import Token, TokenStandard
from nft.core.ipfs.unixfs import build_directory, build_file
from nft.core.tokens.data_uri import DataUri
from nft.core.tokens.metadata import parse_metadata
from nft.core.tokens.readings import parse_readings
from nft.core.tokens.uri import TokenUri
from nft.files.store import pin_directory
from nft.tokens.media import fetch_token_picture
from tests.kit.hostile_documents import token_uris
from tests.kit.receipts import TOKEN_ID, TOKEN_URI, Place, ReceiptWorld, serve, text_answer
from tests.kit.token_contract import Answering
from tests.kit.verifier import load, verify_receipt_here
from tests.kit.world import LOOPBACK, NOW, picture

CID = str(build_file(b"x").root)
V0 = "QmY7Yh4UquoXHLPFo2XbhXkhBvFoPwmQUSa92pxnxjQuPB"
TX = "_oKyMw4aGCMxkPsCSKAXzSFWB9-JRmSOXhRUMSwb7KY"
DEFI = '{"name":"100%DeFi","image":"ipfs://x"}'
SVG = '<svg xmlns="http://www.w3.org/2000/svg"/>'
NAMES = [
    *("1.json", "a%20b/1.json", "Wookz#525.png", "#1", "who?.png#x", "50%25.png", "100%.png", "100%DE.png"),
    *("{id}.json", "%7Bid%7D", "a//b/", "%ff.png", "../x", "%2e%2e/x", "a?b&amp;c", "a\\b", "é", "x\u202e"),
]
ROOTS = [
    *(f"{form}{CID}/" for form in ("ipfs://", "ipfs://ipfs/", "IPFS://", "ipfs:/", "/ipfs/", "ipfs/", "dweb:", "")),
    *(f"https://ipfs.io/ipfs/{CID}/", f"http://gateway.example:8080/ipfs/{V0}/", f"//gw.example/ipfs/{CID}/"),
    *(f"gateway.example/ipfs/{CID}/", f"https://{CID}.ipfs.dweb.link/", f"ipfs://https://ipfs.io/ipfs/{CID}/"),
    *(f"https://ipfs.io/ipfs/ipfs/{CID}/", f"https://h.example/api/v0/cat?arg={CID}/", f"https://ipfs.io/ipns/{CID}/"),
    *("ipns://a.example/", "https://a-b--c.ipns.dweb.link/", "https://ipfs.io/ipns/a.example/", f"ar://{TX}/"),
    *(f"https://arweave.net/{TX}/", "https://h.example/", "http://h.example:81/a?b=", "h.example/", "https://h:x/", ""),
    *("https://u:p@h.example/", "ftp://h.example/", f'"ipfs://{CID}/'),
]
DOCUMENTS = [
    *("data:,x", "data:text/plain,a%20b", "data:application/json;base64,e30=", "data:application/json;base64,e30"),
    *("data:application/json;utf8,{}", "data:image/svg+xml;charset=utf-8,<svg/>", "data:application/json;base64,{}"),
    *("data:application/json;base64e30=", "data:application/json{}", "data:image/png;base64,_-__", "data:", "data:x"),
    *("{}", "<svg>é</svg>", "data:application/json;base64, e 3 0 =", "data:text/plain,é#x", "data:image/png,%89PNG"),
    *(f"data:application/json;utf8,{DEFI}%20", 'data:application/json,{"a":"caf%E9"}', "data:;base64,e", DEFI),
    *("application/json;base64,e30=", "application/json,{}", quote(DEFI), quote(SVG), "eyJhIjoxfQ==", "eyJhbGciOi90"),
    *(base64.b64encode(SVG.encode()).decode(), 'data:application/json,{"a":"%e2%98%83 100%DE"}', SVG, " {}", ""),
    *("data:application/json,eyJhIjoxfQ==", "data:text/plain,eyJhbGciOi90", "DATA:TEXT/PLAIN,x", 'data:a/b;q="1",x'),
]
TEXTS = [*(root + name for root in ROOTS for name in NAMES), *DOCUMENTS, f"ipfs://{CID}", V0, CID, "x" * 3000]
BASES = ["", f"ipfs://{CID}/json/1.json", f"ipfs://{CID}", "https://h.example/a/1", f"ar://{TX}/a/1", "data:text/plain"]


def said_of(text: str, base: str) -> list[tuple[str, bytes]]:
    """Return each reading of the site as receipts write it, with its document if it holds one."""
    found: list[TokenUri] = []
    with suppress(CoreError):
        found.extend(parse_readings(text, TOKEN_ID, base=base, allow_http=True))
    return [(kept(reading), reading.data if isinstance(reading, DataUri) else b"") for reading in found]


def kept(reading: TokenUri) -> str:
    return f"data:{reading.media_type}" if isinstance(reading, DataUri) else str(reading)


def check_both_agree(text: str, base: str = "") -> None:
    ours, theirs = said_of(text, base), load("verify_readings").readings_of(text, TOKEN_ID, base)
    assert [data for _, data in ours] == [reading.data for reading in theirs], (text, base)
    for (written, _), reading in zip(ours, theirs, strict=True):
        assert reading.is_meant_by(written), (text, base, written)


def test_both_read_every_uri_in_the_same_ways() -> None:
    for text in TEXTS:
        for base_uri in BASES:
            check_both_agree(text, base_uri)


def test_both_read_hostile_uris_in_the_same_ways() -> None:
    for _name, text in token_uris():
        check_both_agree(text)


@settings(deadline=None)  # the first example loads the scripts
@given(
    st.text(max_size=60) | st.from_regex(r"[ipfsarwedt:/.\\%#?&{}<>,;a-z0-9\"= -]{0,40}", fullmatch=True),
    st.sampled_from([*ROOTS, "data:", "data:application/json,"]),
    st.sampled_from(BASES),
)
def test_both_read_any_uri_in_the_same_ways(text: str, root: str, base_uri: str) -> None:
    check_both_agree(root + text, base_uri)


KEYS = [
    *("image", "image_url", "imageUrl", "image_uri", "imageURI", "imageUri", "image_data", "animation_url", "media"),
    *("displayUri", "artifactUri", "thumbnail", "thumbnail_url", "thumbnailUrl", "thumbnailUri", "properties", "name"),
]
VALUES = st.recursive(
    st.none() | st.integers() | st.sampled_from(["a", " b ", "", "c"]),
    lambda inner: (
        st.lists(inner, max_size=10)
        | st.dictionaries(st.sampled_from([*KEYS, "url", "uri", "src", "description"]), inner)
    ),
    max_leaves=30,
)


@settings(deadline=None)
@given(VALUES, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1"]))
def test_both_find_the_same_sources_and_name(document: Any, encoding: str) -> None:
    content = json.dumps(document, ensure_ascii=False).encode(encoding)
    inline = load("verify_inline")
    read = inline.read_document(content)
    try:
        ours = parse_metadata(content)
    except CoreError:
        assert read is None
        return
    assert inline.sources_of(read) == list(ours.picture_sources)


# --- whole tokens ----------------------------------------------------------------------------------------------------

PNG = picture("olive")
INLINE = "data:image/png;base64," + base64.b64encode(PNG).decode()
FILES = {
    **dict.fromkeys(("Wookz#525.png", "who?.png", "50%25.png", "7.png", "a b.png"), PNG),
    "film.mp4": b"\0\0\0\x18ftypmp42" + bytes(64),
}


def metadata(**keys: object) -> str:
    return json.dumps({"name": "Blue hour", **keys}, ensure_ascii=False)


@pytest.fixture
def world() -> Iterator[ReceiptWorld]:
    with serve(Place()) as place:
        yield ReceiptWorld(place)


def publish(world: ReceiptWorld, files: dict[str, bytes]) -> str:
    """Let the site and the verifier's gateway have a directory of files; return its URI."""
    folder = pin_directory({name: (data, "image/png") for name, data in files.items()}, NOW)
    dags = {name: build_file(data) for name, data in files.items()}
    blocks = dict(build_directory({name: (dag.root, dag.size) for name, dag in dags.items()}).blocks)
    for dag in dags.values():
        blocks |= dag.blocks
    world.place.files[str(folder.cid)] = blocks
    return folder.uri


#: What the contract answers, by the directory of FILES (or "{json}", one of documents).
TOKENS = {
    "a plain token": '{{"name":"Blue hour","image":"{files}/7.png"}}',
    "a name with a mark": '{{"name":"Blue hour","image":"{files}/Wookz#525.png"}}',
    "a name with a question": 'data:application/json,{{"name":"Blue hour","image":"{files}/who?.png"}}',
    "a percent sign in a name": 'data:application/json;utf8,{{"name":"Blue hour","image":"{files}/50%25.png"}}',
    "a decimal id": '{{"name":"Blue hour","image":"{files}/{{id}}.png"}}',
    "a gateway": '{{"name":"Blue hour","image":"https://ipfs.io/ipfs/{root}/a%20b.png"}}',
    "a film, then a picture": '{{"name":"Blue hour","image":"{files}/film.mp4","thumbnail":"{files}/7.png"}}',
    "a list of one": '[{{"name":"Blue hour","image":"{files}/7.png"}}]',
    "a document without its scheme": 'application/json,{{"name":"Blue hour","image":"{files}/7.png"}}',
    "HTML": '{{"name":"Blue hour","image":"https://ipfs.io/ipfs/{root}/7.png?a=1&amp;b=2"}}',
    "backslashes": '{{"name":"Blue hour","image":"{files}\\\\\\\\7.png"}}',
    "a wrong first source": '{{"name":"Blue hour","image":"ipfs://nothing","image_url":"{files}/7.png"}}',
    "100%DeFi": 'data:application/json;utf8,{{"name":"100%DeFi","image":"{files}/7.png"}}',
    "the picture itself": "{files}/7.png",
    "metadata on IPFS": "{json}/7.json",
    "metadata by a decimal id": "{json}/{{id}}.json",
    "metadata of latin letters": "{json}/latin.json",
    "metadata in UTF-16": "{json}/wide.json",
    "a picture beside the metadata": "{json}/beside.json",
    "a list of one on IPFS": "{json}/list.json",
    "metadata in quotes": '"{json}/7.json"',
}


@pytest.mark.django_db
@pytest.mark.parametrize("token", TOKENS)
def test_what_the_site_shows_the_verifier_proves(world: ReceiptWorld, tmp_path: Path, token: str) -> None:
    files = publish(world, FILES)
    documents = {
        "7.json": metadata(image=f"{files}/7.png").encode(),
        "latin.json": b'{"name": "caf\xe9", "image": "%s/7.png"}' % files.encode(),
        "wide.json": metadata(image=f"{files}/7.png").encode("utf-16"),
        "beside.json": metadata(image="near.png").encode(),
        "near.png": PNG,
        "list.json": f"[{metadata(image='near.png')}]".encode(),
    }
    answer = TOKENS[token].format(files=files, root=files[7:], json=publish(world, documents))
    check_proved(world, tmp_path, answer)


@pytest.mark.django_db
def test_both_read_inline_pictures_and_what_needs_gas(world: ReceiptWorld, tmp_path: Path) -> None:
    check_proved(world, tmp_path, "data:application/json," + metadata(image=INLINE))
    check_proved(world, tmp_path, base64.b64encode(metadata(image=INLINE).encode()).decode())
    check_proved(world, tmp_path, metadata(image=INLINE), least_gas=60_000_000)


def check_proved(world: ReceiptWorld, folder: Path, answer: str, least_gas: int = 0) -> None:
    chain = Answering(answer, least_gas)
    clients = Clients(lambda _: chain, Gateways([]), GuardedHttp(LOOPBACK))
    facts = fetch_token_picture(chain, Token(b"\xa1" * 20, TOKEN_ID, TokenStandard.ERC721), clients).facts
    receipt = world.token(**{key: facts[key] for key in ("token_uri", "image_uri", "image_cid", "proof", "sha256")})
    receipt["provenance"]["token_name"] = facts["name"]
    world.answer(TOKEN_URI, TOKEN_ID, text_answer(answer))
    world.place.least_gas = least_gas
    path = folder / "kept.json"
    path.write_text(json.dumps(world.sign(receipt)))
    said = verify_receipt_here(path, *world.options)
    assert said.code == 0, (answer, said.out)
    world.answer(TOKEN_URI, TOKEN_ID, text_answer(answer + "x"))
    receipt["provenance"]["sha256"] = "0" * 64
    path.write_text(json.dumps(world.sign(receipt)))
    assert verify_receipt_here(path, *world.options).verdicts["picture"] in {"NOT PROVED", "not checked"}
