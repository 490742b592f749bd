"""An ambiguous URI is read in every way that its author may have meant, the likeliest first."""

from __future__ import annotations

import base64
import contextlib
import time
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nft.core.errors import CoreError
from nft.core.ipfs.cid import parse_cid
from nft.core.tokens import uri
from nft.core.tokens.data_uri import DataUri
from nft.core.tokens.readings import parse_readings
from nft.core.tokens.uri import ArUri, HttpUri, IpfsUri, IpnsUri
from profiles.errors import Kind
from tests.kit.errors import raises_kind

V1 = "bafybeie5nqv6kd3qnfjupgvz34woh3oksc3iau6abmyajn7qvtf6d2ho34"
CID = parse_cid(V1)
TX = "_oKyMw4aGCMxkPsCSKAXzSFWB9-JRmSOXhRUMSwb7KY"


def paths(text: str, token_id: int = 7) -> list[str]:
    return [
        reading.path for reading in parse_readings(text, token_id) if isinstance(reading, IpfsUri | IpnsUri | ArUri)
    ]


@pytest.mark.parametrize(
    "shape", [f"ipfs://{V1}/", f"{V1}/", f"https://ipfs.io/ipfs/{V1}/", f"https://{V1}.ipfs.dweb.link/"]
)
@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("1.json", ["1.json"]),
        ("Wookz#525.png", ["Wookz", "Wookz#525.png"]),
        ("#1.json", ["", "#1.json"]),
        ("a?b.png", ["a", "a?b.png"]),
        ("who?.png#x", ["who", "who?.png#x"]),
        ("50%25.png", ["50%.png", "50%25.png"]),
        ("100%.png", ["100%.png"]),
        ("100%DE.png", ["100%DE.png"]),
        ("a%20b#1.png", ["a b", "a b#1.png", "a%20b#1.png"]),
        ("Punk {id}.png", [f"Punk {7:064x}.png", "Punk 7.png"]),
        ("%7Bid%7D.json", [f"{7:064x}.json", "7.json"]),
    ],
)
def test_marks_and_percent_signs_may_belong_to_a_file_s_name(shape: str, name: str, names: list[str]) -> None:
    assert paths(shape + name) == names


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("ipns://a.example/x#1", [IpnsUri("a.example", "x"), IpnsUri("a.example", "x#1")]),
        (f"ar://{TX}/x#1.png", [ArUri(TX, "x"), ArUri(TX, "x#1.png")]),
        (
            "https://h.example/Wookz#525.png",
            [HttpUri("https://h.example/Wookz"), HttpUri("https://h.example/Wookz%23525.png")],
        ),
        ("https://h.example/x?a=1", [HttpUri("https://h.example/x?a=1")]),
        (
            "https://h.example/100%.png",
            [HttpUri("https://h.example/100%.png"), HttpUri("https://h.example/100%25.png")],
        ),
        (
            "https://h.example/x?a=1&amp;b=2",
            [HttpUri("https://h.example/x?a=1&amp;b=2"), HttpUri("https://h.example/x?a=1&b=2")],
        ),
        ("h.example/1.json", [HttpUri("https://h.example/1.json")]),
        ("www.h.example:443/a/1.json", [HttpUri("https://www.h.example:443/a/1.json")]),
        ("https://h.example\\a.png", [HttpUri("https://h.example/a.png")]),
    ],
)
def test_other_uris_are_read_in_as_many_ways(text: str, readings: list[object]) -> None:
    assert list(parse_readings(text, 7)) == readings


DEFI = '{"name":"100%DeFi","image":"ipfs://x"}'
JSON64 = base64.b64encode(b'{"name":"a"}').decode()
SVG = '<svg xmlns="http://www.w3.org/2000/svg"/>'


@pytest.mark.parametrize(
    ("text", "documents"),
    [
        (f"data:application/json;utf8,{DEFI}", [DEFI.encode(), DEFI.replace("%De", "\xde").encode("latin-1")]),
        (f"data:application/json;utf8,{DEFI}%20", None),
        ('data:application/json,{"a":"50%20off"}', [b'{"a":"50 off"}', b'{"a":"50%20off"}']),
        ('data:application/json,{"a":"say %22hi%22"}', [b'{"a":"say "hi""}', b'{"a":"say %22hi%22"}']),
        ('data:application/json,{"a":"caf%E9"}', [b'{"a":"caf%E9"}', b'{"a":"caf\xe9"}']),
        ('data:application/json,{"a":"%e2%98%83 100%DE"}', None),
        ("data:image/png,%89PNG", [b"%89PNG", b"\x89PNG"]),
        (f"data:application/json,{JSON64}", [b'{"name":"a"}', JSON64.encode()]),
        (f"data:application/json;utf8,{quote(DEFI)}", None),
        (f"application/json;base64,{JSON64}", [b'{"name":"a"}']),
        ("application/json,{}", [b"{}"]),
        (JSON64, [b'{"name":"a"}']),
        (base64.b64encode(SVG.encode()).decode(), [SVG.encode()]),
        (quote(DEFI), None),
        (quote(SVG), None),
        (DEFI, [DEFI.encode()]),
    ],
)
def test_documents_are_read_as_they_may_be_meant(text: str, documents: list[bytes] | None) -> None:
    found = [reading.data for reading in parse_readings(text, 7) if isinstance(reading, DataUri)]
    if documents is None:
        assert found[0].decode()
    else:
        assert found == documents


