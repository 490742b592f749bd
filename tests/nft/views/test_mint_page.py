"""What the pages about mints say in each state of a mint."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from nft.minting.outcome import Departure, Outcome
from nft.minting.sponsor import Offer
from nft.models import MintRequest
from nft.views import mint_page as pages
from profiles.page_parts import Pill

State = MintRequest.State
SPONSOR = b"\x05" * 20
YOURS = Outcome()
AT = datetime(2026, 1, 2, tzinfo=UTC)


def mint(state: str, **columns: Any) -> MintRequest:
    fixed = {"pk": UUID(int=2), "name": "Lake", "created_at": datetime(2026, 1, 2, tzinfo=UTC), "chain_id": 31337}
    return MintRequest(**fixed | {"contract": b"\x02" * 20, "owner": b"\x03" * 20, "state": state} | columns)


def confirmed(**columns: Any) -> MintRequest:
    return mint(State.CONFIRMED, token_id=7, tx_hash="0xab", image_cid="bafyi", metadata_cid="bafym", **columns)


@pytest.mark.parametrize("state", State.values)
def test_a_mint_is_followed_until_it_has_ended(state: str) -> None:
    page = pages.mint_page(mint(state, token_id=7, tx_hash="0xab"), YOURS, [])
    has_ended = state in {"confirmed", "failed"}
    assert bool(page.status_url) is not has_ended
    assert bool(page.sent_url) is not has_ended
    assert bool(page.facts) == (state == "confirmed")
    offered = {"confirmed": ["Use as my picture"], "failed": ["Start again"]}
    assert [action.label for action in page.actions] == offered.get(state, [])


def test_headlines() -> None:
    states = (State.CONFIRMED, State.FAILED, State.PINNED, State.AWAITING_SIGNATURE)
    expected = ["It is yours", "It did not work", "Minting", "Waiting for your signature"]
    assert [pages.headline(mint(state), YOURS) for state in states] == expected


@pytest.mark.parametrize(("state", "is_sponsored"), [("pinned", True), ("confirmed", False), ("failed", False)])
def test_nothing_is_signed_where_the_site_pays(state: str, *, is_sponsored: bool) -> None:
    page = pages.mint_page(mint(state, sponsor=SPONSOR, token_id=7, tx_hash="0xab"), YOURS, [])
    assert page.is_sponsored is is_sponsored
    assert page.sent_url == ""


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (State.CONFIRMED, Pill("Made", "good")),
        (State.FAILED, Pill("Failed", "bad")),
        (State.AWAITING_SIGNATURE, Pill("Needs your signature", "wait")),
        (State.DRAFT, Pill("Not published yet", "wait")),
        (State.STORING, Pill("Under way", "wait")),
        (State.MINED, Pill("Under way", "wait")),
    ],
)
def test_pill(state: str, expected: Pill) -> None:
    assert pages.mint_pill(mint(state)) == expected


def test_copies_are_named_only_if_there_are_any() -> None:
    copies = [{"pinner": "One", "said": "held"}, {"pinner": "Two", "said": "waiting"}]
    kept = [fact for fact in pages.token_facts(confirmed(), copies, "") if fact.term == "Also kept by"]
    assert [fact.text for fact in kept] == ["One (held), Two (waiting)"]
    assert "Also kept by" not in [fact.term for fact in pages.token_facts(confirmed(), [], "")]


def test_the_explorer_is_offered_only_if_there_is_one() -> None:
    assert pages.token_facts(confirmed(), [], "")[-1].links == ()
    assert pages.token_facts(confirmed(), [], "https://e/tx/0xab")[-1].links[0].is_external


def test_your_token_names_its_contract_and_the_transaction_only_if_it_is_known() -> None:
    terms = [fact.term for fact in pages.token_facts(confirmed(), [], "")]
    assert terms == ["Contract", "Token id", "Metadata", "Image", "Public page", "Transaction"]
    assert pages.token_facts(confirmed(), [], "")[0].copied == "0x" + "02" * 20
    unknown = mint(State.CONFIRMED, token_id=7)
    assert "Transaction" not in [fact.term for fact in pages.token_facts(unknown, [], "")]


def test_a_confirmed_token_can_be_added_to_a_wallet() -> None:
    page = pages.mint_page(confirmed(), YOURS, [])
    assert page.asset == {"chain_id": 31337, "address": "0x" + "02" * 20, "token_id": "7"}
    assert pages.mint_page(mint(State.MINED, token_id=7), YOURS, []).asset is None


def test_parts_of_a_mint() -> None:
    bare = pages.made_facts(mint(State.DRAFT), "")
    assert [fact.term for fact in bare] == ["Contract"]
    full = pages.made_facts(confirmed(), "")
    assert [fact.term for fact in full] == ["Token id", "Contract", "Metadata", "Picture", "Transaction"]
    assert full[-1].copied == "0xab"
    assert pages.made_facts(confirmed(), "https://e/tx/0xab")[-1].links[0].url == "https://e/tx/0xab"


def test_entries_say_the_token_id_once_it_is_known() -> None:
    assert pages.mint_entry(mint(State.DRAFT)).details == ""
    assert pages.mint_entry(confirmed()).details == " · token id 7"
    assert pages.made_entry(confirmed(sponsor=SPONSOR), YOURS).details.endswith(", paid by the site")
    assert pages.made_entry(mint(State.DRAFT), YOURS).image_url == ""


@pytest.mark.parametrize(
    ("outcome", "headline", "pill"),
    [
        (YOURS, "It is yours", "Made"),
        (Outcome(is_current=True), "It is your picture now", "Made"),
        (Outcome(is_coming=True), "It is yours, and becomes your picture", "Made"),
        (
            Outcome(Departure("bob.eth", AT, is_confirmed=True)),
            "You sent it to bob.eth on 2 January 2026.",
            "Sent away",
        ),
        (Outcome(Departure("bob.eth", AT, is_confirmed=False)), "It is on its way to bob.eth.", "Sent away"),
        (
            Outcome(Departure("0x0", AT, is_confirmed=True, is_burned=True)),
            "You destroyed it on 2 January 2026.",
            "Sent away",
        ),
        (Outcome(lost="It was sent away."), "It was sent away.", "Sent away"),
    ],
)
def test_a_page_says_whose_the_token_is_now(outcome: Outcome, headline: str, pill: str) -> None:
    page = pages.mint_page(confirmed(), outcome, [])
    assert page.headline == headline
    assert pages.made_entry(confirmed(), outcome).pill.label == pill
    can_use = outcome == YOURS
    assert [action.label for action in page.actions] == (["Use as my picture"] if can_use else [])
    assert (page.asset is not None) is outcome.is_theirs
    assert bool(page.status_url) == (outcome.is_coming or "on its way" in headline)


FREE, PAID_OFF = Offer(3, ""), Offer(0, "Try again tomorrow.")


@pytest.mark.parametrize(
    ("sponsored", "cost", "label", "words"),
    [
        (True, pages.Cost(FREE), "Mint it now, for good", "Network fee: free (3 left today)."),
        (True, pages.Cost(PAID_OFF, "0.1 ETH"), "Continue to payment", "Network fee: about 0.1 ETH, from your wallet."),
        (False, pages.Cost(fee="0.1 ETH"), "Continue to payment", "Network fee: about 0.1 ETH, from your wallet."),
        (False, pages.Cost(), "Continue to payment", "Network fee: your wallet shows it before you sign."),
    ],
)
def test_the_question_says_what_it_costs(words: str, label: str, cost: pages.Cost, *, sponsored: bool) -> None:
    draft = mint(State.DRAFT, sponsor=SPONSOR if sponsored else None, idempotency_key="k")
    page = pages.draft_page(draft, cost)
    assert (page.publish_label, page.cost) == (label, words)
    assert page.pays_self == (label == "Continue to payment")
    assert (PAID_OFF.sentence in page.warnings) == (cost.offer is PAID_OFF)
    assert page.change_url.endswith("?draft=k")


def test_what_the_contract_would_refuse_is_said_before() -> None:
    page = pages.draft_page(mint(State.DRAFT), pages.Cost(refusal="Minting is closed at the moment."))
    assert page.warnings == ("Minting is closed at the moment.",)
