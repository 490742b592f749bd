"""Parse untrusted metadata: known keys with clean texts, and a refusal with its kind for the rest."""

import json
import time
import tracemalloc
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nft.core.errors import CoreError
from nft.core.text import clean_text
from nft.core.tokens import metadata
from nft.core.tokens.metadata import MAX_METADATA_BYTES, Metadata, build_metadata, parse_metadata
from profiles.errors import Kind
from tests.kit.errors import raises_kind

PERSIAN_I_WANT = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["name", "image"]), inner),
)


def test_the_keys_of_opensea_are_read_and_all_others_left() -> None:
    raw = json.dumps({
        "name": "Dave Starbelly",
        "description": "Friendly OpenSea Creature",
        "image": "ipfs://x/3.png",
        "image_data": "<svg/>",
        "animation_url": "ipfs://x/3.mp4",
        "external_url": "https://example.com",
        "attributes": [{"trait_type": "Base", "value": "Starfish"}],
    }).encode()  # fmt: skip
    assert parse_metadata(raw) == Metadata(
        "Dave Starbelly", "Friendly OpenSea Creature", ("ipfs://x/3.png", "<svg/>", "ipfs://x/3.mp4")
    )


@pytest.mark.parametrize(
    ("document", "sources"),
    [
        ({"image": "a", "image_url": "b", "image_data": "c", "animation_url": "d"}, ("a", "b", "c", "d")),
        ({"image": " ", "image_url": "b", "animation_url": "d"}, ("b", "d")),
        ({"image": None, "image_data": "c", "animation_url": "d"}, ("c", "d")),
        ({"image": "a", "image_url": "a", "imageUrl": " a "}, ("a",)),
        ({"image": "a", "properties": {"image": "b"}}, ("a", "b")),
        ({"image": {"url": "a", "src": "b"}, "image_data": {"url": "c"}}, ("a", "b", "c")),
        ({"image": [{"uri": "a"}, 7, "b"]}, ("a", "7", "b")),
        ({"image": [str(number) for number in range(20)]}, tuple("01234567")),
        ({"animation_url": "d"}, ("d",)),
        ({"name": "no picture"}, ()),
        ({"imageUrl": "a"}, ("a",)),
        ({"image": {"url": "a", "type": "png"}}, ("a",)),
        ({"image": ["a", "b"]}, ("a", "b")),
        ({"image": [], "image_url": {"other": "x"}, "animation_url": "d"}, ("d",)),
        ({"title": "Asset Metadata", "properties": {"image": {"type": "string", "description": "a"}}}, ("a",)),
        ({"properties": {"image": "a"}}, ("a",)),
        ({"image": 7, "properties": [["x"]], "image_data": "c"}, ("7", "c")),
        ({"imageUri": "a"}, ("a",)),
        ({"properties": {"image_url": "b", "imageUrl": {"description": "c"}}}, ("b", "c")),
        ({"thumbnail": "t", "image": "a"}, ("a", "t")),
        ({"thumbnailUri": "t", "displayUri": "d", "artifactUri": "f"}, ("d", "t", "f")),
        ({"thumbnail_url": "t", "thumbnailUrl": "u"}, ("t", "u")),
        ({"media": "m", "thumbnail": "t"}, ("t", "m")),
        ({"media": [{"uri": "m"}], "animation_url": "f"}, ("m", "f")),
        ({"media": {"url": "m", "mimeType": "image/png"}}, ("m",)),
        ([{"image": "a"}], ("a",)),
        ({"data": {"image": "a"}}, ()),
        ({"Image": "a", "IMAGE_URL": "b"}, ()),
    ],
)
def test_stills_come_before_animations(document: object, sources: tuple[str, ...]) -> None:
    assert parse_metadata(json.dumps(document).encode()).picture_sources == sources


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (b'{"name": 42}', "42"),
        (b'{"name": 115792089237316195423570985008687907853269984665640564039457584007913129639935}', str(2**256 - 1)),
        (b'{"name": ' + b"9" * 10_000 + b"}", "9" * 499 + "…"),
        (b'{"name": true}', ""),
        (b'{"name": ["x"]}', ""),
        (b'{"name": "two\nlines"}', "two lines"),
        (b'\xef\xbb\xbf{"name": "with a byte order mark"}', "with a byte order mark"),
        (b'{"name": "one", "name": "two"}', "two"),
        (b'{"name": "\\ud800 half"}', "half"),
        (b'{"name": "caf\xe9"}', "caf\ufffd"),
        (b'{"name": "\xff\xfe\xc3("}', "\ufffd\ufffd\ufffd("),
        (b'{"name": "\xed\xa0\x80"}', "\ufffd\ufffd\ufffd"),
        (b'{"name": "a", "other\x80": 1}', "a"),
        (b'\xef\xbb\xbf\xef\xbb\xbf{"name": "two marks"}', "two marks"),
        (b'\xef\xbb\xbf \n{"name": "a mark and blanks"}', "a mark and blanks"),
        ('\ufeff{"name": "sixteen ☃"}'.encode("utf-16-le"), "sixteen ☃"),
        ('\ufeff{"name": "big ☃"}'.encode("utf-16-be"), "big ☃"),
        (b'{"name": "\\u202egpj.exe"}', "gpj.exe"),
        (b'{"name": "\\u0000\\u0007bell"}', "bell"),
        (b"{}", ""),
    ],
)
def test_names_are_made_fit_to_show(raw: bytes, name: str) -> None:
    assert parse_metadata(raw).name == name


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"", metadata.NOT_JSON),
        (b"{", metadata.NOT_JSON),
        (b'{"name": NaN}', metadata.NOT_JSON),
        (b'{"name": Infinity}', metadata.NOT_JSON),
        (b'{"name": -Infinity}', metadata.NOT_JSON),
        (b"{'name': 'x'}", metadata.NOT_JSON),
        (b'{"name": "x",}', metadata.NOT_JSON),
        (b'"text"', metadata.NOT_AN_OBJECT),
        (b"[]", metadata.NOT_AN_OBJECT),
        (b'[{"name": "x"}, {"name": "y"}]', metadata.NOT_AN_OBJECT),
        (b'[[{"name": "x"}]]', metadata.NOT_AN_OBJECT),
        (b'["x"]', metadata.NOT_AN_OBJECT),
        (b'"{\\"name\\": \\"x\\"}"', metadata.NOT_AN_OBJECT),
        (b'{"name": "x"} {"name": "y"}', metadata.NOT_JSON),
        (b"null", metadata.NOT_AN_OBJECT),
        (b"{\xff}", metadata.NOT_JSON),
        (b'{"a":[' + b"1," * 100_000 + b"1]}", metadata.TOO_MANY_VALUES),
        (b'{"a":[' + b"[]," * 100_000 + b"1]}", metadata.TOO_MANY_VALUES),
        (b'{"a":1' + b',"":1' * 100_000 + b"}", metadata.TOO_MANY_VALUES),
        (b"\xef\xbb\xbf<svg xmlns='http://www.w3.org/2000/svg'/>", metadata.IS_PICTURE),
        (b"\xef\xbb\xbf<!DOCTYPE html>", metadata.IS_WEB_PAGE),
        (b"{" + b'"a":{' * 32, metadata.TOO_DEEP),
        (b"[" * 100_000, metadata.TOO_DEEP),
        (b'{"a":' * 100_000, metadata.TOO_DEEP),
        (b" " * (MAX_METADATA_BYTES + 1), metadata.TOO_LARGE),
        (b"\x89PNG\r\n\x1a\n" + bytes(20), metadata.IS_PICTURE),
        (b"\xff\xd8\xff\xe0", metadata.IS_PICTURE),
        (b"GIF89a", metadata.IS_PICTURE),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", metadata.IS_PICTURE),
        (b"\x00\x00\x00\x1cftypavif", metadata.IS_PICTURE),
        (b"  <svg xmlns='http://www.w3.org/2000/svg'/>", metadata.IS_PICTURE),
        (b"<!DOCTYPE html><html></html>", metadata.IS_WEB_PAGE),
    ],
)
def test_what_is_no_metadata_is_refused_with_its_reason(raw: bytes, kind: Kind) -> None:
    with raises_kind(kind):
        parse_metadata(raw)


