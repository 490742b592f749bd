"""Parse token URIs in all forms that contracts use, or refuse them with their kind."""

import base64
import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nft.core.errors import CoreError
from nft.core.ipfs.cid import parse_cid
from nft.core.tokens import data_uri, uri
from nft.core.tokens.data_uri import DataUri
from nft.core.tokens.uri import ArUri, HttpUri, IpfsUri, IpnsUri, parse_token_uri
from profiles.errors import Kind
from tests.kit.errors import raises_kind

V0 = "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG"
V1 = "bafybeie5nqv6kd3qnfjupgvz34woh3oksc3iau6abmyajn7qvtf6d2ho34"
TX = "_oKyMw4aGCMxkPsCSKAXzSFWB9-JRmSOXhRUMSwb7KY"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" fill="#fff"/>'


@pytest.mark.parametrize("cid", [V0, V1])
@pytest.mark.parametrize(
    ("shape", "path"),
    [
        ("ipfs://{}", ""),
        ("ipfs://{}/", ""),
        ("ipfs://{}/1.json", "1.json"),
        ("IPFS://{}/1.json", "1.json"),
        ("ipfs://ipfs/{}/1.json", "1.json"),
        ("ipfs:/{}/1.json", "1.json"),
        ("ipfs:{}/1.json", "1.json"),
        ("ipfs://{}//a//b.png", "a/b.png"),
        ("ipfs:///ipfs/{}/1.json", "1.json"),
        ("ipfs://{}/with%20space%20%231.png", "with space #1.png"),
        ("ipfs://{}/with space.png", "with space.png"),
        ("ipfs://{}/100%.png", "100%.png"),
        ("ipfs://{}/%E2%98%83.png", "☃.png"),
        ("ipfs://{}/☃.png", "☃.png"),
        ("ipfs://{}/a%2Fb", "a/b"),
        ("ipfs://{}/1.json?x=1#frag", "1.json"),
        ("ipfs://{}?x=1", ""),
        ("/ipfs/{}/1.json", "1.json"),
        ("ipfs/{}/1.json", "1.json"),
        ("dweb:/ipfs/{}/1.json", "1.json"),
        ("{}", ""),
        ("{}/1.json", "1.json"),
        ("  {}/1.json \n", "1.json"),
        ("{}\0\0", ""),
        ("https://ipfs.io/ipfs/{}/1.json", "1.json"),
        ("http://127.0.0.1:8080/ipfs/{}", ""),
        ("https://gateway.pinata.cloud/ipfs/{}/a%20b.png?token=1#x", "a b.png"),
        ("https://cloudflare-ipfs.com/ipfs/ipfs/{}/1.json", "1.json"),
        ("//ipfs.io/ipfs/{}/1.json", "1.json"),
        ("ipfs://https://ipfs.io/ipfs/{}/1.json", "1.json"),
        ("ipfs.io/ipfs/{}/1.json", "1.json"),
        ("my-shop.mypinata.cloud/ipfs/{}/1.json?pinataGatewayToken=x", "1.json"),
        ('"ipfs://{}/1.json"', "1.json"),
        ("ipfs://ipfs/ipfs/{}/1.json", "1.json"),
        ("https://ipfs.infura.io:5001/api/v0/cat?arg={}", ""),
        ("https://ipfs.infura.io:5001/api/v0/cat?arg=/ipfs/{}/a%2520b.json", "a b.json"),
    ],
)
def test_every_way_to_write_an_ipfs_uri_leads_to_the_cid(shape: str, path: str, cid: str) -> None:
    assert parse_token_uri(shape.format(cid)) == IpfsUri(parse_cid(cid), path)


