"""Nothing but the issued bytes, signed by the account they name, signs anybody in."""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from nft.accounts import challenges, sign_in, signatures
from nft.accounts.challenges import Wanted
from nft.accounts.errors import TEXT_CHANGED, AccountError
from nft.accounts.sign_in import Reply
from nft.accounts.tries import Visitor
from nft.clients.evm.chain import ChainClient
from nft.models import SignInChallenge
from nft.testing.genesis import CHAIN_ID
from nft.testing.wallets import NOBODY, Wallet, chains_at, high_s_twin

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ALICE = Wallet.create()
MALLORY = Wallet.create()
EXAMPLES = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)

# Twenty ways to change a line and keep it looking much the same.
MUTATIONS: list[Callable[[str], str]] = [
    lambda line: line + " ",
    lambda line: " " + line,
    lambda line: line + "\r",
    lambda line: line + "\n",
    lambda line: line + "\0",
    lambda line: line + "\u200b",
    lambda line: "\ufeff" + line,
    lambda line: line[:-1] or "-",
    lambda line: line[1:] or "-",
    lambda line: line + (line[-1:] or "0"),
    lambda line: line.swapcase() if line.swapcase() != line else line + "x",
    lambda line: line.replace(":", ": ", 1) if ":" in line else line + ":",
    lambda line: line.replace(" ", "\u00a0", 1) if " " in line else line + "\u00a0",
    lambda line: line.replace("e", "\u0435", 1) if "e" in line else line + "\u0435",
    lambda line: line.replace("/", "@evil.example/", 1) if "/" in line else line + "@evil.example",
    lambda line: line.replace("1", "01", 1) if "1" in line else line + "01",
    lambda line: unicodedata.normalize("NFD", line + "\u00e9"),
    lambda line: "Not Before: 2020-01-01T00:00:00Z" if not line else "",
    lambda line: line + "\ud800",
    lambda line: f"{line}\n{line or 'Resources:'}",
]


def visitor() -> Visitor:
    return Visitor(SessionStore(), None, (secrets.token_hex(8),))


def issue(guest: Visitor) -> SignInChallenge:
    return challenges.issue_challenge(
        guest, Wanted(ALICE.address_bytes, CHAIN_ID, SignInChallenge.Purpose.SIGN_IN), NOW
    )


def silent_chain(chain_id: int) -> ChainClient:
    return ChainClient(chain_id, [NOBODY], 0)


def finish(guest: Visitor, text: str, signature: str) -> sign_in.Outcome:
    return sign_in.finish(guest, Reply(text, signature), silent_chain, NOW)


@pytest.fixture(autouse=True)
def as_often_as_needed(settings: Any) -> None:
    settings.NFT_CHAINS = chains_at(NOBODY)
    settings.AVATAR_RATE_LIMITS = {"challenge-everyone": (10**6, 60), "verify-session": (10**6, 60)} | {
        f"{action}-network": (10**6, 60) for action in ("challenge", "verify", "contract-signature")
    }


def test_every_line_of_the_text_counts() -> None:
    guest = visitor()
    text = issue(guest).text
    lines = text.split("\n")
    for number, line in enumerate(lines):
        for mutate in MUTATIONS:
            changed = "\n".join([*lines[:number], mutate(line), *lines[number + 1 :]])
            with pytest.raises(AccountError, check=lambda error: error.is_a(TEXT_CHANGED)):
                finish(guest, changed, ALICE.sign(changed.replace("\ud800", "?")))
    assert not User.objects.exists()
    assert finish(guest, text, ALICE.sign(text)).is_new  # none of them used the challenge up


# Letters of other alphabets, and other widths, that look like ours.
LOOK_ALIKES = str.maketrans("aceiopxy0123456789/:-", "асеіорху０１２３４５６７８９／：－")  # noqa: RUF001


def test_every_letter_counts_however_much_another_looks_like_it() -> None:
    guest = visitor()
    text = issue(guest).text
    for at, letter in enumerate(text):
        twin = letter.translate(LOOK_ALIKES)
        if twin != letter:
            with pytest.raises(AccountError, check=lambda error: error.is_a(TEXT_CHANGED)):
                finish(guest, text[:at] + twin + text[at + 1 :], ALICE.sign(text))
    assert not User.objects.exists()


