"""What no log may have in it, as libraries would write it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatarsite.ops.masking import mask
from localstack.binaries import ROOT

ADDRESS = "0x8ba1f109551bD432803012645Ac136ddd64DBA72"
DIGITS = ADDRESS[2:]
KEY = "Zr9vT3bQ7xLpW2"
HASH = "0x" + "9f" * 32


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (f"Not Found: /avatar/{ADDRESS}", "Not Found: /avatar/0x…"),
        (f"eip155:1:{ADDRESS.lower()} is linked", "eip155:1:0x… is linked"),
        (f"Key (sub, address)=(1, \\x{DIGITS}) already exists", "Key (sub, address)=(1, \\x…) already exists"),
        (f"topic 0x{'0' * 24}{DIGITS}", "topic 0x…"),
        (f"owner={bytes.fromhex(DIGITS)!r}, block=7", "owner=b'…', block=7"),
        (f"0x{'ab' * 65} is no signature", "0x… is no signature"),
        (f"of {DIGITS.lower()}.", "of …."),
        (f"transaction {HASH} is retried", f"transaction {HASH} is retried"),
        ("Mail to alice.b+1@mail.example.org failed", "Mail to …@… failed"),
        ("to a@b.example,c.d@e.example.", "to …@…,…@…."),
        ("to a@b.example+c@d.example, e@f.g@h.example", "to …@…, …@…"),
        (f"https://mainnet.example/v3/{KEY} timed out", "https://mainnet.example/… timed out"),
        (f"wss://node.example?key={KEY}", "wss://node.example/…"),
        (f"https://me:{KEY}@node.example", "https://node.example"),
        (f"redis://:{KEY}@cache:6379/0", "redis://cache:6379/…"),
        ("Listening at: http://127.0.0.1:8000", "Listening at: http://127.0.0.1:8000"),
        (f"HTTPSConnectionPool(host='a'): Max retries exceeded with url: /v3/{KEY} (x)",
         "HTTPSConnectionPool(host='a'): Max retries exceeded with url: … (x)"),
        (f"Bearer avs_{KEY} was refused", "Bearer avs_… was refused"),
        (f"Not Found: /accounts/password/reset/key/3-{KEY}/", "Not Found: /accounts/password/reset/key/…/"),
        (f"headers {{'Cookie': 'session={KEY}'", "headers {'Cookie': …"),
        ("claim 310f743f-cf06-4e41-b8e8-171e44214f31, block 12345678", None),
        ("bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy is damaged", None),
    ],
)  # fmt: skip
def test_a_line_loses_what_it_may_not_have(written: str, expected: str | None) -> None:
    assert mask(written) == (written if expected is None else expected)
    line = json.dumps({"message": f"{written}\nand “more”", "at": 1})
    assert json.loads(mask(line))["at"] == 1, "a line of JSON stays one"


@given(st.binary(min_size=20, max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_no_address_is_left_however_it_is_written(address: bytes, before: str, after: str) -> None:
    for form in (f"0x{address.hex()}", f"\\x{address.hex()}", f"0x{address.hex().upper()}"):
        assert address.hex() not in mask(f"{before} {form}{after}").lower()
    assert repr(address) not in mask(f"{before} {address!r} {after}")


@given(
    st.binary(min_size=20, max_size=20).map(lambda some: some[:9] + b"'\"" + some[11:]), st.text("ab '\"", max_size=9)
)
def test_quotes_among_its_bytes_do_not_let_the_rest_be_seen(address: bytes, after: str) -> None:
    for line in (f"row ({address!r},{after}", json.dumps(f"row ({address!r},{after}")):
        masked = mask(line)
        assert repr(address)[-12:-2] not in masked
        assert repr(address)[2:12] not in masked


def test_what_can_not_be_written_is_written_as_digits() -> None:
    assert mask("a\udcffbü") == "a\\udcffbü"


LONG = (
    "a",
    "1",
    "0",
    "0x",
    "\\",
    "\\x",
    "a.",
    "-",
    "a@",
    "a@a.",
    "+",
    "a://",
    ":",
    "b'",
    "b\\'",
    "'",
    " ",
    "cookie",
    "=",
)


@pytest.mark.parametrize("piece", LONG)
def test_a_long_line_takes_no_longer_than_its_length_allows(piece: str) -> None:
    """A guest can ask for an address of 8 kB, which is logged. Each such line once took 0.6 s of a web process."""
    for other in LONG:
        line = (piece * 20_000)[:20_000] + other + (piece + other) * 2_000
        began = time.thread_time()
        mask(line)
        assert time.thread_time() - began < 0.25, other


SCRIPT = f"""
import logging, django, threading
django.setup()
for name in ["", *logging.root.manager.loggerDict]:
    for handler in logging.getLogger(name).handlers:
        print(name or "root", type(handler).__name__)
try:
    try:
        raise ValueError("{ADDRESS}")
    except ValueError as error:
        raise RuntimeError("alice@example.org") from error
except RuntimeError:
    logging.getLogger("a.library").exception("It failed for %s", "{ADDRESS}")
logging.getLogger("a.library").error("%d", "{ADDRESS}")
thread = threading.Thread(target=lambda: int("{ADDRESS} in a thread"))
thread.start()
thread.join()
raise LookupError("{ADDRESS} at the end, with {KEY}{KEY}")
"""


def test_every_handler_of_the_site_masks_and_so_do_tracebacks_wherever_they_come_from() -> None:
    environment = os.environ | {"SECRET_KEY": KEY * 2, "LOCAL_STACK": "1"}
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1
    assert {line for line in ran.stdout.splitlines() if not line.endswith(" NullHandler")} == {"root MaskedStream"}
    assert ran.stderr.count("Traceback") == 4
    for error in ("ValueError: 0x…", "RuntimeError: …@…", "in a thread", "LookupError: 0x… at the end, with …"):
        assert error in ran.stderr
    # A traceback also quotes the line of the program; this one has the address in its text.
    assert DIGITS not in ran.stderr
    assert KEY not in ran.stderr
    assert "A line of the log could not be written" in ran.stderr
