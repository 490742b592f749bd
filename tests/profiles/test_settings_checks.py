"""Settings that can't work stop the start."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.checks import CheckMessage
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from profiles import checks, project_checks
from profiles import settings as profiles_settings
from profiles.store import objects

SESSIONS, *OTHERS = project_checks.NEEDED_MIDDLEWARE


def ids(found: list[CheckMessage]) -> list[str | None]:
    return [message.id for message in found]


def test_pictures_without_a_store_of_their_own_are_in_a_folder_of_the_media(settings: Settings, tmp_path: Path) -> None:
    assert ids(project_checks.check_avatar_store(None)) == []
    settings.STORAGES = {name: value for name, value in settings.STORAGES.items() if name != "avatars"}
    settings.MEDIA_ROOT = tmp_path
    assert ids(project_checks.check_avatar_store(None)) == ["profiles.W004"]
    objects.probe()
    assert (tmp_path / "avatars" / objects.PROBE).exists()


def test_a_store_that_cannot_be_made_is_named_with_the_extra_that_brings_it(settings: Settings) -> None:
    settings.STORAGES = {**settings.STORAGES, "avatars": {"BACKEND": "storages.backends.no_such.Store"}}
    (found,) = project_checks.check_avatar_store(None)
    assert (found.id, found.hint) == ("profiles.E001", "pip install 'avatarsite[s3]'")
    assert 'STORAGES["avatars"]' in found.msg


def test_missing_libraries_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ids(project_checks.check_libraries(None)) == []
    monkeypatch.setitem(sys.modules, "pyvips", None)
    (found,) = project_checks.check_libraries(None)
    assert found.id == "profiles.E023"
    assert found.msg.startswith("libvips can't be loaded")


@pytest.mark.parametrize(("mark", "image"), [(0, 10), (20, 10)])
def test_a_mark_may_not_outlive_its_picture(settings: Settings, mark: int, image: int) -> None:
    settings.AVATAR_MARK_MAX_AGE, settings.AVATAR_IMAGE_MAX_AGE = mark, image
    assert ids(checks.check_ages(None)) == ["profiles.E002"]


def test_a_purge_may_not_overtake_an_upload(settings: Settings) -> None:
    settings.AVATAR_UNUSED_SECONDS = 5
    assert ids(checks.check_ages(None)) == ["profiles.E003"]


@pytest.mark.parametrize(("appeal", "moderated", "found"), [(30, 30, []), (31, 30, ["profiles.E014"])])
def test_an_appeal_may_not_come_after_the_picture_is_erased(
    settings: Settings, appeal: int, moderated: int, found: list[str]
) -> None:
    settings.REPORTS_APPEAL_DAYS, settings.AVATAR_MODERATED_DAYS = appeal, moderated
    assert ids(checks.check_appeals(None)) == found


def test_a_limit_of_nothing_is_a_mistake(settings: Settings) -> None:
    settings.AVATAR_MAX_FRAMES = 0
    assert ids(checks.check_limits(None)) == ["profiles.E004"]


def test_cookies_must_be_taken_off_before_sessions_are_read(settings: Settings) -> None:
    settings.MIDDLEWARE = [SESSIONS, project_checks.PICTURES, *OTHERS]
    assert ids(project_checks.check_middleware(None)) == ["profiles.W001"]
    settings.MIDDLEWARE = [project_checks.PICTURES, SESSIONS, *OTHERS]
    assert ids(project_checks.check_middleware(None)) == []
    settings.MIDDLEWARE = []
    assert ids(project_checks.check_middleware(None)) == ["profiles.E021"] * 3


@pytest.mark.parametrize("backend", ["locmem.LocMemCache", "dummy.DummyCache"])
def test_rate_limits_need_a_cache_that_all_processes_share(settings: Settings, backend: str) -> None:
    assert ids(project_checks.check_cache(None)) == []
    settings.CACHES = {"default": {"BACKEND": f"django.core.cache.backends.{backend}"}}
    assert ids(project_checks.check_cache(None)) == ["profiles.W003"]


def test_pictures_are_not_answered_before_the_headers_of_security_are_due(settings: Settings) -> None:
    assert ids(project_checks.check_middleware(None)) == []
    settings.MIDDLEWARE = [project_checks.PICTURES, project_checks.SECURITY, SESSIONS, *OTHERS]
    assert ids(project_checks.check_middleware(None)) == ["profiles.W002"]


def test_a_host_project_without_our_settings_gets_our_defaults() -> None:
    found = profiles_settings.parse(object())
    assert (found.mark_max_age, found.image_max_age) == (timedelta(hours=1), timedelta(days=1))
    assert found.upload_max_bytes == 20 * 1024 * 1024
    assert found == profiles_settings.AvatarSettings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AVATAR_MARK_MAX_AGE", "an hour"),
        ("AVATAR_RATE_LIMITS", {"knock": 5}),
        ("AVATAR_RATE_LIMITS", {"knock": (5, 60, 1)}),
    ],
)
def test_a_value_of_another_type_is_named(name: str, value: object) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"^{name}: "):
        profiles_settings.parse(SimpleNamespace(**{name: value}))


def test_settings_that_change_are_read_again(settings: Settings) -> None:
    settings.AVATAR_UPLOADS_PER_HOUR = 1
    assert profiles_settings.current().uploads_per_hour == 1
    settings.AVATAR_UPLOADS_PER_HOUR = 2
    assert profiles_settings.current().uploads_per_hour == 2


def test_serving_from_the_store_needs_to_know_how_and_where(settings: Settings) -> None:
    assert ids(checks.check_store(None)) == []
    settings.AVATAR_SERVE_FROM_STORE = "yes"
    assert ids(checks.check_store(None)) == ["profiles.E005"]
    settings.AVATAR_SERVE_FROM_STORE = "public"
    assert ids(checks.check_store(None)) == ["profiles.E006"]
    settings.AVATAR_STORE_PUBLIC_URL = "https://cdn.example/avatars"
    assert ids(checks.check_store(None)) == []