def test_the_text_counts_as_a_whole() -> None:
    guest = visitor()
    text = issue(guest).text
    wholes = [
        *(text[:size] for size in range(0, len(text), 7)),
        text.replace("\n", "\r\n"),
        text.replace("\n", "\r"),
        text.replace("\n", "\u2028"),
        text.replace("\n", " "),
        text.replace("\n\n", "\n"),
        text.upper(),
        text.lower(),
        text + text,
        f"\ufeff{text}",
        text.strip() + "\n",
        text.encode("utf-16").decode("latin-1"),
        "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in text),
    ]
    for changed in wholes:
        with pytest.raises(AccountError, check=lambda error: error.is_a(TEXT_CHANGED)):
            finish(guest, changed, ALICE.sign(text))
    assert not User.objects.exists()


def test_a_signature_over_a_changed_text_is_none_over_ours() -> None:
    text = issue(visitor()).text
    lines = text.split("\n")
    assert signatures.recover(text, bytes.fromhex(ALICE.sign(text)[2:])) == ALICE.address_bytes
    for number, line in enumerate(lines):
        for mutate in MUTATIONS:
            changed = "\n".join([*lines[:number], mutate(line), *lines[number + 1 :]]).replace("\ud800", "?")
            assert signatures.recover(text, bytes.fromhex(ALICE.sign(changed)[2:])) != ALICE.address_bytes


def test_two_sessions_can_not_swap_their_texts() -> None:
    first, second = visitor(), visitor()
    texts = issue(first).text, issue(second).text
    for guest, text in ((first, texts[1]), (second, texts[0])):
        with pytest.raises(AccountError, check=lambda error: error.is_a(TEXT_CHANGED)):
            finish(guest, text, ALICE.sign(text))
    assert not User.objects.exists()


@EXAMPLES
@given(at=st.integers(0, 600), replaced=st.integers(0, 3), inserted=st.text(max_size=3))
def test_a_text_changed_anywhere_is_refused(at: int, replaced: int, inserted: str) -> None:
    guest = visitor()
    text = issue(guest).text
    changed = text[:at] + inserted + text[at + replaced :]
    assume(changed != text)
    with pytest.raises(AccountError, check=lambda error: error.is_a(TEXT_CHANGED)):
        finish(guest, changed, MALLORY.sign(text))
    assert not User.objects.exists()


@EXAMPLES
@given(flips=st.sets(st.integers(0, 64 * 8 - 1), min_size=1, max_size=8))
def test_a_signature_with_bits_flipped_signs_nobody_in(flips: set[int]) -> None:
    def flip(signature: bytes) -> bytes:
        changed = bytearray(signature)
        for bit in flips:
            changed[bit // 8] ^= 1 << bit % 8
        return bytes(changed)

    refuse(flip)


@EXAMPLES
@given(cut=st.integers(0, 65), added=st.binary(max_size=70), last=st.integers(0, 255))
def test_a_signature_of_another_shape_signs_nobody_in(cut: int, added: bytes, last: int) -> None:
    refuse(lambda signature: signature[:cut] + added)
    refuse(lambda signature: signature[:64] + bytes([last]))


def test_the_high_s_twin_signs_nobody_in() -> None:
    refuse(lambda signature: bytes.fromhex(high_s_twin("0x" + signature.hex())[2:]))


def test_a_signature_for_another_text_of_ours_signs_nobody_in() -> None:
    guest = visitor()
    first, second = issue(guest), issue(guest)
    with pytest.raises(AccountError):
        finish(guest, first.text, ALICE.sign(second.text))
    assert not User.objects.exists()


def spellings(signature: bytes) -> set[bytes]:
    """The same signature as wallets write it: v from 27, v from 0, and the 64 bytes of EIP-2098."""
    r_and_s, parity = signature[:64], signature[64] % 27
    short = r_and_s[:32] + bytes([r_and_s[32] | parity << 7]) + r_and_s[33:]
    return {r_and_s + bytes([27 + parity]), r_and_s + bytes([parity]), short}


def refuse(change: Callable[[bytes], bytes]) -> None:
    """The changed signature gets nobody in, and neither does the right one after it."""
    guest = visitor()
    text = issue(guest).text
    signature = ALICE.sign(text)
    changed = change(bytes.fromhex(signature[2:]))
    if changed in spellings(bytes.fromhex(signature[2:])):
        return
    for reply in ("0x" + changed.hex(), signature):
        with pytest.raises(AccountError):
            finish(guest, text, reply)
    assert not User.objects.exists()
