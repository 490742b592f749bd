"""What the receipt verifier opens: what its user named, and nothing that a receipt, a redirect or a token names."""

from __future__ import annotations

import ast
import json
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.kit.receipts import TOKEN_ID, TOKEN_URI, Json, Place, ReceiptWorld, serve, text_answer
from tests.kit.verifier import STATIC, load, verify_receipt, verify_receipt_here

LOCAL = [
    "file:///etc/hostname",
    "/etc/hostname",
    "etc/hostname",
    "../../etc/hostname",
    "FILE://localhost/etc/hostname",
    "ftp://127.0.0.1/x",
    "gopher://127.0.0.1/x",
    "jar:file:///etc/hostname!/x",
    "http:///etc/hostname",
    "http://",
    "http://[",
    "http://127.0.0.1:99999999/",
    "http://user@127.0.0.1/",
    "http://127.0.0.1\\@good.example/",
    "http://127.0.0.1/ x",
    "http://127.0.0.1/\r\nHost: x",
    "HTTP://127.0.0.1/",
    "//127.0.0.1/x",
    "http://\u0661\u0662\u0667.0.0.1/",
]


@pytest.fixture
def world() -> Iterator[ReceiptWorld]:
    with serve(Place()) as place:
        yield ReceiptWorld(place)


@pytest.fixture
def other() -> Iterator[Place]:
    """A place that nobody allowed."""
    with serve(Place()) as place:
        yield place


def kept(folder: Path, receipt: Json) -> Path:
    path = folder / "kept.json"
    path.write_text(json.dumps(receipt))
    return path


@contextmanager
def files_opened() -> Iterator[list[str]]:
    """Record the files that this process opens meanwhile."""
    opened: list[str] = []
    active = [True]

    def hook(event: str, arguments: Any) -> None:
        if active and event == "open":
            opened.append(str(arguments[0]))

    sys.addaudithook(hook)
    try:
        yield opened
    finally:
        active.clear()


@pytest.mark.parametrize("address", LOCAL)
def test_no_address_of_a_receipt_opens_a_file_or_a_place_that_was_not_named(
    address: str, world: ReceiptWorld, tmp_path: Path
) -> None:
    receipt = world.token()
    receipt["sizes"][0]["url"] = address
    receipt["provenance"] |= {"token_uri": address, "image_uri": address, "image_cid": "", "explorer_url": ""}
    world.answer(TOKEN_URI, TOKEN_ID, text_answer(address))
    path = kept(tmp_path, world.sign(receipt | {"issuer": address}, keys=address))
    for receipt_path in (path, kept(tmp_path, world.sign(receipt))):
        with files_opened() as opened:
            said = verify_receipt_here(receipt_path, *world.options)
        assert said.code in {1, 3}, said.out
        assert not [name for name in opened if "hostname" in name]


def test_a_file_names_no_site_to_ask(other: Place, world: ReceiptWorld, tmp_path: Path) -> None:
    """Without --site nothing is asked for keys or pictures, however the receipt calls its issuer."""
    said = verify_receipt_here(kept(tmp_path, world.sign(world.upload())))
    assert (said.code, said.verdicts["signature"], said.verdicts["served"]) == (3, "not checked", "not checked")
    assert "--allow" in said.sentences["served"]
    assert world.place.asked == []


def test_a_receipt_opens_no_page_of_the_user_s_own_node_or_gateway(
    other: Place, world: ReceiptWorld, tmp_path: Path
) -> None:
    """They were named for their purpose, not for whatever the receipt asks of them."""
    receipt = world.upload()
    receipt["sizes"][0]["url"] = f"{other.url}/admin?delete=all"
    options = ["--site", world.place.url, "--rpc", f"{other.url}/rpc", "--gateway", other.url]
    options += ["--ens-rpc", f"{other.url}/rpc"]
    said = verify_receipt_here(kept(tmp_path, world.sign(receipt)), *options)
    assert (said.code, said.verdicts["served"], other.asked) == (3, "not checked", [])


def test_no_redirect_leads_elsewhere_unless_it_is_allowed(other: Place, world: ReceiptWorld, tmp_path: Path) -> None:
    receipt = world.upload()
    data = world.place.pages.pop("/pictures/" + receipt["sizes"][0]["url"].rpartition("/")[2])
    world.place.redirects["/pictures/" + receipt["sizes"][0]["url"].rpartition("/")[2]] = f"{other.url}/1.webp"
    other.pages["/1.webp"] = data
    path = kept(tmp_path, world.sign(receipt))
    said = verify_receipt_here(path, *world.options)
    assert (said.code, said.verdicts["served"], other.asked) == (3, "not checked", [])
    assert verify_receipt_here(path, *world.options, "--allow", other.url).code == 0
    assert other.asked == ["/1.webp"]


@pytest.mark.parametrize("target", ["file:///etc/hostname", "ftp://127.0.0.1/", "data:,x", "/loop", "http://[", "//x"])
def test_a_redirect_to_anything_else_is_not_followed(target: str, world: ReceiptWorld, tmp_path: Path) -> None:
    receipt = world.upload()
    for size in receipt["sizes"]:
        world.place.redirects["/loop"] = world.place.redirects[size["url"].removeprefix(world.place.url)] = target
    said = verify_receipt_here(kept(tmp_path, world.sign(receipt)), *world.options)
    assert (said.code, said.verdicts["served"]) == (3, "not checked")
    assert len(world.place.asked) < 8


