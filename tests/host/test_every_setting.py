"""Each setting of both apps: unset, of another type, of a wrong value. `manage.py check` names it, and nothing fails.

The table comes from the dataclasses, so a new setting must be added to it or be free text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.checks.registry import registry

from nft.settings import NftSettings, conf
from nft.settings.chains import chains
from profiles import settings as profiles_settings
from profiles.images.limits import ImageLimits
from profiles.settings import AvatarSettings, setting_name
from tests.kit.host import environment, manage

ABSENT = object()
#: What each field refuses, besides another type.
WRONG_TEXTS: Mapping[str, object] = {
    "AVATAR_APP_LABEL": "my-pictures",
    "AVATAR_ON_LOSS": "explode",
    "AVATAR_BROWSER_S3_ENDPOINT": "s3.example",
    "AVATAR_SERVE_FROM_STORE": "maybe",
    "AVATAR_STORE_PUBLIC_URL": "cdn.example/avatars",
    "AVATAR_RECEIPT_SIGNING_KEY": "not a key",
    "AVATAR_VERIFIED_ADDRESSES": "nowhere.at_all",
    "AVATAR_REAUTHENTICATION": "django.conf.nothing",
    "AVATAR_BLOCKED_SIMILAR": "perhaps",
    "AVATAR_CLASSIFIER": "nowhere.at_all",
    "AVATAR_CLASSIFIER_UNKNOWN": "perhaps",
    "AVATAR_APPEAL_URL": "javascript:alert(1)",
    "SITE_NAME": "two\nlines",
    "SITE_ORIGIN": "https://host.example/path",
    "NFT_APP_LABEL": "1st",
    "NFT_COLLECTION_POLICY": "some",
    "NFT_SIGN_IN_STATEMENT": "two\nlines",
    "NFT_LOGIN": "nowhere.at_all",
    "NFT_OTHER_LOGIN_METHODS": "django.conf.nothing",
    "NFT_WALLETCONNECT_ICON": "two\nlines",
    "NFT_WALLETCONNECT_PROJECT_ID": "two\nlines",
    "NFT_WALLETCONNECT_RELAY_URL": "relay.example",
    "NFT_ARWEAVE_GATEWAY": "arweave.net",
    "NFT_SPONSOR_SIGNER": "nowhere.at_all",
}
WRONG_OTHERS: Mapping[str, object] = {
    "AVATAR_ON_LOSS_CHOICES": ["explode"],
    "AVATAR_DEFAULT_URL_HOSTS": ["https://images.example/"],
    "AVATAR_RATE_LIMITS": {"uploads": (5, 0)},
    "AVATAR_IPV4_NETWORKS": [24, 32],
    "AVATAR_IPV6_NETWORKS": [129],
    "AVATAR_RECEIPT_PUBLIC_KEYS": ["AAAA"],
    "AVATAR_RESERVED_HANDLES": [5],
    "NFT_INDEXERS": [{"adapter": "nft.clients.indexers.Alchemy"}],
    "NFT_PINNERS": [{"name": "a", "kind": "other", "url": "https://pin.example"}],
    "NFT_IPFS_GATEWAYS": ["gateway.example"],
    "NFT_HTTP_ALLOWED_PRIVATE": ["10.0.0.1/8"],
    "NFT_HTTP_DENIED": ["everything"],
    "NFT_SPONSOR_CHAINS": [-1],
    "NFT_SPONSOR_KEYS": {"one": "key"},
}


def _table() -> dict[str, object]:
    """Return each setting with its default."""
    ours = {setting_name(each.name): getattr(AvatarSettings(), each.name) for each in fields(AvatarSettings)}
    ours |= {setting_name(each.name): getattr(ImageLimits(), each.name) for each in fields(ImageLimits)}
    ours |= {f"NFT_{each.name.upper()}": getattr(NftSettings(), each.name) for each in fields(NftSettings)}
    return {name: default for name, default in ours.items() if name != "AVATAR_IMAGE_LIMITS"}


def _wrong(name: str, default: object) -> object:
    """Return a value of the right type that no project can mean. None for a flag, which has none."""
    if name in WRONG_TEXTS or name in WRONG_OTHERS:
        return WRONG_TEXTS.get(name) or WRONG_OTHERS[name]
    if isinstance(default, bool):
        return None
    assert isinstance(default, int | timedelta), f"{name}: teach this table a wrong value"
    return -1


TABLE = _table()
OTHER_TYPES = (None, ["x", object()])
SETTINGS = ("profiles.checks", "profiles.serving.key_checks", "nft.checks")
PROJECTS = ("profiles.project_checks", "nft.project_checks")


@pytest.fixture(autouse=True)
def _read_again() -> Iterator[None]:
    yield
    _forget()


def _forget() -> None:
    for cached in (profiles_settings.current, conf, chains):
        cached.cache_clear()


def told(*modules: str) -> list[str]:
    """Return what the checks of these modules say."""
    found = [check for check in registry.registered_checks if check.__module__ in modules]
    return [each.msg for check in found for each in check(app_configs=None, databases=None)]


def untold(values: Mapping[str, Iterable[object]]) -> list[str]:
    """Return the settings that no check names for one of these values. Signals for each would take their time."""
    missed = []
    for name, wrong in values.items():
        for value in wrong:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(django_settings, name, value, raising=False)
                _forget()
                missed += [] if any(name in text for text in told(*SETTINGS)) else [f"{name} = {value!r}"]
    _forget()
    return missed


def test_another_type_is_told_by_name() -> None:
    assert untold(dict.fromkeys(TABLE, OTHER_TYPES)) == []


def test_a_wrong_value_is_told_by_name() -> None:
    assert told(*SETTINGS, *PROJECTS) == []
    wrong = {name: [value] for name, default in TABLE.items() if (value := _wrong(name, default)) is not None}
    assert untold(wrong) == []


def test_every_setting_has_a_default(settings: Any) -> None:
    """Django sends no signal for what is deleted."""
    for name in TABLE:
        if hasattr(django_settings, name):
            delattr(settings, name)
    _forget()
    assert profiles_settings.current() == AvatarSettings()
    assert conf() == NftSettings()
    assert [text for text in told(*SETTINGS) if text not in MAY_BE_UNSET] == []


#: What a site can't do without a setting.
MAY_BE_UNSET = {
    "SITE_ORIGIN is not set, so nobody can sign in by wallet.",
    "NFT_DEFAULT_CHAIN_ID=1 is not one of NFT_CHAINS.",
}


PROJECT: Mapping[str, tuple[object, str]] = {
    "STORAGES": ({"default": {}, "avatars": {"BACKEND": "storages.backends.nothing.Store"}}, 'STORAGES["avatars"]'),
    "MIDDLEWARE": ([], "MIDDLEWARE lacks django.contrib.sessions"),
    "AUTHENTICATION_BACKENDS": (["django.contrib.auth.backends.ModelBackend"], "AUTHENTICATION_BACKENDS lacks nft."),
    "LOGIN_URL": ("no-such-name", "LOGIN_URL leads nowhere"),
    "CACHES": ({"default": {"BACKEND": "nowhere.Cache"}}, 'CACHES["default"]'),
    "TEMPLATES": (
        [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": False}],
        "TEMPLATES: context_processors lacks django.template.context_processors.request",
    ),
}


@pytest.mark.parametrize("name", PROJECT)
def test_what_the_project_lacks_is_told_by_name(settings: Any, name: str) -> None:
    value, expected = PROJECT[name]
    setattr(settings, name, value)
    assert any(expected in text for text in told(*PROJECTS)), told(*PROJECTS)


def test_the_command_names_all_of_them_at_once(tmp_path: Path) -> None:
    wrong = {"AVATAR_MAX_BYTES": "many", "AVATAR_LOSS_GRACE": "soon", "NFT_SWEEP_PERIOD": -1, "SITE_ORIGIN": 5}
    wrong |= {"TEMPLATES": [], "MIDDLEWARE": [], "LOGIN_URL": "nowhere", "NFT_CHAINS": {"1": {}}}
    done = manage(environment(tmp_path, "profiles nft", **wrong), "check")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert [name for name in wrong if name not in done.stderr] == []
