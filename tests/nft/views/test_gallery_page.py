"""What the gallery says of tokens, shelves and an empty list."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from nft.gallery.pages import HIDDEN, SPAM, GalleryFilter, Shelves
from nft.gallery.progress import Counts, Progress
from nft.models import HeldToken, TokenClaim
from nft.views import gallery_page as pages
from profiles.models import StoredImage

SEARCHED = Progress(False, False, True, 100, 0, 0, [], "")
NOTHING = Shelves(0, 0, 0, [], [], Counts(0, 0, 0, 0))


def token(**columns: Any) -> HeldToken:
    fixed = {"pk": UUID(int=3), "chain_id": 1, "contract": b"\x02" * 20, "token_id": 7, "standard": "erc721"}
    held = HeldToken(**fixed | columns)
    held.chain_name, held.claim, held.is_current, held.spam_sentence = "Ethereum", None, False, "It is spam."
    return held


def entry(held: HeldToken, wish: GalleryFilter | None = None) -> pages.HeldEntry:
    return pages.held_entry(held, wish or GalleryFilter(), names_chain=False)


def shelves(main: int, hidden: int, spam: int) -> Shelves:
    return replace(NOTHING, main=main, hidden=hidden, spam=spam, counts=Counts(main + hidden + spam, 0, 0, 0))


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


def test_the_token_in_use_is_not_offered_again() -> None:
    held = token()
    held.is_current = True
    assert [action.label for action in entry(held).actions] == ["Hide"]
    assert entry(held).pill == pages.IN_USE


def test_pictures_of_spam_are_never_shown() -> None:
    held = token(image=StoredImage(sha256="ab" * 32, pk=1))
    assert entry(held).picture_url.endswith("?v=abababababab")
    spam = entry(held, GalleryFilter(shelf=SPAM))
    assert (spam.picture_url, spam.is_waiting, spam.spam_note) == ("", False, "It is spam.")


@pytest.mark.parametrize(("may_ask", "expected"), [(True, "No answer."), (False, "")])
def test_why_there_is_no_picture(expected: str, *, may_ask: bool) -> None:
    held = token(last_error="No answer.", may_ask_hosts=may_ask)
    assert entry(held).trouble == expected
    assert entry(held, GalleryFilter(shelf=SPAM)).trouble == ""


def test_a_token_is_unconfirmed_until_a_block_says_so() -> None:
    assert entry(token()).pill == pages.UNCONFIRMED
    assert entry(token(seen_at_block=5)).pill is None


def test_names_and_places() -> None:
    held = token()
    assert entry(held).url == ""
    assert entry(held).place == "0x0202…0202"
    assert pages.held_place(token(collection="Lakes"), names_chain=True) == "Lakes, Ethereum"
    held.claim = TokenClaim(pk=UUID(int=9))
    assert str(held.claim.pk) in entry(held).url


@pytest.mark.parametrize(
    ("counts", "shelf", "labels"),
    [
        ((3, 0, 0), "", []),
        ((3, 2, 0), "", ["Tokens", "Hidden"]),
        ((3, 0, 1), "", ["Tokens", "Set aside"]),
        ((3, 0, 0), HIDDEN, ["Tokens", "Hidden"]),
    ],
)
def test_shelves_with_something_on_them(counts: tuple[int, int, int], shelf: str, labels: list[str]) -> None:
    tabs = pages.shelf_tabs(shelves(*counts), GalleryFilter(shelf=shelf))
    assert [tab.label for tab in tabs] == labels
    assert [tab.is_current for tab in tabs].count(True) == (1 if labels else 0)


def test_a_choice_of_one_is_none() -> None:
    several = replace(NOTHING, collections=[("0xA", "A"), ("0xB", "B")], chains=[(1, "Ethereum")])
    (only,) = pages.filters(several, GalleryFilter(collection="0xB"))
    assert [chosen for _, _, chosen in only.choices] == [False, True]


@pytest.mark.parametrize(
    ("names", "expected"),
    [([], ""), (["A"], "Also ask A"), (["A", "B"], "Also ask A or B"), (["A", "B", "C"], "Also ask A, B or C")],
)
def test_indexers_are_named(names: list[str], expected: str) -> None:
    assert pages.indexers_label(names) == expected


@pytest.mark.parametrize(
    ("wish", "found", "progress", "title"),
    [
        (GalleryFilter(query="x"), NOTHING, SEARCHED, "Nothing matches"),
        (GalleryFilter(shelf=HIDDEN), NOTHING, SEARCHED, "Nothing is hidden"),
        (GalleryFilter(shelf=SPAM), NOTHING, SEARCHED, "Nothing is set aside"),
        (GalleryFilter(), shelves(0, 2, 0), SEARCHED, "All of them lie on other shelves"),
        (GalleryFilter(), NOTHING, SEARCHED, "No tokens found"),
        (GalleryFilter(query="x"), NOTHING, replace(SEARCHED, is_running=True), "Nothing matches"),
    ],
)
def test_why_the_list_is_empty(wish: GalleryFilter, found: Shelves, progress: Progress, title: str) -> None:
    words = pages.empty_gallery(wish, found, progress, has_claims=False).words
    assert words is not None
    assert words.title == title


def test_an_empty_list_during_and_before_a_search() -> None:
    running, unsearched = replace(SEARCHED, is_running=True), replace(SEARCHED, was_searched=False)
    troubled = replace(SEARCHED, troubles=["No answer."])
    assert pages.empty_gallery(GalleryFilter(), NOTHING, running, has_claims=False).is_loading
    assert pages.empty_gallery(GalleryFilter(), NOTHING, unsearched, has_claims=False).is_unsearched
    assert pages.empty_gallery(GalleryFilter(), NOTHING, troubled, has_claims=True) == pages.EmptyGallery()
    words = pages.empty_gallery(GalleryFilter(), NOTHING, SEARCHED, has_claims=True).words
    assert words is not None
    assert words.title == "Nothing new found"