def test_a_redirected_node_or_key_set_is_not_followed(other: Place, world: ReceiptWorld, tmp_path: Path) -> None:
    keys = "/.well-known/avatarsite-receipt-keys.json"
    other.pages[keys] = world.place.pages[keys]
    world.place.redirects[keys] = other.url + keys
    said = verify_receipt_here(kept(tmp_path, world.sign(world.token())), *world.options)
    assert (said.code, said.verdicts["signature"], other.asked) == (3, "not checked", [])


def test_a_path_leads_to_no_other_page_of_a_gateway(world: ReceiptWorld, tmp_path: Path) -> None:
    for path in ("../../admin", "a/../../admin", "%2e%2e/%2E%2E/admin", "./x", "?x=../", "\r\nX: y"):
        receipt = world.token()
        root = receipt["provenance"]["token_uri"]
        world.answer(TOKEN_URI, TOKEN_ID, text_answer(f"{root}/{path}"))
        receipt["provenance"]["token_uri"] = f"{root}/{path}"
        assert verify_receipt_here(kept(tmp_path, world.sign(receipt)), *world.options).code in {0, 1, 3}
    assert not [asked for asked in world.place.asked if "admin" in asked]


def test_a_gateway_that_lies_says_nothing_against_the_receipt(world: ReceiptWorld, tmp_path: Path) -> None:
    receipt = world.token()
    for root, blocks in world.place.files.items():
        world.place.files[root] = {cid: bytes(len(block)) for cid, block in blocks.items()}
    said = verify_receipt_here(kept(tmp_path, world.sign(receipt)), *world.options)
    assert (said.code, said.verdicts["metadata"]) == (3, "not checked")
    assert "NOT PROVED" not in said.verdicts.values()


# --- time and bytes ------------------------------------------------------------------------------------------------


@contextmanager
def a_server(head: bytes, drip: bytes, pause: float) -> Iterator[str]:
    """Answer whatever is asked with `head`, then with `drip` for ever."""
    listening = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def answer(connection: socket.socket) -> None:
        with connection:
            try:
                connection.recv(65536)
                connection.sendall(head)
                while not over.wait(pause):
                    connection.sendall(drip)
            except OSError:
                return

    def accept() -> None:
        while not over.is_set():
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        over.set()
        listening.close()


OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("head", "drip"),
    [
        (b"", b"H"),
        (OK, b"X-A: b\r\n"),
        (OK + b"Content-Length: 1000000\r\n\r\n", b"{"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n{\r\n"),
    ],
)
def test_a_server_that_sends_slowly_ends_in_time(head: bytes, drip: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    web = load("verify_web")
    monkeypatch.setattr(web, "SECONDS", 0.5)
    with a_server(head, drip, 0.05) as url:
        began = time.monotonic()
        with pytest.raises(load("verify_words").Open):
            web.Web([url], []).fetch(url, 10**6, seconds=0.5)
        assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "head", [OK + b"\r\n", OK + b"Content-Length: 99999999999\r\n\r\n", OK + b"Transfer-Encoding: chunked\r\n\r\n"]
)
def test_a_server_that_sends_too_much_is_cut_off(head: bytes) -> None:
    web = load("verify_web")
    chunk = b"10000\r\n" + b" " * 65536 + b"\r\n" if b"chunked" in head else b" " * 65536
    with a_server(head, chunk, 0) as url, pytest.raises(load("verify_words").Open, match="more than 100,000 bytes"):
        web.Web([url], []).fetch(url, 100_000)


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\x00" * 100,
        b"HTTP/1.1 abc\r\n\r\n",
        OK + b"Content-Length: -1\r\n\r\n",
        b"HTTP/1.1 500 \x1b[2Jproved\r\n\r\n",
    ],
)
def test_a_server_that_talks_nonsense_is_no_answer(
    head: bytes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    listening = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(head)

    threading.Thread(target=answer, daemon=True).start()
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    web = load("verify_web")
    monkeypatch.setattr(web, "SECONDS", 2)
    said = load("verify_receipt").run("served", lambda: f"{len(web.Web([url], []).fetch(url, 1000))} bytes")
    printed = capsys.readouterr().out
    assert (said == 0 and "0 bytes" in printed) or said == 3
    assert printed.isascii()
    assert "\x1b" not in printed
    listening.close()


def test_a_huge_file_is_not_read_whole() -> None:
    said = verify_receipt("/dev/zero")
    assert (said.code, said.out) == (2, "")
    assert "more than" in said.error


# --- the scripts ---------------------------------------------------------------------------------------------------


def test_the_scripts_need_nothing_but_python_3_9_and_each_other() -> None:
    parts = {path.stem for path in STATIC.glob("verify_*.py")}
    for part in parts:
        tree = ast.parse((STATIC / f"{part}.py").read_text("utf-8"), feature_version=(3, 9))
        imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import)]
        sources = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        names = [*sources, *(each.name for node in imports for each in node.names)]
        imported = {name.partition(".")[0] for name in names}
        assert imported <= {*sys.stdlib_module_names, *parts}, part
        assert part != "verify_car" or not imported & parts


def test_a_missing_part_is_named_and_proves_nothing(tmp_path: Path) -> None:
    shutil.copy(STATIC / "verify_receipt.py", tmp_path)
    command = [sys.executable, "-I", "-S", str(tmp_path / "verify_receipt.py"), "x"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Save all files of this script in one folder" in done.stderr
