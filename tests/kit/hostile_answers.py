"""Malformed answers of strangers' servers, made from the grammars of HTTP, JSON and JSON-RPC, and who sends them."""

from __future__ import annotations

import contextlib
import gc
import gzip
import json
import socket
import struct
import threading
import warnings
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random

RESET = b"reset the connection"
"""At the end of an answer: close it as a crashed server does."""

Reply = Callable[[str, bytes], bytes]
"""Gets the path and the body of a request; returns the bytes to send before the connection is closed."""


@dataclass(frozen=True)
class Shape:
    name: str
    sent: bytes


@contextlib.contextmanager
def answering(reply: Reply) -> Iterator[str]:
    """Yield the URL of a server that sends whatever bytes `reply` returns."""
    with warnings.catch_warnings(), socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        # urllib3 leaves the socket of an answer with two lengths to the garbage collector.
        warnings.filterwarnings("ignore", "unclosed <socket", ResourceWarning)
        threading.Thread(target=_serve, args=(listener, reply), daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        gc.collect()


def _serve(listener: socket.socket, reply: Reply) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_answer, args=(connection, reply), daemon=True).start()


def _answer(connection: socket.socket, reply: Reply) -> None:
    with contextlib.suppress(OSError, ValueError), connection, connection.makefile("rb") as request:
        path = request.readline().split(b" ")[1].decode()
        length = 0
        while (line := request.readline()).strip():
            if line.lower().startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        sent = reply(path, request.read(length))
        if sent.endswith(RESET):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.sendall(sent.removesuffix(RESET))


def ok(content: bytes, kind: str = "application/json", **headers: str) -> bytes:
    """Return a correct answer."""
    right = {"Content-Type": kind, "Content-Length": str(len(content))}
    return response(content, **{**right, **headers})


def response(content: bytes = b"", status: str = "HTTP/1.1 200 OK", **headers: str) -> bytes:
    # The server closes each connection: told so, no client sends its next request on one that is about to go.
    named = {"Connection": "close", **headers}
    lines = [status, *(f"{name.replace('_', '-')}: {value}" for name, value in named.items())]
    return "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape") + content


def wire_shapes(content: bytes, kind: str) -> Iterator[Shape]:
    """Yield ways to break HTTP around a content that would be right."""
    yield from _status_lines(content)
    yield from _redirects()
    yield from _headers(content, kind)
    yield from _bodies(content, kind)


STATUS_LINES = [
    "",
    "HTTP/1.1",
    "HTTP/9.9 200 OK",
    "HTTP/1.1 abc",
    "HTTP/1.1 -1 x",
    "HTTP/1.1 1000 x",
    "ICY 200 OK",
    "HTTP/1.1 99 x",
]
STATUS_LINES += [" ", "\x00", "HTTP/1.1 200 \udcff", "GET / HTTP/1.1", "HTTP/1.1 " + "2" * 5000, "x" * 70_000]
CODES = (100, 101, 103, 201, 204, 206, 300, 301, 304, 305, 400, 401, 404, 408, 418, 429, 451, 500, 503, 599, 999)
PLACES = [
    "http://[]",
    "http://[",
    "https://[::1",
    "//[",
    "http://[v1.x]/",
    "http://[::1%25eth0]/",
    "http://127.0.0.1:99999/",
    "http://a:port/",
]
PLACES += [
    "http://a:/",
    "http://",
    "//",
    "?",
    "javascript:1",
    "data:,x",
    "file:///etc/passwd",
    "http://a@b/",
    "http://xn--/",
    "http://a\\b/",
    "https:a",
]
PLACES += [
    "",
    "http://\u2488.com/",
    "https://a/\udced\udca0\udc80",
    "\udcff\udcfe",
    "\x00",
    "https://\u202e/",
    "http:///a",
]
PLACES += ["a" * 9000, "http://" + "a." * 200]


def _status_lines(content: bytes) -> Iterator[Shape]:
    for line in STATUS_LINES:
        yield Shape(f"status line {line[:20]!r}", response(content, line, Content_Length=str(len(content))))
    for code in CODES:
        yield Shape(f"status {code}", response(content, f"HTTP/1.1 {code} x", Content_Length=str(len(content))))
    yield Shape("status 100 without end", response(status="HTTP/1.1 100 Continue") * 3000)


