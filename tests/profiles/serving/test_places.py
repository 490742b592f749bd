"""Pictures are answered where the URL configuration has them, also by the layer before Django, and nowhere else."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import get_resolver, include, path, re_path
from pytest_django import Settings

from profiles.models import Profile
from profiles.serving import places
from profiles.testing.people import an_upload

OURS = path("", include("profiles.urls"))


def own(request: HttpRequest, **more: Any) -> HttpResponse:
    return HttpResponse("the host's own")


def use(settings: Settings, monkeypatch: pytest.MonkeyPatch, *patterns: Any) -> None:
    module = ModuleType("urls_of_a_host")
    module.urlpatterns = list(patterns)  # type: ignore[attr-defined]
    monkeypatch.setitem(__import__("sys").modules, module.__name__, module)
    settings.ROOT_URLCONF = module.__name__


BEFORE = [path("avatar/edit", own), path("avatar/<slug:name>", own), re_path(r"^ava", own), path("<slug:page>", own)]


@pytest.mark.parametrize("pattern", [*BEFORE, path("<slug:tenant>/", include([path("edit", own)]))])
def test_a_view_of_the_host_that_comes_first_stays_the_host_s(
    pattern: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(settings, monkeypatch, pattern, OURS)
    assert not places._is_first(get_resolver(), "/avatar/")
    found = places.find_public_view("/avatar/edit")
    assert places.identifier_in("/avatar/edit") == (found.kwargs["identifier"] if found else None)


@pytest.mark.parametrize("prefix", ["", "pictures/", "über/uns/"])
@pytest.mark.parametrize("others", [[], [path("", own), path("avatar", own), path("shop/<slug:name>", own)]])
def test_without_one_no_address_is_resolved(
    prefix: str, others: list[Any], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(settings, monkeypatch, *others, path(prefix, include("profiles.urls")), *BEFORE)
    monkeypatch.setattr(places, "resolve", None)
    assert places.avatar_prefix() == (f"/{prefix}avatar/",)
    assert places.identifier_in(f"/{prefix}avatar/alice") == "alice"
    for other in ("", "alice.json", "alice/proof.json"):
        assert places.identifier_in(f"/{prefix}avatar/{other}") is None
    assert places.identifier_in("/avatar/alice") == (None if prefix else "alice")


def test_a_project_without_our_addresses_has_none(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    use(settings, monkeypatch, path("avatar/<slug:name>", own))
    assert (places.picture_prefixes(), places.identifier_in("/avatar/alice")) == ((), None)


@pytest.mark.django_db
def test_a_page_of_the_host_keeps_its_cookies(
    client: Client, alice: Profile, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    an_upload(alice)
    use(settings, monkeypatch, path("avatar/edit", lambda request: HttpResponse(request.META["HTTP_COOKIE"])), OURS)
    client.cookies["seen"] = "1"
    assert client.get("/avatar/edit").content == b"seen=1"
    assert client.get("/avatar/alice").headers["Content-Type"].startswith("image/")
