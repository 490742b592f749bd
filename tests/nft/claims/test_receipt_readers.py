"""The receipt verifier reads names and pictures as the site does, though they share no code, and asks its user."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from nft.core.errors import CoreError
from nft.core.ipfs.unixfs import build_file
from nft.core.text import clean_text
from nft.core.tokens.data_uri import DataUri
from nft.core.tokens.uri import parse_token_uri
from tests.kit.receipts import (
    ACCOUNT,
    STRANGER,
    TOKEN_ID,
    TOKEN_URI,
    VAULT,
    Place,
    ReceiptWorld,
    serve,
    text_answer,
)
from tests.kit.verifier import load, verify_receipt_here

CID = str(build_file(b"x").root)


@pytest.mark.parametrize(
    "name", ["Blue hour", "  a\tb ", "e\u0301", "\u202eabc\u200b", "x" * 300, "\U0001f600\ufe0f", "\u3164a"]
)
def test_a_name_is_the_same_after_it_was_cleaned(name: str) -> None:
    is_same = load("verify_node").is_same_name
    assert is_same(name, clean_text(name, 200))
    assert not is_same(name, clean_text(f"{name[:100]}!", 200))
    assert not is_same(f"?{name}", clean_text(name, 200))


# --- pictures ------------------------------------------------------------------------------------------------------


def encoded(form: str, frames: int = 1, **options: Any) -> bytes:
    file, noise = io.BytesIO(), Image.effect_noise((48, 48), 90).convert("RGB")
    more = [Image.new("RGB", (48, 48), color) for color in ("red", "green", "blue")[: frames - 1]]
    noise.save(file, form, **({"save_all": True, "append_images": more} if more else {}), **options)
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "kind", "animated"),
    [
        (encoded("PNG"), "image/png", False),
        (encoded("PNG", 3), "image/png", True),
        (encoded("WEBP"), "image/webp", False),
        (encoded("WEBP", lossless=True), "image/webp", False),
        (encoded("WEBP", 3), "image/webp", True),
        (encoded("JPEG"), "image/jpeg", False),
        (encoded("JPEG", progressive=True), "image/jpeg", False),
        (encoded("AVIF"), "image/avif", False),
    ],
)
def test_a_picture_s_head_says_what_it_is(data: bytes, kind: str, animated: bool) -> None:
    assert load("verify_served").look_at(data) == (kind, 48, 48, animated)


@pytest.mark.parametrize(
    "data", [b"", b"x" * 40, b"\xff\xd8\xff", b"RIFF", b"\x89PNG\r\n\x1a\n", b"\0\0\0\x1cftypavif"]
)
def test_what_is_no_picture_has_no_look_that_a_receipt_could_name(data: bytes) -> None:
    served, wrong = load("verify_served"), load("verify_words").Wrong
    try:
        assert served.look_at(data).width == 0
    except wrong:
        assert not data.startswith(b"\x89PNG")


# --- honest receipts that need a word of their user -----------------------------------------------------------------


@pytest.fixture
def world() -> Iterator[ReceiptWorld]:
    with serve(Place()) as place:
        yield ReceiptWorld(place)


def kept(folder: Path, receipt: dict[str, Any]) -> Path:
    path = folder / "kept.json"
    path.write_text(json.dumps(receipt))
    return path


def test_a_hidden_vault_is_proved_by_who_knows_it(world: ReceiptWorld, tmp_path: Path) -> None:
    receipt = world.delegated()
    receipt["provenance"] |= {"account": "", "vault": ""}
    path = kept(tmp_path, world.sign(receipt))
    known = ["--account", ACCOUNT, "--vault", VAULT]
    assert verify_receipt_here(path, *world.options, *known).code == 0
    assert verify_receipt_here(path, *world.options, *known[:2]).verdicts["owner"] == "not checked"
    other = verify_receipt_here(path, *world.options, "--account", STRANGER, "--vault", VAULT)
    assert other.verdicts["owner"] == "NOT PROVED"


def test_an_account_that_the_user_names_does_not_hide_that_the_receipt_names_another(
    world: ReceiptWorld, tmp_path: Path
) -> None:
    receipt = world.token(account=STRANGER)
    said = verify_receipt_here(kept(tmp_path, world.sign(receipt)), *world.options, "--account", ACCOUNT)
    assert (said.code, said.verdicts["owner"]) == (1, "NOT PROVED")


def test_a_picture_on_a_server_is_not_checked_and_not_wrong(world: ReceiptWorld, tmp_path: Path) -> None:
    uri = "https://other.example/7.json"
    receipt = world.token(proof="mutable", token_uri=uri)
    world.answer(TOKEN_URI, TOKEN_ID, text_answer(uri))
    said = verify_receipt_here(kept(tmp_path, world.sign(receipt)), *world.options)
    assert (said.code, said.verdicts["token URI"], said.verdicts["metadata"]) == (3, "proved", "not checked")
    world.answer(TOKEN_URI, TOKEN_ID, text_answer(uri))
    receipt["provenance"]["proof"] = "cid"
    assert verify_receipt_here(kept(tmp_path, world.sign(receipt)), *world.options).verdicts["metadata"] == "NOT PROVED"


def test_a_mark_that_ended_is_no_proof_of_today_and_says_so(world: ReceiptWorld, tmp_path: Path) -> None:
    receipt = world.token()
    receipt["mark_until"] = (world.now - timedelta(minutes=1)).isoformat()
    receipt["provenance"]["checked_at"] = (world.now - timedelta(minutes=10)).isoformat()
    said = verify_receipt_here(kept(tmp_path, world.sign(receipt)), *world.options)
    assert (said.code, said.verdicts["owner"], said.verdicts["mark"]) == (3, "proved", "not checked")


def test_a_young_enough_block_is_for_the_user_to_say(world: ReceiptWorld, tmp_path: Path) -> None:
    path = kept(tmp_path, world.sign(world.token()))
    assert verify_receipt_here(path, *world.options, "--max-age", "0.5").verdicts["mark"] == "NOT PROVED"
    assert verify_receipt_here(path, *world.options, "--max-age", "2").code == 0


def test_keys_may_be_kept_as_a_file(world: ReceiptWorld, tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    keys.write_bytes(world.place.pages["/.well-known/avatarsite-receipt-keys.json"])
    path = kept(tmp_path, world.sign(world.bare()))
    world.place.asked.clear()
    assert verify_receipt_here(path, "--keys", str(keys)).code == 0
    assert world.place.asked == []


STARTS = ["", "ipfs://", f"ipfs://{CID}/", f"{CID}/", "https://a.example/", "ipns://", "data:", "ar://"]


@given(st.sampled_from(STARTS), st.text())
def test_uris_are_kept_in_a_form_that_is_safe_beside_other_text(start: str, text: str) -> None:
    """Pages, receipts and the commands on /prove/<id>/ show them."""
    try:
        parsed = parse_token_uri(start + text, allow_http=True)
    except CoreError:
        return
    kept = f"data:{parsed.media_type}" if isinstance(parsed, DataUri) else str(parsed)
    assert kept.isascii()
    assert kept.isprintable()