def _redirects() -> Iterator[Shape]:
    for place in PLACES:
        for code in (301, 307):
            sent = response(status=f"HTTP/1.1 {code} x", Location=place, Content_Length="0")
            yield Shape(f"{code} to {place[:20]!r}", sent)
    yield Shape("a redirect without a place", response(status="HTTP/1.1 302 x", Content_Length="0"))


def _headers(content: bytes, kind: str) -> Iterator[Shape]:
    values = {
        "Content-Length": ("-1", "abc", "9" * 400, "1, 2", "\u0663", "0x10", "1e3", "", "+1", " 1 1"),
        "Content-Encoding": ("gzip", "br", "deflate", "gzip, gzip", "\udcff", "x" * 5000, "identity,"),
        "Transfer-Encoding": ("chunked", "chunked, chunked", "gzip", "\udcff", "identity, chunked"),
        "Content-Type": ("\udcff", ";;;", "a" * 9000, "", "application/json; charset=utf-16", "text/html"),
        "Connection": ("\udcff", "upgrade", "keep-alive, close"),
        "Set-Cookie": ("=;=;", "\udcff=1", "a=" + "b" * 9000),
        "X\x00": ("1",),
        "": ("1",),
        "No colon\r\nX": ("1",),
        "Folded": ("1\r\n 2\r\n\t3",),
    }
    for name, texts in values.items():
        for text in texts:
            right = {"Content-Type": kind, "Content-Length": str(len(content))}
            yield Shape(f"{name}: {text[:20]!r}", response(content, **{**right, name: text}))
    yield Shape("300 headers", response(content, **{f"X{number}": "1" for number in range(300)}))
    yield Shape("a header of 100 kB", response(content, X="a" * 100_000))
    yield Shape("two lengths", response(content, **{"Content-Length": "1\r\nContent-Length: 2"}))


def _bodies(content: bytes, kind: str) -> Iterator[Shape]:
    whole, length = gzip.compress(content, mtime=0), str(len(content))
    bomb = gzip.compress(bytes(3_000_000), mtime=0)
    packed = {"cut": whole[:-6], "of nothing": b"", "damaged": whole[:12] + b"\xff\xff" + whole[14:], "a bomb": bomb}
    packed |= {
        "without header": zlib.compress(content),
        "followed by more": whole + b"more",
        "twice": gzip.compress(whole),
    }
    for name, sent in packed.items():
        yield Shape(f"gzip: {name}", ok(sent, kind, Content_Encoding="gzip"))
    chunks = {"no size": b"zz\r\n", "below zero": b"-1\r\n", "huge": b"f" * 17 + b"\r\n", "no end": b"2\r\nab\r\n"}
    chunks |= {"long extension": b"1;" + b"a" * 70_000 + b"\r\na\r\n0\r\n\r\n", "cut": b"9\r\nab", "nothing": b""}
    chunks |= {
        "trailers": b"0\r\n" + b"X: 1\r\n" * 300 + b"\r\n",
        "signed": b"+2\r\nab\r\n0\r\n\r\n",
        "spaced": b"0x2\r\nab\r\n",
    }
    for name, sent in chunks.items():
        yield Shape(f"chunks: {name}", response(sent, Content_Type=kind, Transfer_Encoding="chunked"))
    yield Shape("closed at once", b"")
    yield Shape("reset at once", RESET)
    yield Shape("reset in the head", response()[:9] + RESET)
    yield Shape("reset in the body", ok(content, kind)[:-3] + RESET)
    yield Shape("cut in the head", ok(content, kind)[:20])
    yield Shape("cut in the body", ok(content, kind)[:-3])
    yield Shape("longer than said", ok(content, kind) + b"more")
    yield Shape("shorter than said", response(content, Content_Type=kind, Content_Length=length + "0"))
    yield Shape("nothing", ok(b"", kind))
    yield Shape("a page", ok(b"<!doctype html><title>Just a moment...</title>", "text/html"))
    yield Shape("random bytes", ok(Random(1).randbytes(3000), kind))


