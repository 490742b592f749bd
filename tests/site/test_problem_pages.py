"""The `type` of each problem leads to a page that explains it."""

from __future__ import annotations

import pytest
from django.test import Client

from avatarsite.reference import all_kinds
from profiles.errors import ExpectedError, Kind
from profiles.problems import problem_response
from profiles.programs.explanations import get_explanations


def test_every_kind_is_explained_and_nothing_else() -> None:
    slugs = {kind.slug for kind in all_kinds()}
    assert len(slugs) > 150
    assert slugs - get_explanations().keys() == set(), "Add it to problems.toml of its app."
    assert get_explanations().keys() - slugs == set(), "Nothing raises these any more."


def test_the_title_of_a_problem_is_the_one_of_its_page_and_of_no_other() -> None:
    said = get_explanations()
    titles = {kind.title for kind in all_kinds()}
    assert {(kind.slug, kind.title) for kind in all_kinds()} == {(slug, said[slug].title) for slug in said}
    assert len(titles) == len(said)


def test_every_explanation_is_in_whole_sentences() -> None:
    for slug, said in get_explanations().items():
        assert said.title[0].isupper(), slug
        assert not said.title.endswith("."), slug
        for sentence in (said.meaning, said.way_on):
            assert sentence[0].isupper() or sentence[0] in "“0", slug
            assert sentence.endswith("."), slug


@pytest.mark.django_db
def test_the_type_of_each_problem_is_the_address_of_its_page(client: Client) -> None:
    for slug in get_explanations():
        answer = problem_response(ExpectedError("So it is.", Kind(slug, "A kind")))
        assert f'"type": "/problems/{slug}"' in answer.content.decode()
    page = client.get("/problems/scope-missing")
    assert page.status_code == 200
    for text in ("The token lacks a scope", "Make a token with this scope"):
        assert text in page.content.decode()
    listed = client.get("/problems/").content.decode()
    assert all(f'href="/problems/{slug}"' in listed for slug in get_explanations())
    assert client.get("/problems/no-such-kind").status_code == 404