@pytest.mark.parametrize(
    ("text", "first"),
    [
        (f"data:application/json;utf8,{DEFI}%20", f"{DEFI} "),
        ('data:application/json,{"a":"%e2%98%83 100%DE"}', '{"a":"☃ 100%DE"}'),
        (f"data:application/json;utf8,{quote(DEFI)}", DEFI),
        (quote(DEFI), DEFI),
        (quote(SVG), SVG),
    ],
)
def test_the_likeliest_reading_comes_first(text: str, first: str) -> None:
    reading = next(parse_readings(text, 7))
    assert isinstance(reading, DataUri)
    assert reading.data.decode() == first


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", uri.EMPTY),
        ("ftp://h.example/x", uri.UNSUPPORTED_SCHEME),
        ("ipfs://not-a-cid/x#1", uri.BAD_CID),
        (f"ipfs://{V1}/../x", uri.DOT_SEGMENTS),
        ("http://h.example/x#1", uri.HTTP_NOT_ALLOWED),
        ("https://u:p@h.example/x", uri.USERINFO),
        ("x" * 3000, uri.TOO_LONG),
        ("1.json", uri.NOT_A_URI),
    ],
)
def test_what_no_reading_allows_is_refused_for_the_first_one_s_reason(text: str, kind: Kind) -> None:
    with raises_kind(kind):
        list(parse_readings(text, 7))


BESIDE = f"ipfs://{V1}/json/1.json"


@pytest.mark.parametrize(
    ("text", "base", "readings"),
    [
        ("1.png", BESIDE, [IpfsUri(CID, "json/1.png")]),
        ("./1.png", BESIDE, [IpfsUri(CID, "json/1.png")]),
        ("../images/1.png", BESIDE, [IpfsUri(CID, "images/1.png")]),
        ("/images/1.png", BESIDE, [IpfsUri(CID, "images/1.png")]),
        ("images/{id}.png", BESIDE, [IpfsUri(CID, f"json/images/{7:064x}.png"), IpfsUri(CID, "json/images/7.png")]),
        ("Wookz#525.png", BESIDE, [IpfsUri(CID, "json/Wookz"), IpfsUri(CID, "json/Wookz#525.png")]),
        ("images\\1.png", BESIDE, [IpfsUri(CID, "json/images\\1.png"), IpfsUri(CID, "json/images/1.png")]),
        ("cdn.example/1.png", BESIDE, [HttpUri("https://cdn.example/1.png"), IpfsUri(CID, "json/cdn.example/1.png")]),
        ("1.png", "https://h.example/a/1?x=1", [HttpUri("https://h.example/a/1.png")]),
        ("../../1.png", "https://h.example/a/1", [HttpUri("https://h.example/1.png")]),
        ("1.png", f"ar://{TX}/1", [ArUri(TX, "1.png")]),
        ("1.png", "ipns://a.example/1", [IpnsUri("a.example", "1.png")]),
        ("https://h.example/1.png", BESIDE, [HttpUri("https://h.example/1.png")]),
        (f"{V1}/1.png", BESIDE, [IpfsUri(CID, "1.png")]),
    ],
)
def test_a_document_may_name_files_beside_itself(text: str, base: str, readings: list[object]) -> None:
    assert list(parse_readings(text, 7, base=base)) == readings


@pytest.mark.parametrize(
    ("text", "base", "kind"),
    [
        ("../../1.png", BESIDE, uri.NOT_A_URI),  # leads out of the CID
        ("1.png", f"ipfs://{V1}", uri.NOT_A_URI),  # a file alone has no files beside it
        ("1.png", "data:application/json", uri.NOT_A_URI),
        ("1.png", "", uri.NOT_A_URI),
        ("picture", BESIDE, uri.NOT_A_URI),
        ("file:1.png", BESIDE, uri.UNSUPPORTED_SCHEME),
        ("a\u202e.png", BESIDE, uri.CONTROL_CHARACTERS),
    ],
)
def test_a_path_without_a_place_is_no_uri(text: str, base: str, kind: Kind) -> None:
    with raises_kind(kind):
        list(parse_readings(text, 7, base=base))


def test_what_only_looks_like_base64_is_read_as_it_is_written() -> None:
    text = "data:text/plain,eyJhbGciOiJIUzI1NiJ90"  # 21 digits are no base64
    assert [reading.data for reading in parse_readings(text, 7) if isinstance(reading, DataUri)] == [text[16:].encode()]


@pytest.mark.parametrize("part", ["a.", "#", "%", "{id}", "&amp;", "\\", "%7Bid%7D", "data:", "eyJ", "-.", "//"])
def test_no_text_takes_long_or_has_many_readings(part: str) -> None:
    for text in (part * 1000, part * 200_000, f"ipfs://{V1}/" + part * 300):
        started = time.process_time()
        count = 0
        with contextlib.suppress(CoreError):
            for _ in parse_readings(text, 7):
                count += 1
        assert count <= 12
        assert time.process_time() - started < 5


@given(st.text() | st.from_regex(rf"(ipfs://{V1}/|https://h\.example/|data:[a-z/]*,).{{0,60}}", fullmatch=True))
def test_any_text_has_readings_or_is_refused_and_none_twice(text: str) -> None:
    found: list[object] = []
    with contextlib.suppress(CoreError):
        found += parse_readings(text, 7)
    assert len(found) == len(set(found))
