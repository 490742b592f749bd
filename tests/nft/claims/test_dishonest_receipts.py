"""Receipts that an issuer signs although they are not true: no verifier may call one proved."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from tests.kit.false_signatures import SIGNATURES
from tests.kit.lies import (
    ALLOWED,
    FREE_TEXTS,
    JUNK,
    JUNK_TEXTS,
    LIES,
    TRICKS,
    changed,
    dishonest,
    documents,
    members,
)
from tests.kit.receipts import OPEN, PROVABLE, Place, ReceiptWorld, serve
from tests.kit.verifier import WORDS, Said, verify_receipt, verify_receipt_here

# Each of these kinds has members that another one lacks.
KINDS = ["nothing", "upload", "token", "delegated", "inline", "unmarked"]


@pytest.fixture
def world() -> Iterator[ReceiptWorld]:
    with serve(Place()) as place:
        yield ReceiptWorld(place)


@pytest.fixture
def verify(world: ReceiptWorld, tmp_path: Path) -> Callable[[object], Said]:
    """Verify a receipt, or the bytes of what should be one."""

    def verified(receipt: object) -> Said:
        kept = tmp_path / "kept.json"
        kept.write_bytes(receipt if isinstance(receipt, bytes) else json.dumps(receipt).encode())
        return verify_receipt_here(kept, *world.options)

    return verified


def options_of(world: ReceiptWorld) -> dict[str, Any]:
    """Return the options of the command."""
    return {"site": world.place.url, "rpc": f"{world.place.url}/rpc", "gateway": [world.place.url]}


def assert_refused(said: Said, lie: object) -> None:
    assert said.code in {1, 2, 3}, (lie, said.out)
    assert "Result      exit 0" not in said.out, (lie, said.out)
    assert said.code == 2 or not said.sentences[f"exit {said.code}"].startswith("PROVED"), (lie, said.out)


# --- honest --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", PROVABLE)
def test_an_honest_receipt_of_every_kind_is_proved_to_the_end(
    kind: str, world: ReceiptWorld, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "kept.json"
    kept.write_text(json.dumps(world.sign(PROVABLE[kind](world))))
    said = verify_receipt(kept, *world.options)
    assert (said.code, said.error) == (0, ""), said.out
    assert set(said.verdicts.values()) <= {"proved", "not claimed", "stated"}
    call_command("verify_receipt", str(kept), **options_of(world))
    assert capfd.readouterr().out == said.out
    if kind == "nothing":  # as receipts and keys were before RFC 9864
        former = {"alg": "EdDSA", "kid": world.jwk()["kid"], "typ": "avatar-receipt"}
        kept.write_text(json.dumps(world.sign(PROVABLE[kind](world), header=former)))
        for key in (world.jwk(), world.jwk(alg="EdDSA"), world.jwk(alg="Ed25519")):
            world.publish(key)
            assert verify_receipt(kept, *world.options).verdicts["signature"] == "proved"


@pytest.mark.parametrize("kind", OPEN)
def test_an_honest_receipt_that_leaves_the_holder_open_is_not_fully_checked(
    kind: str, world: ReceiptWorld, verify: Callable[[object], Said]
) -> None:
    said = verify(world.sign(OPEN[kind](world)))
    assert (said.code, said.verdicts["owner"]) == (3, "not checked")
    assert "NOT PROVED" not in said.verdicts.values()


# --- left out, mistyped --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_a_receipt_leaves_out_it_is_not_proved(
    kind: str, world: ReceiptWorld, verify: Callable[[object], Said]
) -> None:
    honest = PROVABLE[kind](world)
    lies = list(members(honest))
    assert len(lies) >= 17
    for path in lies:
        said = verify(world.sign(changed(honest, path)))
        assert_refused(said, path)
        assert said.code == 2 or said.verdicts["form"] == "NOT PROVED", path
    for name in ("form", "keys", "protected", "signature"):
        assert_refused(verify(changed(world.sign(honest), ("signature", name))), name)


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_a_receipt_says_in_a_wrong_form_it_is_not_proved(
    kind: str, world: ReceiptWorld, verify: Callable[[object], Said]
) -> None:
    honest = world.sign(PROVABLE[kind](world))
    tried = 0
    for path in members(honest):
        at: Any = honest
        for name in path:
            at = at[name]
        texts = [text for text in JUNK_TEXTS if path[-1] not in FREE_TEXTS and (path[-1], text) not in ALLOWED]
        for junk in (each for each in [*JUNK, *texts] if type(each) is not type(at) or each != at):
            lie = changed(honest, path, junk)
            signed = lie if path[0] == "signature" else world.sign(lie)
            assert_refused(verify(signed), (path, junk))
            tried += 1
    assert tried > 250


# --- lies ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", LIES)
def test_no_lie_is_proved_however_well_it_is_signed(
    kind: str, world: ReceiptWorld, verify: Callable[[object], Said]
) -> None:
    for name, receipt in dishonest(kind, world):
        assert_refused(verify(receipt), name)


def test_script_and_command_refuse_the_same_lies(
    world: ReceiptWorld, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "kept.json"
    every = [each for kind in LIES for each in dishonest(kind, world)]
    assert len(every) > 150
    for name, receipt in every[::12]:
        kept.write_text(json.dumps(receipt))
        said = verify_receipt(kept, *world.options)
        assert_refused(said, name)
        with pytest.raises(SystemExit) as ended:
            call_command("verify_receipt", str(kept), **options_of(world))
        assert (ended.value.code, capfd.readouterr().out) == (said.code, said.out), name


# --- signatures ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SIGNATURES)
def test_no_signature_is_proved_that_is_not_the_issuer_s(
    name: str, world: ReceiptWorld, verify: Callable[[object], Said]
) -> None:
    said = verify(SIGNATURES[name](world.token(), world))
    assert_refused(said, name)
    assert "signature" not in said.verdicts or said.verdicts["signature"] != "proved"


def test_a_receipt_of_another_site_than_the_one_at_its_address_is_refused(world: ReceiptWorld) -> None:
    """A site of its own, with keys of its own, signs for whom it likes."""
    with serve(Place()) as other:
        forged = ReceiptWorld(other).sign(world.token() | {"issuer": other.url})
        world.place.pages["/avatar/alice.json"] = json.dumps(forged).encode()
        said = verify_receipt_here(f"{world.place.url}/avatar/alice.json", *world.options[2:])
        assert_refused(said, "another site")
        assert other.asked == []


# --- documents -----------------------------------------------------------------------------------------------------


def test_no_document_but_a_receipt_is_read(world: ReceiptWorld, verify: Callable[[object], Said]) -> None:
    for document in documents(world.sign(world.token())):
        assert_refused(verify(document), document[:60])


# --- what is printed -----------------------------------------------------------------------------------------------


def test_every_line_is_the_script_s_own_whatever_the_texts_are(
    world: ReceiptWorld, verify: Callable[[object], Said]
) -> None:
    honest = world.token()
    steps = {"form", "unknown", "signature", "block", "owner", "collection", "mark", "token URI", "metadata", "picture"}
    steps |= {"served", "by the site alone", "account name", "source", "exit 0", "exit 1", "exit 3"}
    texts = [path for path in members(honest) if path[-1] != "sizes"]
    for path, trick in zip(texts * 3, cycle(TRICKS), strict=False):
        lie = changed(honest, path, trick) if path[-1] != "provenance" else honest | {trick: trick}
        said = verify(world.sign(lie))
        printed = said.out + said.error
        assert printed.isascii(), (path, trick)
        assert not set(printed) - {"\n"} & {chr(code) for code in [*range(32), 127]}, (path, trick)
        for verdict, step, sentence in said.lines:
            assert verdict in {*WORDS, "Result"}, (path, trick, said.out)
            assert step in steps, (path, trick, said.out)
            assert len(sentence) < 1600
            assert "proved      " not in sentence
        assert len({step for _, step, _ in said.lines}) == len(said.lines)
