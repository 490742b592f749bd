"""Malformed requests, made from the grammars of HTTP, URLs, cookies, forms, multipart and JSON.

Each shape is what a server hands to the application (PEP 3333): text of single bytes, and a body. Headers with
control characters are not among them, as servers refuse these.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

FORM, JSON, MULTIPART = "application/x-www-form-urlencoded", "application/json", "multipart/form-data"
SURROGATE, NUL, BIDI, NONCHARACTER = "\\ud800", "\\u0000", "\u202e", "\uffff"
NAMES: tuple[str, ...] = (
    "next",
    "s",
    "d",
    "page",
    "q",
    "reference",
    "name",
    "handle",
    "address",
    "message",
    "signature",
    "tx_hash",
)
NAMES += ("chain_id", "login", "email", "password", "csrfmiddlewaretoken")
NAMES += ("picture", "crop", "action", "id", "label")


@dataclass(frozen=True)
class Shape:
    """One request but for its path. `tail` is added to the path."""

    name: str
    method: str = "GET"
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    tail: str = ""

    def environ(self, path: str, cookie: str) -> dict[str, Any]:
        """Return the environment of a request for `path` by who has `cookie`."""
        cookies = "; ".join(filter(None, [cookie, self.headers.get("HTTP_COOKIE", "")]))
        sent = {
            "HTTP_ACCEPT": "text/html",
            "CONTENT_LENGTH": str(len(self.body)),
            **self.headers,
            "HTTP_COOKIE": cookies,
        }
        return {
            "REQUEST_METHOD": self.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": (path + self.tail).encode("utf-8", "surrogatepass").decode("latin-1"),
            "QUERY_STRING": self.query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "localhost",
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(self.body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            **sent,
        }


def post(name: str, body: bytes | str, content_type: str, **headers: str) -> Shape:
    content = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    return Shape(name, "POST", headers={"CONTENT_TYPE": content_type, **headers}, body=content)


def known_shapes() -> Iterator[Shape]:
    """Yield shapes that broke something once, here or elsewhere, and their nearest relatives."""
    yield from _urls()
    yield from _headers()
    yield from _forms()
    yield from _multiparts()
    yield from _json()


def _urls() -> Iterator[Shape]:
    queries = {
        "1,001 parameters": "&".join(f"a{number}=1" for number in range(1001)),
        "bytes that are no UTF-8": "next=%ff%fe&q=%ff&page=%ff",
        "an encoded surrogate": "next=%ed%a0%80&q=%ed%a0%80&s=%ed%a0%80&d=%ed%a0%80",
        "NUL": "next=%00&q=%00&page=%00&id=%00",
        "a lone percent sign": "q=%&next=%&=&&==%",
        "a long value": f"q={'a' * 8000}",
        "a huge number": f"page={'9' * 5000}&s={'9' * 400}",
        "raw bytes": "q=\xff\xfe&next=\x80",
        "text direction": "q=%E2%80%AE&next=%EF%BF%BF",
        "other digits": "page=%D9%A1&s=%D9%A1%D9%A2",
        "a URL without a host": "next=http://[&d=http://[]/",
    }
    for name, query in queries.items():
        yield Shape(f"query: {name}", query=query)
    for tail in ("%00", "\x00", "\ud800", "/..;/", "\uffff", "a" * 3000, "\u202e"):
        yield Shape(f"path ends in {tail[:9]!r}", tail=tail)


def _headers() -> Iterator[Shape]:
    values = {
        "CONTENT_LENGTH": ("-1", "abc", "99999999999999999999", "9" * 5000, "1e3", " 5", ""),
        "CONTENT_TYPE": (
            "\xff",
            f"{FORM}; charset=nonsense",
            "a" * 5000,
            ";;;",
            "multipart/",
        ),
        "HTTP_ACCEPT": ("\xff/\xfe;q=\xff", "text/html;q=" + "9" * 5000, "*/*;q=nan", ",,,;;;", "application/json"),
        "HTTP_ACCEPT_LANGUAGE": ("a" * 5000, "\xff", "x-" * 2000, "en;q=inf", "de-" * 500),
        "HTTP_ACCEPT_ENCODING": ("\xff", "gzip;q=x"),
        "HTTP_AUTHORIZATION": ("Bearer \xff", "Bearer ", "Bearer " + "a" * 5000, "Basic \xff"),
        "HTTP_COOKIE": (
            "session=\xff",
            "session=" + "a" * 4000,
            "csrf=\xff; csrf=",
            '="";;=;',
            "a=1;" * 500,
        ),
        "HTTP_HOST": ("", "[", "[::1", "\xff", "a" * 5000, "localhost:port", "localhost:99999", "..", "localhost@evil"),
        "HTTP_IF_NONE_MATCH": ('"', "W/", "\xff", '"a' * 3000, "*, *"),
        "HTTP_IF_MODIFIED_SINCE": ("\xff", "Thu, 99 Foo 99999 99:99:99 GMT", "9" * 5000),
        "HTTP_IF_MATCH": ("\xff", '"'),
        "HTTP_ORIGIN": ("null", "http://[", "\xff", "http://" + "a" * 5000),
        "HTTP_RANGE": ("bytes=-", "bytes=9-1", "bytes=" + "0-0," * 2000, "\xff"),
        "HTTP_REFERER": ("http://[", "\xff", "a" * 5000, "//"),
        "HTTP_USER_AGENT": ("", "\xff\xfe", "a" * 9000, "(" * 2000),
        "HTTP_X_FORWARDED_FOR": ("\xff", ",,,", "a" * 5000, "::ffff:1.2.3.4", "1.2.3.4:99", "[::1]:9"),
        "HTTP_X_FORWARDED_PROTO": ("\xff", "https,http"),
        "HTTP_X_CSRFTOKEN": ("\xff", "a" * 5000),
        "HTTP_X_REQUEST_ID": ("\xff", "a" * 5000),
        "HTTP_IDEMPOTENCY_KEY": ("\xff", "a" * 5000),
    }
    for name, texts in values.items():
        for text in texts:
            yield Shape(f"{name}: {text[:20]!r}", headers={name: text})
            if name.startswith(("CONTENT", "HTTP_COOKIE", "HTTP_X_CSRF", "HTTP_ORIGIN", "HTTP_AUTH")):
                yield Shape(
                    f"POST, {name}: {text[:20]!r}", "POST", headers={"CONTENT_TYPE": FORM, name: text}, body=b"a=1"
                )


def _forms() -> Iterator[Shape]:
    every = "&".join(f"{name}={{0}}" for name in NAMES)
    for charset in ("utf-16", "utf-7", "utf-32", "latin-1", "nonsense", "idna", "punycode", "rot13", "hex"):
        yield post(f"form in {charset}", every.format("x"), f"{FORM}; charset={charset}")
    values = ("%00", "%ff", "%ed%a0%80", "%E2%80%AE", "%EF%BF%BF", "9" * 400, "-1", "1e400", "nan", "http://[", "\xff")
    for value in (*values, "", "%F0%9F%98%80" * 200, "a" * 20_000, "%0d%0aSet-Cookie:a=b", "{{7*7}}", "0x" + "f" * 64):
        yield post(f"form of {value[:12]!r}", every.format(value), FORM)
    yield post("form of 1,001 fields", "&".join(f"a{number}=1" for number in range(1001)), FORM)
    yield post("form over the limit", "a=" + "b" * 3_000_000, FORM)
    yield post("form cut short", "a=1", FORM, CONTENT_LENGTH="5000")
    yield post("form without a length", "a=1", FORM, CONTENT_LENGTH="")
    yield post("plain text", "\x00\xff", "text/plain")


def _multiparts() -> Iterator[Shape]:
    def part(name: str, content: str, more: str = "") -> str:
        return f'--b\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n{content}\r\n'

    whole = f"{MULTIPART}; boundary=b"
    yield post("multipart without boundary", part("a", "1") + "--b--", MULTIPART)
    yield post("multipart with an empty boundary", "--\r\n", f"{MULTIPART}; boundary=")
    yield post("multipart with a long boundary", "--b--", f"{MULTIPART}; boundary={'b' * 300}")
    yield post("multipart with an odd boundary", "--b--", f'{MULTIPART}; boundary="\xff"')
    yield post("multipart cut short", part("picture", "1", '; filename="a.png"')[:-9], whole)
    yield post("multipart of nothing", "--b--", whole)
    yield post("multipart of 1,001 fields", "".join(part(f"a{number}", "1") for number in range(1001)) + "--b--", whole)
    yield post("multipart of 101 files", "".join(part("f", "1", '; filename="a"') for _ in range(101)) + "--b--", whole)
    in_base64 = '; filename="a"\r\nContent-Transfer-Encoding: base64'
    yield post("multipart in base64 that is none", part("picture", "!!!", in_base64) + "--b--", whole)
    yield post("multipart in utf-16", part("a", "1") + "--b--", f"{whole}; charset=utf-16")
    yield post("multipart with headers of 9 kB", f"--b\r\nX: {'a' * 9000}\r\n\r\n1\r\n--b--", whole)
    for name in ("../../etc/passwd", "\x00", "\ud800", "a" * 3000, "", "CON", "\u202egnp.exe"):
        yield post(f"a file called {name[:9]!r}", part("picture", "x", f'; filename="{name}"') + "--b--", whole)
    for name in NAMES:
        yield post(f"{name} as a file", part(name, "x", '; filename="a.png"') + "--b--", whole)


def _json() -> Iterator[Shape]:
    texts = {
        "nothing": "",
        "a surrogate": _object(f'"{SURROGATE}"'),
        "NUL": _object(f'"{NUL}"'),
        "text direction": _object(f'"{BIDI}{NONCHARACTER}"'),
        "a huge integer": _object("9" * 5000),
        "a huge float": _object("1e999"),
        "NaN": _object("NaN"),
        "lists": _object("[]"),
        "objects": _object("{}"),
        "null": _object("null"),
        "true": _object("true"),
        "deep lists": "[" * 100_000,
        "a deep object": '{"a":' * 20_000,
        "a list": "[1, 2]",
        "text": '"a"',
        "a number": "1",
        "the same name twice": '{"address": "a", "address": 1}',
        "a surrogate as a name": f'{{"{SURROGATE}": 1}}',
        "a byte order mark": "\ufeff{}",
        "a long text": _object(f'"{"a" * 30_000}"'),
        "other quotes": "{'a': 1}",
        "a web address without a host": _object('"http://["'),
    }
    for name, text in texts.items():
        yield post(f"JSON: {name}", text, JSON, HTTP_ACCEPT=JSON)
    yield post("JSON: no UTF-8", b'{"address": "\xff"}', JSON, HTTP_ACCEPT=JSON)
    yield post("JSON: UTF-16", json.dumps({"a": 1}).encode("utf-16"), f"{JSON}; charset=utf-16", HTTP_ACCEPT=JSON)
    for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "FOO", "get", "\xff"):
        yield Shape(f"{method} of JSON", method, headers={"CONTENT_TYPE": JSON}, body=b'{"a": 1}')


def _object(value: str) -> str:
    return "{" + ", ".join(f'"{name}": {value}' for name in NAMES) + "}"


PIECES: tuple[str, ...] = (
    "\x00",
    "\xff",
    "\\ud800",
    "%",
    "&",
    "=",
    ";",
    '"',
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "/",
    "..",
    "a",
    "1",
    "-",
    "9" * 40,
)
PIECES += (
    "é",
    "\r\n",
    "--b",
    "0x",
    "http://",
    "@",
    "+",
    "%ed%a0%80",
    "%00",
    "null",
    "true",
    "NaN",
    "q=",
    "\u202e",
    " ",
)
#: Those that are text, and pass the first check of a request: views see what is made of them.
NO_TEXT = {"\x00", "\xff", "\\ud800", "%ed%a0%80", "%00"}
TEXT = tuple(piece for piece in PIECES if piece not in NO_TEXT)


def random_shape(random: Random) -> Shape:
    """Return a shape of pieces that parsers care for, in any place of a request."""

    pieces = random.choice([PIECES, TEXT])

    def text(most: int = 12) -> str:
        made = "".join(random.choice(pieces) for _ in range(random.randint(0, most)))
        return made.encode("utf-8", "replace").decode("latin-1")

    def printable(most: int) -> str:
        return "".join(filter(str.isprintable, text(most)))

    names = [random.choice(NAMES) for _ in range(random.randint(1, 6))]
    content_type = random.choice(
        [FORM, JSON, f"{MULTIPART}; boundary=b", f"{FORM}; charset={printable(2)}", printable(4)]
    )
    body = {
        FORM: "&".join(f"{name}={text()}" for name in names),
        JSON: "{" + ", ".join(f'"{name}": {random.choice([text(3), json.dumps(text())])}' for name in names) + "}",
    }.get(
        content_type,
        "".join(f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text()}\r\n' for name in names),
    )
    header = random.choice(
        ["HTTP_ACCEPT", "HTTP_COOKIE", "HTTP_USER_AGENT", "HTTP_REFERER", "HTTP_ORIGIN", "HTTP_RANGE"]
    )
    headers = {"CONTENT_TYPE": content_type, header: printable(12)}
    query = "&".join(f"{name}={text(4)}" for name in names)
    method = random.choice(["GET", "POST", "POST", "POST", "PUT", "DELETE"])
    return Shape(f"random {content_type[:30]!r}", method, query, headers, body.encode("utf-8", "surrogatepass"))
