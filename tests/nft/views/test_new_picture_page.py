"""What the page of a claim says about the search for a newer picture, in each state of the search."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from nft.views.new_picture_page import NewPicture, SearchFacts, State, can_look, new_picture
from profiles.models import Avatar

CLAIM = UUID(int=1)
OLD = Avatar(pk=UUID(int=7))
SAME = SearchFacts(State.SAME, False, "", "", "", datetime(2026, 1, 2, tzinfo=UTC))
RUNNING = replace(SAME, state=State.LOOKING, is_running=True, ended_at=None)
CHANGED = replace(SAME, state=State.CHANGED, new_name="Deep Lake", new_sha256="ab" * 32)


def page(search: SearchFacts) -> NewPicture:
    return new_picture(CLAIM, "Quiet Lake", OLD, search)


@pytest.mark.parametrize(
    ("search", "expected"),
    [(None, True), (SAME, True), (RUNNING, False), (CHANGED, False), (replace(SAME, state=State.KEPT), True)],
)
def test_another_search_may_be_asked_for(search: SearchFacts | None, *, expected: bool) -> None:
    assert can_look(search) is expected


def test_a_changed_picture_is_compared_and_decided_on() -> None:
    comparison = page(CHANGED).comparison
    assert comparison is not None
    assert comparison.old is OLD
    assert comparison.new_caption == "New, named “Deep Lake”"
    assert comparison.new_url.endswith("?v=abababababab")
    assert [action.label for action in comparison.actions] == ["Use the new one", "Keep the old one"]


@pytest.mark.parametrize("name", ["", "Quiet Lake"])
def test_the_name_is_told_only_if_it_is_another(name: str) -> None:
    comparison = page(replace(CHANGED, new_name=name)).comparison
    assert comparison is not None
    assert comparison.new_caption == "New"


def test_a_running_search_is_followed() -> None:
    found = page(RUNNING)
    assert found.status_url
    assert found.trouble == ""
    assert page(replace(RUNNING, trouble="No answer.")).trouble == "No answer. We keep trying."


def test_how_the_last_search_ended() -> None:
    assert (
        "No answer. The picture we have stays." in page(replace(SAME, state=State.FAILED, trouble="No answer.")).warning
    )
    assert page(SAME).outcome == "The picture behind the token was the same"
    assert page(replace(SAME, state=State.KEPT)).outcome.endswith("you keep the old one")
    assert page(SAME).at == SAME.ended_at
    assert page(replace(SAME, state=State.LOOKING)) == NewPicture(at=SAME.ended_at)
