"""What the card of a token says, and what can be done with it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from nft.gallery.pages import HIDDEN, SPAM, GalleryFilter
from nft.models import HeldToken
from nft.views import held_cards as cards
from nft.views.claim_facts import ClaimFacts
from profiles.models import StoredImage
from profiles.page_parts import Pill
from tests.nft.views.test_claim_page import BY_VAULT, FETCHING, IN_USE, MOVED, NEVER_OWNED, PENDING, READY, UNKNOWN


def token(**columns: Any) -> HeldToken:
    """Return a token that the person holds for sure."""
    fixed = {"pk": UUID(int=3), "chain_id": 1, "contract": b"\x02" * 20, "token_id": 7, "standard": "erc721"}
    held = HeldToken(**fixed | {"seen_at_block": 5} | columns)
    held.chain_name, held.claim, held.is_current, held.is_new = "Ethereum", None, False, False
    held.spam_sentence, held.refusal = "It is spam.", ""
    return held


def entry(held: HeldToken, wish: GalleryFilter | None = None) -> cards.HeldEntry:
    return cards.held_entry(held, wish or GalleryFilter(), names_chain=False)


def can_use(held: HeldToken, claim: ClaimFacts | None = None) -> bool:
    return cards.can_use(held, claim, GalleryFilter())


@pytest.mark.parametrize(
    ("shelf", "labels", "pressed"),
    [
        ("", ["Use as my picture", "Hide"], "hidden"),
        (HIDDEN, ["Use as my picture", "Show again"], ""),
        (SPAM, ["Not advertising"], "shown"),
    ],
)
def test_actions_by_shelf(shelf: str, labels: list[str], pressed: str) -> None:
    actions = entry(token(), GalleryFilter(shelf=shelf, query="lake")).actions
    assert [action.label for action in actions] == labels
    assert actions[-1].pressed == ("put", pressed)
    assert ("q", "lake") in actions[-1].fields


def test_a_token_is_offered_only_where_it_can_become_the_picture() -> None:
    assert can_use(token())
    assert not can_use(token(seen_at_block=None)), "it is on its way here"
    assert not can_use(token(moved_at_block=9)), "it is on its way to somebody else"
    current, refused = token(), token()
    current.is_current, refused.refusal = True, "This site does not show pictures of this collection."
    assert not can_use(current)
    assert not can_use(refused)
    assert refused.refusal in entry(refused).notes
    offered = {claim.state: can_use(token(), claim) for claim in (PENDING, UNKNOWN, NEVER_OWNED, READY)}
    assert offered == {"pending": False, "unknown": False, "not_owned": True, "owned": True}
    assert not can_use(token(), FETCHING)
    assert not can_use(token(), MOVED)


@pytest.mark.parametrize(
    ("held", "claim", "pill"),
    [
        (token(), None, None),
        (token(seen_at_block=None), None, cards.ARRIVING),
        (token(moved_at_block=9), IN_USE, cards.LEAVING),
        (token(), PENDING, cards.CHECKING),
        (token(), UNKNOWN, cards.UNCLEAR),
        (token(), NEVER_OWNED, None),
        (token(), READY, cards.VERIFIED),
        (token(), IN_USE, cards.IN_USE),
        (token(), MOVED, cards.LEAVING),
    ],
)
def test_a_claim_is_a_state_on_the_card(held: HeldToken, claim: ClaimFacts | None, pill: Pill | None) -> None:
    assert cards.held_pill(held, claim) == pill


def test_a_token_that_just_came_is_new() -> None:
    arrived = token()
    arrived.is_new = True
    assert cards.held_pill(arrived, None) == cards.NEW


def test_pictures_of_spam_are_never_shown() -> None:
    held = token(image=StoredImage(sha256="ab" * 32, pk=1))
    assert entry(held).picture_url.endswith("?v=abababababab")
    spam = entry(held, GalleryFilter(shelf=SPAM))
    assert (spam.picture_url, spam.is_waiting, spam.notes) == ("", False, ("It is spam.",))


@pytest.mark.parametrize(("may_ask", "expected"), [(True, "No answer."), (False, "")])
def test_why_there_is_no_picture(expected: str, *, may_ask: bool) -> None:
    held = token(last_error="No answer.", may_ask_hosts=may_ask)
    assert entry(held).trouble == expected
    assert entry(held, GalleryFilter(shelf=SPAM)).trouble == ""


def test_names_and_places() -> None:
    held = token()
    assert entry(held).url == ""
    assert entry(held).place == "0x0202…0202"
    assert cards.held_place(token(collection="Lakes"), names_chain=True) == "Lakes, Ethereum"


def test_a_claim_of_a_token_that_no_account_holds_has_a_card_too() -> None:
    under_way, by_vault = cards.loose_entry(PENDING), cards.loose_entry(replace(BY_VAULT, standard="erc721"))
    assert (under_way.pill, under_way.is_waiting, under_way.actions) == (cards.CHECKING, True, ())
    assert by_vault.pill == Pill("Verified, by delegation", "good")
    assert by_vault.actions[0].fields == (("reference", "eip155:1/erc721:0xC0/7"),)


def test_a_claim_that_failed_says_why_and_is_removed_at_one_click() -> None:
    failed = cards.failed_entry(replace(NEVER_OWNED, sentence="It is held by bob.eth."))
    assert failed.sentence == "It is held by bob.eth."
    assert (failed.remove.label, failed.remove.confirm) == ("Remove", None)