@pytest.mark.parametrize("host", ["ipfs.dweb.link", "ipfs.nftstorage.link", "ipfs.localhost:8080"])
def test_gateways_with_the_cid_in_the_host_are_turned_back(host: str) -> None:
    assert parse_token_uri(f"https://{V1}.{host}/1.json") == IpfsUri(parse_cid(V1), "1.json")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ipns://docs.ipfs.tech/a.json", IpnsUri("docs.ipfs.tech", "a.json")),
        ("ipfs://ipns/docs.ipfs.tech", IpnsUri("docs.ipfs.tech")),
        ("/ipns/docs.ipfs.tech/a?b#c", IpnsUri("docs.ipfs.tech", "a")),
        ("https://ipfs.io/ipns/docs.ipfs.tech/a.json", IpnsUri("docs.ipfs.tech", "a.json")),
        ("https://docs-ipfs-tech.ipns.dweb.link/a", IpnsUri("docs.ipfs.tech", "a")),
        ("https://en-wikipedia--on--ipfs-org.ipns.dweb.link", IpnsUri("en.wikipedia-on-ipfs.org")),
        (f"ar://{TX}", ArUri(TX)),
        (f"ar:///{TX}", ArUri(TX)),
        (f"arweave://{TX}", ArUri(TX)),
        (f"ar://{TX}/0.json", ArUri(TX, "0.json")),
        (f"https://arweave.net/{TX}/0.json", ArUri(TX, "0.json")),
        ("https://arweave.net/short", HttpUri("https://arweave.net/short")),
        ("https://example.com/api/1", HttpUri("https://example.com/api/1")),
        ("https://example.com/a b/ü?q=1 2#x", HttpUri("https://example.com/a%20b/%C3%BC?q=1%202")),
        ("https://example.com/a%20b", HttpUri("https://example.com/a%20b")),
        ("https://example.com/ipfs/not-a-cid", HttpUri("https://example.com/ipfs/not-a-cid")),
    ],
)
def test_other_places_keep_their_kind(text: str, expected: object) -> None:
    assert parse_token_uri(text) == expected


def test_http_is_opened_only_where_the_site_says_so() -> None:
    with raises_kind(uri.HTTP_NOT_ALLOWED):
        parse_token_uri("http://example.com/1")
    assert parse_token_uri("http://example.com/1", allow_http=True) == HttpUri("http://example.com/1")


@pytest.mark.parametrize(
    ("text", "media_type", "data"),
    [
        ("data:application/json;base64,eyJhIjoxfQ==", "application/json", b'{"a":1}'),
        ("DATA:Application/JSON;BASE64,eyJhIjoxfQ==", "application/json", b'{"a":1}'),
        ("data:application/json;base64,eyJhIjoxfQ", "application/json", b'{"a":1}'),
        ("data:application/json;base64,eyJhIjoxfQ%3D%3D", "application/json", b'{"a":1}'),
        ("data:application/json;base64,eyJh\nIjox fQ==", "application/json", b'{"a":1}'),
        ("data:application/json;base64eyJhIjoxfQ==", "application/json", b'{"a":1}'),
        ("data:application/json;charset=utf-8;base64,eyJhIjoxfQ==", "application/json", b'{"a":1}'),
        ('data:application/json;base64,{"a":1}', "application/json", b'{"a":1}'),
        ("data:;base64,-_-_", "text/plain", b"\xfb\xff\xbf"),
        ('data:application/json,{"a":1}', "application/json", b'{"a":1}'),
        ('data:application/json;utf8,{"a":1}', "application/json", b'{"a":1}'),
        ('data:application/json;utf-8,{"a":1}', "application/json", b'{"a":1}'),
        ('data:application/json;charset=UTF-8,{"a":"é"}', "application/json", '{"a":"é"}'.encode()),
        ("data:application/json,%7B%22a%22%3A1%7D", "application/json", b'{"a":1}'),
        ('data:application/json{"a":1}', "application/json", b'{"a":1}'),
        ('data:application/json;utf8{"a":1}', "application/json", b'{"a":1}'),
        ('data:application/json,{"a":"100%"}', "application/json", b'{"a":"100%"}'),
        ("data:application/json,{\n}", "application/json", b"{\n}"),
        ("data:image/svg+xml;utf8," + SVG.decode(), "image/svg+xml", SVG),
        ("data:image/svg+xml" + SVG.decode(), "image/svg+xml", SVG),
        ("data:image/svg+xml;base64," + base64.b64encode(SVG).decode(), "image/svg+xml", SVG),
        ("data:,hello", "text/plain", b"hello"),
        ('data:application/json;charset="utf-8",{"a":1}', "application/json", b'{"a":1}'),
        ('data: application/json,{"a":1}', "application/json", b'{"a":1}'),
        ("data:application/json;enc=utf-8;base64, eyJhIjoxfQ==", "application/json", b'{"a":1}'),
        ('data:application/json;ascii,{"a":1}', "application/json", b'{"a":1}'),
        ('{"a":1}', "application/json", b'{"a":1}'),
        (SVG.decode(), "image/svg+xml", SVG),
    ],
)
def test_documents_inside_the_uri_are_taken_out(text: str, media_type: str, data: bytes) -> None:
    assert parse_token_uri(text) == DataUri(media_type, data)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", uri.EMPTY),
        (" \0\n", uri.EMPTY),
        ("ipfs://", uri.BAD_CID),
        ("ipfs://not-a-cid/1.json", uri.BAD_CID),
        ("ipfs://" + V0[:-1], uri.BAD_CID),
        ("ipfs://f01551114" + 40 * "0", uri.BAD_CID),
        (f"ipfs://{V1}/a\nb", uri.CONTROL_CHARACTERS),
        (f"ipfs://{V1}/a%00b", uri.CONTROL_CHARACTERS),
        (f"ipfs://{V1}/%ff", uri.BAD_ENCODING),
        (f"ipfs://{V1}/../../api/v0/id", uri.DOT_SEGMENTS),
        ("ipns://example.com/%2e%2e/%2e%2e/api/v0/id", uri.DOT_SEGMENTS),
        ("ipns://example.com/a/..%2f..%2fx", uri.DOT_SEGMENTS),
        ("https://example.com/ipns/example.com/../../x", uri.DOT_SEGMENTS),
        ("ar://" + 43 * "a" + "/../x", uri.DOT_SEGMENTS),
        ("ipns://-", uri.BAD_IPNS_NAME),
        ("ar://short", uri.BAD_ARWEAVE_ID),
        ("1.json", uri.NOT_A_URI),
        ("example.com/1.json", uri.NOT_A_URI),
        ("eip155:1/erc721:0x06012c8cf97bead5deae237070f9587f8e7a266d/1", uri.UNSUPPORTED_SCHEME),
        ("/1.json", uri.NOT_A_URI),
        ("javascript:alert(1)", uri.UNSUPPORTED_SCHEME),
        ("file:///etc/passwd", uri.UNSUPPORTED_SCHEME),
        ("ftp://example.com/1", uri.UNSUPPORTED_SCHEME),
        ("https://", uri.BAD_URL),
        ("https://[::1", uri.BAD_URL),
        ("https://example.com:port/", uri.BAD_URL),
        ("https://exa mple.com/", uri.BAD_URL),
        ("https://example.com\\@127.0.0.1/", uri.BAD_URL),
        ("https://user:pass@example.com/", uri.USERINFO),
        ("https://example.com/" + 3000 * "a", uri.TOO_LONG),
        ("data:", data_uri.BAD_DATA_URI),
        ("data:application/json", data_uri.BAD_DATA_URI),
        ("data:application/json;base64,***", data_uri.BAD_BASE64),
        ("data:application/json;base64,a", data_uri.BAD_BASE64),
    ],
)
def test_everything_else_is_refused_with_its_reason(text: str, kind: Kind) -> None:
    with raises_kind(kind) as refused:
        parse_token_uri(text)
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize("text", ["data:,{}", "data:;base64,{}", "{{{}"])
def test_documents_larger_than_allowed_are_refused(text: str) -> None:
    with raises_kind(data_uri.DATA_TOO_LARGE):
        parse_token_uri(text.format(4000 * "a"), max_data_bytes=1000)