def test_32_levels_are_read_and_brackets_in_strings_are_not_counted() -> None:
    deepest = b'{"name":"' + b"[{" * 1000 + b'\\"[","a":' + b"[" * 31 + b"]" * 31 + b"}"
    assert parse_metadata(deepest).name.startswith("[{[{")


@pytest.mark.parametrize("raw", [b'\\"' * 500_000, b'"' * 1_000_000, b"[]" * 500_000, b'{"a":"' + b'\\"' * 500_000])
def test_no_document_takes_long_to_refuse(raw: bytes) -> None:
    started = time.process_time()
    with pytest.raises(CoreError):
        parse_metadata(raw)
    assert time.process_time() - started < 5  # quadratic would be minutes


def test_a_document_of_small_values_takes_little_memory() -> None:
    """Within MAX_METADATA_BYTES there is room for two million of them, which would take 200 MB."""
    raw = b'{"a":[' + b"1," * 99_000 + b"1]}"
    tracemalloc.start()
    parse_metadata(raw)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20 * 1024 * 1024


@given(st.binary(max_size=100) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_metadata_or_refused(raw: bytes) -> None:
    try:
        found = parse_metadata(raw)
    except CoreError:
        return
    assert len(found.name) <= 500
    found.name.encode()


@given(st.text(), st.text(), st.sampled_from(["ipfs://x/image.webp", ""]))
def test_what_we_publish_we_can_read(name: str, description: str, image_uri: str) -> None:
    raw = build_metadata(name, description, image_uri)
    assert raw == build_metadata(name, description, image_uri)
    found = parse_metadata(raw)
    assert (found.name, found.description) == (clean_text(name, 500), clean_text(description, 500))
    assert found.picture_sources == ((image_uri,) if image_uri else ())


def test_published_metadata_has_opensea_s_shape() -> None:
    assert json.loads(build_metadata("Ape “1”", "", "ipfs://x/image.webp")) == {
        "name": "Ape “1”",
        "description": "",
        "image": "ipfs://x/image.webp",
    }


@given(st.text(), st.integers(2, 60))
def test_clean_text_stays_clean_and_short(text: str, limit: int) -> None:
    clean = clean_text(text, limit)
    assert len(clean) <= limit
    assert clean_text(clean, limit) == clean
    assert unicodedata.is_normalized("NFC", clean)
    assert not any(unicodedata.category(character) in ("Cc", "Cs") for character in clean)
    assert not set(clean) & set("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("e\u0301", "é"),
        ("  a \t\r\n b\u2028c ", "a b c"),
        ("👩\u200d💻", "👩\u200d💻"),
        (PERSIAN_I_WANT, PERSIAN_I_WANT),
        ("\u3164\u200b\ufeff", ""),
        ("abcdefghijk", "abcdefghi…"),
        ("abcdefgh ijk", "abcdefgh…"),
    ],
)
def test_text_is_made_fit_to_show(text: str, clean: str) -> None:
    assert clean_text(text, 10) == clean