VALUES: dict[str, str] = {
    "null": "null",
    "true": "true",
    "zero": "0",
    "a number below zero": "-1",
    "a fraction": "1.5",
    "a float without end": "1e999",
    "NaN": "NaN",
    "minus Infinity": "-Infinity",
    "4,000 digits": "9" * 4000,
    "5,000 digits": "9" * 5000,
    "nothing": '""',
    "0x": '"0x"',
    "no hex": '"0xzz"',
    "odd hex": '"0x0"',
    "hex below zero": '"-0x1"',
    "hex with a sign behind": '"0x-1"',
    "hex with a line": '"0x1_0"',
    "hex with spaces": '" 0x1 "',
    "spaces in hex": '"0x 00"',
    "hex without 0x": '"10"',
    "other digits": '"0x\u0661"',
    "2^64": '"0x10000000000000000"',
    "2^256 - 1": f'"0x{"f" * 64}"',
    "1,000 hex digits": f'"0x{"f" * 1000}"',
    "100,000 hex digits": f'"0x{"f" * 100_000}"',
    "a surrogate": '"\\ud800"',
    "NUL": '"\\u0000"',
    "text direction": '"\u202e\uffff"',
    "a long text": json.dumps("a" * 40_000),
    "a list": "[]",
    "a list of null": "[null]",
    "lists": "[[[]]]",
    "numbers": "[1, 2]",
    "an object": "{}",
    "objects": '{"": {"a": null}}',
    "a surrogate as a name": '{"\\ud800": 1}',
    "40 lists": "[" * 40 + "]" * 40,
}


def json_texts() -> Iterator[tuple[str, bytes]]:
    """Yield documents that are no JSON, or none that anybody asked for."""
    texts = {
        "nothing": "",
        "spaces": "   ",
        "deep lists": "[" * 100_000,
        "deep and closed": "[" * 50_000 + "]" * 50_000,
        "a deep object": '{"a":' * 20_000,
        "cut": '{"result": ',
        "two documents": "{} {}",
        "lines": '{"a": 1}\n{"a": 2}\n',
        "other quotes": "{'a': 1}",
        "a byte order mark": "\ufeff{}",
        "a comment": "{} // no",
        "raw control characters": '{"a": "\x00\x01"}',
        "a lone quote": '"',
        "a bad escape": '"\\x"',
    }
    yield from ((f"JSON: {name}", text.encode()) for name, text in texts.items())
    yield from ((f"JSON: {name}", text.encode()) for name, text in VALUES.items())
    yield "JSON: no UTF-8", b'{"a": "\xff"}'
    yield "JSON: a surrogate in UTF-8", b'{"a": "\xed\xa0\x80"}'
    yield "JSON: UTF-16", json.dumps({"result": "0x1"}).encode("utf-16")
    yield "JSON: UTF-32", json.dumps({"result": "0x1"}).encode("utf-32")


def variants(document: object, path: str = "") -> Iterator[tuple[str, bytes]]:
    """Yield `document` with each of its parts, however deep, replaced by each of VALUES, left out, or there twice."""
    for place in _places(document):
        for name, text in VALUES.items():
            mark = "\x01here\x01"
            marked = json.dumps(_replaced(document, place, mark))
            yield f"{path}{'/'.join(map(str, place))}: {name}", marked.replace(json.dumps(mark), text, 1).encode()
        if place and isinstance(place[-1], str):
            yield f"{path}{'/'.join(map(str, place))}: left out", json.dumps(_replaced(document, place, None)).encode()


def _places(document: object) -> Iterator[tuple[str | int, ...]]:
    yield ()
    if isinstance(document, Mapping):
        for key, value in document.items():
            yield from ((key, *rest) for rest in _places(value))
    elif isinstance(document, list):
        for key, value in enumerate(document):
            yield from ((key, *rest) for rest in _places(value))


def _replaced(document: object, place: tuple[str | int, ...], value: object) -> object:
    """Return a copy with `value` at `place`; None leaves the key out."""
    if not place:
        return value
    key, rest = place[0], place[1:]
    if isinstance(document, Mapping):
        if not rest and value is None:
            return {name: each for name, each in document.items() if name != key}
        return {name: _replaced(each, rest, value) if name == key else each for name, each in document.items()}
    assert isinstance(document, list)
    return [_replaced(each, rest, value) if index == key else each for index, each in enumerate(document)]
