"""The page of a claim says the right thing in each state. No database: presenters compute from facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.utils.safestring import SafeString

from nft.models import ClaimCheck, TokenClaim
from nft.views import claim_page as pages
from nft.views.claim_facts import ClaimFacts, claim_pill, claim_place
from profiles.models import Avatar
from profiles.page_parts import Pill

State = TokenClaim.State
AT = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
PICTURE = Avatar(pk=UUID(int=7), state=Avatar.State.ACTIVE)
PENDING = ClaimFacts(
    id=UUID(int=1),
    state=State.PENDING,
    step="owner",
    name="Quiet Lake",
    collection="Lakes",
    chain_id=1,
    chain_name="Ethereum",
    contract="0xC0",
    token_id="7",
    standard="",
    vault="",
    picture=None,
    is_current=False,
    is_usable=False,
    is_fetching=False,
    moved_at_block=None,
    checked_at=None,
    checked_block=None,
    image_cid="",
    sentence="",
)
UNKNOWN = replace(PENDING, state=State.UNKNOWN)
NEVER_OWNED = replace(PENDING, state=State.NOT_OWNED)
LOST = replace(NEVER_OWNED, picture=PICTURE)
FETCHING = replace(PENDING, state=State.OWNED, is_fetching=True)
GIVEN_UP = replace(FETCHING, is_fetching=False)
READY = replace(GIVEN_UP, picture=PICTURE, is_usable=True)
IN_USE = replace(READY, is_current=True)
BY_VAULT = replace(READY, vault="0xA1")
VAULT_IN_USE = replace(IN_USE, vault="0xA1")
MOVED = replace(IN_USE, moved_at_block=12)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (PENDING, "We are checking"),
        (UNKNOWN, "We could not find out"),
        (NEVER_OWNED, "This NFT is not in your wallet"),
        (LOST, "It is no longer yours"),
        (FETCHING, "It is yours; we fetch its picture"),
        (GIVEN_UP, "Its picture did not come"),
        (READY, "Verified"),
        (BY_VAULT, "Verified"),
        (IN_USE, "This is your picture now"),
        (VAULT_IN_USE, "This is your picture now"),
        (MOVED, "A transfer is on its way"),
        (replace(MOVED, vault="0xA1"), "Its delegation may have ended"),
    ],
)
def test_headline(facts: ClaimFacts, expected: str) -> None:
    assert pages.headline(facts) == expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (PENDING, Pill("Checking", "wait")),
        (UNKNOWN, Pill("Could not be checked", "wait")),
        (LOST, Pill("Not yours", "bad")),
        (READY, Pill("Verified", "good")),
        (BY_VAULT, Pill("Verified, by delegation", "good")),
        (MOVED, Pill("Transfer seen", "wait")),
        (replace(MOVED, vault="0xA1"), Pill("May have ended", "wait")),
        (replace(LOST, moved_at_block=12), Pill("Not yours", "bad")),
    ],
)
def test_pill(facts: ClaimFacts, expected: Pill) -> None:
    assert claim_pill(facts) == expected


@pytest.mark.parametrize(
    ("facts", "start"),
    [
        (PENDING, ""),
        (GIVEN_UP, ""),
        (LOST, ""),
        (READY, "It is ready"),
        (IN_USE, "Others see it in a hexagon while you hold"),
        (VAULT_IN_USE, "Others see it in a hexagon, marked “by delegation”"),
        (MOVED, "Others see it round"),
        (replace(MOVED, vault="0xA1"), "Others see it round"),
    ],
)
def test_summary_of_a_verified_picture(facts: ClaimFacts, start: str) -> None:
    found = pages.summary(facts)
    assert found.startswith(start)
    assert bool(found) == bool(start)


@pytest.mark.parametrize(
    ("facts", "labels"),
    [
        (PENDING, []),
        (LOST, []),
        (READY, ["Use as my picture", "See my public page"]),
        (replace(READY, is_usable=False), ["See my public page"]),
        (IN_USE, ["See my public page"]),
    ],
)
def test_what_can_be_done_with_the_picture(facts: ClaimFacts, labels: list[str]) -> None:
    actions = pages.picture_actions(facts, "/u/alice/")
    assert [action.label for action in actions] == labels
    assert sum("primary" in action.style for action in actions) == (facts.is_current or "Use as my picture" in labels)


@pytest.mark.parametrize(
    ("facts", "labels"),
    [
        (PENDING, ["Check again", "Remove"]),
        (NEVER_OWNED, ["Check again", "Remove"]),
        (GIVEN_UP, ["Check again", "Send to somebody else", "Remove"]),
        (READY, ["Check again", "Look for a new picture", "Send to somebody else", "Remove"]),
        (BY_VAULT, ["Check again", "Look for a new picture", "Remove"]),
        (MOVED, ["Check again", "Look for a new picture", "Remove"]),
    ],
)
def test_actions(facts: ClaimFacts, labels: list[str]) -> None:
    assert [action.label for action in pages.claim_actions(facts, can_look=True)] == labels
    assert "Look for a new picture" not in [action.label for action in pages.claim_actions(facts, can_look=False)]


def test_removing_says_what_comes_back() -> None:
    assert pages.remove_action(NEVER_OWNED).confirm is None, "nothing is lost with a claim that failed"
    confirm, confirm_in_use = (pages.claim_actions(each, can_look=False)[-1].confirm for each in (READY, IN_USE))
    assert confirm is not None
    assert confirm_in_use is not None
    assert confirm_in_use.text == f"{confirm.text} Your earlier picture comes back."


@pytest.mark.parametrize(
    ("facts", "start"),
    [
        (PENDING, ""),
        (FETCHING, ""),
        (READY, ""),
        (UNKNOWN, "This is not a no"),
        (LOST, "Is it in another wallet"),
        (GIVEN_UP, "Nothing is wrong with your token"),
    ],
)
def test_hint(facts: ClaimFacts, start: str) -> None:
    found = pages.hint(facts)
    assert found.startswith(start)
    assert bool(found) == bool(start)
    assert isinstance(found, SafeString) == ("<a href" in found)
    assert bool(pages.reload_hint(facts)) == (facts.state == State.PENDING)


@pytest.mark.parametrize(
    ("facts", "count"),
    [(READY, 0), (MOVED, 1), (replace(LOST, moved_at_block=12), 0), (replace(MOVED, vault="0xA1"), 1)],
)
def test_a_transfer_that_is_not_final(facts: ClaimFacts, count: int) -> None:
    notes = pages.transfer_notes(facts)
    assert len(notes) == count
    assert all("block 12" in note for note in notes)
    assert any("end of its delegation" in note for note in notes) == (bool(facts.vault) and count == 1)


def test_only_what_is_known_is_listed() -> None:
    assert [fact.term for fact in pages.known_facts(PENDING, "/prove")] == ["Contract", "Token id"]
    full = replace(BY_VAULT, standard="erc1155", checked_at=AT, checked_block=5, image_cid="bafy", is_current=True)
    terms = ["Contract", "Token id", "Standard", "Held by delegation", "Last answer", "CID of the image"]
    facts = pages.known_facts(full, "/prove")
    assert [fact.term for fact in facts] == terms
    assert "ERC-1155" in facts[2].text
    assert facts[4].end == ", at block 5"
    assert '<a href="/prove">' in facts[5].note
    assert "<a" not in pages.known_facts(replace(full, is_current=False), "/prove")[5].note


def test_place_without_a_collection() -> None:
    assert claim_place(PENDING) == "Lakes, Ethereum"
    assert claim_place(replace(PENDING, collection="")) == "Ethereum"


def test_lines_of_the_history() -> None:
    verdicts = ClaimCheck.Verdict
    checks = [
        ClaimCheck(verdict=verdicts.OWNED, at=AT, block_number=3),
        ClaimCheck(verdict=verdicts.NOT_OWNED, at=AT),
        ClaimCheck(verdict=verdicts.UNKNOWN, at=AT),
    ]
    lines = pages.check_lines(checks)
    assert [line.pill.style for line in lines] == ["good", "bad", "wait"]
    assert [line.block for line in lines] == [", block 3", "", ""]