@pytest.mark.parametrize("head", [";a=b" * 3000, ";" * 9000, "a/" * 5000, ";base64" * 2000])
def test_no_head_of_a_data_uri_takes_long(head: str) -> None:
    with pytest.raises(CoreError):
        parse_token_uri("data:" + head)


@given(
    st.text()
    | st.from_regex(r"(ipfs|ipns|ar|https?|data|dweb|//|/ipfs|/ipns)[:/]{0,3}.{0,90}", fullmatch=True)
    | st.from_regex(rf"https?://.{{0,10}}/(ipfs|ipns)/({V0}|.{{0,9}})/.{{0,20}}", fullmatch=True)
    | st.from_regex(r"data:[a-z/+]{0,20}(;base64|;utf8)?,?.{0,50}", fullmatch=True)
)
def test_any_text_is_a_uri_or_refused(text: str) -> None:
    for allow_http in (False, True):
        with contextlib.suppress(CoreError):
            str(parse_token_uri(text, allow_http=allow_http))


NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc"], exclude_characters="/"), min_size=1, max_size=20
)


@given(st.lists(NAMES.filter(lambda name: name not in {".", ".."}), max_size=5))
def test_the_text_of_an_ipfs_uri_leads_back_to_it(names: list[str]) -> None:
    expected = IpfsUri(parse_cid(V1), "/".join(names))
    assert parse_token_uri(str(expected)) == expected


@given(st.binary())
def test_base64_documents_round_trip(data: bytes) -> None:
    text = "data:application/octet-stream;base64," + base64.b64encode(data).decode()
    assert parse_token_uri(text) == DataUri("application/octet-stream", data)
