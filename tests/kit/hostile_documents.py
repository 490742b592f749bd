"""Malformed documents of strangers: token URIs, metadata, ABI answers of contracts, IPFS blocks and archives."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random

from nft.core.evm.abi.words import encode_bytes, encode_uint
from nft.core.ipfs.car import build_car
from nft.core.ipfs.cid import DAG_CBOR, DAG_PB, IDENTITY, RAW, Cid, build_cid
from nft.core.ipfs.unixfs import build_directory, build_file
from tests.kit.hostile_answers import json_texts, variants

ODD_TEXTS: tuple[str, ...] = (
    "",
    " ",
    "\x00",
    "\ud800",
    "\udfff\ud800",
    "\u202e",
    "\uffff",
    "\ufdd0",
    "\U0010ffff",
    "\u2028",
    "\x7f",
    "\x85",
    "\ufeff",
    "[",
    "]",
    "[]",
    "[::1]",
    "[v1.x]",
    "%",
    "%zz",
    "%00",
    "%ed%a0%80",
    "%ff",
    "..",
    "/../",
    "//",
    "?",
    "#",
    "@",
    "a:b@c",
    ":",
    ":99999",
    ":port",
    "\\",
    "{id}",
    "{",
    "<svg",
    '"',
    "\u2488",
    "\u0661",
    "\uff0f",
    "\u017f",
    "\u212a",
    "\u0130",
    "\U0001f600" * 50,
    "a" * 300,
    "a" * 3000,
    "9" * 5000,
)
BEGINNINGS: tuple[str, ...] = (
    "",
    "https://",
    "http://",
    "https://a.example/",
    "https://a.example/ipfs/",
    "https://a.example/api/v0/cat?arg=",
    "ipfs://",
    "ipfs://ipfs/",
    "ipfs://bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e/",
    "ipns://",
    "ipns://a.example/",
    "dweb:/",
    "ar://",
    "ar://" + "a" * 43 + "/",
    "data:",
    "data:,",
    "data:;base64,",
    "data:application/json,",
    "data:application/json;base64,e30=",
    "data:image/svg+xml;utf8,",
    "javascript:",
    "eip155:1/erc721:0x",
    "//",
    "/ipfs/",
    "Qm",
    "b",
)


def token_uris() -> Iterator[tuple[str, str]]:
    for start in BEGINNINGS:
        for text in ODD_TEXTS:
            yield f"{start[:30]} + {text[:9]!a}", start + text
            if text and start:
                yield f"{text[:9]!a} + {start[:30]}", text[:300] + start


METADATA = {
    "name": "A token",
    "description": "What it is",
    "image": "data:image/png;base64,AAAA",
    "image_data": "<svg/>",
    "animation_url": "ipfs://a",
    "attributes": [{"trait_type": "a", "value": 1}],
    "properties": {"image": {"description": "x"}},
}


def metadata_documents() -> Iterator[tuple[str, bytes]]:
    yield from json_texts()
    yield from variants(METADATA)
    for name, uri in token_uris():
        yield f"image {name}", json.dumps({"name": uri[:300], "image": uri}).encode()
    for text in ODD_TEXTS:
        yield f"texts of {text[:9]!a}", json.dumps(dict.fromkeys(METADATA, text) | {text: text}).encode()
        yield (
            f"raw {text[:9]!a}",
            json.dumps({"image": text, "name": text}, ensure_ascii=False).encode("utf-8", "surrogatepass"),
        )
    for start in (
        b"\x89PNG\r\n",
        b"GIF89a",
        b"RIFF\0\0\0\0WEBP",
        b"<svg",
        b"<?xml",
        b"<html",
        b"\xff\xd8\xff",
        b"\0\0\0\x18ftypavif",
    ):
        yield f"a picture {start[:4]!r}", start + b"\xff" * 40


def contract_answers() -> Iterator[tuple[str, bytes]]:
    """Yield what a contract may return for any call: words, strings and lists with every offset and length wrong."""
    numbers = (0, 1, 2, 31, 32, 33, 64, 95, 2**31, 2**63, 2**64, 2**255, 2**256 - 1)
    for number in numbers:
        yield f"a word {number:#x}", encode_uint(number)
        yield f"a string at {number:#x}", encode_uint(number) + encode_bytes(b"text")
        yield f"a string of {number:#x}", encode_uint(32) + encode_uint(number) + b"text".ljust(32, b"\0")
        yield f"a list of {number:#x}", encode_uint(32) + encode_uint(number) + encode_uint(32) * 3
        yield f"a list whose items lie at {number:#x}", encode_uint(32) + encode_uint(1) + encode_uint(number) * 4
    for size in (0, 1, 4, 20, 31, 33, 63, 65, 96, 1000):
        yield f"{size} bytes", b"\xff" * size
        yield f"{size} zeros", bytes(size)
    for text in ODD_TEXTS:
        yield f"text {text[:9]!a}", encode_uint(32) + encode_bytes(text.encode("utf-8", "surrogatepass"))
    yield "text that is no UTF-8", encode_uint(32) + encode_bytes(b"\xff\xfe")


def blocks() -> Iterator[tuple[str, Cid, bytes]]:
    """Yield blocks that hash to their CID and hold no valid node of its codec."""
    file = build_file(bytes(600_000))
    folder = build_directory({"a": (file.root, file.size)})
    random = Random(3)
    for name, whole in (("a file", file.blocks[file.root]), ("a directory", folder.blocks[folder.root])):
        for content in _broken(whole, random):
            for codec in (DAG_PB, DAG_CBOR, RAW):
                yield f"{name}, {content[:12].hex()}", build_cid(content, codec), content
    for content in (
        b"",
        b"\x80",
        b"\xa1\x61a",
        b"\x9f" * 3000,
        b"\x81" * 3000,
        b"\xd8\x2a\x41\0",
        b"\xa1\x61a\xf9\x7e\0",
        b"\xfb" + b"\x7f" * 8,
    ):
        yield f"dag-cbor {content[:8].hex()}", build_cid(content, DAG_CBOR), content
    for size in (0, 1, 100, 128):
        yield f"identity of {size}", Cid(1, DAG_PB, IDENTITY, bytes(size)), bytes(size)


def archives() -> Iterator[tuple[str, bytes]]:
    file = build_file(bytes(600_000))
    whole, random = build_car(file.root, file.blocks), Random(4)
    yield from ((f"a CAR, {content[:20].hex()}", content) for content in _broken(whole, random))
    yield from ((f"a CAR, {content[:20].hex()}", content) for content in _broken(whole[:120], random))


def _broken(whole: bytes, random: Random) -> Iterator[bytes]:
    """Yield a content cut, doubled, and with a byte changed, taken out or put in at its beginning and at random."""
    for end in (0, 1, 2, 3, 5, len(whole) // 2, len(whole) - 1):
        yield whole[:end]
    yield whole * 2
    yield whole + b"\0"
    for place in [*range(min(48, len(whole))), *(random.randrange(len(whole)) for _ in range(20))]:
        for byte in (0, 0x7F, 0x80, 0xFF, whole[place] ^ 1, whole[place] ^ 0x80):
            yield whole[:place] + bytes([byte]) + whole[place + 1 :]
        yield whole[:place] + whole[place + 1 :]
        yield whole[:place] + b"\x80" + whole[place:]
